use super::Sketch;
use super::ledger::{self, Ledger};
use super::times::Times;
use crate::report::group::Counts;
use crate::report::retry::RetryAfter;
use crate::results::{Line, Outcome};

/// What one caller did with one subscription: the least that is ever asked about.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Leaf {
    pub(in crate::report) caller: Box<str>,
    pub(in crate::report) subscription: Box<str>,
    pub(in crate::report) counts: Counts,
    pub(in crate::report) first_429_us: Option<u64>,
    pub(in crate::report) ledger: Ledger,
    pub(in crate::report) retry: RetryAfter,
    /// From the end of the first wait asked for to the attempt that passed.
    pub(in crate::report) waits: Sketch<5>,
    /// Only where a threshold asks for it.
    pub(in crate::report) times: Option<Box<Times>>,
    /// False for callers that never try again.
    pub(super) retries: bool,
}

impl Leaf {
    pub(super) fn new(caller: &str, subscription: &str, step_us: u64) -> Leaf {
        Leaf {
            caller: caller.into(),
            subscription: subscription.into(),
            counts: Counts::default(),
            first_429_us: None,
            ledger: Ledger::new(step_us),
            retry: RetryAfter::default(),
            waits: Sketch::default(),
            times: None,
            retries: true,
        }
    }

    /// Everything but retries, which need to know other requests.
    pub(super) fn add(&mut self, line: &Line<'_>) {
        self.counts.add(line);
        if let Some(times) = &mut self.times {
            times.add(line);
        }
        let outcome = line.outcome();
        let tokens = match outcome {
            Outcome::Passed => line.total_tokens().unwrap_or(0),
            _ => 0,
        };
        let throttled = u32::from(outcome == Outcome::Throttled);
        if throttled > 0 {
            let first = self.first_429_us.unwrap_or(line.done_us);
            self.first_429_us = Some(first.min(line.done_us));
        }
        let step = self.ledger.step(line.done_us);
        let done = ledger::cell(&mut self.ledger.done, step);
        done.tokens += tokens;
        done.throttled += throttled;
        done.remaining = line.remaining_tokens.or(done.remaining);
        if outcome != Outcome::Passed && throttled == 0 {
            return;
        }
        let step = self.ledger.step(line.sent_us);
        let sent = ledger::cell(&mut self.ledger.sent, step);
        sent.tokens += tokens;
        sent.passed += 1 - throttled;
        if throttled > 0 {
            if sent.throttled == 0 || line.done_us < sent.refused_us {
                sent.refused_us = line.done_us;
            }
            sent.throttled += 1;
            sent.promised_us = line
                .retry_after_s
                .map(|wait| line.done_us.saturating_add(wait.saturating_mul(1_000_000)));
        }
    }

    /// The rest of the same leaf; its steps are as long.
    pub(super) fn merge(&mut self, later: &Leaf) {
        self.counts.merge(&later.counts);
        self.first_429_us = match (self.first_429_us, later.first_429_us) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.ledger.merge(&later.ledger);
        self.retry.merge(&later.retry);
        self.waits.merge(&later.waits);
        if let (Some(times), Some(more)) = (&mut self.times, &later.times) {
            times.merge(more);
        }
    }
}
