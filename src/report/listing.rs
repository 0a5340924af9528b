//! Rows of the tables that page and terminal share.

use std::cmp::Reverse;

use super::chart::clock;
use super::group::Group;
use super::observed::Observed;
use super::outcome::name;
use super::stats::Distribution;
use super::summary::Summary;
use crate::base::{number, percent};
use crate::results::Record;

/// Requests that did not pass are listed one by one up to here; the rest is a number.
pub(super) const MOST_REFUSALS: usize = 50;

/// Subscriptions and callers that are listed one by one; `summary.json` has all.
const MOST_GROUPS: usize = 100;

/// Counters of a limit that are listed one by one.
const MOST_COUNTERS: usize = 25;

/// A table before it has a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) caption: String,
    /// Names, and whether the column holds numbers, which are set flush right.
    pub(super) columns: Vec<(&'static str, bool)>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Listing {
    pub(super) fn remove(&mut self, column: usize) {
        self.columns.remove(column);
        for row in &mut self.rows {
            row.remove(column);
        }
    }
}

/// A value that does not apply.
pub(super) fn none() -> String {
    "–".to_owned()
}

fn count(value: u64) -> String {
    number(value as f64, 0)
}

pub(super) fn thresholds(summary: &Summary) -> Listing {
    let rows = summary.thresholds.iter().map(|verdict| {
        let word = if verdict.passed { "kept" } else { "missed" };
        let note = verdict
            .note
            .as_deref()
            .map_or(String::new(), |note| format!(": {note}"));
        vec![
            verdict.text.clone(),
            verdict.shown(),
            count(verdict.samples),
            format!("{word}{note}"),
        ]
    });
    Listing {
        caption: "thresholds of the scenario".to_owned(),
        columns: vec![
            ("rule", false),
            ("actual", true),
            ("samples", true),
            ("verdict", false),
        ],
        rows: rows.collect(),
    }
}

pub(super) fn groups(name: &'static str, groups: &[Group]) -> Listing {
    let columns = vec![
        (name, false),
        ("requests", true),
        ("passed", true),
        ("throttled", true),
        ("quota", true),
        ("failed", true),
        ("throttled share", true),
        ("first 429 at", true),
        ("tokens", true),
        ("share of tokens", true),
        ("busiest minute", true),
        ("of the limit", true),
    ];
    let mut shown: Vec<&Group> = groups.iter().collect();
    let mut which = String::new();
    if shown.len() > MOST_GROUPS {
        which = format!(
            ": the {MOST_GROUPS} of {} with most requests",
            count(shown.len() as u64)
        );
        // Stable: equals stay in the order of the scenario.
        shown.sort_by_key(|group| Reverse(group.counts.requests));
        shown.truncate(MOST_GROUPS);
    }
    Listing {
        caption: format!("by {name}{which}"),
        columns,
        rows: shown.into_iter().map(group).collect(),
    }
}

fn group(group: &Group) -> Vec<String> {
    let counts = &group.counts;
    vec![
        group.name.clone(),
        count(counts.requests),
        count(counts.passed),
        count(counts.throttled),
        count(counts.quota_exceeded),
        count(counts.failed),
        group.throttled_share.map_or_else(none, percent),
        group.first_429_us.map_or_else(none, clock),
        count(counts.tokens),
        group.share_of_tokens.map_or_else(none, percent),
        count(group.peak_tokens_per_minute),
        group.peak_of_limit.map_or_else(none, percent),
    ]
}

/// Counters of the tightest limit; no rows where the policy names none.
pub(super) fn limits(summary: &Summary) -> Listing {
    let mut seen: Vec<&Observed> = match summary.tokens_per_minute.limit {
        Some(_) => summary.limit.iter().collect(),
        None => Vec::new(),
    };
    let all = seen.len();
    if all > MOST_COUNTERS {
        seen.sort_by_key(|seen| Reverse((seen.admitted_while_spent, seen.refused)));
        seen.truncate(MOST_COUNTERS);
    }
    let which = match all {
        0..=MOST_COUNTERS => String::new(),
        all => format!(
            ": the {MOST_COUNTERS} of {} counters with most refusals",
            count(all as u64)
        ),
    };
    Listing {
        caption: format!("the limit as the run saw it{which}"),
        columns: vec![
            ("counter", false),
            ("admitted", true),
            ("per minute", true),
            ("overshoot", true),
            ("passed while spent", true),
            ("refused", true),
            ("stretches", true),
            ("refused first at", true),
            ("passed after wait, p50", true),
        ],
        rows: seen.into_iter().map(limit).collect(),
    }
}

fn limit(seen: &Observed) -> Vec<String> {
    let first = seen.refusing.first().map(|stretch| stretch.from_us);
    let waits = seen.passed_after_wait.as_ref();
    vec![
        seen.subscription
            .clone()
            .unwrap_or_else(|| "all".to_owned()),
        count(seen.admitted_tokens),
        seen.admitted_tokens_per_minute
            .map_or_else(none, |tokens| number(tokens, 0)),
        seen.overshoot_tokens.map_or_else(none, count),
        seen.admitted_while_spent.map_or_else(none, count),
        count(seen.refused),
        count(seen.stretches),
        first.map_or_else(none, clock),
        waits.map_or_else(none, |waits| format!("{} ms late", number(waits.p50_ms, 0))),
    ]
}

pub(super) fn times(summary: &Summary) -> Listing {
    let times = [
        ("latency, from due", &summary.latency),
        ("latency, from sent", &summary.latency_from_sent),
        ("TTFT, from due", &summary.ttft),
        ("TTFT, from sent", &summary.ttft_from_sent),
        ("client lateness", &summary.client_lateness),
    ];
    let rows = times
        .into_iter()
        .filter_map(|(name, times)| Some(time(name, times.as_ref()?)));
    Listing {
        caption: "times of passed requests in milliseconds".to_owned(),
        columns: vec![
            ("ms", false),
            ("samples", true),
            ("mean", true),
            ("p50", true),
            ("p90", true),
            ("p95", true),
            ("p99", true),
            ("max", true),
        ],
        rows: rows.collect(),
    }
}

fn time(name: &str, times: &Distribution) -> Vec<String> {
    let mut row = vec![name.to_owned(), count(times.samples as u64)];
    let values = [
        times.mean_ms,
        times.p50_ms,
        times.p90_ms,
        times.p95_ms,
        times.p99_ms,
        times.max_ms,
    ];
    row.extend(values.map(|value| number(value, 1)));
    row
}

/// Requests that did not pass, in the order in which they were done.
pub(super) fn refusals(refused: &[Record]) -> Listing {
    Listing {
        caption: "requests that did not pass, in the order they were done".to_owned(),
        columns: vec![
            ("at", true),
            ("caller", false),
            ("subscription", false),
            ("attempt", true),
            ("outcome", false),
            ("status", true),
            ("Retry-After", true),
            ("remaining", true),
            ("reason", false),
        ],
        rows: refused.iter().take(MOST_REFUSALS).map(refusal).collect(),
    }
}

fn refusal(record: &Record) -> Vec<String> {
    let failure = record
        .failure
        .map(|failure| format!("{failure:?}").to_lowercase());
    vec![
        clock(record.done_us),
        record.caller.clone(),
        record.subscription.clone(),
        record.attempt.to_string(),
        name(record.outcome()).to_owned(),
        record.status.map_or_else(none, |status| status.to_string()),
        record
            .retry_after_s
            .map_or_else(none, |wait| format!("{} s", count(wait))),
        record.remaining_tokens.map_or_else(none, count),
        record.reason.clone().or(failure).unwrap_or_else(none),
    ]
}
