//! When the arrivals of one group are due.

use std::time::Duration;

use crate::base::{Moment, Seed, Tokens};

use super::super::schedule::{Spacing, Stage, Unit};

/// Calls `due` with the moment of every arrival, in order, and returns when the last stage ends.
/// `due` answers with what the arrival costs, which is how far stages in tokens get with it.
pub(super) fn each(
    start: Duration,
    stages: &[Stage],
    lots: &mut Seed,
    mut due: impl FnMut(Moment) -> Tokens,
) -> Moment {
    let mut begin = start;
    for stage in stages {
        let mut after = |offset: Duration| due(whole_micros(begin.saturating_add(offset)));
        match *stage {
            Stage::Pause { .. } => {}
            Stage::Count { count, span } => evenly(count, span, &mut after),
            Stage::Flow {
                from,
                to,
                unit,
                span,
                spacing,
            } => {
                let ramp = Ramp {
                    from,
                    to,
                    seconds: span.as_secs_f64(),
                };
                let mut cost = |offset: Duration| {
                    let tokens = after(offset);
                    match unit {
                        Unit::Requests => 1.0,
                        Unit::Tokens => tokens.0.max(1) as f64,
                    }
                };
                match spacing {
                    Spacing::Even => ramp.each_whole(&mut cost),
                    Spacing::Poisson => ramp.each_drawn(|| lots.exponential(), unit, &mut cost),
                    Spacing::Gamma { burstiness } => {
                        ramp.each_drawn(|| lots.gamma(1.0 / burstiness), unit, &mut cost);
                    }
                }
            }
        }
        begin = begin.saturating_add(stage.span());
    }
    whole_micros(begin)
}

fn evenly(count: u64, span: Duration, after: &mut impl FnMut(Duration) -> Tokens) {
    for index in 0..count {
        let nanos = span.as_nanos() * u128::from(index) / u128::from(count);
        after(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ));
    }
}

/// A rate that goes straight from one value to another, per second.
struct Ramp {
    from: f64,
    to: f64,
    seconds: f64,
}

impl Ramp {
    /// Where the integral of the rate reaches what the arrivals so far cost: the first at the
    /// beginning, none at the end, so that stages can follow one another without a doubled
    /// arrival.
    fn each_whole(&self, cost: &mut impl FnMut(Duration) -> f64) {
        let mut reached = 0.0;
        // The margin takes up rounding: 7/60 per second for 60 s are 7 arrivals, not 8.
        while reached < self.total() - 1e-9 {
            reached += cost(self.reaches(reached));
        }
    }

    /// Steps along the integral whose mean is what one arrival costs, `gap` drawing how much of
    /// that each is; with an exponential gap and a cost of one, a Poisson process.
    fn each_drawn(
        &self,
        mut gap: impl FnMut() -> f64,
        unit: Unit,
        cost: &mut impl FnMut(Duration) -> f64,
    ) {
        // Before the first arrival nobody knows what it costs: in tokens, it comes at once.
        let mut reached = match unit {
            Unit::Requests => gap(),
            Unit::Tokens => 0.0,
        };
        while reached < self.total() {
            let spent = cost(self.reaches(reached));
            reached += spent * gap();
        }
    }

    /// Requests or tokens of the whole stage.
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
