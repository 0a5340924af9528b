//! Format strings of dates and time spans, invariant culture.

use std::fmt::Write as _;

use super::date::{DateTime, Kind, TICKS_PER_SECOND, TimeSpan};
use crate::policy::expression::fault::{Fault, Raise};

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn invalid() -> Raise {
    Fault::format("Input string was not in a correct format.")
}

/// What a pattern of one letter stands for.
fn standard(letter: char, moment: DateTime) -> Option<&'static str> {
    Some(match letter {
        'd' => "MM/dd/yyyy",
        'D' => "dddd, dd MMMM yyyy",
        't' => "HH:mm",
        'T' => "HH:mm:ss",
        'f' => "dddd, dd MMMM yyyy HH:mm",
        'F' | 'U' => "dddd, dd MMMM yyyy HH:mm:ss",
        'g' => "MM/dd/yyyy HH:mm",
        'G' if matches!(moment.kind, Kind::Offset(_)) => "MM/dd/yyyy HH:mm:ss zzz",
        'G' => "MM/dd/yyyy HH:mm:ss",
        'm' | 'M' => "MMMM dd",
        'y' | 'Y' => "yyyy MMMM",
        'o' | 'O' if matches!(moment.kind, Kind::Offset(_)) => "yyyy-MM-ddTHH:mm:ss.fffffffzzz",
        'o' | 'O' => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        's' => "yyyy-MM-ddTHH:mm:ss",
        'u' => "yyyy-MM-dd HH:mm:ssZ",
        'r' | 'R' => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        _ => return None,
    })
}

pub(super) fn format(moment: DateTime, pattern: &str) -> Result<String, Raise> {
    let pattern = if pattern.is_empty() { "G" } else { pattern };
    let mut letters = pattern.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        let pattern = standard(letter, moment).ok_or_else(invalid)?;
        let universal =
            matches!(letter, 'r' | 'R' | 'u' | 'U') && matches!(moment.kind, Kind::Offset(_));
        let moment = if universal {
            DateTime {
                ticks: moment.instant(),
                kind: Kind::Utc,
            }
        } else {
            moment
        };
        return custom(moment, pattern);
    }
    custom(moment, pattern)
}

/// One part of a custom pattern.
pub(super) enum Part {
    Literal(String),
    /// A letter and how often it stands in a row.
    Field(char, usize),
}

/// Splits a pattern into runs of letters and literal text.
pub(super) fn parts(pattern: &str) -> Result<Vec<Part>, Raise> {
    let mut parts = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' | '"' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some(end) if end == c => break,
                        Some('\\') => text.extend(rest.next()),
                        Some(other) => text.push(other),
                        None => return Err(invalid()),
                    }
                }
                parts.push(Part::Literal(text));
            }
            '\\' => parts.push(Part::Literal(rest.next().ok_or_else(invalid)?.to_string())),
            '%' => {}
            c if "dfFghHKmMstyz".contains(c) => {
                let mut count = 1;
                while rest.next_if_eq(&c).is_some() {
                    count += 1;
                }
                parts.push(Part::Field(c, count));
            }
            c => parts.push(Part::Literal(c.to_string())),
        }
    }
    Ok(parts)
}

fn custom(moment: DateTime, pattern: &str) -> Result<String, Raise> {
    let mut text = String::new();
    for part in parts(pattern)? {
        match part {
            Part::Literal(literal) => text.push_str(&literal),
            Part::Field(letter @ ('f' | 'F'), count) => {
                fraction(&mut text, moment.fields().fraction, letter, count)?;
            }
            Part::Field(letter, count) => text.push_str(&field(moment, letter, count)),
        }
    }
    Ok(text)
}

