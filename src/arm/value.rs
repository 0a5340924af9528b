use serde_json::{Map, Value};

/// The key that marks a value which is not known before resources are deployed; what it holds is
/// the text to show in its place. No template can write it, for JSON keys of templates that hold
/// a NUL are refused with the body.
const UNKNOWN: &str = "\u{0}unknown";

/// What a secret is shown as.
pub(crate) const HIDDEN: &str = "*******";

/// A value that is not known yet, shown as `text`.
pub(super) fn unknown(text: impl Into<String>) -> Value {
    let mut map = Map::new();
    map.insert(UNKNOWN.to_owned(), Value::String(text.into()));
    Value::Object(map)
}

/// The text to show for a value that is not known yet.
pub(super) fn unknown_text(value: &Value) -> Option<&str> {
    match value {
        Value::Object(map) if map.len() == 1 => map.get(UNKNOWN).and_then(Value::as_str),
        _ => None,
    }
}

/// Whether an unknown value is anywhere inside.
pub(super) fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Object(map) => unknown_text(value).is_some() || map.values().any(has_unknown),
        Value::Array(items) => items.iter().any(has_unknown),
        _ => false,
    }
}

/// The value with every unknown part replaced by its text.
pub(super) fn shown(value: &Value) -> Value {
    if let Some(text) = unknown_text(value) {
        return Value::String(text.to_owned());
    }
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, item)| (key.clone(), shown(item)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(shown).collect()),
        other => other.clone(),
    }
}

/// The name of a value's kind in Azure's messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Float",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    }
}

/// Letter case of names never matters in a template. The exact name wins over others.
pub(super) fn get<'v>(map: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    map.get(key).or_else(|| {
        map.iter()
            .find(|(name, _)| same_name(name, key))
            .map(|(_, value)| value)
    })
}

/// The property of a value that may not be an object.
pub(super) fn member<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    get(value.as_object()?, key)
}

/// A text property, empty when it is missing or something else.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    member(value, key).and_then(Value::as_str).unwrap_or("")
}

pub(super) fn same_name(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.eq_ignore_ascii_case(right) || {
        !(left.is_ascii() && right.is_ascii()) && left.to_lowercase() == right.to_lowercase()
    }
}

/// Deep equality; the order of keys does not matter, and 1 equals 1.0.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, item)| b.get(key).is_some_and(|other| same(item, other)))
        }
        _ => left == right,
    }
}

/// How much memory a value takes, roughly in bytes: what bounds are counted in. Nothing for a
/// value nested deeper than any JSON reader takes.
pub(super) fn weight(value: &Value) -> Option<usize> {
    weigh(value, 100)
}

fn weigh(value: &Value, depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    Some(match value {
        Value::String(text) => 8 + text.len(),
        Value::Array(items) => items
            .iter()
            .try_fold(8_usize, |sum, item| Some(sum + weigh(item, depth)?))?,
        Value::Object(map) => map.iter().try_fold(8_usize, |sum, (key, item)| {
            Some(sum + 8 + key.len() + weigh(item, depth)?)
        })?,
        _ => 8,
    })
}

/// `/resources/0/properties` as `resources[0].properties`, below a place given in that form.
pub(super) fn dotted(base: &str, pointer: &str) -> String {
    let mut place = base.to_owned();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            place.push('[');
            place.push_str(&part);
            place.push(']');
        } else {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(&part);
        }
    }
    place
}

/// Appends one step to a JSON pointer.
pub(super) fn step(pointer: &str, part: &str) -> String {
    format!("{pointer}/{}", part.replace('~', "~0").replace('/', "~1"))
}
