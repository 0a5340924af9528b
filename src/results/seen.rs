//! A record as rules look at it that are judged while the run goes on.

use std::time::Duration;

use super::record::{Outcome, Record};
use crate::base::{Ended, Moment, Seen};

/// How much before the end of a wait the next try may be sent and still honour it, as in
/// `report`: the header is there before the answer is whole, and the wait may count from either.
const EARLY_US: u64 = 1_000;

impl Record {
    /// `None` for what is no part of statistics. The formulas are those of `report::stats`.
    pub(crate) fn seen(&self) -> Option<Seen<'_>> {
        if self.warm_up {
            return None;
        }
        let outcome = self.outcome();
        let passed = outcome == Outcome::Passed;
        let due = self.waited_until_us.unwrap_or(self.scheduled_us);
        let since_due = |at: u64| Duration::from_micros(at.saturating_sub(due));
        let first = self.first_token_us.filter(|_| passed && self.stream);
        Some(Seen {
            caller: &self.caller,
            subscription: &self.subscription,
            done: Moment::from_micros(self.done_us),
            ended: match outcome {
                Outcome::Passed => Ended::Passed,
                Outcome::Throttled => Ended::Throttled,
                Outcome::QuotaExceeded => Ended::QuotaExceeded,
                Outcome::Failed => Ended::Failed,
            },
            latency: passed.then(|| since_due(self.done_us)),
            ttft: first.map(since_due),
            tokens: self.total_tokens().filter(|_| passed).unwrap_or(0),
            honoured: self
                .waited_until_us
                .map(|until| self.sent_us + EARLY_US >= until),
        })
    }
}
