use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::usage::Window;

/// Most columns of a chart.
const MOST_BINS: usize = 60;

/// Intervals put together, so that a chart stays readable.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Bins {
    pub(in crate::report) count: usize,
    /// Intervals of one bin.
    pub(in crate::report) per: usize,
    /// Length of a bin in words.
    pub(in crate::report) step: String,
    /// Seconds of a bin.
    pub(in crate::report) width: f64,
    /// Seconds of the window.
    pub(in crate::report) length: f64,
    /// Seconds into the window from which Azure may still add.
    pub(in crate::report) uncertain_from: Option<f64>,
    /// The window is longer than a day: hours alone do not tell.
    pub(in crate::report) days: bool,
    window: Window,
}

impl Bins {
    pub(in crate::report) fn of(window: &Window) -> Bins {
        let intervals = window.count().max(1);
        let per = [1, 2, 5, 10, 15, 30, 60]
            .into_iter()
            .find(|per| intervals.div_ceil(*per) <= MOST_BINS)
            .unwrap_or(intervals.div_ceil(MOST_BINS));
        let seconds = window.interval * per as u64;
        let length = window.to.as_second() - window.from.as_second();
        let from = window.certain_until.as_second() - window.from.as_second();
        Bins {
            count: intervals.div_ceil(per),
            per,
            step: match seconds {
                3_600 => "hour".to_owned(),
                3_600.. if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
                60 => "minute".to_owned(),
                _ => format!("{} min", seconds / 60),
            },
            width: seconds as f64,
            length: length as f64,
            uncertain_from: window.uncertain().then(|| from.max(0) as f64),
            days: length > 86_400,
            window: *window,
        }
    }

    pub(in crate::report) fn of_interval(&self, place: usize) -> usize {
        (place / self.per).min(self.count - 1)
    }

    pub(in crate::report) fn start(&self, place: usize) -> Timestamp {
        self.window.start(place * self.per)
    }

    /// From and to in seconds of the window.
    pub(in crate::report) fn span(&self, place: usize) -> (f64, f64) {
        let from = place as f64 * self.width;
        (from, (from + self.width).min(self.length))
    }
}

/// `12:05`, or `Jan 2 12:05`.
pub(in crate::report) fn hour(at: Timestamp, zone: &TimeZone, with_day: bool) -> String {
    let format = if with_day { "%b %-d %H:%M" } else { "%H:%M" };
    zone.to_datetime(at).strftime(format).to_string()
}

pub(in crate::report) fn zone_name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}
