//! Lines over time, of values that hold or rise until the next one is known, labelled at their ends.

use super::names::{Aside, labels};
use super::timeline::{Timeline, clock};
use crate::base::number;
use crate::report::stats::seconds;
use crate::report::svg::{Canvas, Ink, Plot};

/// Points that a line may have: more than the picture is wide would not show.
pub(super) const COLUMNS: u64 = 220;
/// Lines that can be told apart.
pub(super) const MOST_SERIES: usize = 4;

/// How a value goes on until the next one is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Between {
    Holds,
    Rises { per_second: f64, up_to: f64 },
}

impl Between {
    fn later(self, value: f64, micros: u64) -> f64 {
        match self {
            Between::Holds => value,
            Between::Rises { per_second, up_to } => {
                (value + per_second * seconds(micros)).min(up_to)
            }
        }
    }
}

pub(super) struct Series {
    pub(super) name: String,
    /// Moments and the value right after them, in order of time.
    pub(super) points: Vec<(u64, f64)>,
    pub(super) between: Between,
}

impl Series {
    pub(super) fn highest(&self) -> f64 {
        self.values().fold(0.0, f64::max)
    }

    /// Zero when no value is below it.
    pub(super) fn lowest(&self) -> f64 {
        self.values().fold(0.0, f64::min)
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.points.iter().map(|(_, value)| *value)
    }

    /// The value at a moment; `None` before the first.
    pub(super) fn at(&self, moment: u64) -> Option<f64> {
        let after = self.points.partition_point(|(known, _)| *known <= moment);
        let (known, value) = self.points[after.checked_sub(1)?];
        Some(self.between.later(value, moment - known))
    }

    /// Lowest, highest and last point of every column, in order of time; crests of a line that rises
    /// stand before its points, so it does without the highest.
    fn thinned(&self, end_us: u64) -> Vec<(u64, f64)> {
        let column = (end_us / COLUMNS).max(1);
        let mut kept = Vec::new();
        for points in self
            .points
            .chunk_by(|left, right| left.0 / column == right.0 / column)
        {
            let by_value =
                |left: &usize, right: &usize| points[*left].1.total_cmp(&points[*right].1);
            let lowest = (0..points.len()).min_by(by_value).unwrap_or(0);
            let highest = match self.between {
                Between::Holds => (0..points.len()).max_by(by_value).unwrap_or(0),
                Between::Rises { .. } => lowest,
            };
            let mut places = [lowest, highest, points.len() - 1];
            places.sort_unstable();
            for (index, place) in places.iter().enumerate() {
                if index == 0 || places[index - 1] != *place {
                    kept.push(points[*place]);
                }
            }
        }
        kept
    }

    /// The line as corners: from a value on to where the next one is known, then straight to that.
    fn corners(&self, end_us: u64) -> Vec<(f64, f64)> {
        let points = self.thinned(end_us);
        let mut corners: Vec<(f64, f64)> = Vec::new();
        for (place, (moment, value)) in points.iter().copied().enumerate() {
            let next = points.get(place + 1).map_or(end_us, |next| next.0);
            let last = self.between.later(value, next.saturating_sub(moment));
            corners.push((seconds(moment), value));
            if let Between::Rises { per_second, up_to } = self.between {
                let full = seconds(moment) + (up_to - value) / per_second;
                if value < up_to && full < seconds(next) {
                    corners.push((full, up_to));
                }
            }
            corners.push((seconds(next), last));
        }
        corners
    }
}

/// What of a line is above zero, cut where it crosses.
fn above_zero(corners: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut above: Vec<(f64, f64)> = Vec::new();
    for (place, (across, value)) in corners.iter().copied().enumerate() {
        if let Some((before, known)) = place.checked_sub(1).map(|place| corners[place])
            && (known < 0.0) != (value < 0.0)
        {
            above.push((before + (across - before) * known / (known - value), 0.0));
        }
        if value >= 0.0 {
            above.push((across, value));
        }
    }
    above
}

/// All lines as points at small even distances.
pub(super) fn sampled(lines: &[Series], end_us: u64) -> Vec<(f64, f64)> {
    let moments = (0..=COLUMNS).map(|column| end_us / COLUMNS * column);
    let points = moments.flat_map(|moment| {
        let values = lines.iter().filter_map(move |series| series.at(moment));
        values.map(move |value| (seconds(moment), value))
    });
    points.collect()
}

