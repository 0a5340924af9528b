use serde_json::Value;

use super::string::units;
use super::{Args, to_text};
use crate::arm::error::Fault;

/// .NET's composite format: `{index[,alignment][:format]}`, with `{{` and `}}` for braces.
pub(super) fn format(args: &Args<'_>) -> Result<Value, Fault> {
    let chars: Vec<char> = args.text(0)?.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('{', Some('{')) | ('}', Some('}')) => {
                out.push(chars[at]);
                at += 2;
            }
            ('{', _) => {
                let Some(length) = chars[at..].iter().position(|c| *c == '}') else {
                    return Err(malformed(args));
                };
                let item: String = chars[at + 1..at + length].iter().collect();
                out.push_str(&one(args, &item)?);
                at += length + 1;
            }
            ('}', _) => return Err(malformed(args)),
            (c, _) => {
                out.push(c);
                at += 1;
            }
        }
    }
    Ok(out.into())
}

fn malformed(args: &Args<'_>) -> Fault {
    args.wrong("The format string is not valid: a brace has no partner.")
}

/// One item between braces.
fn one(args: &Args<'_>, item: &str) -> Result<String, Fault> {
    let (head, spec) = match item.split_once(':') {
        Some((head, spec)) => (head, Some(spec)),
        None => (item, None),
    };
    let (index, width) = match head.split_once(',') {
        Some((index, width)) => (index, Some(width)),
        None => (head, None),
    };
    let index: usize = index
        .trim()
        .parse()
        .map_err(|_| args.wrong(format!("The format item '{{{item}}}' is not valid.")))?;
    let Some(value) = args.values.get(index.saturating_add(1)) else {
        return Err(args.wrong(format!(
            "The format item '{{{index}}}' has no argument: '{}' were provided.",
            args.values.len() - 1
        )));
    };
    let text = match (value, spec) {
        (Value::Number(number), Some(spec)) if !spec.is_empty() => match number.as_i64() {
            Some(number) => integer(number, spec),
            None => None,
        }
        .ok_or_else(|| args.wrong(format!("The number format '{spec}' is not supported here.")))?,
        _ => to_text(value),
    };
    let Some(width) = width else {
        return Ok(text);
    };
    let width: i32 = width
        .trim()
        .parse()
        .ok()
        .filter(|width: &i32| width.abs() <= 10_000)
        .ok_or_else(|| args.wrong(format!("The alignment '{width}' is not valid.")))?;
    let missing = (width.unsigned_abs() as usize).saturating_sub(units(&text).len());
    let blank = " ".repeat(missing);
    Ok(if width < 0 {
        text + &blank
    } else {
        blank + &text
    })
}

/// Standard and custom formats of an integer, in .NET's invariant culture.
fn integer(value: i64, spec: &str) -> Option<String> {
    let mut chars = spec.chars();
    let letter = chars.next()?;
    let digits = chars.as_str();
    if !letter.is_ascii_alphabetic() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return custom(value, spec);
    }
    let precision: Option<usize> = match digits {
        "" => None,
        digits => Some(digits.parse().ok().filter(|digits| *digits <= 99)?),
    };
    let sign = if value < 0 { "-" } else { "" };
    let plain = value.unsigned_abs().to_string();
    let decimals = |digits: usize| match digits {
        0 => String::new(),
        digits => format!(".{}", "0".repeat(digits)),
    };
    Some(match letter.to_ascii_uppercase() {
        'D' => format!("{sign}{plain:0>width$}", width = precision.unwrap_or(0)),
        'F' => format!("{sign}{plain}{}", decimals(precision.unwrap_or(2))),
        'N' => format!(
            "{sign}{}{}",
            grouped(&plain),
            decimals(precision.unwrap_or(2))
        ),
        'C' if value < 0 => format!(
            "(\u{a4}{}{})",
            grouped(&plain),
            decimals(precision.unwrap_or(2))
        ),
        'C' => format!(
            "\u{a4}{}{}",
            grouped(&plain),
            decimals(precision.unwrap_or(2))
        ),
        'P' => format!(
            "{sign}{}{} %",
            grouped(&(u128::from(value.unsigned_abs()) * 100).to_string()),
            decimals(precision.unwrap_or(2))
        ),
        'X' => {
            // Two's complement in as many digits as the number is wide, as .NET prints it.
            let text = format!("{value:0>width$X}", width = precision.unwrap_or(0));
            if letter == 'x' {
                text.to_lowercase()
            } else {
                text
            }
        }
        'G' | 'R' if precision.is_none_or(|digits| digits == 0 || digits >= plain.len()) => {
            format!("{sign}{plain}")
        }
        _ => return None,
    })
}

/// Thousands separated by commas.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Custom formats of zeros, hashes, one decimal point, grouping commas and literal text around
/// them; anything else is refused.
fn custom(value: i64, spec: &str) -> Option<String> {
    let pattern = |c: char| matches!(c, '0' | '#' | ',' | '.');
    let begin = spec.find(pattern)?;
    let end = spec.rfind(pattern)? + 1;
    let (prefix, middle, suffix) = (&spec[..begin], &spec[begin..end], &spec[end..]);
    let literal = |text: &str| !text.contains(['%', ';', '\\', '\'', '"', 'e', 'E']);
    if !middle.chars().all(pattern) || !literal(prefix) || !literal(suffix) {
        return None;
    }
    let (whole, fraction) = middle.split_once('.').unwrap_or((middle, ""));
    if whole.ends_with(',') || fraction.contains(['.', ',']) {
        return None;
    }
    let comma = whole.contains(',');
    let whole = whole.replace(',', "");
    // Once a zero is met, every place to its right is shown.
    let least = whole.find('0').map_or(0, |at| whole.len() - at);
    let mut digits = match value.unsigned_abs() {
        0 => String::new(),
        value => value.to_string(),
    };
    while digits.len() < least {
        digits.insert(0, '0');
    }
    if comma {
        digits = grouped(&digits);
    }
    let zeros = fraction.rfind('0').map_or(0, |at| at + 1);
    let decimals = match zeros {
        0 => String::new(),
        zeros => format!(".{}", "0".repeat(zeros)),
    };
    let sign = if value < 0 { "-" } else { "" };
    Some(format!("{sign}{prefix}{digits}{decimals}{suffix}"))
}
