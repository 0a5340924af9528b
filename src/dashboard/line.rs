use super::parts::{clean, codes, hour, latency, reason, throttled, used};
use super::state::State;
use crate::base::number;

/// Limits that one line names.
const MOST_COUNTERS: usize = 3;

/// A refresh as one line, for pipes and logs.
pub(crate) fn line(state: &State) -> String {
    let mut parts = vec![
        hour(&state.now.at),
        format!("{} tokens/min", number(state.used() as f64, 0)),
    ];
    let counters = state
        .now
        .counters
        .iter()
        .filter(|counter| counter.limit.is_some());
    let limits: Vec<String> = counters
        .take(MOST_COUNTERS)
        .map(|counter| format!("{} {}", clean(&counter.key), used(counter)))
        .collect();
    if !limits.is_empty() {
        parts.push(limits.join(", "));
    }
    parts.push(throttled(state));
    if !state.now.codes.is_empty() {
        parts.push(codes(state));
    }
    parts.push(latency(state));
    if let Some(error) = state.now.errors.first() {
        parts.push(format!("last error {} {}", hour(&error.at), reason(error)));
    }
    parts.join(" | ")
}
