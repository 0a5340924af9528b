//! Response headers of the service, by the names and in the spelling it uses. No date: that is the
//! server's to add.

use super::refusal::Refusal;
use crate::base::{Seed, Tokens};

pub(super) type HeaderList = Vec<(&'static str, String)>;

/// Limits of the model deployment, as if it had plenty of capacity. What remains is told as if each
/// request were the first of its minute, so that no answer depends on another.
const LIMIT_REQUESTS: u64 = 10_000;
const LIMIT_TOKENS: u64 = 10_000_000;
const REGION: &str = "East US";

/// Headers that every answer has. `seed` is the request's.
fn common(seed: &Seed, content_type: &str, client_request_id: Option<&str>) -> HeaderList {
    let mut seed = seed.derive("headers");
    let mut headers = vec![
        ("Content-Type", content_type.to_owned()),
        ("apim-request-id", guid(&mut seed)),
        ("x-request-id", guid(&mut seed)),
        ("x-ms-region", REGION.to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains; preload".to_owned(),
        ),
    ];
    if let Some(id) = client_request_id {
        headers.push(("x-ms-client-request-id", id.to_owned()));
    }
    headers
}

/// Headers of an answer by the model. `session` is drawn from the settings alone: one model, one
/// session.
pub(super) fn success(
    seed: &Seed,
    stream: bool,
    client_request_id: Option<&str>,
    deployment: &str,
    session: &Seed,
    reserved: Tokens,
) -> HeaderList {
    let content_type = if stream {
        "text/event-stream; charset=utf-8"
    } else {
        "application/json"
    };
    let mut headers = common(seed, content_type, client_request_id);
    let mut session = session.derive("session");
    headers.extend([
        ("x-ratelimit-limit-requests", LIMIT_REQUESTS.to_string()),
        ("x-ratelimit-limit-tokens", LIMIT_TOKENS.to_string()),
        (
            "x-ratelimit-remaining-requests",
            (LIMIT_REQUESTS - 1).to_string(),
        ),
        (
            "x-ratelimit-remaining-tokens",
            Tokens(LIMIT_TOKENS).saturating_sub(reserved).to_string(),
        ),
        ("x-ms-rai-invoked", "true".to_owned()),
        ("x-ms-deployment-name", deployment.to_owned()),
        (
            "azureml-model-session",
            format!(
                "d{:03}-{:014}",
                session.below(1_000),
                session.below(100_000_000_000_000)
            ),
        ),
    ]);
    headers
}

pub(super) fn refusal(
    seed: &Seed,
    refusal: &Refusal,
    client_request_id: Option<&str>,
) -> HeaderList {
    let mut headers = common(seed, "application/json", client_request_id);
    if let Some(seconds) = refusal.retry_after_seconds {
        headers.push(("retry-after", seconds.to_string()));
        headers.push(("retry-after-ms", (seconds * 1_000).to_string()));
        headers.push(("x-ratelimit-remaining-tokens", "0".to_owned()));
    }
    headers
}

/// A random GUID of version 4.
fn guid(seed: &mut Seed) -> String {
    let (high, low) = (seed.next_u64(), seed.next_u64());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
