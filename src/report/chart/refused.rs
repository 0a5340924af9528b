//! When requests were throttled, and how long Retry-After then asked to wait.

use super::series::COLUMNS;
use super::timeline::{Timeline, clock};
use crate::base::number;
use crate::report::stats::seconds;
use crate::report::svg::{Canvas, Ink, Plot};
use crate::report::verdict::plural;
use crate::results::{Outcome, Record};

/// Height of the strip that shows waits.
const STRIP: f64 = 5.0;
/// Height of the mark of a 429.
const MARK: f64 = 10.0;

/// A stretch in which at least one caller was asked to wait.
pub(super) struct Wait {
    start_us: u64,
    end_us: u64,
    answers: u64,
    /// The end falls into the picture.
    ends: bool,
}

impl Wait {
    /// A strip along the upper edge, where no line hides it.
    pub(super) fn draw(&self, canvas: &Canvas<'_>, plot: &Plot<'_, '_>) {
        let (left, _) = plot.at(seconds(self.start_us), 0.0);
        let (right, _) = plot.at(seconds(self.end_us), 0.0);
        let top = plot.frame().top;
        canvas.rect(
            left..right.max(left + 1.0),
            top - STRIP - 1.0..top - 1.0,
            Ink::Wait,
            Some(self.words()),
        );
    }

    fn words(&self) -> String {
        let asked = plural(self.answers, "answer");
        let start = clock(self.start_us);
        if !self.ends {
            return format!("{asked} asked to wait from {start} on, beyond the end of the run");
        }
        let length = number(seconds(self.end_us - self.start_us), 1);
        let end = clock(self.end_us);
        let together = if self.answers > 1 { "together " } else { "" };
        format!("{asked} asked to wait, {together}{length} s from {start} to {end}")
    }
}

/// What was asked of callers in an interval.
pub(super) fn wait_words(waits: &[Wait], start_us: u64, end_us: u64) -> Option<String> {
    let wait = waits
        .iter()
        .find(|wait| wait.start_us < end_us && start_us < wait.end_us)?;
    let asked = plural(wait.answers, "answer");
    Some(if wait.ends {
        format!(
            "{asked} asked to wait, until {} at most",
            clock(wait.end_us)
        )
    } else {
        format!("{asked} asked to wait beyond the end of the run")
    })
}

/// Waits that overlap, or that are too close to see apart, are one stretch.
pub(super) fn waits(records: &[&Record], end_us: u64) -> Vec<Wait> {
    let column = end_us / COLUMNS;
    let mut asked: Vec<(u64, u64)> = records
        .iter()
        .filter(|record| record.outcome() == Outcome::Throttled)
        .filter_map(|record| {
            let wait_us = record.retry_after_s?.saturating_mul(1_000_000);
            Some((record.done_us, record.done_us.saturating_add(wait_us)))
        })
        .collect();
    asked.sort_unstable();
    let mut waits: Vec<Wait> = Vec::new();
    for (start_us, until_us) in asked {
        let ends = until_us <= end_us;
        let until_us = until_us.min(end_us);
        match waits.last_mut() {
            Some(last) if start_us <= last.end_us + column => {
                last.end_us = last.end_us.max(until_us);
                last.answers += 1;
                last.ends &= ends;
            }
            _ => waits.push(Wait {
                start_us,
                end_us: until_us,
                answers: 1,
                ends,
            }),
        }
    }
    waits
}

/// Where marks stand: on the side where no line is when requests are throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Upper,
    Lower,
}

/// Moments at which requests were throttled, in order, each with its number of requests.
pub(super) fn throttled_moments(records: &[&Record]) -> Vec<(u64, u64)> {
    let throttled = records
        .iter()
        .filter(|record| record.outcome() == Outcome::Throttled);
    let mut moments: Vec<(u64, u64)> = throttled.map(|record| (record.done_us, 1)).collect();
    moments.sort_unstable();
    moments
}

/// Short orange strokes at an edge where requests were throttled; those too close to see apart become
/// one that says how many.
pub(super) fn throttled_marks(
    canvas: &Canvas<'_>,
    plot: &Plot<'_, '_>,
    moments: &[(u64, u64)],
    timeline: &Timeline,
    edge: Edge,
) {
    let frame = plot.frame();
    let (from, to) = match edge {
        Edge::Upper => (frame.top, frame.top + MARK),
        Edge::Lower => (frame.bottom, frame.bottom - MARK),
    };
    let column = (timeline.end_us() / (COLUMNS / 2)).max(1);
    for close in moments.chunk_by(|left, right| left.0 / column == right.0 / column) {
        let (across, _) = plot.at(seconds(close[0].0), 0.0);
        let answers: u64 = close.iter().map(|(_, answers)| answers).sum();
        let title = format!(
            "{} × 429 at {}",
            number(answers as f64, 0),
            clock(close[0].0)
        );
        canvas.line(&[(across, from), (across, to)], Ink::Throttled, Some(title));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    fn refused(at_s: u64, wait_s: u64) -> Record {
        Record {
            status: Some(429),
            done_us: at_s * 1_000_000,
            retry_after_s: Some(wait_s),
            ..fixtures::record(0)
        }
    }

    #[test]
    fn waits_that_overlap_are_one() {
        let records = [
            refused(1, 3),
            refused(2, 5),
            refused(20, 9),
            refused(25, 60),
        ];
        let records: Vec<&Record> = records.iter().collect();
        let waits = waits(&records, 40_000_000);
        let words: Vec<String> = waits.iter().map(Wait::words).collect();
        assert_eq!(
            words,
            [
                "2 answers asked to wait, together 6 s from 1s to 7s",
                "2 answers asked to wait from 20s on, beyond the end of the run",
            ]
        );
        assert_eq!(
            wait_words(&waits, 6_000_000, 8_000_000).as_deref(),
            Some("2 answers asked to wait, until 7s at most")
        );
        assert_eq!(wait_words(&waits, 8_000_000, 20_000_000), None);
    }
}
