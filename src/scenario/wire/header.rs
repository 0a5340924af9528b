//! Request headers that a scenario may set.

use schemars::{Schema, json_schema};

use super::super::model::KeyHeader;
use super::{Format, Mistake};

pub(in super::super) struct HeaderName;

pub(in super::super) struct HeaderValue;

/// Header that carries the key.
pub(in super::super) struct KeyHeaderName;

/// What we set ourselves, because the request would be broken otherwise.
const OURS: [&str; 7] = [
    "host",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "expect",
    "upgrade",
];

/// What carries a key. A scenario is stored beside its results and shared: no key may be in it.
const CREDENTIALS: [&str; 5] = [
    "api-key",
    "ocp-apim-subscription-key",
    "authorization",
    "proxy-authorization",
    "cookie",
];

impl Format for HeaderName {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        let name = text.to_ascii_lowercase();
        if OURS.contains(&name.as_str()) {
            return Err(Mistake::new(
                format!("header `{text}` is set by apimon"),
                "leave it out",
            ));
        }
        if CREDENTIALS.contains(&name.as_str()) {
            return Err(Mistake::new(
                format!("header `{text}` would put a key into the scenario"),
                "name the key at its subscription: `{ id: team-a, key-env: TEAM_A_KEY }`",
            ));
        }
        let plain =
            |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
        if text.is_empty() || !text.chars().all(plain) {
            return Err(Mistake::new(
                format!("`{text}` is not the name of a header"),
                "a header name has letters, digits and `-`",
            ));
        }
        Ok(text.to_owned())
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl Format for HeaderValue {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        if text
            .chars()
            .all(|letter| letter == ' ' || letter.is_ascii_graphic())
        {
            return Ok(text.trim().to_owned());
        }
        Err(Mistake::new(
            "a header value has printable ASCII characters only",
            "write the value on one line, without accents",
        ))
    }

    fn schema() -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl Format for KeyHeaderName {
    type Value = KeyHeader;

    fn parse(text: &str) -> Result<KeyHeader, Mistake> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if text.is_empty() || !text.chars().all(plain) {
            return Err(Mistake::new(
                format!("`{text}` is not the name of a header"),
                "write `api-key`, `Ocp-Apim-Subscription-Key` or `authorization`",
            ));
        }
        Ok(KeyHeader {
            name: text.to_owned(),
            bearer: text.eq_ignore_ascii_case("authorization"),
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "examples": ["api-key", "Ocp-Apim-Subscription-Key", "authorization"] })
    }
}
