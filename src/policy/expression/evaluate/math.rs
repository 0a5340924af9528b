//! `Math`. Every function is the same on every platform, so none is the platform's own.

use rust_decimal::RoundingStrategy;

use super::Eval;
use super::convert;
use super::operator;
use super::statics::static_unknown;
use crate::policy::expression::ast::Binary;
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::Value;

pub(super) fn math(name: &str, arguments: &[Value]) -> Eval {
    let unsupported = || static_unknown(&Type::Static("Math"), name);
    let numbers: Option<Vec<f64>> = arguments
        .iter()
        .filter(|value| operator::is_number(value))
        .map(Value::as_f64)
        .collect();
    let numbers = numbers.unwrap_or_default();
    Ok(match (name, arguments, &numbers[..]) {
        ("Abs", [Value::Int(i32::MIN) | Value::Long(i64::MIN)], _) => {
            return Err(Fault::raise(
                "OverflowException",
                "Negating the minimum value of a twos complement number is invalid.",
            )
            .into());
        }
        ("Abs", [Value::Int(number)], _) => Value::Int(number.abs()),
        ("Abs", [Value::Long(number)], _) => Value::Long(number.abs()),
        (_, [Value::Decimal(_), ..] | [_, Value::Decimal(_)], _)
            if !matches!(name, "Min" | "Max" | "Sign") =>
        {
            return decimal_math(name, arguments);
        }
        ("Abs", _, [number]) => Value::Double(number.abs()),
        ("Min" | "Max", [left, right], [_, _]) => {
            // The sum has the type that C# promotes both to.
            let promoted = operator::apply(Binary::Subtract, left, right)?;
            let least = operator::total_order(left, right)?.is_le();
            let chosen = if least == (name == "Min") {
                left
            } else {
                right
            };
            match promoted {
                Value::Decimal(_) => convert::cast(chosen.clone(), &Type::Decimal)?,
                Value::Double(_) => Value::Double(chosen.as_f64().unwrap_or(0.0)),
                Value::Long(_) => Value::Long(chosen.as_i64().unwrap_or(0)),
                _ => chosen.clone(),
            }
        }
        ("Sign", [number], [value]) if !value.is_nan() => {
            let order = operator::order(number, &Value::Int(0)).ok_or_else(unsupported)?;
            Value::Int(i32::from(order as i8))
        }
        ("Ceiling", _, [number]) => Value::Double(libm::ceil(*number)),
        ("Floor", _, [number]) => Value::Double(libm::floor(*number)),
        ("Truncate", _, [number]) => Value::Double(libm::trunc(*number)),
        ("Round", [_, rest @ ..], [number, ..]) => Value::Double(rounded(*number, rest)?),
        ("Sqrt", _, [number]) => Value::Double(libm::sqrt(*number)),
        ("Pow", _, [base, exponent]) => Value::Double(libm::pow(*base, *exponent)),
        ("Exp", _, [number]) => Value::Double(libm::exp(*number)),
        ("Log", _, [number]) => Value::Double(libm::log(*number)),
        ("Log", _, [number, base]) => Value::Double(libm::log(*number) / libm::log(*base)),
        ("Log10", _, [number]) => Value::Double(libm::log10(*number)),
        _ => return Err(unsupported().into()),
    })
}

fn decimal_math(name: &str, arguments: &[Value]) -> Eval {
    let unsupported = || static_unknown(&Type::Static("Math"), name);
    let Some(Value::Decimal(number)) = arguments.first() else {
        return Err(unsupported().into());
    };
    let away = matches!(arguments.last(), Some(Value::Enum((_, "AwayFromZero"))));
    Ok(Value::Decimal(match (name, arguments) {
        ("Abs", [_]) => number.abs(),
        ("Ceiling", [_]) => number.ceil(),
        ("Floor", [_]) => number.floor(),
        ("Truncate", [_]) => number.trunc(),
        ("Round", [_, rest @ ..]) => {
            let digits = rest.iter().find_map(Value::as_i64).unwrap_or(0);
            let digits = u32::try_from(digits).ok().filter(|digits| *digits <= 28);
            let strategy = if away {
                RoundingStrategy::MidpointAwayFromZero
            } else {
                RoundingStrategy::MidpointNearestEven
            };
            number.round_dp_with_strategy(digits.ok_or_else(|| Fault::range("decimals"))?, strategy)
        }
        _ => return Err(unsupported().into()),
    }))
}

/// `Round(number[, digits][, mode])`: half to even unless the mode says otherwise.
fn rounded(number: f64, rest: &[Value]) -> Result<f64, Raise> {
    let digits = match rest.first() {
        Some(Value::Int(digits)) => *digits,
        _ => 0,
    };
    if !(0..=15).contains(&digits) {
        return Err(Fault::range("digits"));
    }
    let away = rest
        .iter()
        .any(|value| matches!(value, Value::Enum((_, "AwayFromZero"))));
    let scale = libm::pow(10.0, f64::from(digits));
    let scaled = number * scale;
    let whole = if away {
        libm::round(scaled)
    } else {
        libm::rint(scaled)
    };
    Ok(if whole.is_finite() {
        whole / scale
    } else {
        number
    })
}
