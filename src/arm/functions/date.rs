use jiff::{SignedDuration, Timestamp, civil, tz};
use serde_json::Value;

use super::Args;
use super::date_format::format;
use crate::arm::error::Fault;

/// The format of a date that asks for none.
const ISO: &str = "yyyy-MM-ddTHH:mm:ssZ";

/// The moment in the default format of `utcNow`.
pub(in crate::arm) fn default_stamp(now: Timestamp) -> String {
    stamp(now, "yyyyMMddTHHmmssZ").unwrap_or_default()
}

/// The moment in a .NET format; nothing when the format is not one.
pub(in crate::arm) fn stamp(now: Timestamp, spec: &str) -> Option<String> {
    format(civil(now), spec)
}

fn civil(moment: Timestamp) -> civil::DateTime {
    tz::TimeZone::UTC.to_datetime(moment)
}

pub(super) fn add(args: &Args<'_>) -> Result<Value, Fault> {
    let base = moment(args, args.text(0)?)?;
    let duration = args.text(1)?;
    let length = milliseconds(duration).map(SignedDuration::from_millis);
    let length =
        length.ok_or_else(|| args.wrong(format!("The duration '{duration}' is not ISO 8601.")))?;
    let sum = base
        .checked_add(length)
        .map_err(|_| args.wrong("The date is out of range."))?;
    let spec = match args.values.get(2) {
        None => ISO,
        Some(_) => args.text(2)?,
    };
    stamp(sum, spec)
        .map(Value::from)
        .ok_or_else(|| args.wrong(format!("The date format '{spec}' is not supported here.")))
}

pub(super) fn from_epoch(args: &Args<'_>) -> Result<Value, Fault> {
    Timestamp::from_second(args.int(0)?)
        .ok()
        .and_then(|moment| stamp(moment, ISO))
        .map(Value::from)
        .ok_or_else(|| args.wrong("The moment is out of range."))
}

pub(super) fn to_epoch(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(moment(args, args.text(0)?)?.as_second().into())
}

/// Dates as templates write them: ISO 8601 in its long and short form, a space in place of the
/// `T`, an offset or none (which is UTC).
fn moment(args: &Args<'_>, text: &str) -> Result<Timestamp, Fault> {
    let trimmed = text.trim();
    let spaced = trimmed.replacen(' ', "T", 1);
    let parsed = trimmed
        .parse::<Timestamp>()
        .or_else(|_| spaced.parse::<Timestamp>())
        .ok()
        .or_else(|| utc(trimmed))
        .or_else(|| utc(spaced.trim_end_matches(['Z', 'z'])));
    parsed.ok_or_else(|| args.wrong(format!("The text '{text}' is not an ISO 8601 date.")))
}

fn utc(text: &str) -> Option<Timestamp> {
    let local: civil::DateTime = text
        .parse()
        .or_else(|_| text.parse::<civil::Date>().map(civil::DateTime::from))
        .ok()?;
    tz::TimeZone::UTC.to_timestamp(local).ok()
}

/// Milliseconds of `P1Y2M3DT4H5M6.7S`, with a sign in front. A year is 365 days and a month 30,
/// as Azure documents it; there are no weeks.
fn milliseconds(text: &str) -> Option<i64> {
    const DAY: i64 = 86_400_000;
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let text = text.strip_prefix('P')?;
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let days = parts(date, &[('Y', 365 * DAY), ('M', 30 * DAY), ('D', DAY)])?;
    let hours = parts(time, &[('H', 3_600_000), ('M', 60_000), ('S', 1_000)])?;
    days.checked_add(hours)?.checked_mul(sign)
}

/// Numbers with letters behind them, the letters in this order and each at most once.
fn parts(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum: i64 = 0;
    let mut rest = text;
    let mut units = units.iter();
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let letter = rest[at..].chars().next()?;
        let (_, unit) = units.find(|(known, _)| *known == letter)?;
        let (whole, fraction) = rest[..at].split_once('.').unwrap_or((&rest[..at], ""));
        let whole: i64 = whole.parse().ok()?;
        sum = sum.checked_add(whole.checked_mul(*unit)?)?;
        if rest[..at].contains('.') {
            // Only seconds have fractions; what is below a millisecond is dropped.
            if letter != 'S' || fraction.is_empty() || fraction.contains('.') {
                return None;
            }
            let digits: String = fraction.chars().chain("00".chars()).take(3).collect();
            sum = sum.checked_add(digits.parse().ok()?)?;
        }
        rest = &rest[at + letter.len_utf8()..];
    }
    Some(sum)
}
