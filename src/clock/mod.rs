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

    /// A clock whose moment zero is `started`, when that is still to come. Until then it stands at
    /// zero, and whatever waits for a moment waits for the beginning as well.
    pub(crate) fn start_at(started: Timestamp) -> Option<Clock> {
        let ahead = Duration::try_from(started.duration_since(Timestamp::now())).ok()?;
        let origin = Instant::now().checked_add(ahead)?;
        Some(Clock { origin, started })
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
        let until_zero = self.origin.saturating_duration_since(Instant::now());
        moment.since(self.now()).saturating_add(until_zero)
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

/// Lets waits of the calling thread end when they should and not up to 50 microseconds later, as
/// Linux may else bundle them. Elsewhere it does nothing.
pub(crate) fn wait_exactly() {
    #[cfg(target_os = "linux")]
    {
        // A kernel that refuses wakes the thread a little later; nothing depends on it.
        let _refused = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    }
}

/// Processor time that the calling thread has used; `None` where the system does not tell.
pub(crate) fn thread_cpu() -> Option<Duration> {
    #[cfg(unix)]
    {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(used).ok()
    }
    #[cfg(not(unix))]
    None
}
