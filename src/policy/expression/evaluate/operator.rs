//! Operators on values, by C#'s promotion rules.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::policy::expression::ast::{Binary, Unary};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::value::{DateTime, Kind, Native, TimeSpan, Value};

type Outcome = Result<Value, Raise>;

pub(super) fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(_)
            | Value::Long(_)
            | Value::ULong(_)
            | Value::Float(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Char(_)
    )
}

pub(super) fn refused(operator: &str, left: &Value, right: &Value) -> Raise {
    let (left, right) = (left.type_name(), right.type_name());
    let hint = if left.contains("Json") || right.contains("Json") {
        ", cast the JSON value first"
    } else {
        ""
    };
    Fault::refused(format!(
        "C# has no operator `{operator}` between `{left}` and `{right}`{hint}"
    ))
}

/// The same inside `checked`: what does not fit is an exception.
pub(super) fn apply_checked(operator: Binary, left: &Value, right: &Value) -> Outcome {
    let arithmetic = matches!(
        operator,
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide
    );
    let result = apply(operator, left, right)?;
    let (Some((first, narrow)), Some((second, also))) = (integer(left), integer(right)) else {
        return Ok(result);
    };
    if !arithmetic {
        return Ok(result);
    }
    let (first, second) = (i128::from(first), i128::from(second));
    let exact = match operator {
        Binary::Add => first + second,
        Binary::Subtract => first - second,
        Binary::Multiply => first * second,
        _ => return Ok(result),
    };
    let fits = if narrow && also {
        i32::try_from(exact).is_ok()
    } else {
        i64::try_from(exact).is_ok()
    };
    if fits {
        return Ok(result);
    }
    Err(overflow())
}

pub(super) fn overflow() -> Raise {
    Fault::raise(
        "OverflowException",
        "Arithmetic operation resulted in an overflow.",
    )
}

pub(super) fn apply(operator: Binary, left: &Value, right: &Value) -> Outcome {
    match operator {
        Binary::Equal => equal(left, right, "==").map(Value::Bool),
        Binary::NotEqual => equal(left, right, "!=").map(|same| Value::Bool(!same)),
        Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
            compared(operator, left, right).map(Value::Bool)
        }
        Binary::ShiftLeft | Binary::ShiftRight => shift(operator, left, right),
        _ => arithmetic(operator, left, right),
    }
}

fn arithmetic(operator: Binary, left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => match operator {
            Binary::BitAnd => Ok(Value::Bool(left & right)),
            Binary::BitOr => Ok(Value::Bool(left | right)),
            Binary::BitXor => Ok(Value::Bool(left ^ right)),
            _ => Err(refused(
                operator.symbol(),
                &Value::Bool(*left),
                &Value::Bool(*right),
            )),
        },
        (Value::Enum((class, first)), Value::Enum((other, second)))
            if class == other && operator == Binary::BitOr =>
        {
            let flags = Native::Flags(class, vec![first, second]);
            Ok(Value::Native(Arc::new(flags)))
        }
        (Value::Native(flags), Value::Enum((other, member))) if operator == Binary::BitOr => {
            match &**flags {
                Native::Flags(class, members) if class == other => {
                    let members = [members.as_slice(), &[member]].concat();
                    Ok(Value::Native(Arc::new(Native::Flags(class, members))))
                }
                _ => Err(refused(operator.symbol(), left, right)),
            }
        }
        // Nullable numbers: null in, null out.
        (Value::Null, other) | (other, Value::Null) if is_number(other) => Ok(Value::Null),
        (Value::Decimal(_), other) | (other, Value::Decimal(_)) if is_number(other) => {
            super::numbers::decimals(operator, left, right)
        }
        (Value::Float(first), other) if !matches!(other, Value::Double(_)) && is_number(other) => {
            super::numbers::floats(operator, *first, super::numbers::as_f32(other))
                .ok_or_else(|| refused(operator.symbol(), left, right))
        }
        (other, Value::Float(second)) if !matches!(other, Value::Double(_)) && is_number(other) => {
            super::numbers::floats(operator, super::numbers::as_f32(other), *second)
                .ok_or_else(|| refused(operator.symbol(), left, right))
        }
        (Value::Double(_), other) | (other, Value::Double(_)) if is_number(other) => {
            let (Some(first), Some(second)) = (left.as_f64(), right.as_f64()) else {
                return Err(refused(operator.symbol(), left, right));
            };
            doubles(operator, first, second).ok_or_else(|| refused(operator.symbol(), left, right))
        }
        (Value::ULong(_), other) | (other, Value::ULong(_)) if is_number(other) => {
            super::numbers::unsigned(operator, left, right)
        }
        (Value::DateTime(_) | Value::TimeSpan(_), _) | (_, Value::TimeSpan(_)) => {
            times(operator, left, right)
        }
        _ => match (integer(left), integer(right)) {
            (Some((first, true)), Some((second, true))) => ints(operator, first, second),
            (Some((first, _)), Some((second, _))) => longs(operator, first, second),
            _ => Err(refused(operator.symbol(), left, right)),
        },
    }
}

