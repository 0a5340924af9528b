//! Elements that rewrite a request or refuse it by what it says: address, query, body, header,
//! caller's address.

use core::net::IpAddr;

use bytes::Bytes;

use super::error::Raised;
use super::exchange::Exchange;
use super::execute::truth;
use crate::policy::context::{Context, Trace};
use crate::policy::course::{
    CheckHeader, ExistsActionTemplate, IpFilter, RewriteUri, SetQueryParameter,
    Trace as TracePolicy,
};
use crate::policy::message::{Url, percent_decode};
use crate::policy::{ExistsAction, SectionName, Template};

/// Refuses a request whose header is not there or has none of the values.
pub(super) fn check_header(context: &mut Context, policy: &CheckHeader) -> Result<(), Raised> {
    let name = policy.name.text(context)?;
    let ignore_case = truth(&policy.ignore_case, context)?;
    let mut allowed = Vec::with_capacity(policy.values.len());
    for value in &policy.values {
        allowed.push(value.text(context)?);
    }
    let (reason, message) = match context.request.headers.joined(&name) {
        None => (
            "HeaderNotFound",
            format!("Header {name} was not found in the request. Access denied."),
        ),
        Some(value) => {
            let fits = |allowed: &String| {
                *allowed == value || (ignore_case && allowed.to_lowercase() == value.to_lowercase())
            };
            if allowed.is_empty() || allowed.iter().any(fits) {
                return Ok(());
            }
            (
                "HeaderValueNotAllowed",
                format!("Header {name} value of {value} is not allowed. Access denied."),
            )
        }
    };
    let status = policy.status.text(context)?;
    let status = status
        .trim()
        .parse()
        .ok()
        .filter(|status| (100..=599).contains(status))
        .ok_or_else(|| Raised::evaluation(format!("status code cannot be `{status}`")))?;
    let mut raised = Raised::refusal(status, "check-header", reason, message);
    raised.shown = Some(policy.message.text(context)?);
    Err(raised)
}

/// Refuses a caller by its address.
pub(super) fn ip_filter(context: &mut Context, policy: &IpFilter) -> Result<(), Raised> {
    let refusal = |reason, message: String| Raised::refusal(403, "ip-filter", reason, message);
    let action = policy.action.text(context)?;
    let Ok(caller) = context.request.ip_address.trim().parse::<IpAddr>() else {
        let message = "Failed to establish IP address for the caller. Access denied.";
        return Err(refusal("FailedToParseCallerIP", message.to_owned()));
    };
    let mut listed = false;
    for (from, to) in &policy.ranges {
        let (from, to) = (address(context, from)?, address(context, to)?);
        listed |= from <= caller.to_canonical() && caller.to_canonical() <= to;
    }
    match (action.as_str(), listed) {
        ("allow", true) | ("forbid", false) => Ok(()),
        ("allow", false) => {
            let message = format!("Caller IP address {caller} is not allowed. Access denied.");
            Err(refusal("CallerIpNotAllowed", message))
        }
        ("forbid", true) => {
            let message = "Caller IP address is blocked. Access denied.";
            Err(refusal("CallerIpBlocked", message.to_owned()))
        }
        _ => Err(Raised::evaluation(format!("action cannot be `{action}`"))),
    }
}

/// Addresses of the two families never compare as neighbours: v4 sorts before v6 as a whole.
fn address(context: &mut Context, template: &Template) -> Result<IpAddr, Raised> {
    let text = template.text(context)?;
    let address: Result<IpAddr, _> = text.trim().parse();
    address
        .map(|address| address.to_canonical())
        .map_err(|_| Raised::evaluation(format!("`{text}` is not an IP address")))
}

/// Replaces text in the body of the message under way. A message without a body stays without.
pub(super) fn find_and_replace(
    exchange: &mut Exchange,
    from: &Template,
    to: &Template,
) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let (from, to) = (from.text(context)?, to.text(context)?);
    if from.is_empty() {
        return Err(Raised::evaluation("from cannot be empty"));
    }
    let body = match exchange.section {
        SectionName::Inbound | SectionName::Backend => &mut context.request.body,
        SectionName::Outbound | SectionName::OnError => match &mut context.response {
            Some(response) => &mut response.body,
            None => return Ok(()),
        },
    };
    // What is not text holds nothing that could be found.
    if let Some(text) = body.as_deref().and_then(|bytes| str::from_utf8(bytes).ok())
        && text.contains(&from)
    {
        *body = Some(Bytes::from(text.replace(&from, &to)));
    }
    Ok(())
}

