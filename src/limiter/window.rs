use std::collections::VecDeque;
use std::time::Duration;

use super::Refusal;
use crate::base::{Moment, Tokens};

const WINDOW: Duration = Duration::from_mins(1);

/// What was used within the last 60 seconds, to the nanosecond. An entry's time is when its
/// answer was processed; it leaves exactly 60 seconds later.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlidingWindow {
    per_minute: u64,
    entries: VecDeque<(Moment, u64)>,
    used: u64,
}

impl SlidingWindow {
    pub(crate) fn new(per_minute: Tokens) -> SlidingWindow {
        SlidingWindow {
            per_minute: per_minute.0,
            entries: VecDeque::new(),
            used: 0,
        }
    }

    pub(crate) fn limit(&mut self, per_minute: Tokens) {
        self.per_minute = per_minute.0;
    }

    pub(crate) fn admit(&mut self, now: Moment, estimate: Tokens) -> Result<(), Refusal> {
        self.forget(now);
        if self.used >= self.per_minute {
            return Err(self.spent(now));
        }
        if self.used + estimate.0 > self.per_minute {
            return Err(Refusal::WillExceed);
        }
        Ok(())
    }

    pub(crate) fn settle(&mut self, now: Moment, spent: Tokens) {
        self.forget(now);
        // Answers may be processed out of order by a clock that steps back; entries never are.
        let at = self.entries.back().map_or(now, |(last, _)| now.max(*last));
        self.entries.push_back((at, spent.0));
        self.used += spent.0;
    }

    pub(crate) fn remaining(&mut self, now: Moment) -> Tokens {
        self.forget(now);
        Tokens(self.per_minute.saturating_sub(self.used))
    }

    pub(crate) fn describe(&mut self, now: Moment) -> String {
        self.forget(now);
        format!(
            "{} of {} used in the last 60 seconds",
            self.used, self.per_minute
        )
    }

    fn forget(&mut self, now: Moment) {
        while let Some((at, tokens)) = self.entries.front().copied()
            && at + WINDOW <= now
        {
            self.used -= tokens;
            self.entries.pop_front();
        }
    }

    fn spent(&self, now: Moment) -> Refusal {
        let mut used = self.used;
        let leaves = self.entries.iter().find(|(_, tokens)| {
            used -= tokens;
            used < self.per_minute
        });
        match leaves {
            Some((at, _)) => {
                let wait = (*at + WINDOW).since(now);
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                Refusal::Spent {
                    retry_at: *at + WINDOW,
                    retry_after: Duration::from_secs(seconds.max(1)),
                }
            }
            // A limit of zero is spent by nothing and never ends.
            None => Refusal::Spent {
                retry_at: Moment::at(Duration::MAX),
                retry_after: WINDOW,
            },
        }
    }
}
