//! Lengths and pauses that may be drawn by lot.

use std::time::Duration;

use crate::base::Seed;

/// The 95 % quantile of the normal distribution with mean 0 and deviation 1.
const NORMAL_P95: f64 = 1.644_853_626_951_472_6;

/// More tokens than any model takes or gives.
pub(super) const MOST_TOKENS: u64 = 1_000_000;

/// A number of tokens, the same for all arrivals or drawn for each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Amount {
    Fixed(u64),
    /// Every whole number from one to the other, both included, is as likely.
    Between {
        from: u64,
        to: u64,
    },
    /// Log-normal, as lengths of real prompts nearly are: half of them lie below the median, five
    /// of a hundred above `p95`.
    LogNormal {
        median: u64,
        p95: u64,
    },
}

/// A time, the same every time or drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    Fixed(Duration),
    Between {
        from: Duration,
        to: Duration,
    },
    /// Exponentially distributed.
    Mean(Duration),
}

impl Amount {
    /// Draws from `lots` only where there is something to draw.
    pub(super) fn draw(self, lots: &mut Seed) -> u64 {
        match self {
            Amount::Fixed(amount) => amount,
            Amount::Between { from, to } => from + lots.below(to - from + 1),
            Amount::LogNormal { median, p95 } => {
                let stray = libm::exp(sigma(median, p95) * lots.normal());
                whole(median as f64 * stray)
            }
        }
    }

    pub(super) fn mean(self) -> f64 {
        match self {
            Amount::Fixed(amount) => amount as f64,
            Amount::Between { from, to } => f64::midpoint(from as f64, to as f64),
            Amount::LogNormal { median, p95 } => {
                let sigma = sigma(median, p95);
                median as f64 * libm::exp(sigma * sigma / 2.0)
            }
        }
    }
}

impl Pause {
    /// Whole microseconds.
    pub(super) fn draw(self, lots: &mut Seed) -> Duration {
        let micros = |time: f64| Duration::from_micros(whole_micros(time));
        match self {
            Pause::Fixed(time) => time,
            Pause::Between { from, to } => {
                let wide = to.saturating_sub(from).as_secs_f64();
                micros(from.as_secs_f64() + wide * lots.unit())
            }
            Pause::Mean(mean) => micros(mean.as_secs_f64() * lots.exponential()),
        }
    }
}

fn sigma(median: u64, p95: u64) -> f64 {
    libm::log(p95 as f64 / median as f64) / NORMAL_P95
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded on both sides"
)]
fn whole(amount: f64) -> u64 {
    libm::round(amount).clamp(1.0, MOST_TOKENS as f64) as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time of a scenario, and far below the largest number of microseconds"
)]
fn whole_micros(seconds: f64) -> u64 {
    libm::round(seconds.max(0.0) * 1e6) as u64
}
