//! A run cut into intervals of equal length, by the moment at which requests were done.

use std::time::Duration;

use crate::base::format_duration;
use crate::report::axis::{self, Axis};
use crate::report::digest::Digest;
use crate::report::svg::Frame;
use crate::report::svg::WIDTH;

pub(super) struct Timeline {
    pub(super) interval_us: u64,
    pub(super) bins: Vec<Bin>,
}

/// Cells by outcome, in the order of `OUTCOMES`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Bin {
    pub(super) requests: [u64; 4],
    /// Reported tokens of passed requests; prompt tokens as planned of all others.
    pub(super) tokens: [u64; 4],
}

impl Timeline {
    pub(super) fn of(digest: &Digest) -> Timeline {
        let bins = digest.columns.iter().map(|column| Bin {
            requests: column.requests,
            tokens: column.tokens,
        });
        Timeline {
            interval_us: digest.interval_us,
            bins: bins.collect(),
        }
    }

    pub(super) fn end_us(&self) -> u64 {
        self.interval_us * self.bins.len() as u64
    }

    pub(super) fn axis(&self) -> Axis {
        axis::time(self.end_us())
    }

    /// From and to of an interval, in microseconds.
    pub(super) fn interval(&self, place: usize) -> (u64, u64) {
        let start = place as u64 * self.interval_us;
        (start, start + self.interval_us)
    }

    /// `10s–12s`.
    pub(super) fn words(&self, place: usize) -> String {
        let (start, end) = self.interval(place);
        format!("{}–{}", clock(start), clock(end))
    }

    /// `2s`, `1m`: the length of one interval.
    pub(super) fn step(&self) -> String {
        clock(self.interval_us)
    }
}

/// A moment since the start in words, as fine as people read it: `120ms`, `2.05s`, `1m12.5s`.
pub(in crate::report) fn clock(micros: u64) -> String {
    let fine = match micros {
        0..1_000_000 => 1_000,
        1_000_000..10_000_000 => 10_000,
        10_000_000..600_000_000 => 100_000,
        _ => 1_000_000,
    };
    format_duration(Duration::from_micros((micros + fine / 2) / fine * fine))
}

/// Room for a plot over time: labels of `y` to the left, `above` for a key, `right` for labels.
pub(super) fn frame(y: &Axis, above: f64, right: f64) -> Frame {
    let longest = y
        .ticks
        .iter()
        .map(|(_, label)| label.chars().count())
        .max()
        .unwrap_or(0);
    let top = above + 28.0;
    Frame {
        left: longest as f64 * super::key::LETTER + 10.0,
        // Half of the last tick label reaches beyond the axis.
        right: WIDTH - right.max(14.0),
        top,
        bottom: top + 180.0,
    }
}

/// Height of a picture with that plot: below it are tick labels and the unit.
pub(super) fn height(frame: &Frame) -> f64 {
    frame.bottom + 44.0
}
