use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::arm::ArmError;
use crate::policy::message::percent_decode;

/// A request of the management plane, as it came.
#[derive(Clone)]
pub(crate) struct Ask {
    /// In capitals.
    pub(crate) method: String,
    /// Percent-encoded, from the first `/`.
    pub(crate) path: String,
    /// Percent-encoded, without `?`.
    pub(crate) query: String,
    /// Scheme and authority under which the caller reached us, such as `http://127.0.0.1:8080`.
    pub(crate) base: String,
    /// By name in small letters.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An answer of the management plane.
#[derive(Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// `None` for an empty body.
    pub(crate) body: Option<Value>,
    /// Printed over many lines with `CRLF`, as API Management does.
    pub(crate) pretty: bool,
}

/// Why a request is refused: the status, and the error of the body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) error: ArmError,
}

impl Ask {
    /// Segments of the path, decoded; empty ones are left out.
    pub(super) fn segments(&self) -> Vec<String> {
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        // A plus is a plus in a path.
        parts
            .map(|part| percent_decode(&part.replace('+', "%2B")))
            .collect()
    }

    /// The first value of a query parameter, whose name is compared without case.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            percent_decode(key)
                .eq_ignore_ascii_case(name)
                .then(|| percent_decode(value))
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(super) fn api_version(&self) -> String {
        self.parameter("api-version").unwrap_or_default()
    }

    /// The body as JSON, or as what the clients of Azure take for JSON.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        super::jsonc::read(&self.body).map_err(|problem| {
            let message = format!(
                "The request content was invalid and could not be deserialized: '{problem}'."
            );
            Refusal::new(400, "InvalidRequestContent", message)
        })
    }

    /// As [`json`](Self::json), an empty body standing for an empty object.
    pub(super) fn json_or_empty(&self) -> Result<Value, Refusal> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(json!({}));
        }
        self.json()
    }
}

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: Some(body),
            pretty: false,
        }
    }

    pub(crate) fn empty(status: u16) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: None,
            pretty: false,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// The body's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Some(body) = &self.body else {
            return Vec::new();
        };
        if self.pretty {
            return format!("{body:#}").replace('\n', "\r\n").into_bytes();
        }
        body.to_string().into_bytes()
    }
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            error: ArmError::new(code, message),
        }
    }

    pub(crate) fn of(status: u16, error: ArmError) -> Refusal {
        Refusal { status, error }
    }

    pub(crate) fn reply(&self) -> Reply {
        Reply::json(self.status, json!({"error": self.error.wire()}))
    }
}

/// `{value: […]}` of a list, cut into pages as the request wants them.
///
/// `count` adds the number of all items, as API Management does.
pub(super) fn page(ask: &Ask, items: Vec<Value>, most: usize, count: bool) -> Reply {
    let number = |name: &str| ask.parameter(name).and_then(|text| text.parse().ok());
    let skip = number("$skiptoken")
        .or_else(|| number("$skip"))
        .unwrap_or(0);
    let size = number("$top").unwrap_or(most).clamp(1, most);
    let all = items.len();
    let value: Vec<Value> = items.into_iter().skip(skip).take(size).collect();
    let next = skip + value.len();
    let mut body = json!({"value": value});
    if count {
        body["count"] = json!(all);
    }
    if next < all {
        let kept = ask.query.split('&').filter(|pair| {
            let name = percent_decode(pair.split('=').next().unwrap_or(pair));
            !pair.is_empty()
                && !name.eq_ignore_ascii_case("$skiptoken")
                && !name.eq_ignore_ascii_case("$skip")
        });
        let kept: Vec<&str> = kept.collect();
        let link = format!(
            "{}{}?{}&%24skiptoken={next}",
            ask.base,
            ask.path,
            kept.join("&")
        );
        body["nextLink"] = json!(link);
    }
    Reply::json(200, body)
}