/// The number, and whether C# computes with it in 32 bits.
fn integer(value: &Value) -> Option<(i64, bool)> {
    match value {
        Value::Int(number) => Some((i64::from(*number), true)),
        Value::Char(unit) => Some((i64::from(*unit), true)),
        Value::Long(number) => Some((*number, false)),
        _ => None,
    }
}

fn doubles(operator: Binary, left: f64, right: f64) -> Option<Value> {
    Some(Value::Double(match operator {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide => left / right,
        Binary::Remainder => left % right,
        _ => return None,
    }))
}

/// 32-bit arithmetic that wraps, as unchecked C# does.
fn ints(operator: Binary, left: i64, right: i64) -> Outcome {
    if operator == Binary::Divide && left == i64::from(i32::MIN) && right == -1 {
        return Err(Fault::raise(
            "OverflowException",
            "Arithmetic operation resulted in an overflow.",
        ));
    }
    let Value::Long(wide) = longs(operator, left, right)? else {
        return Ok(Value::Null);
    };
    Ok(Value::Int(wrapped(wide)))
}

#[expect(clippy::cast_possible_truncation, reason = "C# wraps")]
pub(super) fn wrapped(number: i64) -> i32 {
    number as i32
}

fn longs(operator: Binary, left: i64, right: i64) -> Outcome {
    let overflow = || {
        Fault::raise(
            "OverflowException",
            "Arithmetic operation resulted in an overflow.",
        )
    };
    let divisor = || {
        if right == 0 {
            return Err(Fault::raise(
                "DivideByZeroException",
                "Attempted to divide by zero.",
            ));
        }
        Ok(right)
    };
    Ok(Value::Long(match operator {
        Binary::Add => left.wrapping_add(right),
        Binary::Subtract => left.wrapping_sub(right),
        Binary::Multiply => left.wrapping_mul(right),
        Binary::Divide => left.checked_div(divisor()?).ok_or_else(overflow)?,
        Binary::Remainder => left.checked_rem(divisor()?).unwrap_or(0),
        Binary::BitAnd => left & right,
        Binary::BitOr => left | right,
        Binary::BitXor => left ^ right,
        _ => {
            return Err(refused(
                operator.symbol(),
                &Value::Long(left),
                &Value::Long(right),
            ));
        }
    }))
}

