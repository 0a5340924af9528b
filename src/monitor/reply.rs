use serde_json::{Value, json};

/// An answer of the API, before it has headers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Reply {
        Reply { status: 200, body }
    }

    /// How the metrics API refuses: code and message at the top.
    pub(super) fn flat(message: impl Into<String>) -> Reply {
        Reply {
            status: 400,
            body: json!({ "code": "BadRequest", "message": message.into() }),
        }
    }

    /// How newer paths refuse: below `error`.
    pub(super) fn nested(code: &str, message: impl Into<String>) -> Reply {
        Reply {
            status: 400,
            body: json!({ "error": { "code": code, "message": message.into() } }),
        }
    }
}
