//! Numbers that only scenarios have.

use schemars::{Schema, json_schema};

use super::super::schedule::Unit;
use super::{Format, Mistake, Percent, Rate};
use crate::base::Money;

/// A rate of requests (`30/min`) or of tokens (`5000 tokens/min`), per second.
pub(in super::super) struct Flow;

/// `true`, `false` or a share.
pub(in super::super) struct StreamShare;

/// A factor from 1 up.
pub(in super::super) struct Multiple;

/// Variance of a gap over its squared mean.
pub(in super::super) struct Burstiness;

/// How many times faster than it was recorded.
pub(in super::super) struct TimesFaster;

/// An amount of money.
pub(in super::super) struct Cost;

impl Format for Flow {
    type Value = (f64, Unit);

    fn parse(text: &str) -> Result<(f64, Unit), Mistake> {
        let Some((amount, unit)) = text.split_once("tokens") else {
            return Ok((Rate::parse(text)?, Unit::Requests));
        };
        match Rate::parse(&format!("{}{}", amount.trim(), unit.trim_start())) {
            Ok(rate) => Ok((rate, Unit::Tokens)),
            Err(_) => Err(Mistake::new(
                format!("`{text}` is not a rate"),
                "write a rate such as `5000 tokens/min` or `30/min`",
            )),
        }
    }

    fn schema() -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^\\s*[0-9]+(\\.[0-9]+)?\\s*(tokens)?\\s*/\\s*(s|min|h)\\s*$",
            "examples": ["12/s", "30/min", "5000 tokens/min"],
        })
    }
}

impl Format for StreamShare {
    type Value = f64;

    fn parse(text: &str) -> Result<f64, Mistake> {
        match text {
            "true" => Ok(1.0),
            "false" => Ok(0.0),
            share if share.trim_end().ends_with('%') => Percent::parse(share),
            other => Err(Mistake::new(
                format!("`{other}` is neither true nor false"),
                "write `true`, `false`, or a share of the requests such as `30%`",
            )),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "anyOf": [{ "type": "boolean" }, Percent::schema()] })
    }
}

impl Format for Multiple {
    type Value = f64;

    fn parse(text: &str) -> Result<f64, Mistake> {
        within(text, 1.0, 100.0, "a factor", "write a number such as `2`")
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "minimum": 1, "maximum": 100 })
    }
}

impl Format for TimesFaster {
    type Value = f64;

    fn parse(text: &str) -> Result<f64, Mistake> {
        let hint = "write a number such as `10`: ten minutes are replayed in one";
        within(text, 0.001, 1e6, "a speed", hint)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "minimum": 0.001, "maximum": 1e6 })
    }
}

impl Format for Burstiness {
    type Value = f64;

    fn parse(text: &str) -> Result<f64, Mistake> {
        let hint = "write a number such as `4`; `1` is the same as `spacing: poisson`";
        within(text, 0.01, 100.0, "a burstiness", hint)
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "minimum": 0.01, "maximum": 100 })
    }
}

fn within(text: &str, least: f64, most: f64, what: &str, hint: &str) -> Result<f64, Mistake> {
    match text.trim().parse::<f64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(Mistake::new(
            format!("`{text}` is not {what} from {least} to {most}"),
            hint,
        )),
    }
}

impl Format for Cost {
    type Value = Money;

    fn parse(text: &str) -> Result<Money, Mistake> {
        let mistake = || {
            Mistake::new(
                format!("`{text}` is not an amount of money"),
                "write a number above zero such as `0.50`, in the currency of the price table",
            )
        };
        let nanos = decimal(text.trim(), 9).ok_or_else(mistake)?;
        if nanos == 0 {
            return Err(mistake());
        }
        Ok(Money::from_nanos(nanos))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "exclusiveMinimum": 0 })
    }
}

/// `text` times ten to the power of `places`, exactly; `None` when it has more places or is no
/// plain number.
fn decimal(text: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > places {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}