fn field(moment: DateTime, letter: char, count: usize) -> String {
    let fields = moment.fields();
    let index = |number: i64| usize::try_from(number).unwrap_or(0);
    let padded = |number: i64| {
        if count == 1 {
            number.to_string()
        } else {
            format!("{number:02}")
        }
    };
    match (letter, count) {
        ('d', 3) => DAYS[moment.weekday()][..3].to_owned(),
        ('d', 4..) => DAYS[moment.weekday()].to_owned(),
        ('d', _) => padded(fields.day),
        ('M', 3) => MONTHS[index(fields.month - 1)][..3].to_owned(),
        ('M', 4..) => MONTHS[index(fields.month - 1)].to_owned(),
        ('M', _) => padded(fields.month),
        ('y', 1 | 2) => padded(fields.year % 100),
        ('y', _) => format!("{:0count$}", fields.year),
        ('H', _) => padded(fields.hour),
        ('h', _) => padded((fields.hour + 11) % 12 + 1),
        ('m', _) => padded(fields.minute),
        ('s', _) => padded(fields.second),
        ('t', 1) => if fields.hour < 12 { "A" } else { "P" }.to_owned(),
        ('t', _) => if fields.hour < 12 { "AM" } else { "PM" }.to_owned(),
        ('g', _) => "A.D.".to_owned(),
        ('K', _) => match moment.kind {
            Kind::Unspecified => String::new(),
            Kind::Utc => "Z".to_owned(),
            Kind::Local | Kind::Offset(_) => offset(moment, 3),
        },
        _ => offset(moment, count),
    }
}

/// `z`, `zz` or `zzz`
fn offset(moment: DateTime, count: usize) -> String {
    let minutes = moment.offset_minutes();
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    match count {
        1 => format!("{sign}{hours}"),
        2 => format!("{sign}{hours:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}"),
    }
}

/// `fff` with its zeros, `FFF` without them and without a point before nothing.
fn fraction(text: &mut String, ticks: i64, letter: char, count: usize) -> Result<(), Raise> {
    let digits = format!("{ticks:07}");
    let digits = digits.get(..count).ok_or_else(invalid)?;
    if letter == 'f' {
        text.push_str(digits);
        return Ok(());
    }
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() && text.ends_with('.') {
        text.pop();
    }
    text.push_str(digits);
    Ok(())
}

pub(super) fn format_span(span: TimeSpan, pattern: &str) -> Result<String, Raise> {
    match pattern {
        "" | "c" | "t" | "T" => return Ok(span.to_text()),
        "g" | "G" => return general(span, pattern == "G"),
        _ => {}
    }
    let ticks = span.0.unsigned_abs();
    let second = TICKS_PER_SECOND.unsigned_abs();
    let seconds = ticks / second;
    let fraction_ticks = i64::try_from(ticks % second).unwrap_or(0);
    let mut text = String::new();
    for part in parts(pattern)? {
        let (number, count) = match part {
            Part::Literal(literal) => {
                text.push_str(&literal);
                continue;
            }
            Part::Field(letter @ ('f' | 'F'), count) => {
                fraction(&mut text, fraction_ticks, letter, count)?;
                continue;
            }
            Part::Field('d', count) => (seconds / 86_400, count),
            Part::Field('h', count) => (seconds / 3_600 % 24, count),
            Part::Field('m', count) => (seconds / 60 % 60, count),
            Part::Field('s', count) => (seconds % 60, count),
            Part::Field(..) => return Err(invalid()),
        };
        let _ = write!(text, "{number:0count$}");
    }
    Ok(text)
}

/// `g` is short, `G` shows days and all digits.
fn general(span: TimeSpan, long: bool) -> Result<String, Raise> {
    let sign = if span.0 < 0 { "-" } else { "" };
    let days = span.0.unsigned_abs() / (86_400 * TICKS_PER_SECOND.unsigned_abs());
    if long {
        return Ok(format!(
            "{sign}{days}:{}",
            format_span(span, "hh':'mm':'ss'.'fffffff")?
        ));
    }
    let days = if days > 0 {
        format!("{days}:")
    } else {
        String::new()
    };
    Ok(format!(
        "{sign}{days}{}",
        format_span(span, "h':'mm':'ss.FFFFFFF")?
    ))
}