fn shift(operator: Binary, left: &Value, right: &Value) -> Outcome {
    if let (Value::ULong(number), Some((by, true))) = (left, integer(right)) {
        let by = u32::try_from(by & 63).unwrap_or(0);
        return Ok(Value::ULong(if operator == Binary::ShiftLeft {
            number << by
        } else {
            number >> by
        }));
    }
    let (Some((number, narrow)), Some((by, true))) = (integer(left), integer(right)) else {
        return Err(refused(operator.symbol(), left, right));
    };
    // Only the low bits of the distance count.
    let by = u32::try_from(by & if narrow { 31 } else { 63 }).unwrap_or(0);
    let shifted = if operator == Binary::ShiftLeft {
        number << by
    } else {
        number >> by
    };
    Ok(if narrow {
        Value::Int(wrapped(shifted))
    } else {
        Value::Long(shifted)
    })
}

fn times(operator: Binary, left: &Value, right: &Value) -> Outcome {
    match (operator, left, right) {
        (Binary::Add, Value::DateTime(moment), Value::TimeSpan(span)) => {
            moment.plus(span.0).map(Value::DateTime)
        }
        (Binary::Subtract, Value::DateTime(moment), Value::TimeSpan(span)) => {
            moment.plus(span.0.saturating_neg()).map(Value::DateTime)
        }
        (Binary::Subtract, Value::DateTime(left), Value::DateTime(right)) => {
            Ok(Value::TimeSpan(TimeSpan(left.instant() - right.instant())))
        }
        (Binary::Add, Value::TimeSpan(left), Value::TimeSpan(right)) => {
            Ok(Value::TimeSpan(TimeSpan(left.0.saturating_add(right.0))))
        }
        (Binary::Subtract, Value::TimeSpan(left), Value::TimeSpan(right)) => {
            Ok(Value::TimeSpan(TimeSpan(left.0.saturating_sub(right.0))))
        }
        _ => Err(refused(operator.symbol(), left, right)),
    }
}

pub(super) fn apply_unary(operator: Unary, value: &Value) -> Outcome {
    let symbol = match operator {
        Unary::Not => "!",
        Unary::Minus => "-",
        Unary::Plus => "+",
        Unary::Complement => "~",
    };
    Ok(match (operator, value) {
        (Unary::Not, Value::Bool(bool)) => Value::Bool(!bool),
        (Unary::Minus, Value::Int(number)) => Value::Int(number.wrapping_neg()),
        (Unary::Minus, Value::Long(number)) => Value::Long(number.wrapping_neg()),
        (Unary::Minus, Value::Double(number)) => Value::Double(-number),
        (Unary::Minus, Value::Float(number)) => Value::Float(-number),
        (Unary::Minus, Value::Decimal(number)) => Value::Decimal(-number),
        (Unary::Complement, Value::ULong(number)) => Value::ULong(!number),
        (Unary::Minus, Value::Char(unit)) => Value::Int(-i32::from(*unit)),
        (Unary::Minus, Value::TimeSpan(span)) => Value::TimeSpan(TimeSpan(span.0.saturating_neg())),
        (Unary::Plus, Value::Char(unit)) => Value::Int(i32::from(*unit)),
        (Unary::Plus, number) if is_number(number) => number.clone(),
        (Unary::Complement, Value::Int(number)) => Value::Int(!number),
        (Unary::Complement, Value::Long(number)) => Value::Long(!number),
        (Unary::Minus | Unary::Plus | Unary::Complement, Value::Null) => Value::Null,
        (_, value) => {
            return Err(Fault::refused(format!(
                "C# has no operator `{symbol}` for `{}`",
                value.type_name()
            )));
        }
    })
}

/// `==` where both static types are known to C#.
fn equal(left: &Value, right: &Value, symbol: &str) -> Result<bool, Raise> {
    let comparable = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => {
            return Ok(matches!((left, right), (Value::Null, Value::Null)));
        }
        (Value::Json(_), Value::Json(_)) => return same_reference(left, right),
        (Value::Json(_), _) | (_, Value::Json(_)) => false,
        (left, right) if is_number(left) && is_number(right) => true,
        (left, right) => std::mem::discriminant(left) == std::mem::discriminant(right),
    };
    if comparable {
        Ok(left.equals(right))
    } else {
        Err(refused(symbol, left, right))
    }
}

