use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::policy::message::{Headers, Url};

/// A request for the backend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forward {
    pub(crate) method: String,
    pub(crate) url: Url,
    /// End-to-end headers; the driver adds host and length.
    pub(crate) headers: Headers,
    pub(crate) body: Option<Bytes>,
    /// How long the backend may take until its answer begins.
    pub(crate) timeout: Duration,
    /// Bring the answer whole, even when it is a stream.
    pub(crate) buffer: bool,
    /// Id of the single backend that is asked, where one is configured.
    pub(crate) backend: Option<Arc<str>>,
}

/// Headers that belong to one connection (RFC 9110, section 7.6.1) or that the driver writes.
const NOT_FORWARDED: [&str; 11] = [
    "Connection",
    "Content-Length",
    "Expect",
    "Host",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Transfer-Encoding",
    "Upgrade",
];

/// Leaves the fields of a message that go on to the next hop.
pub(super) fn end_to_end(mut headers: Headers) -> Headers {
    let named = headers.joined("Connection").unwrap_or_default();
    headers.retain(|name| {
        !NOT_FORWARDED
            .iter()
            .any(|hop| hop.eq_ignore_ascii_case(name))
            && !named
                .split(',')
                .any(|hop| hop.trim().eq_ignore_ascii_case(name))
    });
    headers
}

/// A base URL as policies and APIs give it. `None` when it has no scheme or host.
pub(super) fn parse_base(text: &str) -> Option<Url> {
    let (scheme, rest) = text.trim().split_once("://")?;
    let (authority, path) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(host, path)| {
            (host, format!("/{path}"))
        });
    let default = if scheme.eq_ignore_ascii_case("http") {
        80
    } else {
        443
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default),
    };
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    (!host.is_empty()).then(|| Url {
        scheme: scheme.to_ascii_lowercase(),
        host: host.to_owned(),
        port,
        path: path.trim_end_matches('/').to_owned(),
        query: query.to_owned(),
    })
}
