//! From a request to an API, its operation, and the subscription whose key was sent.

use std::sync::Arc;

use super::exchange::Incoming;
use super::service::{ApiConfig, Service};
use crate::policy::context::{Operation, Subscription};
use crate::policy::message::percent_decode;

/// Indices into the service's configuration, and what the template's parameters matched.
pub(super) struct Route {
    pub(super) api: usize,
    pub(super) operation: usize,
    pub(super) parameters: Vec<(String, String)>,
    /// Path after the API's own, starting with `/`.
    pub(super) rest: String,
}

/// The API with the longest path that fits, then its most specific operation. Paths compare
/// without case.
pub(super) fn route(service: &Service, incoming: &Incoming) -> Option<Route> {
    let mut apis: Vec<(usize, &ApiConfig, &str)> = service
        .apis
        .iter()
        .enumerate()
        .filter_map(|(index, api)| Some((index, api, below(&incoming.path, &api.api.path)?)))
        .collect();
    apis.sort_by_key(|(_, api, _)| std::cmp::Reverse(api.api.path.len()));
    apis.into_iter().find_map(|(api, config, rest)| {
        let mut fits: Vec<(Specificity, usize, Parameters)> = config
            .operations
            .iter()
            .enumerate()
            .filter_map(|(index, operation)| {
                let (specificity, parameters) = fit(&operation.operation, incoming, rest)?;
                Some((specificity, index, parameters))
            })
            .collect();
        fits.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.cmp(&other.1)));
        let (_, operation, parameters) = fits.into_iter().next()?;
        Some(Route {
            api,
            operation,
            parameters,
            rest: rest.to_owned(),
        })
    })
}

/// The operation that a browser asks about before it calls: that of the method it names, or any
/// other under the same path.
pub(super) fn preflight(service: &Service, incoming: &Incoming) -> Option<Route> {
    let wanted = incoming.headers.first("Access-Control-Request-Method")?;
    if !incoming.method.eq_ignore_ascii_case("OPTIONS") || !incoming.headers.contains("Origin") {
        return None;
    }
    let methods = [wanted, "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
    methods.into_iter().find_map(|method| {
        let asked = Incoming {
            method: method.to_owned(),
            path: incoming.path.clone(),
            query: incoming.query.clone(),
            ..Incoming::default()
        };
        route(service, &asked)
    })
}

/// The path below an API's path; `None` when it is not below it.
fn below<'a>(path: &'a str, api_path: &str) -> Option<&'a str> {
    let prefix = api_path.trim_matches('/');
    if prefix.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix('/')?;
    let head = rest.get(..prefix.len())?;
    let tail = &rest[prefix.len()..];
    let fits = head.eq_ignore_ascii_case(prefix) && (tail.is_empty() || tail.starts_with('/'));
    fits.then_some(if tail.is_empty() { "/" } else { tail })
}

/// Names and values.
type Parameters = Vec<(String, String)>;

/// Smaller is more specific: a wildcard comes last, then fewer parameters come first.
type Specificity = (bool, usize);

fn fit(
    operation: &Operation,
    incoming: &Incoming,
    rest: &str,
) -> Option<(Specificity, Parameters)> {
    if !operation.method.eq_ignore_ascii_case(&incoming.method) {
        return None;
    }
    let (template, query) = operation
        .url_template
        .split_once('?')
        .unwrap_or((&operation.url_template, ""));
    let mut parameters = Vec::new();
    let mut segments = rest.trim_matches('/').split('/');
    let mut wildcard = false;
    for part in template.trim_matches('/').split('/') {
        if part == "*" {
            wildcard = true;
            break;
        }
        let segment = segments.next()?;
        match part
            .strip_prefix('{')
            .and_then(|part| part.strip_suffix('}'))
        {
            Some(_) if segment.is_empty() => return None,
            Some(name) => parameters.push((name.to_owned(), percent_decode(segment))),
            None if part.eq_ignore_ascii_case(segment) => {}
            None => return None,
        }
    }
    if !wildcard && segments.next().is_some() {
        return None;
    }
    let count = parameters.len();
    parameters.extend(query_parameters(query, incoming));
    Some(((wildcard, count), parameters))
}

/// Query parameters that the template names and the request has.
fn query_parameters(template: &str, incoming: &Incoming) -> Vec<(String, String)> {
    let names = template
        .split('&')
        .filter_map(|pair| pair.split_once('=').map(|(name, _)| name));
    names
        .filter_map(|name| {
            incoming
                .query_value(name)
                .map(|value| (name.to_owned(), value))
        })
        .collect()
}

pub(super) enum Access<'a> {
    Granted(Option<&'a Arc<Subscription>>),
    KeyMissing,
    KeyInvalid,
}

/// The header counts first; the query is looked at only when the header is absent.
pub(super) fn access<'a>(service: &'a Service, api: &ApiConfig, incoming: &Incoming) -> Access<'a> {
    let header = incoming.headers.first(&api.key_header).map(str::to_owned);
    let key = header.or_else(|| incoming.query_value(&api.key_query));
    let owner = key.as_ref().and_then(|key| {
        service
            .subscriptions
            .iter()
            .find(|subscription| subscription.key.reveal() == key)
            .filter(|subscription| {
                let opened_by = api.opened_by.as_ref();
                opened_by.is_none_or(|ids| ids.contains(&subscription.id))
            })
    });
    match (owner, key) {
        (Some(subscription), _) => Access::Granted(Some(subscription)),
        (None, _) if !api.subscription_required => Access::Granted(None),
        (None, Some(_)) => Access::KeyInvalid,
        (None, None) => Access::KeyMissing,
    }
}
