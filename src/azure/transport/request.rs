use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;

use super::trace::shown;
use crate::azure::{AzureError, Refusal};
use crate::base::Secret;

/// Whether a request may be sent again when nobody knows if the first one arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice is the same as once: reads, PUT, DELETE, and a POST that only asks.
    Safe,
    /// Only when the endpoint says that it did nothing, or was never reached.
    Unsafe,
}

/// Where a request may go without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlainHttp {
    Loopback,
    /// Also link-local addresses: the identity endpoint of a virtual machine lives there.
    LinkLocal,
}

/// One HTTP request. Its `Debug` shows neither headers nor body nor what stands in its query.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) repeat: Repeat,
    pub(crate) plain: PlainHttp,
}

impl Request {
    /// A request without a body. Only a POST is not repeatable by itself.
    pub(crate) fn new(method: Method, url: Url) -> Request {
        let repeat = if method == Method::POST || method == Method::PATCH {
            Repeat::Unsafe
        } else {
            Repeat::Safe
        };
        Request {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            repeat,
            plain: PlainHttp::Loopback,
        }
    }

    /// A POST that only asks, so that it may be asked again.
    pub(crate) fn repeatable(mut self) -> Request {
        self.repeat = Repeat::Safe;
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Request {
        let json = HeaderValue::from_static("application/json");
        self.headers.insert(CONTENT_TYPE, json);
        self.body = Some(Bytes::from(body.to_string()));
        self
    }

    /// # Errors
    ///
    /// When the value holds what no header can.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Result<Request, AzureError> {
        let value = HeaderValue::from_str(value).map_err(|_| AzureError::Header {
            name: name.to_string(),
        })?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// # Errors
    ///
    /// When the credential holds what no header can.
    pub(crate) fn bearer(mut self, token: &Secret) -> Result<Request, AzureError> {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()));
        let mut value = value.map_err(|_| AzureError::Header {
            name: AUTHORIZATION.to_string(),
        })?;
        value.set_sensitive(true);
        self.headers.insert(AUTHORIZATION, value);
        Ok(self)
    }

    /// Method and path, for messages: `GET /subscriptions/…`.
    pub(crate) fn operation(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    /// True when the request may leave as it is: with TLS, or to this machine.
    pub(super) fn may_leave(&self) -> bool {
        match self.url.scheme() {
            "https" => true,
            "http" => {
                is_loopback(&self.url)
                    || (self.plain == PlainHttp::LinkLocal && is_link_local(&self.url))
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, shown(&self.url))
    }
}

/// True for a URL of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match address(url) {
        Some(address) => address.is_loopback(),
        None => url
            .host_str()
            .is_some_and(|host| host == "localhost" || host.ends_with(".localhost")),
    }
}

fn is_link_local(url: &Url) -> bool {
    matches!(address(url), Some(IpAddr::V4(address)) if address.is_link_local())
}

fn address(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// What came back, read to its end.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header's text; nothing when it is absent or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `null` for an empty one.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub(crate) fn json(&self, operation: &str) -> Result<Value, AzureError> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| AzureError::Answer {
            operation: operation.to_owned(),
            problem: format!("not JSON: {error}"),
        })
    }

    /// The answer itself when it is a success.
    ///
    /// # Errors
    ///
    /// What Azure says instead.
    pub(crate) fn success(self, operation: &str) -> Result<Answer, AzureError> {
        if self.is_success() {
            return Ok(self);
        }
        Err(Refusal::of_answer(operation, &self).into())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} bytes", self.status, self.body.len())
    }
}
