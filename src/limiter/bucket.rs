use std::time::Duration;

use super::Refusal;
use crate::base::{Moment, Tokens, number};

/// Parts of a token in which the level is kept: one nanosecond at one token per minute adds
/// exactly one part, so refilling never rounds and the order of calls never matters.
const PARTS: i128 = 60_000_000_000;
const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A bucket of one minute's tokens, refilled continuously, whose level may go below zero.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TokenBucket {
    per_minute: i128,
    /// In [`PARTS`] of a token.
    level: i128,
    /// When `level` was true.
    refilled: Moment,
    debt: bool,
}

impl TokenBucket {
    pub(crate) fn new(now: Moment, per_minute: Tokens, debt: bool) -> TokenBucket {
        let per_minute = i128::from(per_minute.0);
        TokenBucket {
            per_minute,
            level: per_minute * PARTS,
            refilled: now,
            debt,
        }
    }

    /// A new limit keeps the level and cuts it to the new capacity.
    pub(crate) fn limit(&mut self, now: Moment, per_minute: Tokens) {
        self.refill(now);
        self.per_minute = i128::from(per_minute.0);
        self.level = self.level.min(self.capacity());
    }

    pub(crate) fn admit(&mut self, now: Moment, estimate: Tokens) -> Result<(), Refusal> {
        self.refill(now);
        if self.level <= 0 {
            return Err(self.spent(now));
        }
        let estimate = i128::from(estimate.0) * PARTS;
        if estimate > self.level {
            return Err(Refusal::WillExceed);
        }
        self.level -= estimate;
        Ok(())
    }

    pub(crate) fn settle(&mut self, now: Moment, estimate: Tokens, spent: Tokens) {
        self.refill(now);
        self.level -= (i128::from(spent.0) - i128::from(estimate.0)) * PARTS;
        self.level = self.level.min(self.capacity());
        if !self.debt {
            self.level = self.level.max(0);
        }
    }

    pub(crate) fn remaining(&mut self, now: Moment) -> Tokens {
        self.refill(now);
        Tokens(u64::try_from(self.level.max(0) / PARTS).unwrap_or(u64::MAX))
    }

    pub(crate) fn describe(&mut self, now: Moment) -> String {
        self.refill(now);
        let level = self.level as f64 / PARTS as f64;
        format!("level {} of {}", number(level, 2), self.per_minute)
    }

    fn capacity(&self) -> i128 {
        self.per_minute * PARTS
    }

    fn refill(&mut self, now: Moment) {
        let nanos =
            i128::try_from(now.since(self.refilled).as_nanos()).unwrap_or(i128::MAX / PARTS);
        self.level = self.capacity().min(
            self.level
                .saturating_add(self.per_minute.saturating_mul(nanos)),
        );
        self.refilled = self.refilled.max(now);
    }

    fn spent(&self, now: Moment) -> Refusal {
        if self.per_minute == 0 {
            // A limit of zero never refills; the longest wait that can be written is the truth.
            return Refusal::Spent {
                retry_at: Moment::at(Duration::MAX),
                retry_after: Duration::from_mins(1),
            };
        }
        let missing = -self.level;
        let retry_at = now + nanos(missing / self.per_minute + 1);
        // Without debt the gateway would wait for one whole token (specification 1.2).
        let target = if self.debt { missing } else { missing + PARTS };
        let seconds = ceil_div(target, self.per_minute * NANOS_PER_SECOND).max(1);
        Refusal::Spent {
            retry_at,
            retry_after: nanos(seconds * NANOS_PER_SECOND),
        }
    }
}

fn ceil_div(amount: i128, by: i128) -> i128 {
    (amount + by - 1).div_euclid(by)
}

fn nanos(count: i128) -> Duration {
    let seconds = u64::try_from(count / NANOS_PER_SECOND).unwrap_or(u64::MAX);
    let rest = u32::try_from(count % NANOS_PER_SECOND).unwrap_or(0);
    Duration::new(seconds, rest)
}
