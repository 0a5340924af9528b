//! The expression language of ARM templates: a tree, and its text.

use std::fmt::Write as _;

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Arm {
    Text(String),
    Int(i64),
    Call(Call),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Vec<Arm>,
    /// `.name` and `[index]` behind the parentheses.
    pub(super) properties: Vec<Arm>,
}

pub(super) fn call(name: &str, arguments: impl IntoIterator<Item = Arm>) -> Arm {
    Arm::Call(Call {
        name: name.to_owned(),
        arguments: arguments.into_iter().collect(),
        properties: Vec::new(),
    })
}

pub(super) fn text(value: impl Into<String>) -> Arm {
    Arm::Text(value.into())
}

/// A number; what does not fit into 32 bits goes through `json`, for templates read no more.
pub(super) fn int(value: i64) -> Arm {
    if i32::try_from(value).is_ok() {
        Arm::Int(value)
    } else {
        call("json", [text(value.to_string())])
    }
}

impl Arm {
    /// The same with `[accessor]` behind it. Literals become calls first.
    pub(super) fn at(self, accessor: Arm) -> Arm {
        let mut inner = match self {
            Arm::Call(inner) => inner,
            Arm::Text(_) => return call("string", [self]).at(accessor),
            Arm::Int(_) => return call("int", [self]).at(accessor),
        };
        inner.properties.push(accessor);
        Arm::Call(inner)
    }

    pub(super) fn dot(self, name: &str) -> Arm {
        self.at(text(name))
    }

    /// As a value of the template: a literal, or an expression in brackets.
    pub(super) fn value(&self) -> Value {
        match self {
            Arm::Text(text) => Value::String(escaped(text)),
            Arm::Int(number) => Value::from(*number),
            Arm::Call(_) => {
                let mut out = String::from("[");
                self.write(&mut out);
                out.push(']');
                Value::String(out)
            }
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Arm::Text(text) => {
                out.push('\'');
                out.push_str(&text.replace('\'', "''"));
                out.push('\'');
            }
            Arm::Int(number) => {
                let _infallible = write!(out, "{number}");
            }
            Arm::Call(inner) => {
                out.push_str(&inner.name);
                out.push('(');
                for (index, argument) in inner.arguments.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    argument.write(out);
                }
                out.push(')');
                for property in &inner.properties {
                    match property {
                        Arm::Text(name) if is_identifier(name) => {
                            out.push('.');
                            out.push_str(name);
                        }
                        other => {
                            out.push('[');
                            other.write(out);
                            out.push(']');
                        }
                    }
                }
            }
        }
    }
}

/// A text that the deployment engine would take for an expression gets a second bracket.
pub(super) fn escaped(text: &str) -> String {
    if text.starts_with('[') && text.ends_with(']') {
        format!("[{text}")
    } else {
        text.to_owned()
    }
}

/// The same for a whole value that was read from a file.
pub(super) fn escaped_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escaped(&text)),
        Value::Array(items) => items.into_iter().map(escaped_value).collect(),
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| (escaped(&key), escaped_value(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters
        .next()
        .is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
        && characters.all(|c| c == '_' || c.is_ascii_alphanumeric())
}
