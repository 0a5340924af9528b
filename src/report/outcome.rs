//! How the four outcomes are called and drawn, everywhere alike.

use super::svg::Ink;
use crate::results::Outcome;

/// In the order in which they are stacked and listed.
pub(super) const OUTCOMES: [Outcome; 4] = [
    Outcome::Passed,
    Outcome::Throttled,
    Outcome::QuotaExceeded,
    Outcome::Failed,
];

pub(super) fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Throttled => "throttled (429)",
        Outcome::QuotaExceeded => "quota exceeded (403)",
        Outcome::Failed => "failed",
    }
}

pub(super) fn ink(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Passed => Ink::Passed,
        Outcome::Throttled => Ink::Throttled,
        Outcome::QuotaExceeded => Ink::Quota,
        Outcome::Failed => Ink::Failed,
    }
}

/// Place of an outcome in [`OUTCOMES`], for arrays with one cell per outcome.
pub(super) fn index(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Passed => 0,
        Outcome::Throttled => 1,
        Outcome::QuotaExceeded => 2,
        Outcome::Failed => 3,
    }
}
