//! Words of the scenario alone.

use super::super::model::{OnThrottle, Spacing};
use crate::yaml::Choice;

impl Choice for OnThrottle {
    const WHAT: &'static str = "a reaction to 429";
    const ALL: &'static [OnThrottle] = &[OnThrottle::Ignore, OnThrottle::HonorRetryAfter];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for Spacing {
    const WHAT: &'static str = "a spacing";
    const ALL: &'static [Spacing] = &[Spacing::Even, Spacing::Poisson];

    fn word(self) -> &'static str {
        match self {
            Spacing::Even => "even",
            Spacing::Poisson => "poisson",
        }
    }
}
