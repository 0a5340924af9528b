use std::fmt;

use serde_json::Value;

/// How deep errors may lie in errors.
const DEEPEST: usize = 16;

/// What really went wrong: Azure wraps it in errors that only say that there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Resource id, parameter or path that Azure names.
    pub(crate) target: Option<String>,
    /// Names of policies that refuse, and the like.
    pub(crate) notes: Vec<String>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", message) => f.write_str(message),
            (code, "") => f.write_str(code),
            (code, message) => write!(f, "{code}: {message}"),
        }
    }
}

/// The innermost errors of an answer, an `error`, or the `statusMessage` of an operation: through
/// `details`, `innererror`, and JSON that stands in a message as text. Each is told once.
pub(crate) fn troubles(answer: &Value) -> Vec<Trouble> {
    let mut found = Vec::new();
    collect(answer, 0, &mut found);
    let mut told: Vec<Trouble> = Vec::new();
    for one in found {
        let known = told.iter().any(|other| {
            other.code == one.code && other.message == one.message && other.target == one.target
        });
        if !known {
            told.push(one);
        }
    }
    told
}

fn collect(value: &Value, depth: usize, found: &mut Vec<Trouble>) {
    if depth > DEEPEST {
        return;
    }
    let value = match value {
        Value::String(message) => match embedded(message) {
            Some(inner) => return collect(&inner, depth + 1, found),
            None if message.trim().is_empty() => return,
            None => {
                found.push(plain(message));
                return;
            }
        },
        Value::Object(_) => value,
        _ => return,
    };
    for key in ["error", "Error"] {
        if let Some(inner) = value.get(key).filter(|inner| !inner.is_null()) {
            return collect(inner, depth + 1, found);
        }
    }
    let before = found.len();
    let message = either(value, "message");
    let inner = embedded(message);
    if let Some(inner) = &inner {
        collect(inner, depth + 1, found);
    }
    let details = value.get("details").or_else(|| value.get("Details"));
    for detail in details.and_then(Value::as_array).into_iter().flatten() {
        collect(detail, depth + 1, found);
    }
    if let Some(inner) = value.get("innererror").or_else(|| value.get("innerError"))
        && !either(inner, "message").is_empty()
    {
        collect(inner, depth + 1, found);
    }
    if found.len() == before {
        leaf(value, message, inner.is_some(), found);
    } else {
        // What is inside often lacks the target that stands around it.
        let target = text(value, "target");
        for one in found.iter_mut().skip(before) {
            if one.target.is_none() && !target.is_empty() {
                one.target = Some(target.to_owned());
            }
        }
    }
}

fn leaf(value: &Value, message: &str, embedded: bool, found: &mut Vec<Trouble>) {
    let code = either(value, "code");
    if code.is_empty() && message.is_empty() {
        return;
    }
    let target = text(value, "target");
    found.push(Trouble {
        code: code.to_owned(),
        message: if embedded {
            String::new()
        } else {
            tidy(message)
        },
        target: (!target.is_empty()).then(|| target.to_owned()),
        notes: notes(value),
    });
}

fn plain(message: &str) -> Trouble {
    Trouble {
        code: String::new(),
        message: tidy(message),
        target: None,
        notes: Vec::new(),
    }
}

/// A message that is JSON itself: an error as text.
fn embedded(message: &str) -> Option<Value> {
    let message = message.trim();
    if !message.starts_with('{') {
        return None;
    }
    serde_json::from_str::<Value>(message)
        .ok()
        .filter(Value::is_object)
}

/// Which policy refuses, and where in a template.
fn notes(value: &Value) -> Vec<String> {
    let more = value.get("additionalInfo").and_then(Value::as_array);
    let mut notes = Vec::new();
    for info in more.into_iter().flatten().filter_map(|one| one.get("info")) {
        for (key, what) in [
            ("policyAssignmentDisplayName", "policy assignment"),
            ("policyDefinitionDisplayName", "policy"),
            ("path", "place in the template"),
        ] {
            let named = text(info, key);
            if !named.is_empty() {
                notes.push(format!("{what} `{named}`"));
            }
        }
    }
    notes
}

/// One line, without the correlation ids and the trailing full stop.
fn tidy(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

/// A text of an object; empty when it is not there.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The same for services that write `Message`.
fn either<'a>(value: &'a Value, key: &str) -> &'a str {
    let small = text(value, key);
    if !small.is_empty() {
        return small;
    }
    let mut capital = key.to_owned();
    capital[..1].make_ascii_uppercase();
    text(value, &capital)
}
