//! Numbers as text, invariant culture: `ToString()`, standard and custom format strings.

use rust_decimal::RoundingStrategy;

use super::decimal::{self, Decimal};
use crate::policy::expression::fault::{Fault, Raise};

/// More digits than a number has; a format cannot ask for a text of any length.
const MAX_PRECISION: usize = 300;

/// The shortest text that reads back as the same number, in .NET's notation.
pub(crate) fn double_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..15).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

/// The shortest text for 32 bits.
pub(crate) fn float_text(number: f32) -> String {
    if !number.is_finite() {
        return double_text(f64::from(number));
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..7).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

/// A `decimal` loses no digit on its way to text.
pub(crate) fn format_decimal(number: Decimal, pattern: &str) -> Result<String, Raise> {
    let Some((letter, precision)) = standard(pattern) else {
        return Ok(custom(decimal::to_f64(number), pattern));
    };
    let decimals = u32::try_from(precision.unwrap_or(2)).unwrap_or(0);
    let fixed = |number: Decimal| {
        let rounded =
            number.round_dp_with_strategy(decimals.min(28), RoundingStrategy::MidpointAwayFromZero);
        format!("{rounded:.*}", usize::try_from(decimals).unwrap_or(0))
    };
    Ok(match letter.to_ascii_uppercase() {
        'G' if precision.is_none() => number.to_string(),
        'F' => fixed(number),
        'N' => grouped(&fixed(number)),
        'P' => match number.checked_mul(Decimal::ONE_HUNDRED) {
            Some(percent) => format!("{} %", grouped(&fixed(percent))),
            None => return Err(Fault::overflow("a Decimal")),
        },
        _ => return format_double(decimal::to_f64(number), pattern),
    })
}

pub(crate) fn format_integer(number: i64, bits: u32, pattern: &str) -> Result<String, Raise> {
    let Some((letter, precision)) = standard(pattern) else {
        return Ok(custom(number as f64, pattern));
    };
    match letter {
        'D' | 'd' => {
            let sign = if number < 0 { "-" } else { "" };
            let width = precision.unwrap_or(1);
            Ok(format!("{sign}{:0width$}", number.unsigned_abs()))
        }
        'X' | 'x' => {
            let masked = if bits == 32 {
                number.cast_unsigned() & 0xffff_ffff
            } else {
                number.cast_unsigned()
            };
            let width = precision.unwrap_or(1);
            Ok(if letter == 'X' {
                format!("{masked:0width$X}")
            } else {
                format!("{masked:0width$x}")
            })
        }
        'G' | 'g' | 'R' | 'r' if precision.is_none() => Ok(number.to_string()),
        _ => format_double(number as f64, pattern),
    }
}

pub(crate) fn format_double(number: f64, pattern: &str) -> Result<String, Raise> {
    if !number.is_finite() {
        return Ok(double_text(number));
    }
    let Some((letter, precision)) = standard(pattern) else {
        return Ok(custom(number, pattern));
    };
    let decimals = precision.unwrap_or(2);
    Ok(match letter.to_ascii_uppercase() {
        'F' => fixed(number, decimals),
        'N' => grouped(&fixed(number, decimals)),
        'C' => {
            let text = grouped(&fixed(number.abs(), decimals));
            if number < 0.0 {
                format!("(¤{text})")
            } else {
                format!("¤{text}")
            }
        }
        'P' => format!("{} %", grouped(&fixed(number * 100.0, decimals))),
        'E' => exponential(number, precision.unwrap_or(6), letter == 'E'),
        'G' => match precision {
            None | Some(0) => double_text(number),
            Some(digits) => significant(number, digits),
        },
        'R' => double_text(number),
        _ => return Err(Fault::format("Format specifier was invalid.")),
    })
}

/// A letter with at most two digits.
fn standard(pattern: &str) -> Option<(char, Option<usize>)> {
    if pattern.is_empty() {
        return Some(('G', None));
    }
    let mut letters = pattern.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic)?;
    let digits = letters.as_str();
    if digits.is_empty() {
        return Some((letter, None));
    }
    let plain = digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let precision = digits
        .parse::<usize>()
        .ok()
        .filter(|precision| plain && *precision <= MAX_PRECISION)?;
    Some((letter, Some(precision)))
}

