use std::time::Duration;

use super::{Limit, Refusal};
use crate::base::{Moment, number};

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A bucket of one period's amount, refilled continuously, whose level may go below zero.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TokenBucket {
    amount: i128,
    /// Parts of one unit, one for each nanosecond of the period: a nanosecond at one unit per
    /// period adds exactly one part, so refilling never rounds and the order of calls never matters.
    parts: i128,
    /// In parts of a unit.
    level: i128,
    /// When `level` was true.
    refilled: Moment,
    debt: bool,
}

impl TokenBucket {
    pub(crate) fn new(now: Moment, limit: Limit, debt: bool) -> TokenBucket {
        let (amount, parts) = (i128::from(limit.amount), parts(limit));
        TokenBucket {
            amount,
            parts,
            level: amount * parts,
            refilled: now,
            debt,
        }
    }

    /// What it holds when it is full.
    pub(crate) fn amount(&self) -> u64 {
        u64::try_from(self.amount).unwrap_or(u64::MAX)
    }

    /// A new limit keeps the level and cuts it to the new capacity.
    pub(crate) fn limit(&mut self, now: Moment, limit: Limit) {
        self.refill(now);
        let parts = parts(limit);
        if parts != self.parts {
            self.level = self.level.saturating_mul(parts).div_euclid(self.parts);
            self.parts = parts;
        }
        self.amount = i128::from(limit.amount);
        self.level = self.level.min(self.capacity());
    }

    pub(crate) fn admit(&mut self, now: Moment, estimate: u64) -> Result<(), Refusal> {
        self.refill(now);
        if self.level <= 0 {
            return Err(self.spent(now));
        }
        let estimate = i128::from(estimate) * self.parts;
        if estimate > self.level {
            return Err(Refusal::WillExceed);
        }
        self.level -= estimate;
        Ok(())
    }

    pub(crate) fn settle(&mut self, now: Moment, estimate: u64, spent: u64) {
        self.refill(now);
        self.level -= (i128::from(spent) - i128::from(estimate)) * self.parts;
        self.level = self.level.min(self.capacity());
        if !self.debt {
            self.level = self.level.max(0);
        }
    }

    pub(crate) fn remaining(&mut self, now: Moment) -> u64 {
        self.refill(now);
        u64::try_from(self.level.max(0) / self.parts).unwrap_or(u64::MAX)
    }

    /// True when a new bucket would decide the same.
    pub(crate) fn is_idle(&mut self, now: Moment) -> bool {
        self.refill(now);
        self.level == self.capacity()
    }

    /// Whole units below zero.
    pub(crate) fn overdraft(&mut self, now: Moment) -> u64 {
        self.refill(now);
        u64::try_from((-self.level).max(0) / self.parts).unwrap_or(u64::MAX)
    }

    /// When the level first reaches `amount`; `None` when it never does.
    pub(crate) fn fits_at(&mut self, now: Moment, amount: u64) -> Option<Moment> {
        self.refill(now);
        if i128::from(amount) > self.amount || self.amount == 0 {
            return None;
        }
        let missing = i128::from(amount) * self.parts - self.level;
        Some(now + nanos(ceil_div(missing.max(0), self.amount)))
    }

    pub(crate) fn describe(&mut self, now: Moment) -> String {
        self.refill(now);
        let level = self.level as f64 / self.parts as f64;
        format!("level {} of {}", number(level, 2), self.amount)
    }

    fn capacity(&self) -> i128 {
        self.amount * self.parts
    }

    fn refill(&mut self, now: Moment) {
        let nanos = i128::try_from(now.since(self.refilled).as_nanos()).unwrap_or(i64::MAX.into());
        self.level = self
            .capacity()
            .min(self.level.saturating_add(self.amount.saturating_mul(nanos)));
        self.refilled = self.refilled.max(now);
    }

    fn spent(&self, now: Moment) -> Refusal {
        if self.amount == 0 {
            // A limit of zero never refills; the longest wait that can be written is the truth.
            return Refusal::Spent {
                retry_at: Moment::at(Duration::MAX),
                retry_after: Duration::from_mins(1),
            };
        }
        let missing = -self.level;
        let retry_at = now + nanos(missing / self.amount + 1);
        // Without debt the gateway would wait for one whole token (specification 1.2).
        let target = if self.debt {
            missing
        } else {
            missing + self.parts
        };
        let seconds = ceil_div(target, self.amount * NANOS_PER_SECOND).max(1);
        Refusal::Spent {
            retry_at,
            retry_after: nanos(seconds * NANOS_PER_SECOND),
        }
    }
}

/// At least one, so that a period of nothing divides nothing.
fn parts(limit: Limit) -> i128 {
    i128::try_from(limit.per.as_nanos())
        .unwrap_or(i64::MAX.into())
        .clamp(1, i64::MAX.into())
}

fn ceil_div(amount: i128, by: i128) -> i128 {
    (amount + by - 1).div_euclid(by)
}

fn nanos(count: i128) -> Duration {
    let seconds = u64::try_from(count / NANOS_PER_SECOND).unwrap_or(u64::MAX);
    let rest = u32::try_from(count % NANOS_PER_SECOND).unwrap_or(0);
    Duration::new(seconds, rest)
}
