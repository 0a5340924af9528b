use serde_json::{Map, Value};

use super::evaluator::Evaluator;
use crate::arm::error::Fault;
use crate::arm::language::{Meaning, meaning};
use crate::arm::value::{get, kind, unknown};

/// Instances that one copy loop may have: Azure's limit.
const MOST_COPIES: i64 = 800;

/// The value of one string. In lenient mode what is not known yet stays as the text it is.
pub(super) fn evaluate(evaluator: &Evaluator<'_>, text: &str) -> Result<Value, Fault> {
    let code = match meaning(text) {
        Meaning::Literal(text) => return Ok(text.into()),
        Meaning::Code(code) => code,
    };
    match evaluator.code(code) {
        Err(Fault::Deferred) if evaluator.lenient => Ok(unknown(text)),
        // What a resource lacks now, the deployment may give it.
        Err(_) if evaluator.lenient && evaluator.looked.get() => Ok(unknown(text)),
        other => other,
    }
}

/// The name of a property, which may be an expression as well.
pub(super) fn key(evaluator: &Evaluator<'_>, text: &str) -> Result<String, Fault> {
    let code = match meaning(text) {
        Meaning::Literal(text) => return Ok(text.to_owned()),
        Meaning::Code(code) => code,
    };
    match evaluator.code(code)? {
        Value::String(name) => Ok(name),
        other => Err(Fault::invalid(format!(
            "The name of a property must be a string, and not of type '{}'.",
            kind(&other)
        ))),
    }
}

/// The loops of a `copy` property inside an object, when that is what it is: an array of objects
/// that have name and count.
pub(super) fn property_loops(value: &Value) -> Option<Vec<&Map<String, Value>>> {
    let loops: Option<Vec<_>> = value.as_array()?.iter().map(Value::as_object).collect();
    loops.filter(|loops| {
        !loops.is_empty()
            && loops
                .iter()
                .all(|one| get(one, "name").is_some() && get(one, "count").is_some())
    })
}

/// A copy loop's count within Azure's bounds.
pub(in crate::arm) fn copy_count(count: &Value, least: i64) -> Result<i64, Fault> {
    match count.as_i64() {
        Some(count) if (least..=MOST_COPIES).contains(&count) => Ok(count),
        _ => Err(Fault::invalid(format!(
            "The template 'copy' definition has an invalid copy count. The copy count must be a positive integer value and cannot exceed '{MOST_COPIES}'. Please see https://aka.ms/arm-resource-loops for usage details."
        ))),
    }
}
