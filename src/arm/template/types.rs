use serde_json::{Map, Value};

use crate::arm::value::{get, kind, member, same, same_name, unknown_text};

/// References to definitions that may lead to one another without a value in between.
const MOST_REFERENCES: usize = 30;

/// The kinds that a template writes, in Azure's capitals.
const KINDS: [&str; 7] = [
    "String",
    "SecureString",
    "Int",
    "Bool",
    "Object",
    "SecureObject",
    "Array",
];

/// A declared type with `$ref` followed: what stands beside the reference wins.
pub(super) fn resolved(
    declared: &Map<String, Value>,
    definitions: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let mut now = declared.clone();
    for _ in 0..MOST_REFERENCES {
        let Some(reference) = now.remove("$ref") else {
            return Ok(now);
        };
        let name = reference
            .as_str()
            .and_then(|text| text.strip_prefix("#/definitions/"))
            .map(|name| name.replace("~1", "/").replace("~0", "~"));
        let target = name.and_then(|name| get(definitions, &name)?.as_object());
        let Some(target) = target else {
            return Err(format!(
                "The type reference '{}' does not name a definition of the template.",
                crate::arm::functions::to_text(&reference)
            ));
        };
        for (key, value) in target {
            if get(&now, key).is_none() {
                now.insert(key.clone(), value.clone());
            }
        }
    }
    Err("The type references lead in a circle.".to_owned())
}

/// The kind that a type declares, in Azure's capitals.
pub(super) fn kind_of(declared: &Map<String, Value>) -> Result<&'static str, String> {
    match get(declared, "type").and_then(Value::as_str) {
        None => Err("The type is missing.".to_owned()),
        Some(text) => KINDS
            .into_iter()
            .find(|kind| kind.eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("The type '{text}' is not one of '{}'.", KINDS.join(", "))),
    }
}

pub(super) fn nullable(declared: &Map<String, Value>) -> bool {
    get(declared, "nullable") == Some(&Value::Bool(true))
}

/// Whether a secret may be anywhere in values of the type.
pub(super) fn secure(
    declared: &Map<String, Value>,
    definitions: &Map<String, Value>,
    depth: usize,
) -> bool {
    let Ok(declared) = resolved(declared, definitions) else {
        return false;
    };
    if kind_of(&declared).is_ok_and(|kind| kind.starts_with("Secure")) {
        return true;
    }
    if depth == 0 {
        return false;
    }
    let inside = |value: &Value| {
        value
            .as_object()
            .is_some_and(|inner| secure(inner, definitions, depth - 1))
    };
    let all = |key: &str| {
        get(&declared, key).is_some_and(|value| match value {
            Value::Array(items) => items.iter().any(inside),
            Value::Object(map) => map.values().any(inside),
            _ => false,
        })
    };
    let one = |key: &str| get(&declared, key).is_some_and(inside);
    let mapped = get(&declared, "discriminator")
        .and_then(|discriminator| member(discriminator, "mapping")?.as_object())
        .is_some_and(|mapping| mapping.values().any(inside));
    all("properties") || all("prefixItems") || one("items") || one("additionalProperties") || mapped
}

/// Why a value does not fit a type: where inside it, and in which words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) path: String,
    pub(super) reason: String,
}

/// Checks a value against a type.
pub(super) fn fits(
    value: &Value,
    declared: &Map<String, Value>,
    definitions: &Map<String, Value>,
    path: &str,
) -> Result<(), Misfit> {
    let misfit = |reason: String| Misfit {
        path: path.to_owned(),
        reason,
    };
    if unknown_text(value).is_some() {
        return Ok(());
    }
    let declared = &resolved(declared, definitions).map_err(misfit)?;
    if value.is_null() && nullable(declared) {
        return Ok(());
    }
    let wanted = kind_of(declared).map_err(misfit)?;
    let right = match wanted {
        "String" | "SecureString" => value.is_string(),
        "Int" => value.is_i64(),
        "Bool" => value.is_boolean(),
        "Array" => value.is_array(),
        _ => value.is_object(),
    };
    if !right {
        return Err(misfit(format!(
            "Expected a value of type '{}', but received a value of type '{}'.",
            match wanted {
                "String" | "SecureString" => "String, Uri",
                "Int" => "Integer",
                "Bool" => "Boolean",
                "Array" => "Array",
                _ => "Object",
            },
            kind(value)
        )));
    }
    allowed(value, declared).map_err(misfit)?;
    bounded(value, declared).map_err(misfit)?;
    match value {
        Value::Array(items) => array(items, declared, definitions, path),
        Value::Object(map) => object(map, declared, definitions, path),
        _ => Ok(()),
    }
}

