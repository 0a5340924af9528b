use std::time::Duration;

use jiff::Timestamp;

/// Platform metrics come 1 to 3 minutes late, custom ones and logs up to 5.
const DELAY: Duration = Duration::from_mins(5);

/// Intervals of one answer at most.
const MOST_POINTS: u64 = 1_440;

/// Intervals that Azure knows, with their names, from the finest.
const GRAINS: [(&str, u64); 8] = [
    ("PT1M", 60),
    ("PT5M", 300),
    ("PT15M", 900),
    ("PT30M", 1_800),
    ("PT1H", 3_600),
    ("PT6H", 21_600),
    ("PT12H", 43_200),
    ("P1D", 86_400),
];

/// The stretch of time that a report is about, cut into intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Whole minutes.
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Seconds of one interval.
    pub(crate) interval: u64,
    /// What is later may still grow when Azure is asked again.
    pub(crate) certain_until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WindowError {
    #[error("the window ends before it begins")]
    Empty,
    #[error("the window begins in the future")]
    Future,
    /// Azure keeps platform metrics so long.
    #[error("Azure keeps metrics for 93 days, and the window begins before that")]
    TooOld,
}

impl Window {
    /// Cut so fine that an answer can hold it.
    pub(crate) fn new(
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<Window, WindowError> {
        let minute = |at: Timestamp| at.as_second().div_euclid(60) * 60;
        let (first, last) = (minute(from), minute(to.min(now)));
        if from >= to {
            return Err(WindowError::Empty);
        }
        if from >= now {
            return Err(WindowError::Future);
        }
        if from
            .checked_add(Duration::from_hours(24 * 93))
            .is_ok_and(|kept| kept < now)
        {
            return Err(WindowError::TooOld);
        }
        // The last minute may have begun only now.
        let last = last.max(first + 60);
        let at = |second| Timestamp::from_second(second).unwrap_or(now);
        let length = u64::try_from(last - first).unwrap_or(60);
        let fits = |grain: &&(&str, u64)| length.div_ceil(grain.1) <= MOST_POINTS;
        let interval = GRAINS
            .iter()
            .find(fits)
            .map_or(86_400, |(_, seconds)| *seconds);
        Ok(Window {
            from: at(first),
            to: at(last),
            interval,
            certain_until: now.checked_sub(DELAY).unwrap_or(now),
        })
    }

    /// Azure's name of the interval.
    pub(crate) fn grain(&self) -> &'static str {
        let known = GRAINS.iter().find(|(_, seconds)| *seconds == self.interval);
        known.map_or("PT1M", |(name, _)| *name)
    }

    /// As the API takes it.
    pub(crate) fn timespan(&self) -> String {
        format!("{}/{}", self.from, self.to)
    }

    pub(crate) fn count(&self) -> usize {
        let length = u64::try_from(self.to.as_second() - self.from.as_second()).unwrap_or(0);
        usize::try_from(length.div_ceil(self.interval)).unwrap_or(0)
    }

    /// Number of the interval that a moment lies in; `None` outside of the window.
    pub(crate) fn place(&self, at: Timestamp) -> Option<usize> {
        let since = u64::try_from(at.as_second() - self.from.as_second()).ok()?;
        let place = usize::try_from(since / self.interval).ok()?;
        (at < self.to).then_some(place)
    }

    pub(crate) fn start(&self, place: usize) -> Timestamp {
        let seconds = place as u64 * self.interval;
        let start = self.from.checked_add(Duration::from_secs(seconds));
        start.unwrap_or(self.to)
    }

    /// Minutes of one interval.
    pub(crate) fn minutes(&self) -> f64 {
        self.interval as f64 / 60.0
    }

    /// Whether the end may still grow.
    pub(crate) fn uncertain(&self) -> bool {
        self.certain_until < self.to
    }
}

/// Seconds of an interval that an answer names.
pub(super) fn grain_seconds(name: &str) -> Option<u64> {
    let known = GRAINS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, seconds)| *seconds)
}
