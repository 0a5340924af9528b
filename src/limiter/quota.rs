use std::time::Duration;

use jiff::civil::{DateTime, Weekday};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

/// The fixed window of a quota; it starts at the UTC time truncated to the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Hourly,
    Daily,
    /// Microsoft does not say on which day a week starts (specification 1.5).
    Weekly(Weekday),
    Monthly,
    Yearly,
    /// Windows of a length of their own, one after the other from `first` on.
    Every {
        first: Timestamp,
        length: Duration,
    },
    /// One window without an end.
    Forever,
}

impl Period {
    pub(crate) const ALL: [(&'static str, Period); 5] = [
        ("Hourly", Period::Hourly),
        ("Daily", Period::Daily),
        ("Weekly", Period::Weekly(Weekday::Monday)),
        ("Monthly", Period::Monthly),
        ("Yearly", Period::Yearly),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Period> {
        Period::ALL
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, period)| *period)
    }

    /// The same period, with weeks that begin on `day`.
    pub(crate) fn weeks_from(self, day: Weekday) -> Period {
        match self {
            Period::Weekly(_) => Period::Weekly(day),
            other => other,
        }
    }

    /// Start of the window that holds `now`.
    pub(crate) fn start(self, now: Timestamp) -> Timestamp {
        let civil = TimeZone::UTC.to_datetime(now);
        let date = civil.date();
        let start = match self {
            Period::Every { first, length } => {
                let window = window_of(first, length, now);
                return moment_after(first, length, window);
            }
            Period::Forever => return Timestamp::MIN,
            Period::Hourly => date.at(civil.hour(), 0, 0, 0),
            Period::Daily => midnight(date),
            Period::Weekly(first) => {
                let days = date.weekday().since(first);
                midnight(date.saturating_sub(i64::from(days).days()))
            }
            Period::Monthly => midnight(date.first_of_month()),
            Period::Yearly => midnight(date.first_of_year()),
        };
        utc(start)
    }

    /// When the window that holds `now` ends and the next one begins.
    pub(crate) fn end(self, now: Timestamp) -> Timestamp {
        let start = TimeZone::UTC.to_datetime(self.start(now));
        utc(match self {
            Period::Every { first, length } => {
                return moment_after(first, length, window_of(first, length, now) + 1);
            }
            Period::Forever => return Timestamp::MAX,
            Period::Hourly => start.saturating_add(1.hours()),
            Period::Daily => start.saturating_add(1.days()),
            Period::Weekly(_) => start.saturating_add(7.days()),
            Period::Monthly => start.saturating_add(1.months()),
            Period::Yearly => start.saturating_add(1.years()),
        })
    }
}

/// Number of the window that holds `now`, counted from `first`; before it, below zero.
fn window_of(first: Timestamp, length: Duration, now: Timestamp) -> i128 {
    (now.as_nanosecond() - first.as_nanosecond()).div_euclid(nanos(length))
}

fn moment_after(first: Timestamp, length: Duration, windows: i128) -> Timestamp {
    let at = first.as_nanosecond() + nanos(length) * windows;
    let limits = (
        Timestamp::MIN.as_nanosecond(),
        Timestamp::MAX.as_nanosecond(),
    );
    Timestamp::from_nanosecond(at.clamp(limits.0, limits.1)).unwrap_or(Timestamp::MAX)
}

fn nanos(length: Duration) -> i128 {
    i128::try_from(length.as_nanos())
        .unwrap_or(i128::MAX)
        .max(1)
}

fn midnight(date: jiff::civil::Date) -> DateTime {
    date.at(0, 0, 0, 0)
}

fn utc(civil: DateTime) -> Timestamp {
    TimeZone::UTC.to_timestamp(civil).unwrap_or(Timestamp::MAX)
}

/// What one counter key used in the current window: a plain sum.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QuotaCounter {
    period: Period,
    window: Timestamp,
    used: u64,
}

/// What [`QuotaCounter::admit`] took in advance, and from which window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotaReservation {
    window: Timestamp,
    estimate: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuotaRefusal {
    /// More than the quota was used.
    Spent { wait: Duration },
    /// The estimate is more than what is left.
    WillExceed { wait: Duration },
}

impl QuotaCounter {
    pub(crate) fn new(now: Timestamp, period: Period) -> QuotaCounter {
        QuotaCounter {
            period,
            window: period.start(now),
            used: 0,
        }
    }

    /// Decides on a request and takes its estimate. A quota exactly spent still admits: it is
    /// exceeded only above (observed on Basic v2, specification 1.5).
    ///
    /// # Errors
    ///
    /// Why it may not pass, with the time until the window ends, in whole seconds rounded up.
    pub(crate) fn admit(
        &mut self,
        now: Timestamp,
        quota: u64,
        estimate: u64,
    ) -> Result<QuotaReservation, QuotaRefusal> {
        self.roll(now);
        let wait = self.wait(now);
        if self.used > quota {
            return Err(QuotaRefusal::Spent { wait });
        }
        if estimate > quota - self.used {
            return Err(QuotaRefusal::WillExceed { wait });
        }
        self.used += estimate;
        Ok(QuotaReservation {
            window: self.window,
            estimate,
        })
    }

    /// Charges what was really used. An answer that arrives in a later window is charged there:
    /// its reservation went with the old one.
    pub(crate) fn settle(&mut self, now: Timestamp, reservation: QuotaReservation, spent: u64) {
        self.roll(now);
        if reservation.window == self.window {
            self.used = self.used.saturating_sub(reservation.estimate);
        }
        self.used += spent;
    }

    /// Counts what nobody asked for in advance.
    pub(crate) fn add(&mut self, now: Timestamp, spent: u64) {
        self.roll(now);
        self.used = self.used.saturating_add(spent);
    }

    pub(crate) fn remaining(&mut self, now: Timestamp, quota: u64) -> u64 {
        self.roll(now);
        quota.saturating_sub(self.used)
    }

    /// True when a new counter of the same period would decide the same.
    pub(crate) fn is_idle(&mut self, now: Timestamp) -> bool {
        self.roll(now);
        self.used == 0
    }

    pub(crate) fn describe(&mut self, now: Timestamp) -> String {
        self.roll(now);
        format!("{} used since {}", self.used, self.window)
    }

    /// A different period for the same key starts a window of its own kind.
    pub(crate) fn period(&mut self, now: Timestamp, period: Period) {
        if self.period != period {
            *self = QuotaCounter::new(now, period);
        }
    }

    fn roll(&mut self, now: Timestamp) {
        let window = self.period.start(now);
        if window > self.window {
            self.window = window;
            self.used = 0;
        }
    }

    fn wait(&self, now: Timestamp) -> Duration {
        let left = self.period.end(now).duration_since(now);
        let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0).max(1))
    }
}
