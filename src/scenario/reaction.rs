//! What callers do about answers they did not want.

use std::time::Duration;

use super::model::Scenario;
use crate::base::{Moment, Seed};

/// How much later than asked a polite caller comes back. A limit may be judged before the very
/// nanosecond at which it refills, and no caller in the world is that exact.
const RESUME_LAG: Duration = Duration::from_millis(1);

/// After a 429 without a header that says how long, a polite caller waits this long.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// What a group does about each kind of bad ending.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    clippy::struct_field_names,
    reason = "as scenarios write them, and a name cannot begin with a digit"
)]
pub(crate) struct Reactions {
    pub(crate) on_429: Reaction,
    pub(crate) on_403: Reaction,
    pub(crate) on_5xx: Reaction,
    /// No whole answer: no connection, a broken one, nothing in time.
    pub(crate) on_failure: Reaction,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Reaction {
    pub(crate) wait: Wait,
    /// Tries of one arrival, the first included and whatever they were for; 1 when ignored.
    pub(crate) max_attempts: u32,
    /// No try begins later than this after the arrival was due.
    pub(crate) give_up_after: Option<Duration>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum Wait {
    /// No further try.
    #[default]
    Ignore,
    HonorRetryAfter,
    Exponential(Backoff),
}

/// Waits that grow from try to try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    /// From one wait to the next; at least 1.
    pub(crate) factor: f64,
    pub(crate) most: Duration,
    /// The part of a wait, from 0 to 1, of which up to all is left out by lot.
    pub(crate) jitter: f64,
}

/// How one try of an arrival ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Number of the arrival.
    pub(crate) arrival: u64,
    pub(crate) attempt: u32,
    /// When the arrival was due, for its first try.
    pub(crate) due: Moment,
    pub(crate) done: Moment,
    /// `None` when there was no whole answer.
    pub(crate) status: Option<u16>,
    pub(crate) retry_after_s: Option<u64>,
}

/// The next try of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) at: Moment,
    /// The end of the wait that the answer asked for, where it is why the caller waits.
    pub(crate) waited_until: Option<Moment>,
}

impl Scenario {
    /// What the group `caller` does after `ending`: `None` when it leaves it at that. Ask it after
    /// every try but one that the run itself gave up, with times from the plan's moment zero;
    /// the same ending has the same answer wherever it is asked.
    pub(crate) fn reaction(&self, caller: usize, ending: &Ending) -> Option<Retry> {
        let reactions = &self.callers[caller].reactions;
        let reaction = reactions.to(ending.status)?;
        if ending.attempt >= reaction.max_attempts {
            return None;
        }
        let retry = match reaction.wait {
            Wait::Ignore => return None,
            Wait::HonorRetryAfter => {
                let asked = ending.retry_after_s.map(Duration::from_secs);
                // A refusal that names no time has none: a wrong key is not mended by waiting.
                if asked.is_none() && ending.status == Some(403) {
                    return None;
                }
                Retry {
                    at: ending.done + asked.unwrap_or(DEFAULT_WAIT) + RESUME_LAG,
                    waited_until: asked.map(|asked| ending.done + asked),
                }
            }
            Wait::Exponential(backoff) => {
                let lots = self.seed.derive("backoff");
                let lots = lots.derive(&format!("{}/{}", ending.arrival, ending.attempt));
                Retry {
                    at: ending.done + backoff.wait(ending.attempt, lots),
                    waited_until: None,
                }
            }
        };
        let late = |after| retry.at.since(ending.due) > after;
        if reaction.give_up_after.is_some_and(late) {
            return None;
        }
        Some(retry)
    }
}

impl Reactions {
    fn to(&self, status: Option<u16>) -> Option<&Reaction> {
        match status {
            None => Some(&self.on_failure),
            Some(429) => Some(&self.on_429),
            Some(403) => Some(&self.on_403),
            Some(500..=599) => Some(&self.on_5xx),
            Some(_) => None,
        }
    }
}

impl Backoff {
    pub(crate) const DEFAULT: Backoff = Backoff {
        first: Duration::from_millis(500),
        factor: 2.0,
        most: Duration::from_secs(30),
        jitter: 0.5,
    };

    /// The wait after this try, in whole microseconds.
    fn wait(self, attempt: u32, mut lots: Seed) -> Duration {
        let grown = libm::pow(self.factor, f64::from(attempt.saturating_sub(1)));
        let seconds = (self.first.as_secs_f64() * grown).min(self.most.as_secs_f64());
        let seconds = seconds * (1.0 - self.jitter * lots.unit());
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(self.most);
        Duration::from_micros(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Wait {
    /// As written in a scenario and in `run.json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Wait::Ignore => "ignore",
            Wait::HonorRetryAfter => "honor-retry-after",
            Wait::Exponential(_) => "exponential",
        }
    }
}