/// Draws the lines; one alone gets its area filled, several get their names at their ends.
pub(super) fn draw(
    canvas: &Canvas<'_>,
    plot: &Plot<'_, '_>,
    lines: &[Series],
    timeline: &Timeline,
    aside: Option<Aside>,
) {
    let mut ends = Vec::new();
    for (series, ink) in lines.iter().zip(Ink::SERIES) {
        let corners = series.corners(timeline.end_us());
        if lines.len() == 1 {
            plot.area(&above_zero(&corners), Ink::Area);
        }
        let last = corners.last().copied().unwrap_or_default();
        plot.line(corners, ink, Some(series.name.clone()));
        if lines.len() > 1 {
            ends.push((plot.at(last.0, last.1).1, ink, series.name.as_str()));
        }
    }
    ends.extend(aside.map(|(value, word)| (plot.at(0.0, value).1, Ink::Strong, word)));
    labels(canvas, plot, ends);
}

/// What tooltips call a value, and what else they say of an interval.
pub(super) struct Hover<'a> {
    pub(super) noun: &'static str,
    pub(super) more: &'a dyn Fn(u64, u64) -> Option<String>,
}

impl Hover<'_> {
    /// Tooltips over lines, which are too thin to hit: an interval shows the values at its end.
    pub(super) fn draw(
        &self,
        canvas: &Canvas<'_>,
        plot: &Plot<'_, '_>,
        lines: &[Series],
        timeline: &Timeline,
    ) {
        for place in 0..timeline.bins.len() {
            let (start, end) = timeline.interval(place);
            let mut words: Vec<String> = Vec::new();
            for series in lines {
                let Some(value) = series.at(end) else {
                    continue;
                };
                let value = format!("{} {}", number(value, 0), self.noun);
                words.push(if lines.len() > 1 {
                    format!("{value} ({})", series.name)
                } else {
                    value
                });
            }
            words.extend((self.more)(start, end));
            if !words.is_empty() {
                let (left, _) = plot.at(seconds(start), 0.0);
                let (right, _) = plot.at(seconds(end), 0.0);
                let title = format!("at {}: {}", clock(end), words.join(", "));
                let frame = plot.frame();
                canvas.rect(
                    left..right,
                    frame.top..frame.bottom,
                    Ink::Hover,
                    Some(title),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[(u64, f64)], between: Between) -> Series {
        Series {
            name: "any".to_owned(),
            points: points
                .iter()
                .map(|(at_s, value)| (at_s * 1_000_000, *value))
                .collect(),
            between,
        }
    }

    #[test]
    fn a_value_holds_or_rises_until_the_next_one() {
        let points = [(1, -10.0), (4, 5.0)];
        let holds = series(&points, Between::Holds);
        let rises = series(
            &points,
            Between::Rises {
                per_second: 10.0,
                up_to: 15.0,
            },
        );
        assert_eq!(
            holds.corners(10_000_000),
            [(1.0, -10.0), (4.0, -10.0), (4.0, 5.0), (10.0, 5.0)]
        );
        let corners = [
            (1.0, -10.0),
            (3.5, 15.0),
            (4.0, 15.0),
            (4.0, 5.0),
            (5.0, 15.0),
            (10.0, 15.0),
        ];
        assert_eq!(rises.corners(10_000_000), corners);
        assert_eq!((rises.at(999_999), rises.at(1_500_000)), (None, Some(-5.0)));
        assert_eq!((holds.lowest(), rises.highest()), (-10.0, 5.0));
        assert_eq!(
            above_zero(&corners[..4]),
            [(2.0, 0.0), (3.5, 15.0), (4.0, 15.0), (4.0, 5.0)]
        );
    }

    #[test]
    fn many_points_are_thinned_to_what_shows() {
        let points: Vec<(u64, f64)> = (0..100_000)
            .map(|place| (place, (place % 7) as f64))
            .collect();
        for (between, most) in [
            (Between::Holds, 3),
            (
                Between::Rises {
                    per_second: 1.0,
                    up_to: 9.0,
                },
                2,
            ),
        ] {
            let thinned = series(&points, between).thinned(100_000_000_000);
            let columns = usize::try_from(COLUMNS).unwrap() + 1;
            assert!(thinned.len() <= columns * most, "{}", thinned.len());
            assert!(thinned.is_sorted_by_key(|(moment, _)| *moment));
        }
    }
}
