//! `DateTime`, `DateTimeOffset` and `TimeSpan`: 100-nanosecond ticks since the year 1.

use jiff::Timestamp;

use super::date_format;
use crate::policy::expression::fault::{Fault, Raise};

pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;
pub(super) const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// Ticks of 1970-01-01.
pub(super) const UNIX_EPOCH: i64 = 719_162 * TICKS_PER_DAY;
/// Last tick of the year 9999.
pub(super) const MAX_TICKS: i64 = 3_155_378_975_999_999_999;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Unspecified,
    Utc,
    /// The gateway's own zone, which is UTC on Azure.
    Local,
    /// A `DateTimeOffset`, so many minutes ahead of UTC.
    Offset(i16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime {
    /// Of the clock on the wall where `kind` says.
    pub(crate) ticks: i64,
    pub(crate) kind: Kind,
}

/// Ticks, positive or negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimeSpan(pub(crate) i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// Ticks within the second.
    pub(crate) fraction: i64,
}

impl DateTime {
    pub(crate) const MIN: DateTime = DateTime {
        ticks: 0,
        kind: Kind::Unspecified,
    };
    pub(crate) const MAX: DateTime = DateTime {
        ticks: MAX_TICKS,
        kind: Kind::Unspecified,
    };

    pub(crate) fn new(ticks: i64, kind: Kind) -> Result<DateTime, Raise> {
        if (0..=MAX_TICKS).contains(&ticks) {
            return Ok(DateTime { ticks, kind });
        }
        let message = "The added or subtracted value results in an un-representable DateTime. (Parameter 'value')";
        Err(Fault::raise("ArgumentOutOfRangeException", message))
    }

    pub(crate) fn from_timestamp(moment: Timestamp, kind: Kind) -> DateTime {
        let ticks = moment.as_nanosecond() / 100;
        let ticks = i64::try_from(ticks).unwrap_or(0).saturating_add(UNIX_EPOCH);
        DateTime {
            ticks: ticks.clamp(0, MAX_TICKS),
            kind,
        }
    }

    pub(crate) fn from_unix(seconds: i64, kind: Kind) -> Result<DateTime, Raise> {
        let ticks = seconds
            .checked_mul(TICKS_PER_SECOND)
            .and_then(|ticks| ticks.checked_add(UNIX_EPOCH));
        DateTime::new(ticks.unwrap_or(-1), kind)
    }

    /// The moment of these fields; `None` when there is none, such as 30 February.
    pub(crate) fn from_fields(fields: Fields, kind: Kind) -> Option<DateTime> {
        let Fields {
            year,
            month,
            day,
            hour,
            minute,
            second,
            fraction,
        } = fields;
        let valid = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..TICKS_PER_SECOND).contains(&fraction);
        let seconds =
            (days_before(year, month) + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second;
        valid.then(|| DateTime {
            ticks: seconds * TICKS_PER_SECOND + fraction,
            kind,
        })
    }

    pub(crate) fn fields(self) -> Fields {
        let mut rest = self.ticks / TICKS_PER_DAY;
        let mut year = (rest / 366).max(1);
        while days_before(year + 1, 1) <= rest {
            year += 1;
        }
        rest -= days_before(year, 1);
        let mut month = 1;
        while rest >= days_in_month(year, month) {
            rest -= days_in_month(year, month);
            month += 1;
        }
        let seconds = self.ticks / TICKS_PER_SECOND % 86_400;
        Fields {
            year,
            month,
            day: rest + 1,
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            fraction: self.ticks % TICKS_PER_SECOND,
        }
    }

    pub(crate) fn offset_minutes(self) -> i64 {
        match self.kind {
            Kind::Offset(minutes) => i64::from(minutes),
            Kind::Unspecified | Kind::Utc | Kind::Local => 0,
        }
    }

    /// Ticks to compare by: a `DateTimeOffset` by its moment, a `DateTime` by its clock.
    pub(crate) fn instant(self) -> i64 {
        self.ticks - self.offset_minutes() * 60 * TICKS_PER_SECOND
    }

