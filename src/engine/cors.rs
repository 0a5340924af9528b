//! `cors`: preflight requests are answered before the key is looked at, other requests from
//! another origin get its headers (gateway specification, section 3.2).

use super::error::Raised;
use super::exchange::Exchange;
use super::execute::truth;
use crate::policy::context::Context;
use crate::policy::message::{Headers, Response};
use crate::policy::{Cors, Template};

/// The answer to a preflight by the first policy that fits, or an empty one.
pub(super) fn preflight<'a>(
    context: &mut Context,
    policies: impl Iterator<Item = &'a Cors>,
) -> Result<Response, Raised> {
    let mut response = Response::new(200);
    for policy in policies {
        if let Some(headers) = preflight_headers(context, policy)? {
            response.headers = headers;
            break;
        }
        if truth(&policy.terminate_unmatched, context)? {
            break;
        }
    }
    Ok(response)
}

/// Puts the headers for the answer of an ordinary request aside. `true` ends the request.
pub(super) fn run(exchange: &mut Exchange, policy: &Cors) -> Result<bool, Raised> {
    let context = &mut exchange.context;
    let Some(origin) = context.request.headers.first("Origin").map(str::to_owned) else {
        return Ok(false);
    };
    let Some(mut headers) = origin_headers(context, policy, &origin)? else {
        let simple = matches!(context.request.method.as_str(), "GET" | "HEAD");
        let ends = simple && truth(&policy.terminate_unmatched, context)?;
        if ends {
            context.response = Some(Response::new(200));
        }
        return Ok(ends);
    };
    let expose = texts(context, &policy.expose)?;
    if !expose.is_empty() {
        headers.set("Access-Control-Expose-Headers", expose.join(","));
    }
    exchange.cors_headers = headers;
    Ok(false)
}

fn preflight_headers(context: &mut Context, policy: &Cors) -> Result<Option<Headers>, Raised> {
    let asked = |name: &str| context.request.headers.joined(name).unwrap_or_default();
    let (origin, method) = (asked("Origin"), asked("Access-Control-Request-Method"));
    let wanted = asked("Access-Control-Request-Headers");
    let Some(mut headers) = origin_headers(context, policy, &origin)? else {
        return Ok(None);
    };
    let mut methods = texts(context, &policy.methods)?;
    if methods.iter().any(|allowed| allowed == "*") {
        methods = vec![method.clone()];
    }
    if !methods
        .iter()
        .any(|allowed| allowed.eq_ignore_ascii_case(&method))
    {
        return Ok(None);
    }
    headers.set("Access-Control-Allow-Methods", methods.join(","));
    let allowed = texts(context, &policy.headers)?;
    let any = allowed.iter().any(|allowed| allowed == "*");
    let fits = |name: &str| {
        any || allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(name))
    };
    let mut names = wanted
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    if !names.all(fits) {
        return Ok(None);
    }
    let list = if any { wanted } else { allowed.join(",") };
    if !list.is_empty() {
        headers.set("Access-Control-Allow-Headers", list);
    }
    let max_age = policy.max_age.text(context)?;
    if max_age.trim() != "0" {
        headers.set("Access-Control-Max-Age", max_age.trim());
    }
    Ok(Some(headers))
}

fn origin_headers(
    context: &mut Context,
    policy: &Cors,
    origin: &str,
) -> Result<Option<Headers>, Raised> {
    let credentials = truth(&policy.allow_credentials, context)?;
    let origins = texts(context, &policy.origins)?;
    let any = origins.iter().any(|allowed| allowed == "*");
    if !any && !origins.iter().any(|allowed| same_origin(allowed, origin)) {
        return Ok(None);
    }
    let mut headers = Headers::new();
    // A browser takes no `*` together with credentials.
    let shown = if any && !credentials { "*" } else { origin };
    headers.set("Access-Control-Allow-Origin", shown);
    if credentials {
        headers.set("Access-Control-Allow-Credentials", "true");
    }
    Ok(Some(headers))
}

/// Ports 80 and 443 go without saying.
fn same_origin(one: &str, other: &str) -> bool {
    let plain = |origin: &str| {
        let origin = origin.trim().trim_end_matches('/').to_ascii_lowercase();
        let implied = match origin.split_once("://") {
            Some(("http", _)) => ":80",
            Some(("https", _)) => ":443",
            _ => "",
        };
        origin
            .strip_suffix(implied)
            .map(str::to_owned)
            .unwrap_or(origin)
    };
    plain(one) == plain(other)
}

fn texts(context: &mut Context, templates: &[Template]) -> Result<Vec<String>, Raised> {
    let texts = templates.iter().map(|template| template.text(context));
    Ok(texts.collect::<Result<_, _>>()?)
}
