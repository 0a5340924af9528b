use serde_json::{Map, Value};

use super::Args;
use super::compare::text_order;
use crate::arm::error::Fault;
use crate::arm::value::{get, same, same_name};

pub(super) fn create(args: &Args<'_>) -> Result<Value, Fault> {
    if !args.values.len().is_multiple_of(2) {
        return Err(args.wrong("It takes pairs of key and value."));
    }
    let mut object = Map::new();
    for index in (0..args.values.len()).step_by(2) {
        put(
            &mut object,
            args.text(index)?,
            args.value(index + 1).clone(),
        );
    }
    Ok(Value::Object(object))
}

pub(super) fn null(_: &[Value]) -> Value {
    Value::Null
}

/// Ordered by key, as Azure documents it.
pub(super) fn items(args: &Args<'_>) -> Result<Value, Fault> {
    let mut pairs: Vec<(&String, &Value)> = args.object(0)?.iter().collect();
    pairs.sort_by(|(a, _), (b, _)| text_order(a, b));
    let items = pairs
        .into_iter()
        .map(|(key, value)| {
            let mut item = Map::new();
            item.insert("key".into(), key.clone().into());
            item.insert("value".into(), value.clone());
            Value::Object(item)
        })
        .collect();
    Ok(Value::Array(items))
}

pub(super) fn keys(args: &Args<'_>) -> Result<Value, Fault> {
    let mut keys: Vec<&String> = args.object(0)?.keys().collect();
    keys.sort_by(|a, b| text_order(a, b));
    Ok(keys.into_iter().cloned().map(Value::String).collect())
}

pub(super) fn json(args: &Args<'_>) -> Result<Value, Fault> {
    let text = args.text(0)?;
    serde_json::from_str(text)
        .or_else(|error| super::string::single_quoted(text).ok_or(error))
        .map_err(|error| {
            args.wrong(format!(
                "The text is not valid JSON: line '{}', column '{}'.",
                error.line(),
                error.column()
            ))
        })
}

pub(super) fn shallow_merge(args: &Args<'_>) -> Result<Value, Fault> {
    let mut merged = Map::new();
    for entry in args.array(0)? {
        let entry = entry
            .as_object()
            .ok_or_else(|| args.wrong("Every element of the array must be an object."))?;
        for (key, value) in entry {
            put(&mut merged, key, value.clone());
        }
    }
    Ok(Value::Object(merged))
}

/// Objects are merged to any depth, the later value winning; arrays keep each value once, in the
/// order met first.
pub(super) fn union(args: &Args<'_>) -> Result<Value, Fault> {
    if args.value(0).is_array() {
        let mut all: Vec<Value> = Vec::new();
        for index in 0..args.values.len() {
            for item in args.array(index)? {
                if !all.iter().any(|known| same(known, item)) {
                    all.push(item.clone());
                }
            }
        }
        return Ok(Value::Array(all));
    }
    let mut merged = Map::new();
    for index in 0..args.values.len() {
        let given = args.value(index).as_object();
        merge(
            &mut merged,
            given.ok_or_else(|| args.expects(index, "Array, Object"))?,
        );
    }
    Ok(Value::Object(merged))
}

fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        let name = known_name(into, key);
        match (into.get_mut(&name), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => merge(inner, value),
            (Some(slot), _) => *slot = value.clone(),
            (None, _) => {
                into.insert(name, value.clone());
            }
        }
    }
}

pub(super) fn intersection(args: &Args<'_>) -> Result<Value, Fault> {
    if args.value(0).is_array() {
        let mut common: Vec<Value> = Vec::new();
        'items: for item in args.array(0)? {
            for index in 1..args.values.len() {
                if !args.array(index)?.iter().any(|other| same(item, other)) {
                    continue 'items;
                }
            }
            if !common.iter().any(|known| same(known, item)) {
                common.push(item.clone());
            }
        }
        return Ok(Value::Array(common));
    }
    let mut common = args
        .value(0)
        .as_object()
        .ok_or_else(|| args.expects(0, "Array, Object"))?
        .clone();
    for index in 1..args.values.len() {
        let other = args.object(index)?;
        common.retain(|key, value| get(other, key).is_some_and(|found| same(found, value)));
    }
    Ok(Value::Object(common))
}

/// Inserts under the name that is there already, whatever its letter case.
pub(in crate::arm) fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    object.insert(known_name(object, key), value);
}

fn known_name(object: &Map<String, Value>, key: &str) -> String {
    object
        .keys()
        .find(|known| same_name(known, key))
        .cloned()
        .unwrap_or_else(|| key.to_owned())
}
