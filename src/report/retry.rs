//! Retry-After: who was asked to wait, who did, and whether it worked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::results::{Outcome, Record};

/// How much before the end of a wait the next attempt may be sent and still honour it: the header is
/// there before the answer is whole, and the wait may count from either.
pub(super) const EARLY_US: u64 = 1_000;

#[derive(Debug, Default, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct RetryAfter {
    /// 429 answers that named a wait.
    pub(crate) asked: u64,
    /// 429 answers that named none.
    pub(crate) without_header: u64,
    /// The longest wait asked for, in seconds; absent when none was.
    pub(crate) longest_s: Option<u64>,
    /// Waits after which the caller tried the same request again.
    pub(crate) retried: u64,
    /// Of `retried`: the next attempt did not come before the wait was over.
    pub(crate) honoured: u64,
    /// Of `honoured`: the next attempt passed.
    pub(crate) worked: u64,
}

impl RetryAfter {
    pub(super) fn merge(&mut self, other: &RetryAfter) {
        self.asked += other.asked;
        self.without_header += other.without_header;
        self.longest_s = self.longest_s.max(other.longest_s);
        self.retried += other.retried;
        self.honoured += other.honoured;
        self.worked += other.worked;
    }

    pub(crate) fn honoured_share(&self) -> Option<f64> {
        share(self.honoured, self.retried)
    }
}

/// `None` when there is nothing to have a share of.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

pub(super) fn retry_after<'a>(records: impl Iterator<Item = &'a Record> + Clone) -> RetryAfter {
    let next: BTreeMap<(u64, u32), &Record> = records
        .clone()
        .filter(|record| record.attempt > 1)
        .map(|record| ((record.arrival, record.attempt), record))
        .collect();
    let mut found = RetryAfter::default();
    for record in records.filter(|record| record.outcome() == Outcome::Throttled) {
        let Some(wait_s) = record.retry_after_s else {
            found.without_header += 1;
            continue;
        };
        found.asked += 1;
        found.longest_s = found.longest_s.max(Some(wait_s));
        let Some(retry) = next.get(&(record.arrival, record.attempt + 1)) else {
            continue;
        };
        found.retried += 1;
        if retry.sent_us + EARLY_US
            >= record
                .done_us
                .saturating_add(wait_s.saturating_mul(1_000_000))
        {
            found.honoured += 1;
            found.worked += u64::from(retry.outcome() == Outcome::Passed);
        }
    }
    found
}
