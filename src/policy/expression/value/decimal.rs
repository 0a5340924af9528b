//! `decimal`: 96 bits and a scale, as .NET has it.

pub(crate) use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

/// Digits with an optional sign, point and exponent; zeros at the end are kept.
pub(crate) fn parse(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str_exact(text).ok()
}

pub(crate) fn from_f64(number: f64) -> Option<Decimal> {
    // .NET keeps 15 significant digits of a `double`.
    let text = format!("{number:.14e}");
    let exact = Decimal::from_scientific(&text).ok();
    exact
        .or_else(|| Decimal::from_f64(number))
        .map(|decimal| decimal.normalize())
}

pub(crate) fn to_f64(decimal: Decimal) -> f64 {
    decimal.to_string().parse().unwrap_or(0.0)
}

/// The whole part, when 64 bits hold it.
pub(crate) fn to_i64(decimal: Decimal) -> Option<i64> {
    decimal.trunc().to_i64()
}

pub(crate) fn to_u64(decimal: Decimal) -> Option<u64> {
    decimal.trunc().to_u64()
}