/// Points the request at another path below the API's backend. `{name}` stands for what the
/// operation's template matched; what the query holds beside it is kept, unless the policy says no.
pub(super) fn rewrite_uri(exchange: &mut Exchange, policy: &RewriteUri) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let template = policy.template.text(context)?;
    let copy = truth(&policy.copy_unmatched, context)?;
    let mut used = Vec::new();
    let filled = fill(context, template.trim(), &mut used);
    let (path, query) = filled.split_once('?').unwrap_or((&filled, ""));
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(str::to_owned)
        .collect();
    if copy {
        let names: Vec<String> = pairs.iter().map(|pair| name_of(pair)).collect();
        let unmatched = context.request.url.query.split('&').filter(|pair| {
            let name = name_of(pair);
            let taken = |known: &String| known.eq_ignore_ascii_case(&name);
            !pair.is_empty() && !names.iter().any(taken) && !used.iter().any(taken)
        });
        pairs.extend(unmatched.map(str::to_owned));
    }
    let base = &exchange.base_path;
    let slash = if path.starts_with('/') { "" } else { "/" };
    context.request.url.path = format!("{base}{slash}{path}");
    context.request.url.query = pairs.join("&");
    Ok(())
}

fn fill(context: &Context, template: &str, used: &mut Vec<String>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let parameter = after.split_once('}').and_then(|(name, after)| {
            let name = name.trim_start_matches('*');
            let known = &context.request.matched_parameters;
            let found = known.iter().find(|(known, _)| known == name);
            found.map(|(name, value)| (name, value, after))
        });
        match parameter {
            Some((name, value, after)) => {
                used.push(name.clone());
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

fn name_of(pair: &str) -> String {
    percent_decode(pair.split_once('=').map_or(pair, |(name, _)| name))
}

pub(super) fn set_query_parameter(
    context: &mut Context,
    policy: &SetQueryParameter,
) -> Result<(), Raised> {
    let name = policy.name.text(context)?;
    let action = match &policy.exists {
        ExistsActionTemplate::Known(action) => *action,
        ExistsActionTemplate::Computed(template) => {
            let text = template.text(context)?;
            ExistsAction::from_name(&text)
                .ok_or_else(|| Raised::evaluation(format!("exists-action cannot be `{text}`")))?
        }
    };
    let mut values = Vec::new();
    if action != ExistsAction::Delete {
        for value in &policy.values {
            values.push(value.text(context)?);
        }
    }
    let url = &mut context.request.url;
    if action == ExistsAction::Skip && url.query_value(&name).is_some() {
        return Ok(());
    }
    url.query = with_parameter(url, &name, action, &values);
    Ok(())
}

fn with_parameter(url: &Url, name: &str, action: ExistsAction, values: &[String]) -> String {
    let keep = |pair: &&str| {
        !pair.is_empty()
            && (action == ExistsAction::Append || !name_of(pair).eq_ignore_ascii_case(name))
    };
    let kept = url.query.split('&').filter(keep).map(str::to_owned);
    let added = values
        .iter()
        .map(|value| format!("{}={}", encode(name), encode(value)));
    kept.chain(added).collect::<Vec<_>>().join("&")
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub(super) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Adds a message to the request's trace.
pub(super) fn trace(exchange: &mut Exchange, policy: &TracePolicy) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let message = policy.message.text(context)?;
    let mut metadata = Vec::with_capacity(policy.metadata.len());
    for (name, value) in &policy.metadata {
        metadata.push((name.text(context)?, value.text(context)?));
    }
    let trace = Trace {
        source: policy.source.to_string(),
        severity: policy.severity.to_string(),
        message,
        metadata,
        section: exchange.section.as_str(),
        elapsed: context.elapsed,
    };
    context.traces.push(trace);
    Ok(())
}
