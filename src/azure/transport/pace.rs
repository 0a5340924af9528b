use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::base::Moment;
use crate::clock::Clock;

/// Time as the transport and the pollers see it.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    clock: Clock,
    /// Waits that tests did not wait.
    #[cfg(test)]
    skipped: Option<std::sync::Arc<std::sync::Mutex<Duration>>>,
}

impl Pace {
    pub(crate) fn new(clock: Clock) -> Pace {
        Pace {
            clock,
            #[cfg(test)]
            skipped: None,
        }
    }

    /// Time that jumps over every wait.
    #[cfg(test)]
    pub(crate) fn skipping() -> Pace {
        Pace {
            clock: Clock::start(),
            skipped: Some(std::sync::Arc::default()),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        let now = self.clock.now();
        #[cfg(test)]
        if let Some(skipped) = &self.skipped {
            return Moment::at(now.since_start() + *skipped.lock().unwrap());
        }
        now
    }

    /// UTC time.
    pub(crate) fn timestamp(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.now().since_start());
        passed
            .ok()
            .and_then(|passed| self.clock.started().checked_add(passed).ok())
            .unwrap_or_else(|| self.clock.started())
    }

    pub(crate) async fn pause(&self, wait: Duration) {
        #[cfg(test)]
        if let Some(skipped) = &self.skipped {
            *skipped.lock().unwrap() += wait;
            // Others get a turn, as a real wait would give them.
            let soon = self.clock.now().since_start() + Duration::from_millis(1);
            self.clock.sleep_until(Moment::at(soon)).await;
            return;
        }
        let until = self.clock.now().since_start().saturating_add(wait);
        self.clock.sleep_until(Moment::at(until)).await;
    }
}