    pub(crate) fn plus(self, ticks: i64) -> Result<DateTime, Raise> {
        DateTime::new(self.ticks.saturating_add(ticks), self.kind)
    }

    /// The same day of the month, or the last one of a shorter month.
    pub(crate) fn plus_months(self, months: i64) -> Result<DateTime, Raise> {
        let mut fields = self.fields();
        let month = (fields.year * 12 + fields.month - 1).saturating_add(months);
        fields.year = month.div_euclid(12);
        fields.month = month.rem_euclid(12) + 1;
        if !(1..=9999).contains(&fields.year) {
            return Err(Fault::range("months"));
        }
        fields.day = fields.day.min(days_in_month(fields.year, fields.month));
        DateTime::from_fields(fields, self.kind).ok_or_else(|| Fault::range("months"))
    }

    /// Days since Sunday.
    pub(crate) fn weekday(self) -> usize {
        usize::try_from((self.ticks / TICKS_PER_DAY + 1) % 7).unwrap_or(0)
    }

    pub(crate) fn day_of_year(self) -> i64 {
        let days = self.ticks / TICKS_PER_DAY;
        days - days_before(self.fields().year, 1) + 1
    }

    pub(crate) fn date(self) -> DateTime {
        DateTime {
            ticks: self.ticks - self.ticks % TICKS_PER_DAY,
            kind: self.kind,
        }
    }

    pub(crate) fn unix_ticks(self) -> i64 {
        self.instant() - UNIX_EPOCH
    }

    pub(crate) fn type_name(self) -> &'static str {
        if matches!(self.kind, Kind::Offset(_)) {
            "System.DateTimeOffset"
        } else {
            "System.DateTime"
        }
    }

    /// `ToString()` in the invariant culture.
    pub(crate) fn to_text(self) -> String {
        self.format("G").unwrap_or_default()
    }

    pub(crate) fn format(self, pattern: &str) -> Result<String, Raise> {
        date_format::format(self, pattern)
    }
}

impl TimeSpan {
    /// So many of a unit, rounded to ticks as .NET does.
    pub(crate) fn of(amount: f64, ticks_per_unit: i64) -> Result<TimeSpan, Raise> {
        let ticks = libm::trunc(amount * ticks_per_unit as f64);
        // Exactly representable bounds, just inside the range of `i64`.
        if ticks.is_nan() || ticks.abs() > 9.2e18 {
            return Err(Fault::raise(
                "OverflowException",
                "TimeSpan overflowed because the duration is too long.",
            ));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number inside the range of `i64`"
        )]
        Ok(TimeSpan(ticks as i64))
    }

    /// `[-][d.]hh:mm:ss[.fffffff]`
    pub(crate) fn to_text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let ticks = self.0.unsigned_abs();
        let second = TICKS_PER_SECOND.unsigned_abs();
        let (seconds, fraction) = (ticks / second, ticks % second);
        let days = seconds / 86_400;
        let days = if days > 0 {
            format!("{days}.")
        } else {
            String::new()
        };
        let clock = format!(
            "{:02}:{:02}:{:02}",
            seconds / 3_600 % 24,
            seconds / 60 % 60,
            seconds % 60
        );
        let fraction = if fraction > 0 {
            format!(".{fraction:07}")
        } else {
            String::new()
        };
        format!("{sign}{days}{clock}{fraction}")
    }

    pub(crate) fn format(self, pattern: &str) -> Result<String, Raise> {
        date_format::format_span(self, pattern)
    }

    pub(crate) fn total(self, ticks_per_unit: i64) -> f64 {
        self.0 as f64 / ticks_per_unit as f64
    }
}

pub(crate) fn leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 0001-01-01 to the first of that month.
fn days_before(year: i64, month: i64) -> i64 {
    let years = year - 1;
    let months: i64 = (1..month).map(|month| days_in_month(year, month)).sum();
    years * 365 + years / 4 - years / 100 + years / 400 + months
}
