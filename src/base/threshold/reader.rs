//! Reads the text of a threshold from left to right and stops at the first mistake.

use super::super::{Span, nearest};
use super::{
    Bound, Comparison, Measure, Metric, Scope, Statistic, Threshold, ThresholdError, Timing,
};

pub(super) fn read(text: &str, base: bool) -> Result<Threshold, ThresholdError> {
    let mut cursor = Cursor { text, at: 0, base };
    let metric = metric(&mut cursor)?;
    let scope = scope(&mut cursor)?;
    let comparison = comparison(&mut cursor)?;
    let bound = bound(&mut cursor, metric)?;
    cursor.skip_space();
    if cursor.at < text.trim_end().len() {
        let rest = Span::new(cursor.at, text.trim_end().len());
        return Err(mistake(
            rest,
            "a threshold ends after its bound",
            "write one rule per line",
        ));
    }
    Ok(Threshold {
        text: text.trim().to_owned(),
        metric,
        scope,
        comparison,
        bound,
    })
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// A bound may be told by another run.
    base: bool,
}

impl<'a> Cursor<'a> {
    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes `sign` if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        self.skip_space();
        let found = self.text[self.at..].starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// Takes all characters that `belongs` accepts; the text may be empty.
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> (&'a str, Span) {
        self.skip_space();
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        (&rest[..length], span)
    }

    fn word(&mut self) -> (&'a str, Span) {
        self.take_while(|c| c.is_alphanumeric() || c == '_' || c == '-')
    }

    /// From here to the end, for messages about something that is missing.
    fn rest(&self) -> Span {
        Span::new(self.at.min(self.text.len()), self.text.trim_end().len())
    }
}

fn metric(cursor: &mut Cursor<'_>) -> Result<Metric, ThresholdError> {
    let (word, span) = cursor.word();
    let timed = cursor.take("(");
    if let Some(metric) = Metric::WORDS
        .into_iter()
        .find(|metric| metric.to_string() == word)
    {
        if timed {
            let message = format!("`{word}` takes no argument");
            return Err(mistake(span, message, format!("write `{word}` alone")));
        }
        return Ok(metric);
    }
    let Some(statistic) = Statistic::ALL
        .into_iter()
        .find(|statistic| statistic.word() == word)
    else {
        return Err(unknown_metric(word, span));
    };
    let (timing, timing_span) = if timed { cursor.word() } else { ("", span) };
    let known = Timing::ALL.into_iter().find(|known| known.word() == timing);
    match known {
        Some(timing) if cursor.take(")") => Ok(Metric::Time(statistic, timing)),
        _ => Err(mistake(
            timing_span,
            format!("`{word}` needs to know of what"),
            format!("write `{word}(ttft)` or `{word}(latency)`"),
        )),
    }
}

fn unknown_metric(word: &str, span: Span) -> ThresholdError {
    let mut known: Vec<String> = Metric::WORDS.iter().map(ToString::to_string).collect();
    known.extend(
        Statistic::ALL
            .iter()
            .map(|statistic| format!("{}(ttft|latency)", statistic.word())),
    );
    let list = format!("known metrics: `{}`", known.join("`, `"));
    if word.is_empty() {
        return mistake(span, "a threshold begins with a metric", list);
    }
    let names = known
        .iter()
        .map(|name| name.split('(').next().unwrap_or(name));
    let hint = match nearest(word, names) {
        Some(name) => format!("did you mean `{name}`? {list}"),
        None => list,
    };
    mistake(span, format!("`{word}` is not a metric"), hint)
}

