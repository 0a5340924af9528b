//! How a time spreads over requests, with its median and tail marked.

use super::built::{Chart, DataTable};
use super::key::bold_width;
use super::timeline::{frame, height};
use crate::base::number;
use crate::report::axis::{Bins, amount, bins};
use crate::report::stats::{Samples, milliseconds};
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

const QUANTILES: [(&str, usize); 3] = [("p50", 500), ("p95", 950), ("p99", 990)];
const LABEL_ROW: f64 = 18.0;

pub(super) fn chart(subject: &Subject, times_us: impl Iterator<Item = u64>) -> Chart {
    let samples: Samples = times_us.collect();
    let (Some(highest), Some(p99)) = (samples.max(), samples.quantile(990)) else {
        return Chart::empty(subject.id, subject.title, subject.empty);
    };
    // A few very slow requests must not squeeze all others into one bar.
    let top = if highest > p99.saturating_mul(2) {
        p99 + p99 / 4
    } else {
        highest
    };
    let bins = bins(top);
    let (counts, beyond) = counted(&samples, &bins);
    let y = amount(counts.iter().copied().max().unwrap_or(0), "requests");
    let frame = frame(&y, LABEL_ROW * 3.0, 0.0);
    let drawn = picture(height(&frame), |canvas| {
        let plot = canvas.plot(&frame, &bins.axis, &y);
        columns(&plot, &bins, &counts);
        quantiles(canvas, &plot, &samples, &bins);
    });
    let mut description = format!(
        "{}; {}",
        subject.description,
        plural(samples.sorted().len() as u64, "sample")
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

/// Requests in every bin, and those beyond the last.
fn counted(samples: &Samples, bins: &Bins) -> (Vec<u64>, u64) {
    let mut counts = vec![0; usize::try_from(bins.count).unwrap_or(0)];
    let mut beyond = 0;
    for sample in samples.sorted() {
        let place = usize::try_from(sample / bins.width_us).unwrap_or(usize::MAX);
        match counts.get_mut(place) {
            Some(count) => *count += 1,
            None => beyond += 1,
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
fn quantiles(canvas: &Canvas<'_>, plot: &Plot<'_, '_>, samples: &Samples, bins: &Bins) {
    let mut labels = Vec::new();
    for ((name, thousandths), row) in QUANTILES.iter().rev().zip(0_u8..) {
        let Some(value) = samples.quantile(*thousandths) else {
            continue;
        };
        let decimals = if value < 10_000 { 2 } else { 0 };
        let label = format!("{name} {} ms", number(milliseconds(value), decimals));
        let (across, bottom) = plot.at((value as f64).min(bins.axis.end), 0.0);
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
    let mut table = DataTable::new(&["time", "requests"]);
    for (place, count) in counts.iter().enumerate() {
        table
            .rows
            .push(vec![words(bins, place), number(*count as f64, 0)]);
    }
    if beyond > 0 {
        table
            .rows
            .push(vec!["slower".to_owned(), number(beyond as f64, 0)]);
    }
    table
}
