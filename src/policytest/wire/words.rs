//! Values that are one of a few words, and names.

use schemars::{Schema, json_schema};

use crate::base::{Severity, Tier, nearest_hint};
use crate::yaml::{Choice, Format, Mistake};

/// A tier; those without a token limit of their own are named to be explained.
pub(in super::super) struct TierName;

impl Format for TierName {
    type Value = Tier;

    fn parse(text: &str) -> Result<Tier, Mistake> {
        match text {
            // Same reasons, shapes and window as the classic tiers (gateway specification, 1.4).
            "self-hosted" => Ok(Tier::Premium),
            "consumption" => Err(Mistake::new(
                "tier `consumption` is not executed by this version",
                "it has no token limit; use another tier",
            )),
            _ => Tier::from_name(text).ok_or_else(|| {
                let names = Tier::ALL.iter().map(|tier| tier.as_str());
                let hint = nearest_hint(text, names.chain(["self-hosted"]));
                Mistake::new(format!("`{text}` is not a tier"), hint)
            }),
        }
    }

    fn schema() -> Schema {
        let names = Tier::ALL.iter().map(|tier| tier.as_str());
        let names: Vec<&str> = names.chain(["self-hosted"]).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

/// How the connection to the model fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Fault {
    Refused,
    Timeout,
    Reset,
}

impl Choice for Fault {
    const WHAT: &'static str = "a fault of a backend";
    const ALL: &'static [Fault] = &[Fault::Refused, Fault::Timeout, Fault::Reset];

    fn word(self) -> &'static str {
        match self {
            Fault::Refused => "refused",
            Fault::Timeout => "timeout",
            Fault::Reset => "reset",
        }
    }
}

/// A severity, as diagnostics print it.
pub(in super::super) type SeverityWord = Severity;

impl Choice for Severity {
    const WHAT: &'static str = "a severity";
    const ALL: &'static [Severity] = &[Severity::Error, Severity::Warning, Severity::Info];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

/// An HTTP method.
pub(in super::super) struct Method;

impl Format for Method {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        if !text.is_empty() && text.chars().all(|letter| letter.is_ascii_uppercase()) {
            return Ok(text.to_owned());
        }
        Err(Mistake::new(
            format!("`{text}` is not a method"),
            "write it in capitals, such as `POST`",
        ))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z]+$" })
    }
}

/// Name of any header; keys may be sent, for a test's keys open nothing.
pub(in super::super) struct HeaderName;

impl Format for HeaderName {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        let plain =
            |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
        if !text.is_empty() && text.chars().all(plain) {
            return Ok(text.to_owned());
        }
        Err(Mistake::new(
            format!("`{text}` is not the name of a header"),
            "a header name has letters, digits and `-`",
        ))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string" })
    }
}
