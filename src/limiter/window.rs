use std::collections::VecDeque;
use std::time::Duration;

use super::{Limit, Refusal};
use crate::base::{Moment, number};

/// What was used within the last period, to the nanosecond. An entry's time is when its answer
/// was processed; it leaves exactly one period later.
///
/// Memory is bounded whatever the load: a window with more than [`EXACT`] answers counts those that
/// come within a two-thousandth of the period (29 ms of a minute) as one, at the time of the first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlidingWindow {
    limit: Limit,
    entries: VecDeque<(Moment, u64)>,
    used: u64,
}

/// Answers of one period that keep their own time, always.
pub(super) const EXACT: usize = 2048;

impl SlidingWindow {
    pub(crate) fn new(limit: Limit) -> SlidingWindow {
        SlidingWindow {
            limit,
            entries: VecDeque::new(),
            used: 0,
        }
    }

    /// What a whole period allows.
    pub(crate) fn amount(&self) -> u64 {
        self.limit.amount
    }

    pub(crate) fn limit(&mut self, limit: Limit) {
        self.limit = limit;
    }

    pub(crate) fn admit(&mut self, now: Moment, estimate: u64) -> Result<(), Refusal> {
        self.forget(now);
        if self.used >= self.limit.amount {
            return Err(self.spent(now));
        }
        if self.used + estimate > self.limit.amount {
            return Err(Refusal::WillExceed);
        }
        Ok(())
    }

    pub(crate) fn settle(&mut self, now: Moment, spent: u64) {
        self.forget(now);
        // Answers may be processed out of order by a clock that steps back; entries never are.
        let at = self.entries.back().map_or(now, |(last, _)| now.max(*last));
        self.used += spent;
        // As many slots as exact answers: never more than two times as many entries.
        let slot = self.limit.per / 2048;
        let crowded = self.entries.len() >= EXACT;
        match self.entries.back_mut() {
            Some((last, sum)) if *last == at || crowded && at.since(*last) < slot => *sum += spent,
            _ => self.entries.push_back((at, spent)),
        }
    }

    /// True when a new window would decide the same.
    pub(crate) fn is_idle(&mut self, now: Moment) -> bool {
        self.forget(now);
        self.entries.is_empty()
    }

    pub(crate) fn remaining(&mut self, now: Moment) -> u64 {
        self.forget(now);
        self.limit.amount.saturating_sub(self.used)
    }

    /// Used beyond the limit.
    pub(crate) fn overdraft(&mut self, now: Moment) -> u64 {
        self.forget(now);
        self.used.saturating_sub(self.limit.amount)
    }

    /// When `amount` first fits into what is left; `None` when it never does.
    pub(crate) fn fits_at(&mut self, now: Moment, amount: u64) -> Option<Moment> {
        self.forget(now);
        let room = self.limit.amount.checked_sub(amount)?;
        if self.used <= room {
            return Some(now);
        }
        let mut used = self.used;
        let leaves = self.entries.iter().find(|(_, spent)| {
            used -= spent;
            used <= room
        });
        leaves.map(|(at, _)| *at + self.limit.per)
    }

    pub(crate) fn describe(&mut self, now: Moment) -> String {
        self.forget(now);
        let seconds = number(self.limit.per.as_secs_f64(), 3);
        format!(
            "{} of {} used in the last {seconds} seconds",
            self.used, self.limit.amount
        )
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.entries.len()
    }

    fn forget(&mut self, now: Moment) {
        while let Some((at, spent)) = self.entries.front().copied()
            && at + self.limit.per <= now
        {
            self.used -= spent;
            self.entries.pop_front();
        }
    }

    fn spent(&self, now: Moment) -> Refusal {
        let mut used = self.used;
        let leaves = self.entries.iter().find(|(_, spent)| {
            used -= spent;
            used < self.limit.amount
        });
        match leaves {
            Some((at, _)) => {
                let wait = (*at + self.limit.per).since(now);
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Refusal::Spent {
                    retry_at: *at + self.limit.per,
                    retry_after: Duration::from_secs(seconds.max(1)),
                }
            }
            // A limit of zero is spent by nothing and never ends.
            None => Refusal::Spent {
                retry_at: Moment::at(Duration::MAX),
                retry_after: self.limit.per,
            },
        }
    }
}
