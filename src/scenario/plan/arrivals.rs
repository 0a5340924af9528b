//! When the arrivals of one caller are due.

use std::time::Duration;

use crate::base::{Moment, Seed};

use super::super::model::{Caller, Spacing, Stage};

/// Calls `due` with the moment of every arrival, in order, and returns when the last stage ends.
pub(super) fn each(caller: &Caller, lots: &mut Seed, mut due: impl FnMut(Moment)) -> Moment {
    let mut begin = caller.start;
    for stage in &caller.stages {
        let mut after = |offset: Duration| due(whole_micros(begin.saturating_add(offset)));
        match *stage {
            Stage::Pause { .. } => {}
            Stage::Count { count, span } => evenly(count, span, &mut after),
            Stage::Flow {
                from,
                to,
                span,
                spacing,
            } => {
                let ramp = Ramp {
                    from,
                    to,
                    seconds: span.as_secs_f64(),
                };
                match spacing {
                    Spacing::Even => ramp.each_whole(&mut after),
                    Spacing::Poisson => ramp.each_drawn(lots, &mut after),
                }
            }
        }
        begin = begin.saturating_add(stage.span());
    }
    whole_micros(begin)
}

fn evenly(count: u64, span: Duration, after: &mut impl FnMut(Duration)) {
    for index in 0..count {
        let nanos = span.as_nanos() * u128::from(index) / u128::from(count);
        after(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ));
    }
}

/// A rate that goes straight from one value to another, requests per second.
struct Ramp {
    from: f64,
    to: f64,
    seconds: f64,
}

impl Ramp {
    /// Where the integral of the rate reaches 0, 1, 2, …: the first arrival at the beginning,
    /// none at the end, so that stages can follow one another without a doubled arrival.
    fn each_whole(&self, after: &mut impl FnMut(Duration)) {
        let mut number = 0_u64;
        // The margin takes up rounding: 7/60 per second for 60 s are 7 arrivals, not 8.
        while (number as f64) < self.total() - 1e-9 {
            after(self.reaches(number as f64));
            number += 1;
        }
    }

    /// A Poisson process of that rate: exponential steps along the integral.
    fn each_drawn(&self, lots: &mut Seed, after: &mut impl FnMut(Duration)) {
        let mut reached = lots.exponential();
        while reached < self.total() {
            after(self.reaches(reached));
            reached += lots.exponential();
        }
    }

    /// Arrivals of the whole stage.
    fn total(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.seconds
    }

    /// The time at which the integral of the rate reaches `amount`.
    ///
    /// `from·t + slope·t²/2 = amount`, solved in the form that loses no digits when the slope is
    /// small and needs no case of its own when it is zero.
    fn reaches(&self, amount: f64) -> Duration {
        if amount <= 0.0 {
            return Duration::ZERO;
        }
        let slope = (self.to - self.from) / self.seconds;
        // Below zero only by rounding, at the very end of a ramp down to nothing.
        let square = (self.from * self.from + 2.0 * slope * amount).max(0.0);
        let seconds = 2.0 * amount / (self.from + libm::sqrt(square));
        Duration::try_from_secs_f64(seconds.min(self.seconds)).unwrap_or(Duration::MAX)
    }
}

fn whole_micros(since_start: Duration) -> Moment {
    let micros = (since_start.as_nanos() + 500) / 1_000;
    Moment::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
