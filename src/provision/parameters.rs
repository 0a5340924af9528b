//! Values for a template's parameters, typed and checked before anything is sent.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::given::{Assignment, Given};
use crate::base::{Diagnostic, Source, Span, nearest_hint};

/// How far `$ref` may lead to another `$ref`.
const MOST_REFERENCES: usize = 30;

/// Why a template's parameters cannot be bound.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ParameterProblem {
    /// What is wrong, at its place.
    pub(crate) wrong: Vec<Diagnostic>,
    /// Parameters without a value and without a default: name, and what the template says of it.
    pub(crate) missing: Vec<(String, String)>,
}

/// The `parameters` of a deployment: `{name: {value}}` or `{name: {reference}}`. Of two values for
/// one parameter, the later counts; `variable` looks up the environment.
///
/// # Errors
///
/// Everything that is wrong, at once.
pub(crate) fn bind(
    template: &Value,
    given: &[Assignment],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Map<String, Value>, ParameterProblem> {
    let none = Map::new();
    let declared = template["parameters"].as_object().unwrap_or(&none);
    let binder = Binder {
        declared,
        definitions: template["definitions"].as_object().unwrap_or(&none),
        variable,
    };
    let mut problem = ParameterProblem::default();
    let mut bound = Map::new();
    for one in given {
        match binder.value(one) {
            Ok((name, value)) => {
                bound.insert(name, value);
            }
            Err(wrong) => problem.wrong.push(*wrong),
        }
    }
    for (name, kind) in declared {
        let kind = binder.resolved(kind);
        let optional =
            kind.contains_key("defaultValue") || kind.get("nullable") == Some(&json!(true));
        let named = given.iter().any(|one| one.name.eq_ignore_ascii_case(name));
        if !optional && !named {
            let about = kind.get("metadata").map(|about| &about["description"]);
            let about = about.and_then(Value::as_str).unwrap_or_default();
            problem.missing.push((name.clone(), about.to_owned()));
        }
    }
    if problem == ParameterProblem::default() {
        Ok(bound)
    } else {
        let hidden = binder.hidden(given);
        for wrong in &mut problem.wrong {
            wrong.source = masked(&wrong.source, &hidden);
        }
        Err(problem)
    }
}

/// What tells one deployment from another: template and parameters, but for secrets.
pub(crate) fn digest_of(template: &Value, parameters: &Map<String, Value>) -> String {
    let mut digest = Sha256::new();
    digest.update(template.to_string());
    let none = Map::new();
    let binder = Binder {
        declared: template["parameters"].as_object().unwrap_or(&none),
        definitions: template["definitions"].as_object().unwrap_or(&none),
        variable: &|_| None,
    };
    for (name, kind) in binder.declared {
        if !binder.secure(kind)
            && let Some(value) = parameters.get(name)
        {
            digest.update(format!("\n{name}={value}"));
        }
    }
    digest
        .finalize()
        .iter()
        .take(16)
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Whether any of the parameters is a secret: what-if cannot tell whether it changed.
pub(crate) fn holds_secrets(template: &Value, parameters: &Map<String, Value>) -> bool {
    let none = Map::new();
    let binder = Binder {
        declared: template["parameters"].as_object().unwrap_or(&none),
        definitions: template["definitions"].as_object().unwrap_or(&none),
        variable: &|_| None,
    };
    let mut named = binder.declared.iter();
    named.any(|(name, kind)| binder.secure(kind) && parameters.contains_key(name))
}

struct Binder<'a> {
    declared: &'a Map<String, Value>,
    definitions: &'a Map<String, Value>,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

type Wrong = Box<Diagnostic>;

impl Binder<'_> {
    fn value(&self, one: &Assignment) -> Result<(String, Value), Wrong> {
        let names = || self.declared.keys().map(String::as_str);
        let known = names().find(|name| name.eq_ignore_ascii_case(&one.name));
        let Some(name) = known else {
            let message = format!("the template has no parameter `{}`", one.name);
            let wrong = Diagnostic::error(&one.source, one.name_span, message);
            let hint = if self.declared.is_empty() {
                "it takes no parameters at all".to_owned()
            } else {
                nearest_hint(&one.name, names())
            };
            return Err(Box::new(wrong.hint(hint)));
        };
        let kind = self.resolved(&self.declared[name]);
        let value = match &one.given {
            Given::Reference(reference) => {
                return Ok((name.to_owned(), json!({"reference": reference})));
            }
            Given::Value(value) => value.clone(),
            Given::Text(_) if self.secure(&self.declared[name]) => {
                let message =
                    format!("`{name}` is a secret, and other users of this machine see arguments");
                return Err(Box::new(
                    Diagnostic::error(&one.source, one.name_span, message).hint(format!(
                        "name an environment variable that holds it: `-p {name}=@env:NAME`"
                    )),
                ));
            }
            Given::Text(text) => {
                typed(&kind, text).map_err(|reason| Box::new(at(one, name, &reason)))?
            }
            Given::Variable(variable) => {
                let text = (self.variable)(variable).ok_or_else(|| {
                    Box::new(at(one, name, "the environment variable is not set"))
                })?;
                typed(&kind, &text).map_err(|reason| Box::new(at(one, name, &reason)))?
            }
        };
        check(&kind, &value).map_err(|reason| Box::new(at(one, name, &reason)))?;
        Ok((name.to_owned(), json!({"value": value})))
    }

    /// The declaration with `$ref` followed; what stands beside the reference wins.
    fn resolved(&self, kind: &Value) -> Map<String, Value> {
        let mut now = kind.as_object().cloned().unwrap_or_default();
        for _ in 0..MOST_REFERENCES {
            let Some(reference) = now.remove("$ref") else {
                break;
            };
            let name = reference.as_str().unwrap_or_default();
            let name = name.strip_prefix("#/definitions/").unwrap_or(name);
            let target = self.definitions.get(name).and_then(Value::as_object);
            for (key, value) in target.into_iter().flatten() {
                now.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        now
    }

    fn secure(&self, kind: &Value) -> bool {
        type_of(&self.resolved(kind)).starts_with("secure")
    }

    /// Places of values that must not be shown: secrets, and what may be one by its name.
    fn hidden(&self, given: &[Assignment]) -> Vec<(Source, Span)> {
        let secret = |one: &&Assignment| match self.declared.get(&one.name) {
            Some(kind) => self.secure(kind),
            None => {
                let name = one.name.to_ascii_lowercase();
                ["key", "secret", "password", "token"]
                    .iter()
                    .any(|word| name.contains(word))
            }
        };
        // Lists and objects have the place of their first letter only, so it goes on to the next name.
        let end = |one: &Assignment| {
            let others = given.iter().filter(|other| other.source == one.source);
            let next = others
                .map(|other| other.name_span.start)
                .filter(|start| *start > one.span.start);
            next.min().unwrap_or(one.source.text.len())
        };
        given
            .iter()
            .filter(secret)
            .map(|one| (one.source.clone(), Span::new(one.span.start, end(one))))
            .collect()
    }
}

fn at(one: &Assignment, name: &str, reason: &str) -> Diagnostic {
    let message = format!("parameter `{name}`: {reason}");
    Diagnostic::error(&one.source, one.span, message)
}

fn masked(source: &Source, hidden: &[(Source, Span)]) -> Source {
    let mut bytes = source.text.as_bytes().to_vec();
    for (of, span) in hidden {
        if of == source {
            let end = span.end.min(bytes.len());
            let start = span.start.min(end);
            for byte in &mut bytes[start..end] {
                if *byte != b'\n' {
                    *byte = b'*';
                }
            }
        }
    }
    Source::new(
        source.name.clone(),
        String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// In small letters.
fn type_of(kind: &Map<String, Value>) -> String {
    let kind = kind.get("type").and_then(Value::as_str);
    kind.unwrap_or_default().to_ascii_lowercase()
}

/// Text of a command line as the type asks for it. Lists may be written `a,b,c`.
fn typed(kind: &Map<String, Value>, text: &str) -> Result<Value, String> {
    match type_of(kind).as_str() {
        "string" | "securestring" => Ok(text.into()),
        "int" => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| "a whole number belongs here".to_owned()),
        "bool" => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err("`true` or `false` belongs here".to_owned()),
        },
        "array" if !text.trim_start().starts_with('[') => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .collect()),
        _ => serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}")),
    }
}

fn check(kind: &Map<String, Value>, value: &Value) -> Result<(), String> {
    if value.is_null() && kind.get("nullable") == Some(&json!(true)) {
        return Ok(());
    }
    let (right, wanted) = match type_of(kind).as_str() {
        "string" | "securestring" => (value.is_string(), "a text"),
        "int" => (value.is_i64(), "a whole number"),
        "bool" => (value.is_boolean(), "`true` or `false`"),
        "array" => (value.is_array(), "a list"),
        "object" | "secureobject" => (value.is_object(), "an object"),
        // Azure knows what it is.
        _ => (true, ""),
    };
    if !right {
        return Err(format!("{wanted} belongs here"));
    }
    allowed(kind, value)?;
    bounds(kind, value)
}

fn allowed(kind: &Map<String, Value>, value: &Value) -> Result<(), String> {
    let Some(Value::Array(allowed)) = kind.get("allowedValues") else {
        return Ok(());
    };
    let same = |one: &Value, value: &Value| match (one, value) {
        (Value::String(one), Value::String(value)) => one.eq_ignore_ascii_case(value),
        _ => one == value,
    };
    let known = |value: &Value| allowed.iter().any(|one| same(one, value));
    let fits = match value {
        Value::Array(items) if !allowed.iter().all(Value::is_array) => items.iter().all(known),
        value => known(value),
    };
    if fits {
        return Ok(());
    }
    let names: Vec<String> = allowed.iter().map(shown).collect();
    let near = value.as_str().map(|text| {
        let names = allowed.iter().filter_map(Value::as_str);
        nearest_hint(text, names.collect::<Vec<_>>())
    });
    Err(match near {
        Some(near) => format!("it is not one of the allowed values; {near}"),
        None => format!("it is not one of {}", names.join(", ")),
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn bounds(kind: &Map<String, Value>, value: &Value) -> Result<(), String> {
    let bound = |key: &str| kind.get(key).and_then(Value::as_i64);
    let length = |count: usize| i64::try_from(count).ok();
    let (measured, least, most, what) = match value {
        Value::Number(number) => (number.as_i64(), bound("minValue"), bound("maxValue"), ""),
        Value::String(text) => (
            length(text.encode_utf16().count()),
            bound("minLength"),
            bound("maxLength"),
            " characters",
        ),
        Value::Array(items) => (
            length(items.len()),
            bound("minLength"),
            bound("maxLength"),
            " entries",
        ),
        _ => return Ok(()),
    };
    let Some(measured) = measured else {
        return Ok(());
    };
    match (least, most) {
        (Some(least), _) if measured < least => {
            Err(format!("at least {least}{what}, not {measured}"))
        }
        (_, Some(most)) if measured > most => Err(format!("at most {most}{what}, not {measured}")),
        _ => Ok(()),
    }
}
