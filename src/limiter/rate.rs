use std::time::Duration;

use super::{SlidingWindow, TokenBucket};
use crate::base::Moment;

/// What a gateway names as the wait when the estimate does not fit: always a minute, whatever
/// the state (observed on Standard v2 and Developer, gateway specification 1.3).
pub(crate) const WILL_EXCEED_WAIT: Duration = Duration::from_mins(1);

/// How much, of tokens or calls, in which period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) amount: u64,
    pub(crate) per: Duration,
}

impl Limit {
    pub(crate) fn per_minute(amount: u64) -> Limit {
        Limit {
            amount,
            per: Duration::from_mins(1),
        }
    }
}

/// How a tier counts what is used within a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// v2 tiers. `debt`: the level may go below zero, as every observation but no document says;
    /// without it the level stops at zero.
    TokenBucket { debt: bool },
    /// Classic tiers: the last period.
    SlidingWindow,
}

/// Why a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing is left. `retry_at` is the first moment that admits; `retry_after` is what the
    /// gateway tells the caller, in whole seconds.
    Spent {
        retry_at: Moment,
        retry_after: Duration,
    },
    /// Something is left, but less than the estimate.
    WillExceed,
}

/// What one counter key may use within a period.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RateCounter {
    Bucket(TokenBucket),
    Window(SlidingWindow),
}

impl RateCounter {
    /// A key that was never used: the amount of a whole period is there at once.
    pub(crate) fn new(algorithm: Algorithm, now: Moment, limit: Limit) -> RateCounter {
        match algorithm {
            Algorithm::TokenBucket { debt } => {
                RateCounter::Bucket(TokenBucket::new(now, limit, debt))
            }
            Algorithm::SlidingWindow => RateCounter::Window(SlidingWindow::new(limit)),
        }
    }

    /// The limit that the policy names now; it may differ from the last one.
    pub(crate) fn limit(&mut self, now: Moment, limit: Limit) {
        match self {
            RateCounter::Bucket(bucket) => bucket.limit(now, limit),
            RateCounter::Window(window) => window.limit(limit),
        }
    }

    /// Decides on a request. A bucket takes the estimate at once and [`settle`](Self::settle)
    /// corrects it; a window records nothing before the answer is there.
    ///
    /// # Errors
    ///
    /// Why it may not pass; nothing is charged then.
    pub(crate) fn admit(&mut self, now: Moment, estimate: u64) -> Result<(), Refusal> {
        match self {
            RateCounter::Bucket(bucket) => bucket.admit(now, estimate),
            RateCounter::Window(window) => window.admit(now, estimate),
        }
    }

    /// Charges what a request really used, in place of the `estimate` it was admitted with.
    pub(crate) fn settle(&mut self, now: Moment, estimate: u64, spent: u64) {
        match self {
            RateCounter::Bucket(bucket) => bucket.settle(now, estimate, spent),
            RateCounter::Window(window) => window.settle(now, spent),
        }
    }

    /// The counter's state in words, for people who look for a mistake.
    pub(crate) fn describe(&mut self, now: Moment) -> String {
        match self {
            RateCounter::Bucket(bucket) => bucket.describe(now),
            RateCounter::Window(window) => window.describe(now),
        }
    }

    /// What a whole period allows.
    pub(crate) fn amount(&self) -> u64 {
        match self {
            RateCounter::Bucket(bucket) => bucket.amount(),
            RateCounter::Window(window) => window.amount(),
        }
    }

    /// When `amount` first fits: now, or later; `None` when it is more than the limit.
    pub(crate) fn fits_at(&mut self, now: Moment, amount: u64) -> Option<Moment> {
        match self {
            RateCounter::Bucket(bucket) => bucket.fits_at(now, amount),
            RateCounter::Window(window) => window.fits_at(now, amount),
        }
    }

    /// True when a new counter of the same limit would decide the same.
    pub(crate) fn is_idle(&mut self, now: Moment) -> bool {
        match self {
            RateCounter::Bucket(bucket) => bucket.is_idle(now),
            RateCounter::Window(window) => window.is_idle(now),
        }
    }

    /// Whole units spent beyond the limit.
    pub(crate) fn overdraft(&mut self, now: Moment) -> u64 {
        match self {
            RateCounter::Bucket(bucket) => bucket.overdraft(now),
            RateCounter::Window(window) => window.overdraft(now),
        }
    }

    /// Whole units left, never below zero.
    pub(crate) fn remaining(&mut self, now: Moment) -> u64 {
        match self {
            RateCounter::Bucket(bucket) => bucket.remaining(now),
            RateCounter::Window(window) => window.remaining(now),
        }
    }
}
