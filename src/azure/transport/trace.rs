//! What `--trace` writes: a line of JSON for each attempt. No body is written, no credential, and
//! of a query only what is known to hold none.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

use super::{Answer, Request};
use crate::azure::Refusal;

/// Headers that hold no secret and explain what happened.
const HEADERS: [&str; 13] = [
    "accept",
    "content-type",
    "etag",
    "if-match",
    "if-none-match",
    "retry-after",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-error-code",
    "x-ms-failure-cause",
    "x-ms-ratelimit-remaining-subscription-reads",
    "x-ms-ratelimit-remaining-subscription-writes",
    "x-ms-request-id",
];

/// Names in a query whose values hold no secret.
const QUERY: [&str; 12] = [
    "$filter",
    "$top",
    "aggregation",
    "api-version",
    "force",
    "format",
    "interval",
    "metricnames",
    "metricnamespace",
    "resource",
    "timespan",
    "top",
];

/// Where trace lines go.
pub(crate) struct Trace {
    out: Mutex<Box<dyn Write + Send>>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}

/// One attempt, as far as it is told.
pub(super) struct Line<'a> {
    pub(super) at: Timestamp,
    pub(super) attempt: u32,
    pub(super) request: &'a Request,
    /// The answer, or what broke.
    pub(super) outcome: Result<&'a Answer, &'a str>,
    pub(super) elapsed: Duration,
    /// Wait before the next attempt, if there is one.
    pub(super) wait: Option<Duration>,
}

impl Trace {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Trace {
        Trace {
            out: Mutex::new(out),
        }
    }

    pub(super) fn line(&self, line: &Line<'_>) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not end a deployment that is under way; the trace ends instead.
        let text = format!("{}\n", line.value());
        let _disk_full = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

impl Line<'_> {
    fn value(&self) -> Value {
        let mut value = json!({
            "at": self.at.to_string(),
            "attempt": self.attempt,
            "method": self.request.method.as_str(),
            "url": shown(&self.request.url),
            "request_headers": headers(&self.request.headers),
            "request_bytes": self.request.body.as_ref().map_or(0, bytes::Bytes::len),
            "elapsed_ms": milliseconds(self.elapsed),
        });
        match self.outcome {
            Err(fault) => value["fault"] = json!(fault),
            Ok(answer) => {
                value["status"] = json!(answer.status);
                value["response_headers"] = headers(&answer.headers);
                value["response_bytes"] = json!(answer.body.len());
                if !answer.is_success() {
                    value["code"] = json!(Refusal::of_answer("", answer).error.code);
                }
            }
        }
        if let Some(wait) = self.wait {
            value["retry_in_ms"] = milliseconds(wait);
        }
        value
    }
}

fn milliseconds(duration: Duration) -> Value {
    json!(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn headers(headers: &HeaderMap) -> Value {
    let told = HEADERS.iter().filter_map(|name| {
        let value = headers.get(*name).filter(|value| !value.is_sensitive())?;
        Some(((*name).to_owned(), json!(value.to_str().ok()?)))
    });
    Value::Object(told.collect::<Map<_, _>>())
}

/// A URL whose query shows only what is known to hold no secret.
pub(super) fn shown(url: &Url) -> String {
    let mut text = url.clone();
    text.set_query(None);
    text.set_fragment(None);
    let _no_authority = text.set_password(None).and_then(|()| text.set_username(""));
    let told: Vec<String> = url
        .query_pairs()
        .map(|(name, value)| {
            let known = QUERY.contains(&name.to_ascii_lowercase().as_str());
            format!("{name}={}", if known { value.as_ref() } else { "***" })
        })
        .collect();
    if told.is_empty() {
        return text.to_string();
    }
    format!("{text}?{}", told.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_shows_only_what_holds_no_secret() {
        let url =
            "https://me:planted@h.example/p?api-version=1&sig=planted&$filter=a%20eq%20'b'#planted";
        assert_eq!(
            shown(&url.parse().unwrap()),
            "https://h.example/p?api-version=1&sig=***&$filter=a eq 'b'"
        );
    }
}