/// Rounded half away from zero on the shortest decimal text, as people expect `2.5` to round.
fn fixed(number: f64, decimals: usize) -> String {
    let plain = format!("{}", number.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut digits: Vec<u8> = whole.bytes().collect();
    digits.extend(
        fraction
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(decimals),
    );
    let up = fraction
        .as_bytes()
        .get(decimals)
        .is_some_and(|digit| *digit >= b'5');
    if up {
        carry(&mut digits);
    }
    let text: String = digits.iter().map(|digit| char::from(*digit)).collect();
    let (whole, fraction) = text.split_at(text.len() - decimals);
    let point = if decimals > 0 { "." } else { "" };
    let negative = number < 0.0 && digits.iter().any(|digit| *digit != b'0');
    format!(
        "{}{whole}{point}{fraction}",
        if negative { "-" } else { "" }
    )
}

fn carry(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

fn grouped(text: &str) -> String {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = digits
        .find('.')
        .map_or((digits, ""), |point| digits.split_at(point));
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

fn exponential(number: f64, decimals: usize, upper: bool) -> String {
    let text = format!("{number:.decimals$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    let letter = if upper { 'E' } else { 'e' };
    format!("{digits}{letter}{sign}{:03}", exponent.abs())
}

fn significant(number: f64, digits: usize) -> String {
    let text = format!("{number:.*e}", digits - 1);
    double_text(text.parse().unwrap_or(number))
}

/// `0.00`, `#,##0.#`, `00%`, with a section for negatives and one for zero.
fn custom(number: f64, pattern: &str) -> String {
    let sections: Vec<&str> = pattern.split(';').collect();
    let (section, number) = match (sections.as_slice(), number) {
        ([_, negative, ..], number) if number < 0.0 && !negative.is_empty() => (*negative, -number),
        ([_, _, zero, ..], number) if number.abs() < f64::MIN_POSITIVE => (*zero, number),
        _ => (sections[0], number),
    };
    match Exponent::of(section) {
        Some(exponent) => exponent.fill(number),
        None => fill(number, section),
    }
}

/// `0.00E+00`: what makes a pattern one of scientific notation.
struct Exponent<'a> {
    mantissa: &'a str,
    letter: char,
    /// A sign for positive exponents as well.
    plus: bool,
    least_digits: usize,
    rest: &'a str,
}

impl Exponent<'_> {
    /// An `E` is an exponent only before zeros, with or without a sign.
    fn of(section: &str) -> Option<Exponent<'_>> {
        section.match_indices(['E', 'e']).find_map(|(at, letter)| {
            let behind = &section[at + 1..];
            let digits = behind.strip_prefix(['+', '-']).unwrap_or(behind);
            let least_digits = digits.bytes().take_while(|byte| *byte == b'0').count();
            (least_digits > 0).then(|| Exponent {
                mantissa: &section[..at],
                letter: if letter == "E" { 'E' } else { 'e' },
                plus: behind.starts_with('+'),
                least_digits,
                rest: &digits[least_digits..],
            })
        })
    }

    fn fill(&self, number: f64) -> String {
        let places = |text: &str| text.chars().filter(|c| matches!(c, '0' | '#')).count();
        let (whole, fraction) = self.mantissa.split_once('.').unwrap_or((self.mantissa, ""));
        let (whole, fraction) = (places(whole), places(fraction));
        let precision = (whole + fraction).max(1) - 1;
        let text = format!("{number:.precision$e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        let power: i32 = power.parse().unwrap_or(0);
        let shift = i32::try_from(whole).unwrap_or(0) - 1;
        let zero = digits.bytes().all(|byte| !matches!(byte, b'1'..=b'9'));
        let (mantissa, power) = if zero {
            (0.0, 0)
        } else {
            (
                format!("{digits}e{shift}").parse().unwrap_or(number),
                power - shift,
            )
        };
        let sign = match power {
            ..0 => "-",
            _ if self.plus => "+",
            _ => "",
        };
        format!(
            "{}{}{sign}{:0width$}{}",
            fill(mantissa, self.mantissa),
            self.letter,
            power.unsigned_abs(),
            unquoted(self.rest),
            width = self.least_digits
        )
    }
}

fn fill(number: f64, section: &str) -> String {
    let (whole, fraction) = section.split_once('.').unwrap_or((section, ""));
    let places = |text: &str, kinds: &[char]| text.chars().filter(|c| kinds.contains(c)).count();
    let most = places(fraction, &['0', '#']);
    let least = fraction
        .rfind('0')
        .map_or(0, |last| places(&fraction[..=last], &['0', '#']));
    let scale = if section.contains('%') { 100.0 } else { 1.0 };
    let rounded = fixed(number * scale, most);
    let (sign, rounded) = rounded
        .strip_prefix('-')
        .map_or(("", &*rounded), |rest| ("-", rest));
    let (digits, decimals) = rounded.split_once('.').unwrap_or((rounded, ""));
    let width = whole
        .find('0')
        .map_or(0, |first| places(&whole[first..], &['0', '#']));
    let digits = digits.trim_start_matches('0');
    let mut digits = format!("{digits:0>width$}");
    if whole.contains(',') {
        digits = grouped(&digits);
    }
    let kept = decimals
        .trim_end_matches('0')
        .len()
        .max(least)
        .min(decimals.len());
    if kept > 0 {
        digits = format!("{digits}.{}", &decimals[..kept]);
    }
    // Literal text stands before the first and after the last digit place.
    let is_place = |c: char| matches!(c, '0' | '#' | ',' | '.');
    let (Some(start), Some(end)) = (section.find(is_place), section.rfind(is_place)) else {
        return format!("{sign}{}", unquoted(section));
    };
    format!(
        "{sign}{}{digits}{}",
        unquoted(&section[..start]),
        unquoted(&section[end + 1..])
    )
}

fn unquoted(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\'' | '"' | '\\'))
        .collect()
}
