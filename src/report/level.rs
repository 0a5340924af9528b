//! How much of a limit was left over time, worked out from what passed requests cost.

use super::peak::MINUTE_US;
use crate::base::Tier;
use crate::results::RunInfo;

/// A request is admitted a little after it was sent; a bucket may refill by then.
const ON_THE_WAY_US: u64 = 50_000;
/// Rounding of the gateway's own counter, as a share of the limit.
const TOLERANCE: f64 = 0.01;

/// How much of the limit was left over time.
pub(super) enum Level {
    /// `(moment, tokens left after the charge)`, and the refill per microsecond.
    Bucket {
        steps: Vec<(u64, f64)>,
        refill: f64,
        limit: f64,
    },
    /// `(moment, tokens spent up to then)`.
    Window { spent: Vec<(u64, u64)>, limit: f64 },
}

impl Level {
    /// `spent` is `(moment, tokens)` in order of time.
    pub(super) fn new(info: &RunInfo, limit: u64, spent: &[(u64, u64)]) -> Level {
        let tier = info.target.tier.as_deref().and_then(Tier::from_name);
        let limit = limit as f64;
        if !tier.is_some_and(Tier::is_v2) {
            let mut sum = 0;
            let sums = spent.iter().map(|(moment, tokens)| {
                sum += tokens;
                (*moment, sum)
            });
            return Level::Window {
                spent: sums.collect(),
                limit,
            };
        }
        let refill = limit / MINUTE_US as f64;
        let (mut level, mut since) = (limit, 0);
        let mut steps = Vec::with_capacity(spent.len());
        for (moment, tokens) in spent {
            let flown = (moment - since) as f64 * refill;
            level = (level + flown).min(limit) - *tokens as f64;
            since = *moment;
            steps.push((*moment, level));
        }
        Level::Bucket {
            steps,
            refill,
            limit,
        }
    }

    /// Tokens beyond the limit at worst.
    pub(super) fn overshoot(&self) -> u64 {
        let worst = match self {
            Level::Bucket { steps, .. } => {
                let lowest = steps.iter().map(|(_, level)| *level);
                -lowest.fold(0.0, f64::min)
            }
            Level::Window { spent, limit } => {
                let lowest = spent.iter().map(|(moment, _)| self.at(*moment));
                -lowest.fold(*limit, f64::min)
            }
        };
        whole(worst)
    }

    /// What was left at a moment, later charges not counted.
    pub(super) fn at(&self, moment: u64) -> f64 {
        match self {
            Level::Bucket {
                steps,
                refill,
                limit,
            } => {
                let before = steps.partition_point(|(step, _)| *step <= moment);
                let Some((since, level)) = before.checked_sub(1).map(|last| steps[last]) else {
                    return *limit;
                };
                (level + (moment - since) as f64 * refill).min(*limit)
            }
            Level::Window { spent, limit } => {
                let until = |reached: &dyn Fn(u64) -> bool| {
                    let steps = spent.partition_point(|(step, _)| reached(*step));
                    steps.checked_sub(1).map_or(0, |last| spent[last].1)
                };
                let sum = until(&|step| step <= moment);
                let gone = until(&|step| step.saturating_add(MINUTE_US) <= moment);
                limit - (sum - gone) as f64
            }
        }
    }

    /// True when nothing was left at a moment, and did not come back on the way to the gateway.
    pub(super) fn spent(&self, moment: u64) -> bool {
        let (Level::Bucket { limit, .. } | Level::Window { limit, .. }) = self;
        let spent = -limit * TOLERANCE;
        self.at(moment) < spent && self.at(moment.saturating_add(ON_THE_WAY_US)) < spent
    }
}

/// Tokens of a level; a fraction of a token is none.
fn whole(tokens: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and far below 2^53"
    )]
    let whole = tokens.max(0.0) as u64;
    whole
}
