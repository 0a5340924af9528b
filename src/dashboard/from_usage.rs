//! The minute to show out of what Azure Monitor knows, which is some minutes late.

use jiff::Timestamp;

use crate::monitor::{CodeNow, CounterNow, ErrorNow, LatencyNow, Now, SubscriptionNow};
use crate::usage::{SubscriptionUsage, Usage};

/// The newest minute that Azure has data of, and how old its end is in whole minutes; of a window
/// without data, the newest minute that is certain.
pub(crate) fn from_usage(usage: &Usage, now: Timestamp) -> (Now, u64) {
    let place = newest(usage);
    let end = usage.window.start(place + 1);
    let age = now.duration_since(end).as_secs().max(0);
    let rows: Vec<&SubscriptionUsage> = usage
        .subscriptions
        .iter()
        .filter(|row| {
            let asked = row.requests_by_interval.get(place);
            asked.is_some_and(|(all, _)| *all > 0) || row.tokens[place] > 0
        })
        .collect();
    let codes = usage.codes.iter().map(|(status, counts)| CodeNow {
        status: *status,
        requests: counts.get(place).copied().unwrap_or(0),
    });
    let codes: Vec<CodeNow> = codes.filter(|code| code.requests > 0).collect();
    let passed = codes.iter().filter(|code| code.status < 400);
    let passed = passed.map(|code| code.requests).sum();
    let level = usage.duration.get(place).copied().flatten();
    let told = Now {
        at: end.to_string(),
        window_seconds: usage.window.interval,
        counters: rows
            .iter()
            .map(|row| counter(row, place, usage.limit))
            .collect(),
        codes,
        subscriptions: rows.iter().map(|row| subscription(row, place)).collect(),
        latency: level.map(|level| LatencyNow {
            requests: passed,
            average_ms: level.average,
            max_ms: level.maximum,
            p50_ms: None,
            p95_ms: None,
        }),
        errors: errors(usage),
    };
    (told, u64::try_from(age).unwrap_or(0) / 60)
}

fn newest(usage: &Usage) -> usize {
    let counts = usage.codes.values();
    let tokens = usage.subscriptions.iter().map(|row| &row.tokens);
    let last = counts
        .chain(tokens)
        .filter_map(|values| values.iter().rposition(|value| *value > 0))
        .max();
    let certain = usage.window.place(usage.window.certain_until);
    let end = usage.window.count().saturating_sub(1);
    last.or(certain).unwrap_or(end)
}

fn counter(row: &SubscriptionUsage, place: usize, limit: Option<u64>) -> CounterNow {
    let used = row.tokens[place];
    CounterNow {
        key: row.id.clone(),
        limit,
        used,
        overshoot: limit.map_or(0, |limit| used.saturating_sub(limit)),
    }
}

/// Without logs, answers of the whole window are all that is known of a subscription's requests.
fn subscription(row: &SubscriptionUsage, place: usize) -> SubscriptionNow {
    let known = row.requests_by_interval.get(place).copied();
    let (requests, throttled) = known.unwrap_or((row.answers, 0));
    SubscriptionNow {
        id: row.id.clone(),
        requests,
        throttled,
        tokens: row.tokens[place],
    }
}

fn errors(usage: &Usage) -> Vec<ErrorNow> {
    let errors = usage.errors.iter().map(|error| ErrorNow {
        at: error.at.to_string(),
        status: error.status,
        subscription: error.subscription.clone(),
        reason: error.reason.clone(),
    });
    errors.collect()
}
