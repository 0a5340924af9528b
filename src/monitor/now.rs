//! What a gateway does now: the last minute, for whoever watches it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::call::{Call, milliseconds};
use super::store::Store;

/// Length of what is looked at.
const WINDOW: Duration = Duration::from_mins(1);
const MOST_SUBSCRIPTIONS: usize = 50;
const MOST_ERRORS: usize = 20;

/// The last minute of a gateway. Written and read as JSON.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Now {
    /// UTC time of it.
    pub(crate) at: String,
    /// Length of the stretch that counts, in seconds.
    pub(crate) window_seconds: u64,
    /// Of every token limit by the minute that was used, by counter key.
    pub(crate) counters: Vec<CounterNow>,
    /// Answers by status.
    pub(crate) codes: Vec<CodeNow>,
    /// Those that used most tokens first.
    pub(crate) subscriptions: Vec<SubscriptionNow>,
    /// Of requests that passed; absent when none did.
    pub(crate) latency: Option<LatencyNow>,
    /// The newest first, of any time.
    pub(crate) errors: Vec<ErrorNow>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CounterNow {
    pub(crate) key: String,
    /// Tokens per minute; absent where it is not known.
    pub(crate) limit: Option<u64>,
    /// Tokens of the limit that are used now; it refills at the rate of the limit.
    pub(crate) used: u64,
    /// Tokens charged beyond the limit since the gateway started.
    pub(crate) overshoot: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodeNow {
    pub(crate) status: u16,
    pub(crate) requests: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionNow {
    pub(crate) id: String,
    pub(crate) requests: u64,
    pub(crate) throttled: u64,
    pub(crate) tokens: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LatencyNow {
    pub(crate) requests: u64,
    pub(crate) average_ms: f64,
    pub(crate) max_ms: f64,
    /// Absent where only averages are known, as in Azure Monitor.
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p95_ms: Option<f64>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorNow {
    /// UTC time.
    pub(crate) at: String,
    pub(crate) status: u16,
    /// Absent when no valid key was sent.
    pub(crate) subscription: Option<String>,
    /// Of the gateway's error; absent when the backend answered so.
    pub(crate) reason: Option<String>,
}

/// The minute before `at`, with the counters as they are then.
pub(crate) fn now(store: &Store, counters: Vec<CounterNow>, at: Timestamp) -> Now {
    let from = at.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
    let ended = |call: &&Call| call.at.checked_add(call.took).is_ok_and(|end| end > from);
    let calls: Vec<&Call> = store.calls().filter(ended).collect();
    let mut codes: BTreeMap<u16, u64> = BTreeMap::new();
    let mut subscriptions: BTreeMap<&str, SubscriptionNow> = BTreeMap::new();
    for call in &calls {
        *codes.entry(call.status).or_default() += 1;
        let id = call.subscription.as_deref().unwrap_or("none");
        let row = subscriptions.entry(id).or_default();
        row.requests += 1;
        row.throttled += u64::from(call.status == 429);
        let tokens = call.model.as_ref().and_then(|model| model.tokens);
        row.tokens += tokens.map_or(0, |(prompt, completion)| prompt + completion);
    }
    let mut subscriptions: Vec<SubscriptionNow> = subscriptions
        .into_iter()
        .map(|(id, row)| SubscriptionNow {
            id: id.to_owned(),
            ..row
        })
        .collect();
    subscriptions.sort_by_key(|row| Reverse((row.tokens, row.requests)));
    subscriptions.truncate(MOST_SUBSCRIPTIONS);
    let codes = codes.into_iter();
    Now {
        at: at.to_string(),
        window_seconds: WINDOW.as_secs(),
        counters,
        codes: codes
            .map(|(status, requests)| CodeNow { status, requests })
            .collect(),
        subscriptions,
        latency: latency(&calls),
        errors: errors(store),
    }
}

fn latency(calls: &[&Call]) -> Option<LatencyNow> {
    let passed = calls.iter().filter(|call| call.status < 400);
    let mut times: Vec<Duration> = passed.map(|call| call.took).collect();
    times.sort_unstable();
    // The smallest time that so many percent do not exceed.
    let at = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).map(|time| milliseconds(*time))
    };
    let last = *times.last()?;
    let sum: Duration = times.iter().sum();
    Some(LatencyNow {
        requests: times.len() as u64,
        average_ms: milliseconds(sum) / times.len() as f64,
        max_ms: milliseconds(last),
        p50_ms: at(50),
        p95_ms: at(95),
    })
}

fn errors(store: &Store) -> Vec<ErrorNow> {
    let failed = store.calls().rev().filter(|call| call.status >= 400);
    let errors = failed.take(MOST_ERRORS).map(|call| ErrorNow {
        at: call.at.to_string(),
        status: call.status,
        subscription: call.subscription.clone(),
        reason: call.error.as_ref().map(|error| error.reason.clone()),
    });
    errors.collect()
}
