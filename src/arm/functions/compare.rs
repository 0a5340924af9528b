use std::cmp::Ordering;

use serde_json::Value;

use super::Args;
use crate::arm::error::Fault;
use crate::arm::value::same;

pub(super) fn equals(values: &[Value]) -> Value {
    same(&values[0], &values[1]).into()
}

pub(super) fn less(args: &Args<'_>) -> Result<Value, Fault> {
    Ok((order(args)? == Ordering::Less).into())
}

pub(super) fn less_or_equals(args: &Args<'_>) -> Result<Value, Fault> {
    Ok((order(args)? != Ordering::Greater).into())
}

pub(super) fn greater(args: &Args<'_>) -> Result<Value, Fault> {
    Ok((order(args)? == Ordering::Greater).into())
}

pub(super) fn greater_or_equals(args: &Args<'_>) -> Result<Value, Fault> {
    Ok((order(args)? != Ordering::Less).into())
}

fn order(args: &Args<'_>) -> Result<Ordering, Fault> {
    match (args.value(0), args.value(1)) {
        (Value::Number(a), Value::Number(b)) => Ok(match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a
                .as_f64()
                .partial_cmp(&b.as_f64())
                .unwrap_or(Ordering::Equal),
        }),
        (Value::String(a), Value::String(b)) => Ok(text_order(a, b)),
        (Value::Number(_), _) => Err(args.expects(1, "Integer")),
        (Value::String(_), _) => Err(args.expects(1, "String")),
        _ => Err(args.expects(0, "Integer, String")),
    }
}

/// As .NET orders text for people: letters first whatever their case, and of two texts that
/// differ in case only, the one with the small letter is the lesser (documented: `A` > `a`).
pub(in crate::arm) fn text_order(a: &str, b: &str) -> Ordering {
    a.to_lowercase()
        .cmp(&b.to_lowercase())
        .then_with(|| b.cmp(a))
}

pub(super) fn not(args: &Args<'_>) -> Result<Value, Fault> {
    Ok((!args.bool(0)?).into())
}

pub(super) fn constant_true(_: &[Value]) -> Value {
    true.into()
}

pub(super) fn constant_false(_: &[Value]) -> Value {
    false.into()
}

pub(super) fn bool(args: &Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::Bool(value) => Ok((*value).into()),
        Value::Number(number) => Ok((number.as_f64() != Some(0.0)).into()),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") || text.trim() == "1" => {
            Ok(true.into())
        }
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") || text.trim() == "0" => {
            Ok(false.into())
        }
        Value::String(_) => Err(args.wrong("The provided string is neither 'true' nor 'false'.")),
        _ => Err(args.expects(0, "String, Integer")),
    }
}
