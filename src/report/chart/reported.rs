//! What the gateway said was left, against what is left by what answers cost. Where the two part,
//! somebody else spends from the same counter, estimates are charged, or there is more than one
//! gateway.

use super::built::{Chart, DataTable};
use super::key::Key;
use super::series::COLUMNS;
use super::timeline::{Timeline, clock, frame, height};
use crate::base::{number, percent};
use crate::report::axis::level;
use crate::report::digest::{Digest, Ledger, sum};
use crate::report::level::Level;
use crate::report::peak::tightest;
use crate::report::stats::seconds;
use crate::report::svg::{Canvas, Ink, Plot, picture};
use crate::results::RunInfo;

const ID: &str = "reported-against-predicted";
const TITLE: &str = "Tokens left: reported against predicted";
/// Lines that part by more than this share of the limit are told apart.
const APART: f64 = 0.05;

/// One moment at which the header came.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    at_us: u64,
    reported: f64,
    predicted: f64,
}

impl Point {
    fn apart(&self) -> f64 {
        self.reported - self.predicted
    }
}

/// `None` where the policy has no tokens per minute: there is nothing to predict.
pub(super) fn chart(info: &RunInfo, digest: &Digest, timeline: &Timeline) -> Option<Chart> {
    let (_, limit) = tightest(info)?;
    let counters = digest.counters(info);
    let told = counters.iter().filter_map(|(name, leaves)| {
        let points = points(info, limit, &sum(leaves));
        let worst = points.iter().map(|point| point.apart().abs());
        let worst = worst.fold(0.0, f64::max);
        (!points.is_empty()).then_some((*name, points, worst))
    });
    let most_apart = told.max_by(|one, other| one.2.total_cmp(&other.2));
    let Some((name, points, _)) = most_apart else {
        let words = "no answer reported remaining tokens in this run";
        return Some(Chart::empty(ID, TITLE, words));
    };
    let highest = points
        .iter()
        .map(|point| point.reported.max(point.predicted));
    let y = level(0.0, highest.fold(limit as f64, f64::max), "tokens left");
    let key = Key::new([
        (Ink::Series1, "reported by the header".to_owned()),
        (Ink::Series4, "predicted from usage".to_owned()),
        (Ink::Apart, "apart".to_owned()),
    ]);
    let frame = frame(&y, key.height(), 0.0);
    let thin = thinned(&points, timeline.end_us());
    let drawn = picture(height(&frame), |canvas| {
        key.draw(canvas, 0.0);
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        draw(canvas, &plot, &thin);
    });
    let description = words(name, counters.len(), limit, &points);
    Some(Chart::drawn(
        ID,
        TITLE,
        description,
        &drawn,
        table(&points, timeline),
    ))
}

fn points(info: &RunInfo, limit: u64, ledger: &Ledger) -> Vec<Point> {
    let level = Level::new(info, limit, &ledger.spent());
    let told = ledger.done.iter().filter_map(|cell| {
        let at_us = ledger.moment(cell.step);
        Some(Point {
            at_us,
            reported: cell.remaining? as f64,
            predicted: level.at(at_us).clamp(0.0, limit as f64),
        })
    });
    told.collect()
}

/// In words, how far the two are apart and since when.
fn words(name: Option<&str>, counters: usize, limit: u64, points: &[Point]) -> String {
    let whose = match name {
        Some(name) if counters > 1 => format!("of `{name}`, where they part most"),
        _ => "of the tightest limit".to_owned(),
    };
    let far = APART * limit as f64;
    let parted = points.iter().filter(|point| point.apart().abs() > far);
    let share = parted.clone().count() as f64 / points.len() as f64;
    let told = match parted.clone().next() {
        None => "they agree within 5 % of the limit throughout".to_owned(),
        Some(first) => {
            let worst = points
                .iter()
                .max_by(|one, other| one.apart().abs().total_cmp(&other.apart().abs()))
                .unwrap_or(first);
            let sign = if worst.apart() < 0.0 { "less" } else { "more" };
            format!(
                "first apart by more than 5 % of the limit at {}, at {} of the moments in all; at worst the \
                 header says {} tokens {sign}, at {}",
                clock(first.at_us),
                percent(share),
                number(worst.apart().abs(), 0),
                clock(worst.at_us)
            )
        }
    };
    format!("{whose}; {told}; a stream reports before it is charged")
}

/// The point of every column at which the two are most apart.
fn thinned(points: &[Point], end_us: u64) -> Vec<Point> {
    let column = (end_us / COLUMNS).max(1);
    let columns = points.chunk_by(|one, other| one.at_us / column == other.at_us / column);
    let worst = |points: &[Point]| {
        points
            .iter()
            .copied()
            .max_by(|one, other| one.apart().abs().total_cmp(&other.apart().abs()))
    };
    columns.filter_map(worst).collect()
}

fn draw(canvas: &Canvas<'_>, plot: &Plot<'_, '_>, points: &[Point]) {
    let line = |value: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        points
            .iter()
            .map(|point| (seconds(point.at_us), value(point)))
            .collect()
    };
    let (reported, predicted) = (line(|point| point.reported), line(|point| point.predicted));
    let mut band = reported.clone();
    band.extend(predicted.iter().rev());
    plot.polygon(band, Ink::Apart);
    plot.line(
        predicted,
        Ink::Series4,
        Some("predicted from usage".to_owned()),
    );
    plot.line(
        reported.clone(),
        Ink::Series1,
        Some("reported by the header".to_owned()),
    );
    // A line of one point shows nothing.
    if let [(across, value)] = reported[..] {
        let (left, down) = plot.at(across, value);
        let mark = canvas;
        mark.rect(
            left - 2.0..left + 2.0,
            down - 2.0..down + 2.0,
            Ink::Passed,
            None,
        );
    }
}

fn table(points: &[Point], timeline: &Timeline) -> DataTable {
    let mut table = DataTable::new(&["time", "reported", "predicted", "difference"]);
    for place in 0..timeline.bins.len() {
        let (start, end) = timeline.interval(place);
        let last = points
            .iter()
            .rfind(|point| (start..end).contains(&point.at_us));
        let cell = |value: fn(&Point) -> f64| {
            last.map_or("–".to_owned(), |point| number(value(point), 0))
        };
        table.rows.push(vec![
            timeline.words(place),
            cell(|point| point.reported),
            cell(|point| point.predicted),
            cell(Point::apart),
        ]);
    }
    table
}
