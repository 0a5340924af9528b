//! Durations as people write them in scenarios and policy tests: `90s`, `1m30s`, `500ms`, `1.93`.

use std::fmt::Write as _;
use std::time::Duration;

const UNITS: [(&str, f64); 6] = [
    ("ms", 1e-3),
    ("us", 1e-6),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
];

/// Reads `90s`, `1m30s`, `1h`, `500ms`, or plain seconds (`1.93`).
///
/// # Errors
///
/// A phrase that says what is wrong with the text, without repeating it.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a duration is empty");
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or("a number has no unit")?;
        let (value, tail) = rest.split_at(digits);
        let value: f64 = value
            .parse()
            .map_err(|_| "a unit has no number before it")?;
        let letters = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let factor = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or("the unit is not ms, s, m, h or d")?
            .1;
        seconds += value * factor;
        rest = tail;
    }
    from_seconds(seconds)
}

fn from_seconds(seconds: f64) -> Result<Duration, &'static str> {
    if seconds < 0.0 {
        return Err("a duration cannot be negative");
    }
    // Whole nanoseconds, so that `1.93` is the same moment wherever it is read.
    Duration::try_from_secs_f64((seconds * 1e9).round() / 1e9)
        .map_err(|_| "the duration is too long")
}

/// The shortest text that [`parse_duration`] reads back: `1m30s`, `500ms`, `0s`.
pub(crate) fn format_duration(span: Duration) -> String {
    let micros = span.as_micros();
    if micros == 0 {
        return "0s".to_owned();
    }
    if micros < 1_000_000 {
        return format!("{}ms", super::number(micros as f64 / 1e3, 3));
    }
    let whole = span.as_secs();
    let (hours, minutes, seconds) = (whole / 3_600, whole % 3_600 / 60, whole % 60);
    let seconds = seconds as f64 + f64::from(span.subsec_millis()) / 1e3;
    let mut text = String::new();
    // Writing into a string cannot fail.
    let mut write = |part: std::fmt::Arguments<'_>| text.write_fmt(part).unwrap_or_default();
    if hours > 0 {
        write(format_args!("{hours}h"));
    }
    if minutes > 0 {
        write(format_args!("{minutes}m"));
    }
    if seconds > 0.0 {
        write(format_args!("{}s", super::number(seconds, 3)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, millis, again) in [
            ("90s", 90_000, "1m30s"),
            ("1m30s", 90_000, "1m30s"),
            ("500ms", 500, "500ms"),
            ("1.93", 1_930, "1.93s"),
            ("1h", 3_600_000, "1h"),
            ("0", 0, "0s"),
            ("1d", 86_400_000, "24h"),
        ] {
            let span = parse_duration(text).unwrap();
            assert_eq!(span, Duration::from_millis(millis), "{text}");
            assert_eq!(format_duration(span), again);
            assert_eq!(parse_duration(again).unwrap(), span);
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for text in ["", "-1s", "5x", "s", "1m30", "1e400", "nan", "1..2s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
