//! Whether a request may come in: its token, and the answer when it has none that counts.

use jiff::Timestamp;

use super::issuer::Issuer;
use crate::plane::{Ask, Refusal, Reply};

/// What a token may be for, without a slash at its end.
const AUDIENCES: [&str; 7] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://api.loganalytics.io",
    "https://api.loganalytics.azure.com",
    "https://api.applicationinsights.io",
    "https://metrics.monitor.azure.com",
    "https://monitor.azure.com",
];

/// Checks the bearer token of a request.
///
/// # Errors
///
/// The 401 that Azure Resource Manager answers.
pub(super) fn check(issuer: &Issuer, tenant: &str, ask: &Ask, now: Timestamp) -> Result<(), Reply> {
    let refuse = |code: &str, message: String, told: &str| {
        let challenge = format!(
            "Bearer authorization_uri=\"{}/{tenant}\", error=\"invalid_token\", error_description=\"{told}\"",
            ask.base
        );
        Err(Refusal::new(401, code, message)
            .reply()
            .with("www-authenticate", challenge))
    };
    let Some(header) = ask.header("authorization") else {
        let message = "Authentication failed. The 'Authorization' header is missing.".to_owned();
        let told = "The authentication failed because of missing 'Authorization' header.";
        return refuse("AuthenticationFailed", message, told);
    };
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let claims = token.and_then(|(_, token)| issuer.read(token.trim()));
    let Some(claims) = claims else {
        let message = "The access token is invalid.".to_owned();
        return refuse(
            "InvalidAuthenticationToken",
            message,
            "The access token is invalid.",
        );
    };
    let end = claims["exp"].as_i64().unwrap_or(0);
    if end <= now.as_second() {
        let expired = Timestamp::from_second(end).unwrap_or(now);
        let message = format!(
            "The access token expiry UTC time '{expired}' is earlier than current UTC time '{now}'."
        );
        return refuse(
            "ExpiredAuthenticationToken",
            message,
            "The access token expired.",
        );
    }
    let audience = claims["aud"]
        .as_str()
        .unwrap_or_default()
        .trim_end_matches('/')
        .to_owned();
    if !AUDIENCES.contains(&audience.as_str()) && !on_this_machine(&audience) {
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{audience}'."
        );
        let told = "The audience is not one of this endpoint.";
        return refuse("InvalidAuthenticationTokenAudience", message, told);
    }
    if claims["tid"] != tenant {
        let message = "The access token is from the wrong issuer. It must match the tenant associated with this subscription.".to_owned();
        return refuse(
            "InvalidAuthenticationTokenTenant",
            message,
            "The tenant is another one.",
        );
    }
    Ok(())
}

fn on_this_machine(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    host == "localhost" || host.starts_with("127.")
}
