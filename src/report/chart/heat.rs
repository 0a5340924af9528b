//! Where latencies lie over time: darker cells hold more requests; with p50, p95 and p99 of every
//! interval. Refusals are quick and would hide slowness, so they are in the table only.

use super::built::{Chart, DataTable};
use super::names::label_room;
use super::series::{Between, Series};
use super::timeline::{Timeline, frame, height};
use crate::base::number;
use crate::report::axis::logarithm;
use crate::report::digest::{Column, Digest, Sketch};
use crate::report::stats::{milliseconds, seconds};
use crate::report::svg::{Canvas, Ink, Plot, picture};
use crate::report::verdict::plural;

const ID: &str = "latency-over-time";
const TITLE: &str = "Latency over time";
const QUANTILES: [(&str, u64); 3] = [("p50", 500), ("p95", 950), ("p99", 990)];
/// Rows of a heat map.
const MOST_ROWS: f64 = 28.0;

pub(super) fn chart(digest: &Digest, timeline: &Timeline) -> Chart {
    let columns = &digest.columns;
    let values = || columns.iter().flat_map(|column| column.latency.buckets());
    let (Some(least), Some(most)) = (
        values().map(|(value, _)| value).min(),
        columns
            .iter()
            .filter_map(|column| column.latency.max())
            .max(),
    ) else {
        return Chart::empty(ID, TITLE, "no request passed in this run");
    };
    let rows = Rows::new(least, most);
    let y = logarithm(rows.bottom(), rows.top(), "latency");
    let lines: Vec<Series> = QUANTILES
        .map(|(name, at)| line(name, at, columns, timeline))
        .into();
    let frame = frame(&y, 0.0, label_room(&lines, None));
    let drawn = picture(height(&frame), |canvas| {
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        cells(&plot, columns, timeline, &rows);
        quantiles(canvas, &plot, columns, timeline);
        for (place, column) in columns.iter().enumerate() {
            hover(canvas, &plot, column, timeline, place);
        }
    });
    let description =
        "from due to done, of requests that passed, by when they were done; darker cells \
                       hold more; lines are p50, p95 and p99 of each interval, within 6 %"
            .to_owned();
    Chart::drawn(ID, TITLE, description, &drawn, table(columns, timeline))
}

/// Rows of equal height on a logarithmic axis.
struct Rows {
    /// Powers of two, in eighths: the buckets of the sketch.
    first: u32,
    last: u32,
    /// Eighths in a row.
    step: u32,
}

impl Rows {
    fn new(fastest: u64, slowest: u64) -> Rows {
        let (first, last) = (eighth(fastest), eighth(slowest));
        let mut step = 1;
        while f64::from(last - first + 1) / f64::from(step) > MOST_ROWS {
            step *= 2;
        }
        Rows {
            first: first / step * step,
            last: last / step * step,
            step,
        }
    }

    fn of(&self, value: u64) -> u32 {
        (eighth(value).clamp(self.first, self.last + self.step - 1) - self.first) / self.step
    }

    fn bottom(&self) -> u64 {
        micros(self.first)
    }

    fn top(&self) -> u64 {
        micros(self.last + self.step)
    }

    /// Lower and upper edge of a row, as powers of ten.
    fn edges(&self, row: u32) -> (f64, f64) {
        let edge = |row: u32| libm::log10(micros(self.first + row * self.step).max(1) as f64);
        (edge(row), edge(row + 1))
    }
}

/// Number of the bucket that an eighth of a doubling is.
fn eighth(value: u64) -> u32 {
    let value = value.max(8);
    let octave = value.ilog2();
    let part = (value >> (octave - 3)) & 7;
    octave * 8 + u32::try_from(part).unwrap_or(0)
}

/// The least value of a bucket.
fn micros(eighth: u32) -> u64 {
    let octave = (eighth / 8).clamp(3, 62);
    (8 + u64::from(eighth % 8)) << (octave - 3)
}

fn cells(plot: &Plot<'_, '_>, columns: &[Column], timeline: &Timeline, rows: &Rows) {
    let mut filled: Vec<(usize, u32, u64)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let mut counts = std::collections::BTreeMap::new();
        for (value, count) in column.latency.buckets() {
            *counts.entry(rows.of(value)).or_insert(0) += count;
        }
        filled.extend(counts.into_iter().map(|(row, count)| (place, row, count)));
    }
    let most = filled.iter().map(|(.., count)| *count).max().unwrap_or(1);
    for (level, ink) in Ink::HEAT.into_iter().enumerate() {
        let mut corners = Vec::new();
        for (place, row, _) in filled
            .iter()
            .filter(|(.., count)| heat(*count, most) == level)
        {
            let (start, end) = timeline.interval(*place);
            let (low, high) = rows.edges(*row);
            corners.extend([(seconds(start), low), (seconds(end), high)]);
        }
        if !corners.is_empty() {
            plot.boxes(corners, ink);
        }
    }
}

