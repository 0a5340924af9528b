use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

/// A value of a column or an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Long(i64),
    Real(f64),
    Text(String),
    Time(Timestamp),
    Span(SignedDuration),
    Dynamic(Json),
}

/// What a column holds, as answers name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bool,
    Long,
    Real,
    Text,
    Time,
    Span,
    Dynamic,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Long => "long",
            Type::Real => "real",
            Type::Text => "string",
            Type::Time => "datetime",
            Type::Span => "timespan",
            Type::Dynamic => "dynamic",
        }
    }
}

impl Value {
    /// A text that may be missing is empty, as in Kusto.
    pub(super) fn text(text: Option<&str>) -> Value {
        Value::Text(text.unwrap_or_default().to_owned())
    }

    /// `None` of a null, which fits every type.
    pub(super) fn kind(&self) -> Option<Type> {
        Some(match self {
            Value::Null => return None,
            Value::Bool(_) => Type::Bool,
            Value::Long(_) => Type::Long,
            Value::Real(_) => Type::Real,
            Value::Text(_) => Type::Text,
            Value::Time(_) => Type::Time,
            Value::Span(_) => Type::Span,
            Value::Dynamic(_) => Type::Dynamic,
        })
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Long(number) => Some(*number as f64),
            Value::Real(number) => Some(*number),
            Value::Span(span) => Some(span.as_secs_f64()),
            Value::Dynamic(json) => json.as_f64(),
            _ => None,
        }
    }

    /// A condition holds when it is true; a null does not.
    pub(super) fn truth(&self) -> bool {
        matches!(self, Value::Bool(true))
    }

    pub(super) fn to_text(&self) -> String {
        match self {
            Value::Null | Value::Dynamic(Json::Null) => String::new(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Long(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) | Value::Dynamic(Json::String(text)) => text.clone(),
            Value::Time(time) => time.to_string(),
            Value::Span(span) => span.to_string(),
            Value::Dynamic(json) => json.to_string(),
        }
    }

    /// As a cell of the answer.
    pub(super) fn json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => json!(value),
            Value::Long(number) => json!(number),
            Value::Real(number) => json!(number),
            Value::Text(_) | Value::Time(_) | Value::Span(_) => json!(self.to_text()),
            // Answers carry dynamic values as text.
            Value::Dynamic(json) => json!(json.to_string()),
        }
    }

    /// Order of two values of the same kind; numbers compare across their kinds. `None` when they
    /// do not compare.
    pub(super) fn compare(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (
                Value::Text(a) | Value::Dynamic(Json::String(a)),
                Value::Text(b) | Value::Dynamic(Json::String(b)),
            ) => Some(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
            (Value::Span(a), Value::Span(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Long(a), Value::Long(b)) => Some(a.cmp(b)),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    /// A key that equal values share and that sorts as they do.
    pub(super) fn key(&self) -> (u8, i128, String) {
        let scaled = |number: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "a key, cut to what fits")]
            let whole = (number * 1e6) as i128;
            whole
        };
        match self {
            Value::Null => (0, 0, String::new()),
            Value::Bool(value) => (1, i128::from(*value), String::new()),
            Value::Long(number) => (2, i128::from(*number) * 1_000_000, String::new()),
            Value::Real(number) => (2, scaled(*number), String::new()),
            Value::Time(time) => (3, time.as_nanosecond(), String::new()),
            Value::Span(span) => (4, span.as_nanos(), String::new()),
            Value::Text(text) => (5, 0, text.clone()),
            Value::Dynamic(json) => (6, 0, json.to_string()),
        }
    }
}
