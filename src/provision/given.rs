//! Parameter values as people give them: `-p name=value`, a parameters file of ARM, or a plain map.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::base::{Diagnostic, Source, Span};
use crate::yaml::{self, Document, Placed};

/// One value for one parameter, and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) given: Given,
    pub(crate) source: Source,
    /// Of the name.
    pub(crate) name_span: Span,
    /// Of the value.
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// Text of a command line, which becomes what the parameter's type asks for.
    Text(String),
    /// Name of an environment variable that holds such a text.
    Variable(String),
    Value(Value),
    /// A secret of a key vault, which Azure looks up: `{keyVault: {id}, secretName}`.
    Reference(Value),
}

/// What stands before the name of an environment variable in `-p name=@env:NAME`.
const VARIABLE: &str = "@env:";

impl Assignment {
    /// Reads `name=value` or `name=@env:NAME`.
    ///
    /// # Errors
    ///
    /// When there is no name. The message does not repeat the value, which may be a secret.
    pub(crate) fn of_flag(text: &str) -> Result<Assignment, String> {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or("a parameter is given as `name=value`")?;
        let name = name.trim();
        let given = match value.strip_prefix(VARIABLE) {
            Some(variable) => Given::Variable(variable.to_owned()),
            None => Given::Text(value.to_owned()),
        };
        let start = name.len() + 1;
        Ok(Assignment {
            name: name.to_owned(),
            given,
            source: Source::new("--parameter", format!("{name}={value}")),
            name_span: Span::new(0, name.len()),
            span: Span::new(start, start + value.len()),
        })
    }
}

/// Reads a parameters file: ARM's `{"parameters": {"name": {"value": …}}}`, or plain
/// `name: value`, in YAML or JSON.
///
/// # Errors
///
/// Broken YAML or JSON, entries that are neither a value nor a reference, both forms in one file.
pub(crate) fn read_file(source: &Source) -> Result<Vec<Assignment>, Vec<Diagnostic>> {
    let file: ParametersFile = yaml::read(source)?;
    let mut problems = Vec::new();
    let mut found = Vec::new();
    if let (Some(_), Some((name, value))) = (&file.wrapped, file.plain.first()) {
        let span = name_span(source, name, value.span);
        problems.push(
            Diagnostic::error(
                source,
                span,
                format!("`{name}` stands beside `parameters`, and not in it"),
            )
            .hint("write all parameters in one of the two forms"),
        );
    }
    for (name, value) in file.plain {
        found.push(assignment(
            source,
            &name,
            Given::Value(value.value),
            value.span,
        ));
    }
    for (name, entry) in file.wrapped.unwrap_or_default() {
        match given(&entry.value) {
            Some(given) => found.push(assignment(source, &name, given, entry.span)),
            None => problems.push(
                Diagnostic::error(
                    source,
                    name_span(source, &name, entry.span),
                    format!("parameter `{name}` has neither `value` nor `reference`"),
                )
                .hint("write `{\"value\": …}`"),
            ),
        }
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

fn given(entry: &Value) -> Option<Given> {
    let entry = entry.as_object()?;
    match (entry.get("value"), entry.get("reference")) {
        (Some(value), None) => Some(Given::Value(value.clone())),
        (None, Some(reference)) => Some(Given::Reference(reference.clone())),
        _ => None,
    }
}

fn assignment(source: &Source, name: &str, given: Given, span: Span) -> Assignment {
    Assignment {
        name: name.to_owned(),
        given,
        source: source.clone(),
        name_span: name_span(source, name, span),
        span,
    }
}

/// The key before a value: the reader keeps places of values only.
fn name_span(source: &Source, name: &str, value: Span) -> Span {
    let before = source.text.get(..value.start).unwrap_or_default();
    match before.rfind(name) {
        Some(start) => Span::new(start, start + name.len()),
        None => value,
    }
}

#[derive(Default)]
struct ParametersFile {
    plain: Vec<(String, Placed<Value>)>,
    wrapped: Option<Vec<(String, Placed<Value>)>>,
}

impl Document for ParametersFile {
    const WHAT: &'static str = "set of parameters";
}

impl<'de> Deserialize<'de> for ParametersFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ParametersFile, D::Error> {
        deserializer.deserialize_map(FileVisitor)
    }
}

struct FileVisitor;

impl<'de> Visitor<'de> for FileVisitor {
    type Value = ParametersFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of parameters")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ParametersFile, A::Error> {
        let mut file = ParametersFile::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "parameters" => file.wrapped = Some(map.next_value::<Wrapped>()?.0),
                "$schema" | "contentVersion" | "metadata" => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => file.plain.push((key, map.next_value()?)),
            }
        }
        Ok(file)
    }
}

struct Wrapped(Vec<(String, Placed<Value>)>);

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Wrapped, D::Error> {
        deserializer.deserialize_map(WrappedVisitor)
    }
}

struct WrappedVisitor;

impl<'de> Visitor<'de> for WrappedVisitor {
    type Value = Wrapped;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping of parameters")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wrapped, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Wrapped(entries))
    }
}
