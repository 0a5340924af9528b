use serde_json::Value;

use crate::base::{Source, render};

use super::super::{Scenario, schema};
use super::{FULL, SHIPPED, minimal, parse};

#[test]
fn every_shipped_scenario_plans_and_fits_the_schema() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    for (name, text) in SHIPPED {
        let source = Source::new(name, text);
        let scenario = Scenario::parse(&source)
            .unwrap_or_else(|problems| panic!("{}", render(&problems, false)));
        assert!(scenario.plan().arrivals.len() > 20, "{name}");
        assert!(name.ends_with(&format!("/{}.yaml", scenario.name)));
        fits(&schema, text, name);
    }
    fits(&schema, FULL, "full");
}

pub(super) fn fits(schema: &Value, text: &str, name: &str) {
    let value: Value = serde_saphyr::from_str(text).unwrap();
    if let Err(misfit) = accepts(schema, schema, &value) {
        panic!("{name}: {misfit}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    for text in [
        "name: x\n".to_owned(),
        minimal("sed: 7\n"),
        minimal("seed: many\n"),
        minimal("tier: huge\n"),
        minimal("model: { speed: 1 }\n"),
        minimal("subscriptions: [{ id: a, key: secret }]\n"),
        minimal("").replace("count: 1", "number: 1"),
    ] {
        assert!(parse(&text).is_err(), "{text}");
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        assert!(accepts(&schema, &schema, &value).is_err(), "{text}");
    }
}

/// Whether a value fits a schema, for the keywords that our schema uses.
fn accepts(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root
            .pointer(reference.trim_start_matches('#'))
            .ok_or("a reference leads nowhere")?;
        return accepts(root, target, value);
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let fits = choices
            .iter()
            .any(|choice| accepts(root, choice, value).is_ok());
        return if fits {
            Ok(())
        } else {
            Err(format!("{value} fits no alternative"))
        };
    }
    let types = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        names => names
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
    };
    let is = |name: &&str| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.as_str().is_some_and(|text| text.contains('_')),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("type `{other}` is not known to this test"),
    };
    if !types.is_empty() && !types.iter().any(is) {
        return Err(format!("{value} is not of type {types:?}"));
    }
    if schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|words| !words.contains(value))
    {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| accepts(root, &schema["items"], item)),
        Value::Object(fields) => accepts_fields(root, schema, fields),
        _ => Ok(()),
    }
}

fn accepts_fields(
    root: &Value,
    schema: &Value,
    fields: &serde_json::Map<String, Value>,
) -> Result<(), String> {
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    if let Some(missing) = required
        .filter_map(Value::as_str)
        .find(|key| !fields.contains_key(*key))
    {
        return Err(format!("`{missing}` is missing"));
    }
    for (key, value) in fields {
        if let Some(known) = schema.pointer(&format!("/properties/{key}")) {
            accepts(root, known, value).map_err(|misfit| format!("{key}: {misfit}"))?;
        } else if !(key.starts_with("x-") && schema.get("patternProperties").is_some()) {
            match &schema["additionalProperties"] {
                Value::Bool(false) => return Err(format!("`{key}` is not known")),
                other => accepts(root, other, value)?,
            }
        }
    }
    Ok(())
}
