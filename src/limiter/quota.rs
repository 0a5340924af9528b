use std::time::Duration;

use jiff::civil::{DateTime, Weekday};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use crate::base::Tokens;

/// The fixed window of a quota; it starts at the UTC time truncated to the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Hourly,
    Daily,
    /// Microsoft does not say on which day a week starts (specification 1.5).
    Weekly(Weekday),
    Monthly,
    Yearly,
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
            Period::Hourly => start.saturating_add(1.hours()),
            Period::Daily => start.saturating_add(1.days()),
            Period::Weekly(_) => start.saturating_add(7.days()),
            Period::Monthly => start.saturating_add(1.months()),
            Period::Yearly => start.saturating_add(1.years()),
        })
    }
}

fn midnight(date: jiff::civil::Date) -> DateTime {
    date.at(0, 0, 0, 0)
}

fn utc(civil: DateTime) -> Timestamp {
    TimeZone::UTC.to_timestamp(civil).unwrap_or(Timestamp::MAX)
}

/// Tokens of one counter key in the current window: a plain sum.
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
    estimate: Tokens,
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
        quota: Tokens,
        estimate: Tokens,
    ) -> Result<QuotaReservation, QuotaRefusal> {
        self.roll(now);
        let wait = self.wait(now);
        if self.used > quota.0 {
            return Err(QuotaRefusal::Spent { wait });
        }
        if estimate.0 > quota.0 - self.used {
            return Err(QuotaRefusal::WillExceed { wait });
        }
        self.used += estimate.0;
        Ok(QuotaReservation {
            window: self.window,
            estimate,
        })
    }

    /// Charges what was really used. An answer that arrives in a later window is charged there:
    /// its reservation went with the old one.
    pub(crate) fn settle(&mut self, now: Timestamp, reservation: QuotaReservation, spent: Tokens) {
        self.roll(now);
        if reservation.window == self.window {
            self.used = self.used.saturating_sub(reservation.estimate.0);
        }
        self.used += spent.0;
    }

    pub(crate) fn remaining(&mut self, now: Timestamp, quota: Tokens) -> Tokens {
        self.roll(now);
        quota.saturating_sub(Tokens(self.used))
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
