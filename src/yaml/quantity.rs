//! Numbers, times, rates.

use std::time::Duration;

use jiff::Timestamp;
use schemars::{Schema, json_schema};

use crate::base::parse_duration;

use super::{Format, Mistake};

/// A duration, such as `90s` or `1m30s`; plain numbers are seconds.
pub(crate) struct Time;

/// A duration above zero.
pub(crate) struct PositiveTime;

/// Requests per second, written with a unit: `12/s`, `30/min`, `400/h`.
pub(crate) struct Rate;

/// Tokens per second: a number above zero.
pub(crate) struct Speed;

/// A share from `0%` to `100%`.
pub(crate) struct Percent;

/// A moment in UTC.
pub(crate) struct Start;

/// A whole number between two bounds, both included.
pub(crate) struct Whole<const LEAST: u64, const MOST: u64>;

/// Longer than any run, and short enough that sums of times cannot overflow.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// Above what any one machine could send.
const FASTEST: f64 = 1e6;

const UNITS: [(&str, f64); 3] = [("s", 1.0), ("min", 60.0), ("h", 3_600.0)];

impl Format for Time {
    type Value = Duration;

    fn parse(text: &str) -> Result<Duration, Mistake> {
        let hint = "write a time such as `500ms`, `90s`, `1m30s` or `2h`";
        let time = parse_duration(text)
            .map_err(|why| Mistake::new(format!("`{text}` is not a time: {why}"), hint))?;
        if time > LONGEST {
            return Err(Mistake::new(
                format!("`{text}` is too long"),
                "no time is above 366 days",
            ));
        }
        Ok(time)
    }

    fn schema() -> Schema {
        json_schema!({ "type": ["string", "number"], "minimum": 0, "examples": ["500ms", "90s", "1m30s"] })
    }
}

impl Format for PositiveTime {
    type Value = Duration;

    fn parse(text: &str) -> Result<Duration, Mistake> {
        match Time::parse(text)? {
            Duration::ZERO => Err(Mistake::new(
                "the time must be above zero",
                "write a time such as `60s`",
            )),
            time => Ok(time),
        }
    }

    fn schema() -> Schema {
        Time::schema()
    }
}

impl Format for Rate {
    type Value = f64;

    fn parse(text: &str) -> Result<f64, Mistake> {
        let shape = || Mistake::new(format!("`{text}` is not a rate"), rate_hint(text));
        let (amount, unit) = text.split_once('/').ok_or_else(shape)?;
        let seconds = UNITS
            .iter()
            .find(|(name, _)| *name == unit.trim())
            .ok_or_else(shape)?
            .1;
        let amount: f64 = amount.trim().parse().map_err(|_| shape())?;
        if !amount.is_finite() {
            return Err(shape());
        }
        if amount < 0.0 {
            return Err(Mistake::new(
                "a rate cannot be negative",
                "write a rate such as `30/min`",
            ));
        }
        let per_second = amount / seconds;
        if per_second > FASTEST {
            return Err(Mistake::new(
                format!("`{text}` is too fast"),
                "a rate is at most `1000000/s`",
            ));
        }
        Ok(per_second)
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^\\s*[0-9]+(\\.[0-9]+)?\\s*/\\s*(s|min|h)\\s*$",
            "examples": ["12/s", "30/min"],
        })
    }
}

/// What a text that looks like a rate was probably meant to be: `12 rps` is `12/s`.
fn rate_hint(text: &str) -> String {
    let text = text.trim();
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(text.len());
    let (amount, unit) = text.split_at(digits);
    let Ok(value) = amount.parse::<f64>() else {
        return "write a rate such as `12/s` or `30/min`".to_owned();
    };
    let unit = unit
        .trim()
        .trim_start_matches('/')
        .trim_start_matches("per ")
        .trim()
        .to_lowercase();
    match unit.as_str() {
        "rps" | "req/s" | "sec" | "second" | "seconds" | "hz" => {
            format!("write `{amount}/s` or `{}/min`", value * 60.0)
        }
        "rpm" | "req/min" | "m" | "minute" | "minutes" => format!("write `{amount}/min`"),
        "rph" | "hour" | "hours" => format!("write `{amount}/h`"),
        _ => format!("write `{amount}/s`, `{amount}/min` or `{amount}/h`"),
    }
}

impl Format for Speed {
    type Value = f64;

    fn parse(text: &str) -> Result<f64, Mistake> {
        let speed = text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|speed| *speed > 0.0 && *speed <= FASTEST);
        speed.ok_or_else(|| {
            Mistake::new(
                format!("`{text}` is not a number of tokens per second"),
                "write a number above zero, such as `100`",
            )
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": FASTEST })
    }
}

impl Format for Percent {
    type Value = f64;

    fn parse(text: &str) -> Result<f64, Mistake> {
        let share = text
            .trim()
            .strip_suffix('%')
            .and_then(|number| number.trim_end().parse::<f64>().ok());
        match share {
            Some(share) if (0.0..=100.0).contains(&share) => Ok(share / 100.0),
            _ => Err(Mistake::new(
                format!("`{text}` is not a share"),
                "write a share from `0%` to `100%`",
            )),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?%$", "examples": ["20%"] })
    }
}

impl Format for Start {
    type Value = Timestamp;

    fn parse(text: &str) -> Result<Timestamp, Mistake> {
        text.parse().map_err(|_| {
            Mistake::new(
                format!("`{text}` is not a moment in UTC"),
                "write it like `2026-01-01T00:00:00Z`",
            )
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl<const LEAST: u64, const MOST: u64> Format for Whole<LEAST, MOST> {
    type Value = u64;

    fn parse(text: &str) -> Result<u64, Mistake> {
        let hint = match MOST {
            u64::MAX => format!("write a whole number from {LEAST} up"),
            _ => format!("write a whole number from {LEAST} to {MOST}"),
        };
        // YAML lets people group digits: `1_000`.
        let Ok(number) = text.trim().replace('_', "").parse::<u64>() else {
            return Err(Mistake::new(
                format!("`{text}` is not a whole number"),
                hint,
            ));
        };
        if number < LEAST {
            return Err(Mistake::new(format!("`{text}` is too small"), hint));
        }
        if number > MOST {
            return Err(Mistake::new(format!("`{text}` is too large"), hint));
        }
        Ok(number)
    }

    fn schema() -> Schema {
        match MOST {
            u64::MAX => json_schema!({ "type": "integer", "minimum": LEAST }),
            _ => json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST }),
        }
    }
}
