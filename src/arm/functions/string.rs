use serde_json::Value;

use super::{Args, format_float};
use crate::arm::error::Fault;

/// Characters as .NET counts them: UTF-16 units.
pub(in crate::arm) fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Units for comparison without regard to letter case; each unit stays one unit, so that
/// positions hold.
pub(super) fn folded(text: &str) -> Vec<u16> {
    text.chars()
        .flat_map(|c| {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) if one.len_utf16() == c.len_utf16() => one,
                _ => c,
            }
            .encode_utf16(&mut [0; 2])
            .to_vec()
        })
        .collect()
}

/// So many units from a position, as far as they reach.
pub(super) fn cut(units: &[u16], start: usize, count: usize) -> String {
    let start = start.min(units.len());
    let end = start.saturating_add(count).min(units.len());
    String::from_utf16_lossy(&units[start..end])
}

/// A value as text, the way `string` and `format` write it.
pub(in crate::arm) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (None, Some(value)) if number.is_f64() => format_float(value),
            _ => number.to_string(),
        },
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

pub(super) fn string(values: &[Value]) -> Value {
    to_text(&values[0]).into()
}

pub(super) fn fail(args: &Args<'_>) -> Result<Value, Fault> {
    Err(Fault::invalid(args.text(0)?))
}

pub(super) fn to_lower(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(args.text(0)?.to_lowercase().into())
}

pub(super) fn to_upper(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(args.text(0)?.to_uppercase().into())
}

pub(super) fn trim(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(args.text(0)?.trim().into())
}

pub(super) fn replace(args: &Args<'_>) -> Result<Value, Fault> {
    let (text, from, to) = (args.text(0)?, args.text(1)?, args.text(2)?);
    if from.is_empty() {
        return Err(args.wrong("The string to replace cannot be empty."));
    }
    Ok(text.replace(from, to).into())
}

pub(super) fn starts_with(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(folded(args.text(0)?)
        .starts_with(&folded(args.text(1)?))
        .into())
}

pub(super) fn ends_with(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(folded(args.text(0)?)
        .ends_with(&folded(args.text(1)?))
        .into())
}

pub(super) fn join(args: &Args<'_>) -> Result<Value, Fault> {
    let parts: Vec<String> = args.array(0)?.iter().map(to_text).collect();
    Ok(parts.join(args.text(1)?).into())
}

pub(super) fn split(args: &Args<'_>) -> Result<Value, Fault> {
    let text = args.text(0)?;
    let delimiters: Vec<&str> = match args.value(1) {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => {
            let many: Option<Vec<&str>> = many.iter().map(Value::as_str).collect();
            many.ok_or_else(|| args.wrong("Every delimiter must be a string."))?
        }
        _ => return Err(args.expects(1, "String, Array")),
    };
    let mut parts = Vec::new();
    let mut rest = text;
    let mut begin = 0;
    while begin < rest.len() {
        let found = delimiters
            .iter()
            .find(|delimiter| !delimiter.is_empty() && rest[begin..].starts_with(**delimiter));
        if let Some(delimiter) = found {
            parts.push(Value::from(&rest[..begin]));
            rest = &rest[begin + delimiter.len()..];
            begin = 0;
        } else {
            begin += rest[begin..].chars().next().map_or(1, char::len_utf8);
        }
    }
    parts.push(rest.into());
    Ok(Value::Array(parts))
}

pub(super) fn substring(args: &Args<'_>) -> Result<Value, Fault> {
    let units = units(args.text(0)?);
    let (start, length) = (args.int(1)?, units.len());
    let at = usize::try_from(start).ok().filter(|at| *at <= length);
    let at = at.ok_or_else(|| {
        args.wrong(format!(
            "The index parameter cannot be negative or larger than the length of the string. The index parameter: '{start}', the length of the string parameter: '{length}'. Please see https://aka.ms/arm-functions for usage details."
        ))
    })?;
    if args.values.len() < 3 {
        return Ok(cut(&units, at, usize::MAX).into());
    }
    let count = args.int(2)?;
    match usize::try_from(count) {
        Ok(count) if at + count.min(length + 1) <= length => Ok(cut(&units, at, count).into()),
        _ => Err(args.wrong(format!(
            "The index and length parameters must refer to a location within the string. The index parameter: '{start}', the length parameter: '{count}', the length of the string parameter: '{length}'. Please see https://aka.ms/arm-functions for usage details."
        ))),
    }
}

pub(super) fn pad_left(args: &Args<'_>) -> Result<Value, Fault> {
    let text = match args.value(0) {
        value @ (Value::String(_) | Value::Number(_)) => to_text(value),
        _ => return Err(args.expects(0, "String, Integer")),
    };
    let width = usize::try_from(args.int(1)?)
        .ok()
        .filter(|width| *width <= 16_384)
        .ok_or_else(|| args.wrong("The total length must be between 0 and 16384."))?;
    let pad = match args.values.get(2) {
        None => " ",
        Some(_) => args.text(2)?,
    };
    if units(pad).len() != 1 {
        return Err(args.wrong("The padding must be a single character."));
    }
    let missing = width.saturating_sub(units(&text).len());
    Ok(format!("{}{text}", pad.repeat(missing)).into())
}

/// JSON with its strings in single quotes, which Azure's reader takes as well.
pub(super) fn single_quoted(text: &str) -> Option<Value> {
    let mut plain = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                plain.push('"');
            }
            (c, Some(open)) if c == open => {
                quote = None;
                plain.push('"');
            }
            ('"', Some(_)) => plain.push_str("\\\""),
            ('\\', Some(_)) => match chars.next()? {
                '\'' => plain.push('\''),
                other => {
                    plain.push('\\');
                    plain.push(other);
                }
            },
            (c, _) => plain.push(c),
        }
    }
    serde_json::from_str(&plain).ok()
}
