use std::ops::{Add, AddAssign};
use std::time::Duration;

/// Time since the run, or the gateway, started. Nanosecond resolution.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment(Duration);

impl Moment {
    pub(crate) const ZERO: Moment = Moment(Duration::ZERO);

    pub(crate) const fn at(since_start: Duration) -> Moment {
        Moment(since_start)
    }

    pub(crate) const fn from_micros(micros: u64) -> Moment {
        Moment(Duration::from_micros(micros))
    }

    pub(crate) const fn since_start(self) -> Duration {
        self.0
    }

    pub(crate) fn as_micros(self) -> u64 {
        u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX)
    }

    /// Time that passed since `earlier`; zero when `earlier` is later, so that a clock that
    /// steps back never invents time.
    pub(crate) fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;

    fn add(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(span))
    }
}

impl AddAssign<Duration> for Moment {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}
