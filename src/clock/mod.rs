//! The only reader of time. Everything else is told a [`Moment`].
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "edge: moments are made here, and waiting for them happens here"
)]

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::base::Moment;

/// A clock that starts at moment zero when it is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
    started: Timestamp,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock {
            origin: Instant::now(),
            started: Timestamp::now(),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::at(self.origin.elapsed())
    }

    /// UTC time of moment zero.
    pub(crate) fn started(&self) -> Timestamp {
        self.started
    }

    /// Time left until `moment`; zero when it has passed.
    pub(crate) fn until(&self, moment: Moment) -> Duration {
        moment.since(self.now())
    }

    /// Waits in an async task; accurate to about a millisecond, as tokio's timer is.
    pub(crate) async fn sleep_until(&self, moment: Moment) {
        tokio::time::sleep(self.until(moment)).await;
    }

    /// A timer for hand-written futures.
    pub(crate) fn timer(&self, moment: Moment) -> tokio::time::Sleep {
        tokio::time::sleep(self.until(moment))
    }
}