fn scope(cursor: &mut Cursor<'_>) -> Result<Option<Scope>, ThresholdError> {
    const HINT: &str = "write `{callers=NAME}` or `{subscriptions=NAME}`";
    if !cursor.take("{") {
        return Ok(None);
    }
    let (kind, kind_span) = cursor.word();
    if !matches!(kind, "callers" | "subscriptions") {
        return Err(mistake(
            kind_span,
            format!("`{kind}` does not select requests"),
            HINT,
        ));
    }
    if !cursor.take("=") {
        return Err(mistake(
            cursor.rest(),
            format!("`{kind}` needs a name"),
            HINT,
        ));
    }
    let (name, name_span) = cursor.take_while(|c| c != '}');
    let name = name.trim().trim_matches('"').to_owned();
    if name.is_empty() || !cursor.take("}") {
        return Err(mistake(name_span, "the selection is not finished", HINT));
    }
    Ok(Some(if kind == "callers" {
        Scope::Caller(name)
    } else {
        Scope::Subscription(name)
    }))
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Comparison, ThresholdError> {
    if let Some(found) = Comparison::ALL
        .into_iter()
        .find(|known| cursor.take(known.sign()))
    {
        return Ok(found);
    }
    Err(mistake(
        cursor.rest(),
        "a comparison is missing",
        "write one of `<`, `<=`, `>`, `>=`, `==`, `!=` after the metric",
    ))
}

fn bound(cursor: &mut Cursor<'_>, metric: Metric) -> Result<Bound, ThresholdError> {
    let (digits, span) = cursor.take_while(is_digit);
    if digits.is_empty() {
        return times(cursor, 1.0, metric);
    }
    let value = value(digits, span, metric)?;
    if cursor.take("*") {
        return times(cursor, value, metric);
    }
    in_unit(cursor, value, span, metric).map(Bound::Number)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+')
}

fn value(digits: &str, span: Span, metric: Metric) -> Result<f64, ThresholdError> {
    let value = digits
        .replace('_', "")
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && *value >= 0.0);
    value.ok_or_else(|| {
        let message = format!("`{digits}` is not a number from zero up");
        mistake(span, message, unit_hint(metric))
    })
}

/// A number in the unit of the metric, its unit read from here.
fn in_unit(
    cursor: &mut Cursor<'_>,
    value: f64,
    span: Span,
    metric: Metric,
) -> Result<f64, ThresholdError> {
    let (unit, unit_span) = cursor.take_while(|c| c.is_alphabetic() || c == '%');
    match (metric.measure(), unit) {
        (Measure::Share, "%") => Ok(value / 100.0),
        (Measure::Share, "") if value <= 1.0 => Ok(value),
        (Measure::Milliseconds, "ms") | (Measure::Count | Measure::Tokens, "") => Ok(value),
        (Measure::Milliseconds, "s") => Ok(value * 1e3),
        (_, "") => Err(mistake(
            span,
            format!("`{metric}` needs a bound with a unit"),
            unit_hint(metric),
        )),
        _ => Err(mistake(
            unit_span,
            format!("`{unit}` is not a unit of `{metric}`"),
            unit_hint(metric),
        )),
    }
}

/// What a factor is a multiple of.
fn times(cursor: &mut Cursor<'_>, factor: f64, metric: Metric) -> Result<Bound, ThresholdError> {
    let before = cursor.at;
    if cursor.base && cursor.word().0 == "base" {
        let plus = if cursor.take("+") {
            offset(cursor, metric)?
        } else if cursor.take("-") {
            -offset(cursor, metric)?
        } else {
            0.0
        };
        return Ok(Bound::OfBase { factor, plus });
    }
    cursor.at = before;
    let base = cursor.base;
    times_tpm(cursor, factor, metric).map_err(|mut error| {
        if base {
            error.hint += ", or what it was before: `1.1 * base`";
        }
        error
    })
}

fn offset(cursor: &mut Cursor<'_>, metric: Metric) -> Result<f64, ThresholdError> {
    let (digits, span) = cursor.take_while(is_digit);
    let value = value(digits, span, metric)?;
    in_unit(cursor, value, span, metric)
}

fn times_tpm(
    cursor: &mut Cursor<'_>,
    factor: f64,
    metric: Metric,
) -> Result<Bound, ThresholdError> {
    let (word, span) = cursor.word();
    if word != "tpm" {
        let message = if word.is_empty() {
            "a bound is missing".to_owned()
        } else {
            format!("`{word}` is not a bound")
        };
        return Err(mistake(span, message, unit_hint(metric)));
    }
    if metric.measure() != Measure::Tokens {
        return Err(mistake(
            span,
            format!("`{metric}` is not counted in tokens"),
            unit_hint(metric),
        ));
    }
    Ok(Bound::TimesTpm(factor))
}

fn unit_hint(metric: Metric) -> &'static str {
    match metric.measure() {
        Measure::Share => "write a share such as `20%` or `0.2`",
        Measure::Count => "write a count such as `12`",
        Measure::Milliseconds => "write a time such as `800ms` or `1.5s`",
        Measure::Tokens => {
            "write tokens such as `500`, or a multiple of the limit such as `1.05 * tpm`"
        }
    }
}

fn mistake(span: Span, message: impl Into<String>, hint: impl Into<String>) -> ThresholdError {
    ThresholdError {
        span,
        message: message.into(),
        hint: hint.into(),
    }
}