/// For arrays, allowed values are those of the elements.
fn allowed(value: &Value, declared: &Map<String, Value>) -> Result<(), String> {
    let Some(Value::Array(allowed)) = get(declared, "allowedValues") else {
        return Ok(());
    };
    let known = |value: &Value| {
        allowed.iter().any(|one| match (one, value) {
            (Value::String(one), Value::String(value)) => same_name(one, value),
            _ => same(one, value),
        })
    };
    let fits = match value {
        Value::Array(items) if !allowed.iter().all(Value::is_array) => items.iter().all(known),
        value => known(value),
    };
    if fits {
        return Ok(());
    }
    let names: Vec<String> = allowed.iter().map(crate::arm::functions::to_text).collect();
    let said = match kind_of(declared) {
        Ok(kind) if kind.starts_with("Secure") => "The value".to_owned(),
        _ => format!("The value '{}'", crate::arm::functions::to_text(value)),
    };
    Err(format!(
        "{said} is not part of the allowed value(s): '{}'.",
        names.join(",")
    ))
}

fn bounded(value: &Value, declared: &Map<String, Value>) -> Result<(), String> {
    let bound = |key: &str| get(declared, key).and_then(Value::as_i64);
    let (measured, least, most, what) = match value {
        Value::Number(number) => (
            number.as_i64(),
            bound("minValue"),
            bound("maxValue"),
            "value",
        ),
        Value::String(text) => (
            i64::try_from(text.encode_utf16().count()).ok(),
            bound("minLength"),
            bound("maxLength"),
            "length",
        ),
        Value::Array(items) => (
            i64::try_from(items.len()).ok(),
            bound("minLength"),
            bound("maxLength"),
            "length",
        ),
        _ => return Ok(()),
    };
    let Some(measured) = measured else {
        return Ok(());
    };
    let subject = match what {
        "value" => "The value",
        _ => "Length of the value",
    };
    if least.is_some_and(|least| measured < least) {
        return Err(format!(
            "{subject} should be greater than or equal to '{}'.",
            least.unwrap_or_default()
        ));
    }
    if most.is_some_and(|most| measured > most) {
        return Err(format!(
            "{subject} should be less than or equal to '{}'.",
            most.unwrap_or_default()
        ));
    }
    Ok(())
}

fn array(
    items: &[Value],
    declared: &Map<String, Value>,
    definitions: &Map<String, Value>,
    path: &str,
) -> Result<(), Misfit> {
    let prefix = match get(declared, "prefixItems") {
        Some(Value::Array(prefix)) => prefix.as_slice(),
        _ => &[],
    };
    if items.len() < prefix.len() {
        return Err(Misfit {
            path: path.to_owned(),
            reason: format!(
                "Length of the value should be greater than or equal to '{}'.",
                prefix.len()
            ),
        });
    }
    for (index, item) in items.iter().enumerate() {
        let place = format!("{path}[{index}]");
        match (prefix.get(index), get(declared, "items")) {
            (Some(Value::Object(one)), _) | (None, Some(Value::Object(one))) => {
                fits(item, one, definitions, &place)?;
            }
            (None, Some(Value::Bool(false))) => {
                return Err(Misfit {
                    path: place,
                    reason: "The array has more elements than its type allows.".to_owned(),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn object(
    map: &Map<String, Value>,
    declared: &Map<String, Value>,
    definitions: &Map<String, Value>,
    path: &str,
) -> Result<(), Misfit> {
    let misfit = |reason: String| Misfit {
        path: path.to_owned(),
        reason,
    };
    if let Some(discriminator) = get(declared, "discriminator") {
        let name = member(discriminator, "propertyName")
            .and_then(Value::as_str)
            .unwrap_or("");
        let mapping = member(discriminator, "mapping").and_then(Value::as_object);
        let Some(mapping) = mapping else {
            return Err(misfit("The discriminator has no mapping.".to_owned()));
        };
        let value = get(map, name).and_then(Value::as_str).unwrap_or("");
        let Some(Value::Object(one)) = get(mapping, value) else {
            let names: Vec<&str> = mapping.keys().map(String::as_str).collect();
            return Err(misfit(format!(
                "The property '{name}' must be one of '{}', and not '{value}'.",
                names.join(",")
            )));
        };
        return fits(&Value::Object(map.clone()), one, definitions, path);
    }
    let properties = match get(declared, "properties") {
        Some(Value::Object(properties)) => properties.clone(),
        _ => Map::new(),
    };
    for (name, one) in &properties {
        let Value::Object(one) = one else {
            continue;
        };
        match get(map, name) {
            Some(item) => fits(item, one, definitions, &format!("{path}.{name}"))?,
            None if nullable(&resolved(one, definitions).map_err(misfit)?) => {}
            None => return Err(misfit(format!("The property '{name}' is missing."))),
        }
    }
    for (name, item) in map {
        if get(&properties, name).is_some() {
            continue;
        }
        match get(declared, "additionalProperties") {
            Some(Value::Bool(false)) => {
                return Err(misfit(format!("The property '{name}' is not allowed.")));
            }
            Some(Value::Object(one)) => fits(item, one, definitions, &format!("{path}.{name}"))?,
            _ => {}
        }
    }
    Ok(())
}
