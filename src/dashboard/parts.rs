//! Words that all three forms share.

use super::state::State;
use crate::base::{number, percent};
use crate::monitor::{CounterNow, ErrorNow};

/// Text from outside as one line: what could move the cursor or turn the direction is replaced.
pub(super) fn clean(text: &str) -> String {
    let letters = text.chars().map(|c| match c {
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    });
    letters.collect()
}

/// Cut to so many letters, with a mark that it was.
pub(super) fn short(text: &str, most: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

pub(super) fn count(value: u64) -> String {
    number(value as f64, 0)
}

/// `420 of 500`, or the count alone where no limit is known.
pub(super) fn used(counter: &CounterNow) -> String {
    match counter.limit {
        Some(limit) => format!("{} of {}", count(counter.used), count(limit)),
        None => count(counter.used),
    }
}

pub(super) fn share(counter: &CounterNow) -> Option<f64> {
    let limit = counter.limit.filter(|limit| *limit > 0)?;
    Some(counter.used as f64 / limit as f64)
}

/// `12:00:05` of a UTC time.
pub(super) fn hour(at: &str) -> String {
    let hour = at.split_once('T').map_or(at, |(_, hour)| hour);
    hour.chars().take(8).collect()
}

/// `200 × 10, 429 × 3`
pub(super) fn codes(state: &State) -> String {
    let codes = state.now.codes.iter();
    let codes = codes.map(|code| format!("{} × {}", code.status, count(code.requests)));
    codes.collect::<Vec<_>>().join(", ")
}

/// `3 of 13 throttled (23.1 %)`
pub(super) fn throttled(state: &State) -> String {
    let (throttled, requests) = (state.throttled(), state.requests());
    if requests == 0 {
        return "no requests".to_owned();
    }
    format!(
        "{} of {} throttled ({})",
        count(throttled),
        count(requests),
        percent(throttled as f64 / requests as f64)
    )
}

pub(super) fn latency(state: &State) -> String {
    let Some(latency) = &state.now.latency else {
        return "no request passed".to_owned();
    };
    let ms = |value: f64| number(value, 0);
    match (latency.p50_ms, latency.p95_ms) {
        (Some(p50), Some(p95)) => format!("latency p50 {} ms, p95 {} ms", ms(p50), ms(p95)),
        _ => format!(
            "latency average {} ms, max {} ms",
            ms(latency.average_ms),
            ms(latency.max_ms)
        ),
    }
}

pub(super) fn reason(error: &ErrorNow) -> String {
    let reason = error
        .reason
        .as_deref()
        .map_or("from the backend".to_owned(), clean);
    let who = error
        .subscription
        .as_deref()
        .map_or("no valid key".to_owned(), clean);
    format!("{} {who}: {reason}", error.status)
}
