use std::time::Duration;

use super::{SlidingWindow, TokenBucket};
use crate::base::{Moment, Tokens};

/// What a gateway names as the wait when the estimate does not fit: always a minute, whatever
/// the state (observed on Standard v2 and Developer, gateway specification 1.3).
pub(crate) const WILL_EXCEED_WAIT: Duration = Duration::from_mins(1);

/// How a tier counts its tokens per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// v2 tiers. `debt`: the level may go below zero, as every observation but no document says;
    /// without it the level stops at zero.
    TokenBucket { debt: bool },
    /// Classic tiers: the last 60 seconds.
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

/// Tokens per minute of one counter key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RateCounter {
    Bucket(TokenBucket),
    Window(SlidingWindow),
}

impl RateCounter {
    /// A key that was never used: a full minute of tokens is there at once.
    pub(crate) fn new(algorithm: Algorithm, now: Moment, per_minute: Tokens) -> RateCounter {
        match algorithm {
            Algorithm::TokenBucket { debt } => {
                RateCounter::Bucket(TokenBucket::new(now, per_minute, debt))
            }
            Algorithm::SlidingWindow => RateCounter::Window(SlidingWindow::new(per_minute)),
        }
    }

    /// The limit that the policy names now; it may differ from the last one.
    pub(crate) fn limit(&mut self, now: Moment, per_minute: Tokens) {
        match self {
            RateCounter::Bucket(bucket) => bucket.limit(now, per_minute),
            RateCounter::Window(window) => window.limit(per_minute),
        }
    }

    /// Decides on a request. A bucket takes the estimate at once and [`settle`](Self::settle)
    /// corrects it; a window records nothing before the answer is there.
    ///
    /// # Errors
    ///
    /// Why it may not pass; nothing is charged then.
    pub(crate) fn admit(&mut self, now: Moment, estimate: Tokens) -> Result<(), Refusal> {
        match self {
            RateCounter::Bucket(bucket) => bucket.admit(now, estimate),
            RateCounter::Window(window) => window.admit(now, estimate),
        }
    }

    /// Charges what a request really used, in place of the `estimate` it was admitted with.
    pub(crate) fn settle(&mut self, now: Moment, estimate: Tokens, spent: Tokens) {
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

    /// Whole tokens left, never below zero.
    pub(crate) fn remaining(&mut self, now: Moment) -> Tokens {
        match self {
            RateCounter::Bucket(bucket) => bucket.remaining(now),
            RateCounter::Window(window) => window.remaining(now),
        }
    }
}
