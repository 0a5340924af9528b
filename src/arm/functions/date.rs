use jiff::{Span, Timestamp, civil, tz};
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
    let (negative, span) = duration_of(duration)
        .ok_or_else(|| args.wrong(format!("The duration '{duration}' is not ISO 8601.")))?;
    let span = if negative { -span } else { span };
    let sum = civil(base)
        .checked_add(span)
        .map_err(|_| args.wrong("The date is out of range."))?;
    let spec = match args.values.get(2) {
        None => ISO,
        Some(_) => args.text(2)?,
    };
    format(sum, spec)
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

/// `P1Y2M3W4DT5H6M7S`, with a sign in front; .NET takes whole numbers only, but for seconds.
fn duration_of(text: &str) -> Option<(bool, Span)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
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
    let mut span = Span::new();
    for (part, letters) in [(date, "YMWD"), (time, "HMS")] {
        let mut rest = part;
        let mut allowed = letters;
        while !rest.is_empty() {
            let at = rest.find(|c: char| c.is_ascii_alphabetic())?;
            let letter = &rest[at..=at];
            let place = allowed.find(letter)?;
            let number = &rest[..at];
            let timed = letters == "HMS";
            span = match (letter, timed) {
                ("S", _) => {
                    let seconds: f64 = number.parse().ok()?;
                    let (whole, part) = (libm::trunc(seconds), seconds - libm::trunc(seconds));
                    span.try_seconds(format!("{whole:.0}").parse::<i64>().ok()?)
                        .ok()?
                        .try_milliseconds(format!("{:.0}", part * 1000.0).parse::<i64>().ok()?)
                        .ok()?
                }
                ("Y", _) => span.try_years(number.parse::<i64>().ok()?).ok()?,
                ("M", false) => span.try_months(number.parse::<i64>().ok()?).ok()?,
                ("W", _) => span.try_weeks(number.parse::<i64>().ok()?).ok()?,
                ("D", _) => span.try_days(number.parse::<i64>().ok()?).ok()?,
                ("H", _) => span.try_hours(number.parse::<i64>().ok()?).ok()?,
                _ => span.try_minutes(number.parse::<i64>().ok()?).ok()?,
            };
            allowed = &allowed[place + 1..];
            rest = &rest[at + 1..];
        }
    }
    Some((negative, span))
}