/// `==` between objects. Values that look alike may still be different objects; which they are is
/// known only to the real gateway, so the answer is not guessed.
pub(super) fn same_reference(left: &Value, right: &Value) -> Result<bool, Raise> {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) if Arc::ptr_eq(left, right) => return Ok(true),
        (Value::Json(left), Value::Json(right)) if left.identical(right) => return Ok(true),
        (left, right) if !left.equals(right) => return Ok(false),
        (
            Value::Null
            | Value::List(_)
            | Value::Dictionary(_)
            | Value::Bytes(_)
            | Value::Builder(_)
            | Value::Place(_),
            _,
        ) => return Ok(true),
        _ => {}
    }
    Err(Fault::refused(
        "C# compares these objects by reference here, not by value: cast them, as in `(string)…`, or use `Equals`",
    ))
}

fn compared(operator: Binary, left: &Value, right: &Value) -> Result<bool, Raise> {
    let order = match (left, right) {
        (Value::Null, other) | (other, Value::Null)
            if is_number(other) || matches!(other, Value::Null | Value::DateTime(_)) =>
        {
            return Ok(false);
        }
        (left, right) if comparable(left, right) => order(left, right),
        _ => return Err(refused(operator.symbol(), left, right)),
    };
    Ok(match operator {
        Binary::Less => order.is_some_and(Ordering::is_lt),
        Binary::LessOrEqual => order.is_some_and(Ordering::is_le),
        Binary::Greater => order.is_some_and(Ordering::is_gt),
        _ => order.is_some_and(Ordering::is_ge),
    })
}

/// True when C# has `<` between the two.
fn comparable(left: &Value, right: &Value) -> bool {
    matches!(
        (left, right),
        (Value::DateTime(_), Value::DateTime(_)) | (Value::TimeSpan(_), Value::TimeSpan(_))
    ) || (is_number(left) && is_number(right))
}

/// `None` when the two cannot be compared, or one is not a number.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::DateTime(left), Value::DateTime(right)) => {
            Some(left.instant().cmp(&right.instant()))
        }
        (Value::TimeSpan(left), Value::TimeSpan(right)) => Some(left.cmp(right)),
        _ => match (integer(left), integer(right)) {
            (Some((left, _)), Some((right, _))) => Some(left.cmp(&right)),
            _ if super::numbers::exact(left, right) => super::numbers::compared(left, right),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
    }
}

/// The order that `OrderBy`, `Max` and `CompareTo` use: texts too, and null before everything.
pub(super) fn total_order(left: &Value, right: &Value) -> Result<Ordering, Raise> {
    Ok(match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Str(left), Value::Str(right)) => compare_text(left, right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Guid(left), Value::Guid(right)) => left.cmp(right),
        (Value::Json(left), Value::Json(right)) => {
            return total_order(&left.scalar(), &right.scalar());
        }
        (left, right) if comparable(left, right) => order(left, right).unwrap_or(Ordering::Less),
        _ => {
            return Err(Fault::argument(
                "At least one object must implement IComparable.",
            ));
        }
    })
}

/// Near to a culture's order: letters before their case, lower case first.
pub(super) fn compare_text(left: &str, right: &str) -> Ordering {
    let folded = left
        .chars()
        .flat_map(char::to_lowercase)
        .cmp(right.chars().flat_map(char::to_lowercase));
    folded.then_with(|| right.cmp(left))
}

/// The moment of the request, moved on by the time it took so far.
pub(super) fn now(context: &crate::policy::context::Context, kind: Kind) -> DateTime {
    let moment = context
        .timestamp
        .checked_add(jiff::SignedDuration::try_from(context.elapsed).unwrap_or_default());
    DateTime::from_timestamp(moment.unwrap_or(context.timestamp), kind)
}
