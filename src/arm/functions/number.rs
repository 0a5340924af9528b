use serde_json::{Number, Value};

use super::Args;
use crate::arm::error::Fault;

/// Numbers that `range` makes at most: Azure's limit.
const LONGEST_RANGE: i64 = 10_000;

pub(super) fn add(args: &Args<'_>) -> Result<Value, Fault> {
    arithmetic(args, i64::checked_add)
}

pub(super) fn sub(args: &Args<'_>) -> Result<Value, Fault> {
    arithmetic(args, i64::checked_sub)
}

pub(super) fn mul(args: &Args<'_>) -> Result<Value, Fault> {
    arithmetic(args, i64::checked_mul)
}

pub(super) fn div(args: &Args<'_>) -> Result<Value, Fault> {
    divisor(args)?;
    arithmetic(args, i64::checked_div)
}

pub(super) fn rem(args: &Args<'_>) -> Result<Value, Fault> {
    divisor(args)?;
    arithmetic(args, i64::checked_rem)
}

fn divisor(args: &Args<'_>) -> Result<(), Fault> {
    if args.int(1)? == 0 {
        return Err(args.wrong("The divisor cannot be zero."));
    }
    Ok(())
}

fn arithmetic(args: &Args<'_>, of: fn(i64, i64) -> Option<i64>) -> Result<Value, Fault> {
    of(args.int(0)?, args.int(1)?)
        .map(Value::from)
        .ok_or_else(|| args.wrong("The result is outside the range of a 64-bit integer."))
}

pub(super) fn int(args: &Args<'_>) -> Result<Value, Fault> {
    match args.value(0) {
        Value::Number(number) if number.is_i64() => Ok(args.value(0).clone()),
        Value::Number(number) => number
            .as_f64()
            .and_then(whole)
            .map(Value::from)
            .ok_or_else(|| args.wrong("The number does not fit an integer.")),
        Value::String(text) => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| args.wrong("The provided string cannot be converted to an integer.")),
        _ => Err(args.expects(0, "Integer, String")),
    }
}

/// .NET rounds half to even when it turns a number into an integer.
fn whole(value: f64) -> Option<i64> {
    let rounded = libm::rint(value);
    if rounded.abs() >= 9.0e15 {
        return None;
    }
    format!("{rounded:.0}").parse().ok()
}

pub(super) fn float(args: &Args<'_>) -> Result<Value, Fault> {
    let value = match args.value(0) {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => return Err(args.expects(0, "Integer, Float, String")),
    };
    value
        .and_then(Number::from_f64)
        .map(Value::Number)
        .ok_or_else(|| args.wrong("The provided value cannot be converted to a float."))
}

/// A float as .NET prints it: shortest digits that read back, no trailing `.0`.
pub(in crate::arm) fn format_float(value: f64) -> String {
    format!("{value}")
}

pub(super) fn max(args: &Args<'_>) -> Result<Value, Fault> {
    extreme(args, Iterator::max)
}

pub(super) fn min(args: &Args<'_>) -> Result<Value, Fault> {
    extreme(args, Iterator::min)
}

/// Of an array of integers, or of the integers given.
fn extreme(
    args: &Args<'_>,
    of: fn(std::vec::IntoIter<i64>) -> Option<i64>,
) -> Result<Value, Fault> {
    let given = match args.value(0) {
        Value::Array(items) if args.values.len() == 1 => items.as_slice(),
        _ => args.values,
    };
    let numbers: Option<Vec<i64>> = given.iter().map(Value::as_i64).collect();
    let numbers = numbers.ok_or_else(|| args.wrong("Every value must be an integer."))?;
    of(numbers.into_iter())
        .map(Value::from)
        .ok_or_else(|| args.wrong("The array cannot be empty."))
}

pub(super) fn range(args: &Args<'_>) -> Result<Value, Fault> {
    let (start, count) = (args.int(0)?, args.int(1)?);
    if !(0..=LONGEST_RANGE).contains(&count) {
        return Err(args.wrong(format!(
            "The count must be between 0 and {LONGEST_RANGE}. The count: '{count}'."
        )));
    }
    match start.checked_add(count) {
        Some(end) if end <= i64::from(i32::MAX) => {
            Ok(Value::Array((start..end).map(Value::from).collect()))
        }
        _ => Err(args.wrong("The sum of start and count must be at most 2147483647.")),
    }
}
