//! Numbers beyond `int`, `long` and `double`: `decimal`, `float` and `ulong`.

use std::cmp::Ordering;

use super::operator::{overflow, refused};
use crate::policy::expression::ast::Binary;
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::Value;
use crate::policy::expression::value::decimal::{self, Decimal};

/// What `decimal` implicitly holds: integers and itself.
pub(super) fn widened(value: &Value) -> Option<Decimal> {
    match value {
        Value::Decimal(number) => Some(*number),
        Value::Int(number) => Some(Decimal::from(*number)),
        Value::Long(number) => Some(Decimal::from(*number)),
        Value::ULong(number) => Some(Decimal::from(*number)),
        Value::Char(unit) => Some(Decimal::from(*unit)),
        _ => None,
    }
}

pub(super) fn decimals(operator: Binary, left: &Value, right: &Value) -> Result<Value, Raise> {
    let (Some(first), Some(second)) = (widened(left), widened(right)) else {
        return Err(refused(operator.symbol(), left, right));
    };
    let divides = matches!(operator, Binary::Divide | Binary::Remainder);
    if divides && second.is_zero() {
        return Err(Fault::raise(
            "DivideByZeroException",
            "Attempted to divide by zero.",
        ));
    }
    let result = match operator {
        Binary::Add => first.checked_add(second),
        Binary::Subtract => first.checked_sub(second),
        Binary::Multiply => first.checked_mul(second),
        Binary::Divide => first.checked_div(second),
        Binary::Remainder => first.checked_rem(second),
        _ => return Err(refused(operator.symbol(), left, right)),
    };
    result
        .map(Value::Decimal)
        .ok_or_else(|| Fault::overflow("a Decimal"))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "C# converts to the nearest"
)]
pub(super) fn as_f32(value: &Value) -> f32 {
    value.as_f64().unwrap_or(0.0) as f32
}

pub(super) fn floats(operator: Binary, left: f32, right: f32) -> Option<Value> {
    Some(Value::Float(match operator {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide => left / right,
        Binary::Remainder => left % right,
        _ => return None,
    }))
}

/// `ulong` with another integer that is not negative; C# refuses to mix it with others.
pub(super) fn unsigned(operator: Binary, left: &Value, right: &Value) -> Result<Value, Raise> {
    let (Some(first), Some(second)) = (as_u64(left), as_u64(right)) else {
        return Err(refused(operator.symbol(), left, right));
    };
    Ok(Value::ULong(match operator {
        Binary::Add => first.wrapping_add(second),
        Binary::Subtract => first.wrapping_sub(second),
        Binary::Multiply => first.wrapping_mul(second),
        Binary::Divide | Binary::Remainder if second == 0 => {
            return Err(Fault::raise(
                "DivideByZeroException",
                "Attempted to divide by zero.",
            ));
        }
        Binary::Divide => first / second,
        Binary::Remainder => first % second,
        Binary::BitAnd => first & second,
        Binary::BitOr => first | second,
        Binary::BitXor => first ^ second,
        _ => return Err(refused(operator.symbol(), left, right)),
    }))
}

fn as_u64(value: &Value) -> Option<u64> {
    match value {
        Value::ULong(number) => Some(*number),
        Value::Char(unit) => Some(u64::from(*unit)),
        other => u64::try_from(other.as_i64()?).ok(),
    }
}

/// True when both compare without becoming a `double`.
pub(super) fn exact(left: &Value, right: &Value) -> bool {
    widened(left).is_some() && widened(right).is_some()
}

pub(super) fn compared(left: &Value, right: &Value) -> Option<Ordering> {
    Some(widened(left)?.cmp(&widened(right)?))
}

/// An explicit conversion to or from one of these types; `None` where none of them takes part.
pub(super) fn cast(value: &Value, named: &Type) -> Option<Result<Value, Raise>> {
    let too_large = || Fault::overflow("a Decimal");
    Some(match (named, value) {
        (Type::Decimal, Value::Float(_) | Value::Double(_)) => value
            .as_f64()
            .and_then(decimal::from_f64)
            .map(Value::Decimal)
            .ok_or_else(too_large),
        (Type::Decimal, _) => Ok(Value::Decimal(widened(value)?)),
        (Type::Float, _) => {
            value.as_f64()?;
            Ok(Value::Float(as_f32(value)))
        }
        (Type::Double, Value::Float(number)) => Ok(Value::Double(f64::from(*number))),
        (Type::ULong, Value::Decimal(number)) => decimal::to_u64(*number)
            .map(Value::ULong)
            .ok_or_else(|| Fault::overflow("a UInt64")),
        (Type::ULong, Value::ULong(_)) => Ok(value.clone()),
        (Type::ULong, Value::Float(_) | Value::Double(_)) => {
            let number = decimal::from_f64(value.as_f64()?).and_then(decimal::to_u64);
            Ok(Value::ULong(number.unwrap_or(0)))
        }
        (Type::ULong, _) => Ok(Value::ULong(integer(value)?.cast_unsigned())),
        (_, Value::Decimal(number)) => match named {
            Type::Double => Ok(Value::Double(decimal::to_f64(*number))),
            _ => decimal::to_i64(*number)
                .map(Value::Long)
                .ok_or_else(overflow),
        },
        (_, Value::ULong(number)) => match named {
            Type::Double => Ok(Value::Double(*number as f64)),
            _ => Ok(Value::Long(number.cast_signed())),
        },
        _ => return None,
    })
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Char(unit) => Some(i64::from(*unit)),
        other => other.as_i64(),
    }
}
