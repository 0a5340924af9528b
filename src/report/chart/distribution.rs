//! How a time spreads over requests, with its median and tail marked.

use super::built::{Chart, DataTable};
use super::key::bold_width;
use super::timeline::{frame, height};
use crate::base::{number, percent};
use crate::report::axis::{Bins, amount, bins};
use crate::report::digest::Sketch;
use crate::report::retry::share;
use crate::report::stats::{Distribution, milliseconds};
use crate::report::svg::{Anchor, Canvas, Ink, Plot, picture, put};
use crate::report::verdict::plural;

/// Which time is shown, and what is said about it.
pub(super) struct Subject {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    empty: &'static str,
}

pub(super) const LATENCY: Subject = Subject {
    id: "latency",
    title: "Latency of passed requests",
    description: "from the moment a request was due to the end of its answer; refusals are left out",
    empty: "no request passed in this run",
};

pub(super) const TTFT: Subject = Subject {
    id: "ttft",
    title: "Time to first token",
    description: "from the moment a request was due to the first token of its streamed answer",
    empty: "no streamed answers in this run",
};

pub(super) const TPOT: Subject = Subject {
    id: "inter-token",
    title: "Time between tokens",
    description: "the mean gap between the tokens of one streamed answer, first to last",
    empty: "no streamed answers of two tokens or more in this run",
};

const LABEL_ROW: f64 = 18.0;

/// `known` are the quantiles that tables show; the bars come from the sketch.
pub(super) fn chart(subject: &Subject, samples: &Sketch, known: Option<&Distribution>) -> Chart {
    let (Some(highest), Some(p99), Some(known)) = (samples.max(), samples.quantile(990), known)
    else {
        return Chart::empty(subject.id, subject.title, subject.empty);
    };
    // A few very slow requests must not squeeze all others into one bar.
    let top = if highest > p99.saturating_mul(2) {
        p99 + p99 / 4
    } else {
        highest
    };
    let bins = bins(top);
    let (counts, beyond) = counted(samples, &bins);
    let y = amount(counts.iter().copied().max().unwrap_or(0), "requests");
    let frame = frame(&y, LABEL_ROW * 3.0, 0.0);
    let drawn = picture(height(&frame), |canvas| {
        let plot = canvas.plot(&frame, &bins.axis, &y);
        columns(&plot, &bins, &counts);
        shares(&plot, &bins, &counts, samples.samples(), y.end);
        quantiles(canvas, &plot, known, &bins);
    });
    let mut description = format!(
        "{}; the thin line is the share up to there; {}",
        subject.description,
        plural(samples.samples(), "sample")
    );
    if beyond > 0 {
        let slowest = number(milliseconds(highest), 0);
        put!(
            description,
            "; {} slower than drawn, the slowest {slowest} ms",
            plural(beyond, "request")
        );
    }
    let table = table(&bins, &counts, beyond);
    Chart::drawn(subject.id, subject.title, description, &drawn, table)
}

fn columns(plot: &Plot<'_, '_>, bins: &Bins, counts: &[u64]) {
    for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (start, end) = span(bins, place);
        let gap = (end - start) as f64 * 0.05;
        let across = start as f64 + gap..end as f64 - gap;
        let title = format!("{}: {}", words(bins, place), plural(*count, "request"));
        plot.bar(across, 0.0..*count as f64, Ink::Passed, title);
    }
}

/// The share of requests up to each bin, as a thin line from the lower edge to the upper.
fn shares(plot: &Plot<'_, '_>, bins: &Bins, counts: &[u64], all: u64, top: f64) {
    let mut below = 0;
    let mut corners = vec![(0.0, 0.0)];
    for (place, count) in counts.iter().enumerate() {
        below += count;
        let (_, end) = span(bins, place);
        corners.push((end as f64, top * below as f64 / all.max(1) as f64));
    }
    let words = "share of requests up to here: lower edge none, upper edge all".to_owned();
    plot.line(corners, Ink::Leader, Some(words));
}

/// Requests in every bin, and those beyond the last.
fn counted(samples: &Sketch, bins: &Bins) -> (Vec<u64>, u64) {
    let mut counts = vec![0; usize::try_from(bins.count).unwrap_or(0)];
    let mut beyond = 0;
    for (value, requests) in samples.buckets() {
        let place = usize::try_from(value / bins.width_us).unwrap_or(usize::MAX);
        match counts.get_mut(place) {
            Some(count) => *count += requests,
            None => beyond += requests,
        }
    }
    (counts, beyond)
}

fn span(bins: &Bins, place: usize) -> (u64, u64) {
    let start = place as u64 * bins.width_us;
    (start, start + bins.width_us)
}

fn words(bins: &Bins, place: usize) -> String {
    let (start, end) = span(bins, place);
    let ms = |micros| number(milliseconds(micros), 2);
    format!("{}–{} ms", ms(start), ms(end))
}

/// Upright lines with one label row each, the highest quantile in the top row: labels stand to the
/// left of their lines, so the lines of higher quantiles never cross them.
fn quantiles(canvas: &Canvas<'_>, plot: &Plot<'_, '_>, known: &Distribution, bins: &Bins) {
    let mut labels = Vec::new();
    let quantiles = [
        ("p99", known.p99_ms),
        ("p95", known.p95_ms),
        ("p50", known.p50_ms),
    ];
    for ((name, value_ms), row) in quantiles.into_iter().zip(0_u8..) {
        let decimals = if value_ms < 10.0 { 2 } else { 0 };
        let label = format!("{name} {} ms", number(value_ms, decimals));
        let value = value_ms * 1e3;
        let (across, bottom) = plot.at(value.min(bins.axis.end), 0.0);
        let height = LABEL_ROW * (f64::from(row) + 0.5);
        canvas.line(
            &[(across, bottom), (across, height)],
            Ink::Quantile,
            Some(label.clone()),
        );
        labels.push((across, height, label));
    }
    for (across, height, label) in labels {
        if across > bold_width(&label) {
            canvas.text((across - 5.0, height), Anchor::Right, Ink::Strong, &label);
        } else {
            canvas.text((across + 5.0, height), Anchor::Left, Ink::Strong, &label);
        }
    }
}

fn table(bins: &Bins, counts: &[u64], beyond: u64) -> DataTable {
    let mut table = DataTable::new(&["time", "requests", "up to here"]);
    let all = counts.iter().sum::<u64>() + beyond;
    let mut below = 0;
    let mut row = |name: String, count: u64| {
        below += count;
        let share = share(below, all).map_or("–".to_owned(), percent);
        table.rows.push(vec![name, number(count as f64, 0), share]);
    };
    for (place, count) in counts.iter().enumerate() {
        row(words(bins, place), *count);
    }
    if beyond > 0 {
        row("slower".to_owned(), beyond);
    }
    table
}
