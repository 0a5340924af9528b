//! Names and other texts.

use schemars::{Schema, json_schema};

use crate::base::Threshold;

use super::{Format, Mistake};

/// A name that can also stand in a file name, a URL and a threshold.
pub(crate) struct Name;

/// Name of an APIM named value.
pub(crate) struct NamedValueName;

/// Name of an environment variable.
pub(crate) struct EnvName;

/// Any text but an empty one.
pub(crate) struct Prose;

/// Text of a named value: anything, numbers as they are written.
pub(crate) struct Scalar;

/// A threshold.
pub(crate) struct Rule;

const LONGEST_NAME: usize = 80;

impl Format for Name {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        let plain =
            |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        named(
            text,
            "a name",
            plain,
            "a name has letters `a` to `z`, digits, `-`, `_` and `.`, and begins with a letter or digit",
        )
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$" })
    }
}

impl Format for NamedValueName {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        let plain =
            |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        named(
            text,
            "the name of a named value",
            plain,
            "write the name that stands between `{{` and `}}` in the policy",
        )
    }

    fn schema() -> Schema {
        Name::schema()
    }
}

impl Format for EnvName {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let hint =
            "write the variable's name, such as `TEAM_A_KEY`, without `$` and never the key itself";
        if text.starts_with(|letter: char| letter.is_ascii_digit()) {
            return Err(Mistake::new(
                "this is not the name of an environment variable",
                hint,
            ));
        }
        named(text, "the name of an environment variable", plain, hint)
            // The text may be a key put in the wrong place: do not repeat it.
            .map_err(|_| Mistake::new("this is not the name of an environment variable", hint))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" })
    }
}

impl Format for Prose {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        if text.trim().is_empty() {
            return Err(Mistake::new(
                "the text is empty",
                "write a text or leave the key out",
            ));
        }
        Ok(text.to_owned())
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

impl Format for Scalar {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        Ok(text.to_owned())
    }

    fn schema() -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl Format for Rule {
    type Value = Threshold;

    fn parse(text: &str) -> Result<Threshold, Mistake> {
        Threshold::parse(text).map_err(|error| Mistake {
            message: error.message,
            hint: error.hint,
            within: Some(error.span),
        })
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "examples": [
                "throttled_ratio{callers=quiet} == 0%",
                "p95(ttft) < 800ms",
                "retry_after_honoured == 100%",
                "tokens_admitted_per_minute <= 1.05 * tpm",
            ],
        })
    }
}

fn named(
    text: &str,
    what: &str,
    plain: impl Fn(char) -> bool,
    hint: &str,
) -> Result<String, Mistake> {
    if text.is_empty() {
        return Err(Mistake::new("the name is empty", hint));
    }
    if text.len() > LONGEST_NAME {
        return Err(Mistake::new(
            "the name is too long",
            format!("{LONGEST_NAME} characters at most"),
        ));
    }
    if !text.chars().all(plain)
        || !text.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
    {
        return Err(Mistake::new(format!("`{text}` is not {what}"), hint));
    }
    Ok(text.to_owned())
}
