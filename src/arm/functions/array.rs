use serde_json::Value;

use super::Args;
use super::string::{cut, folded, units};
use crate::arm::error::Fault;
use crate::arm::value::{get, same};

pub(super) fn array(args: &Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        value @ Value::Array(_) => Ok(value.clone()),
        Value::Null => Err(args.expects(0, "Array, Integer, String, Object")),
        value => Ok(Value::Array(vec![value.clone()])),
    }
}

pub(super) fn concat(args: &Args<'_>) -> Result<Value, Fault> {
    if args.value(0).is_array() {
        let mut all = Vec::new();
        for index in 0..args.values.len() {
            all.extend(args.array(index)?.iter().cloned());
        }
        return Ok(Value::Array(all));
    }
    let mut text = String::new();
    for (index, value) in args.values.iter().enumerate() {
        match value {
            Value::String(part) => text.push_str(part),
            Value::Number(_) | Value::Bool(_) => text.push_str(&super::to_text(value)),
            _ => return Err(args.expects(index, "String, Array")),
        }
    }
    Ok(text.into())
}

pub(super) fn contains(args: &Args<'_>) -> Result<Value, Fault> {
    let found = match args.value(0) {
        Value::String(text) => match args.value(1) {
            Value::String(part) => text.contains(part.as_str()),
            Value::Number(_) => text.contains(&super::to_text(args.value(1))),
            _ => return Err(args.expects(1, "String")),
        },
        Value::Object(map) => get(map, args.text(1)?).is_some(),
        Value::Array(items) => items.iter().any(|item| same(item, args.value(1))),
        _ => return Err(args.expects(0, "Array, Object, String")),
    };
    Ok(found.into())
}

pub(super) fn create(values: &[Value]) -> Value {
    Value::Array(values.to_vec())
}

pub(super) fn empty(args: &Args<'_>) -> Result<Value, Fault> {
    let empty = match args.value(0) {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Null => true,
        _ => return Err(args.expects(0, "Array, Object, String")),
    };
    Ok(empty.into())
}

pub(super) fn first(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(match args.value(0) {
        Value::Array(items) => items.first().cloned().unwrap_or(Value::Null),
        Value::String(text) => cut(&units(text), 0, 1).into(),
        _ => return Err(args.expects(0, "Array, String")),
    })
}

pub(super) fn last(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(match args.value(0) {
        Value::Array(items) => items.last().cloned().unwrap_or(Value::Null),
        Value::String(text) => {
            let units = units(text);
            cut(&units, units.len().saturating_sub(1), 1).into()
        }
        _ => return Err(args.expects(0, "Array, String")),
    })
}

pub(super) fn flatten(args: &Args<'_>) -> Result<Value, Fault> {
    let mut flat = Vec::new();
    for item in args.array(0)? {
        match item {
            Value::Array(items) => flat.extend(items.iter().cloned()),
            _ => return Err(args.wrong("Every element of the array must be an array.")),
        }
    }
    Ok(Value::Array(flat))
}

pub(super) fn index_from_end(args: &Args<'_>) -> Result<Value, Fault> {
    from_end(args)?.ok_or_else(|| {
        args.wrong(format!(
            "The index '{}' from the end is out of bounds of the array.",
            super::to_text(args.value(1))
        ))
    })
}

/// The element so many places from the end, counted from 1.
pub(in crate::arm) fn from_end(args: &Args<'_>) -> Result<Option<Value>, Fault> {
    let items = args.array(0)?;
    let back = usize::try_from(args.int(1)?).ok().filter(|back| *back > 0);
    Ok(back
        .and_then(|back| items.len().checked_sub(back))
        .map(|index| items[index].clone()))
}

/// In strings without regard to letter case, as Azure documents it.
pub(super) fn index_of(args: &Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::Array(items) => Ok(position(
            items.iter().position(|item| same(item, args.value(1))),
        )),
        Value::String(text) => {
            let (text, part) = (folded(text), folded(args.text(1)?));
            if part.is_empty() {
                return Ok(0.into());
            }
            Ok(position(
                text.windows(part.len()).position(|window| window == part),
            ))
        }
        _ => Err(args.expects(0, "Array, String")),
    }
}

pub(super) fn last_index_of(args: &Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::Array(items) => Ok(position(
            items.iter().rposition(|item| same(item, args.value(1))),
        )),
        Value::String(text) => {
            let (text, part) = (folded(text), folded(args.text(1)?));
            if part.is_empty() {
                return Ok(position(Some(text.len())));
            }
            Ok(position(
                text.windows(part.len()).rposition(|window| window == part),
            ))
        }
        _ => Err(args.expects(0, "Array, String")),
    }
}

fn position(found: Option<usize>) -> Value {
    found
        .and_then(|index| i64::try_from(index).ok())
        .unwrap_or(-1)
        .into()
}

pub(super) fn length(args: &Args<'_>) -> Result<Value, Fault> {
    let length = match args.value(0) {
        Value::Array(items) => items.len(),
        Value::Object(map) => map.len(),
        Value::String(text) => units(text).len(),
        _ => return Err(args.expects(0, "Array, Object, String")),
    };
    Ok(length.into())
}

pub(super) fn skip(args: &Args<'_>) -> Result<Value, Fault> {
    let count = usize::try_from(args.int(1)?).unwrap_or(0);
    Ok(match args.value(0) {
        Value::Array(items) => Value::Array(items.iter().skip(count).cloned().collect()),
        Value::String(text) => cut(&units(text), count, usize::MAX).into(),
        _ => return Err(args.expects(0, "Array, String")),
    })
}

pub(super) fn take(args: &Args<'_>) -> Result<Value, Fault> {
    let count = usize::try_from(args.int(1)?).unwrap_or(0);
    Ok(match args.value(0) {
        Value::Array(items) => Value::Array(items.iter().take(count).cloned().collect()),
        Value::String(text) => cut(&units(text), 0, count).into(),
        _ => return Err(args.expects(0, "Array, String")),
    })
}