/// One of five levels; on a square root, so that single slow requests show beside busy cells.
fn heat(count: u64, most: u64) -> usize {
    let share = libm::sqrt(count as f64 / most.max(1) as f64);
    (1..5)
        .rev()
        .find(|level| share > *level as f64 / 5.0)
        .unwrap_or(0)
}

fn line(name: &str, thousandths: u64, columns: &[Column], timeline: &Timeline) -> Series {
    let values = columns.iter().enumerate().filter_map(|(place, column)| {
        let value = column.latency.quantile(thousandths)?;
        Some((timeline.interval(place).0, value as f64))
    });
    Series {
        name: name.to_owned(),
        points: values.collect(),
        between: Between::Holds,
    }
}

/// Steps, broken where nothing passed, named at their last.
fn quantiles(canvas: &Canvas<'_>, plot: &Plot<'_, '_>, columns: &[Column], timeline: &Timeline) {
    let inks = [Ink::Strong, Ink::Series2, Ink::Series3];
    let mut ends = Vec::new();
    for ((name, thousandths), ink) in QUANTILES.into_iter().zip(inks) {
        let drawn = if ink == Ink::Strong {
            Ink::Quantile
        } else {
            ink
        };
        let mut corners: Vec<(f64, f64)> = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let Some(value) = column.latency.quantile(thousandths) else {
                if !corners.is_empty() {
                    plot.line(std::mem::take(&mut corners), drawn, Some(name.to_owned()));
                }
                continue;
            };
            let (start, end) = timeline.interval(place);
            let height = libm::log10(value.max(1) as f64);
            corners.extend([(seconds(start), height), (seconds(end), height)]);
        }
        let last = columns
            .iter()
            .rev()
            .find_map(|column| column.latency.quantile(thousandths));
        if let Some(last) = last {
            ends.push((plot.at(0.0, libm::log10(last.max(1) as f64)).1, ink, name));
        }
        if !corners.is_empty() {
            plot.line(corners, drawn, Some(name.to_owned()));
        }
    }
    super::names::labels(canvas, plot, ends);
}

fn hover(
    canvas: &Canvas<'_>,
    plot: &Plot<'_, '_>,
    column: &Column,
    timeline: &Timeline,
    place: usize,
) {
    if column.latency.samples() == 0 {
        return;
    }
    let (start, end) = timeline.interval(place);
    let frame = plot.frame();
    let across = |moment: u64| plot.at(seconds(moment), 0.0).0;
    let quantiles = QUANTILES.map(|(name, at)| format!("{name} {}", shown(&column.latency, at)));
    let title = format!(
        "{}: {} passed, {} ms",
        timeline.words(place),
        plural(column.latency.samples(), "request"),
        quantiles.join(", ")
    );
    canvas.rect(
        across(start)..across(end),
        frame.top..frame.bottom,
        Ink::Hover,
        Some(title),
    );
}

fn shown(times: &Sketch<3>, thousandths: u64) -> String {
    times.quantile(thousandths).map_or("–".to_owned(), |value| {
        number(milliseconds(value), usize::from(value < 10_000) * 2)
    })
}

fn table(columns: &[Column], timeline: &Timeline) -> DataTable {
    let mut table = DataTable::new(&[
        "time",
        "passed",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "throttled",
        "429 p50 ms",
    ]);
    for (place, column) in columns.iter().enumerate() {
        let mut row = vec![
            timeline.words(place),
            number(column.latency.samples() as f64, 0),
        ];
        row.extend(QUANTILES.map(|(_, at)| shown(&column.latency, at)));
        row.push(number(column.refusal.samples() as f64, 0));
        row.push(shown(&column.refusal, 500));
        table.rows.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_what_lies_between_their_edges() {
        for (least, most) in [
            (1, 1),
            (3, 900),
            (20_000, 21_000),
            (1_000, 60_000_000),
            (5, u64::MAX),
        ] {
            let rows = Rows::new(least, most);
            for value in [least, u64::midpoint(least, most), most] {
                let value = value.clamp(8, 1 << 62);
                let (low, high) = rows.edges(rows.of(value));
                let at = libm::log10(value as f64);
                assert!(
                    low <= at + 1e-12 && at <= high + 1e-12,
                    "{value} in {least}..{most}"
                );
            }
            assert!(f64::from(rows.of(most)) < MOST_ROWS);
        }
        assert_eq!([1, 2, 50, 100].map(|count| heat(count, 100)), [0, 0, 3, 4]);
    }
}
