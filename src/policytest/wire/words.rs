//! Values that are one of a few words, and names.

use schemars::{Schema, json_schema};

use crate::base::{Severity, nearest_hint};
use crate::policy::lint::Platform;
use crate::yaml::{Choice, Format, Mistake};

/// A tier, or a gateway that is priced by itself.
pub(in super::super) struct TierName;

/// Workspace gateways share the tier of their service and have no counters of their own here.
fn tiers() -> impl Iterator<Item = &'static str> + Clone {
    let names = Platform::names().into_iter();
    names.filter(|name| Platform::from_name(name) != Some(Platform::Workspace))
}

impl Format for TierName {
    type Value = Platform;

    fn parse(text: &str) -> Result<Platform, Mistake> {
        let known = tiers().find(|name| *name == text);
        known.and_then(Platform::from_name).ok_or_else(|| {
            let hint = nearest_hint(text, tiers());
            Mistake::new(format!("`{text}` is not a tier"), hint)
        })
    }

    fn schema() -> Schema {
        let names: Vec<&str> = tiers().collect();
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
