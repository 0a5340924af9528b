//! Whether the client did what the plan asked: requests asked against sent, and how late they went.

use super::built::{Chart, DataTable};
use super::key::Key;
use super::timeline::{Timeline, frame, height};
use crate::base::number;
use crate::report::axis::{amount, logarithm};
use crate::report::digest::{Column, Digest};
use crate::report::stats::{milliseconds, seconds};
use crate::report::svg::{Ink, Plot, picture};
use crate::report::verdict::plural;

/// A client that is later than that with one request in a hundred measures itself.
const LATE_US: u64 = 1_000;
const FLOOR_US: u64 = 10;

/// Bars are what was sent, the line is what was due.
pub(super) fn asked(digest: &Digest, timeline: &Timeline) -> Chart {
    let (id, title) = (
        "asked-against-sent",
        format!("Requests per {}: asked against sent", timeline.step()),
    );
    let columns = &digest.columns;
    let highest = columns.iter().map(|column| column.due.max(column.sent));
    let highest = highest.max().unwrap_or(0);
    if highest == 0 {
        return Chart::empty(id, title, "no requests in this run");
    }
    let y = amount(highest, format!("requests per {}", timeline.step()));
    let key = Key::new([
        (Ink::Passed, "sent".to_owned()),
        (Ink::Limit, "due".to_owned()),
    ]);
    let frame = frame(&y, key.height(), 0.0);
    let drawn = picture(height(&frame), |canvas| {
        key.draw(canvas, 0.0);
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        let mut due = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let (start, end) = timeline.interval(place);
            let (start, end) = (seconds(start), seconds(end));
            let gap = (end - start) * 0.08;
            due.extend([(start, column.due as f64), (end, column.due as f64)]);
            if column.sent > 0 {
                let title = format!(
                    "{}: {} sent, {} due",
                    timeline.words(place),
                    plural(column.sent, "request"),
                    number(column.due as f64, 0)
                );
                plot.bar(
                    start + gap..end - gap,
                    0.0..column.sent as f64,
                    Ink::Passed,
                    title,
                );
            }
        }
        plot.line(due, Ink::Limit, Some("due".to_owned()));
    });
    let mut table = DataTable::new(&["time", "due", "sent"]);
    for (place, column) in columns.iter().enumerate() {
        let counts = [column.due, column.sent].map(|count| number(count as f64, 0));
        table
            .rows
            .push([vec![timeline.words(place)], counts.to_vec()].concat());
    }
    let description =
        "due: by the plan, or by the end of a Retry-After; where bars fall short of the \
                       line, the client did not keep up"
            .to_owned();
    Chart::drawn(id, title, description, &drawn, table)
}

/// How late requests went out, p50 and p99 of every interval.
pub(super) fn lateness(digest: &Digest, timeline: &Timeline) -> Chart {
    let (id, title) = ("client", "Client health: how late requests were sent");
    let columns = &digest.columns;
    let most = columns
        .iter()
        .filter_map(|column| column.lateness.max())
        .max();
    let Some(most) = most else {
        return Chart::empty(id, title, "no requests in this run");
    };
    let y = logarithm(FLOOR_US, most.max(LATE_US * 2), "sent − due");
    let key = Key::new([
        (Ink::Series1, "p50".to_owned()),
        (Ink::Series4, "p99".to_owned()),
        (Ink::Limit, "1 ms".to_owned()),
    ]);
    let frame = frame(&y, key.height(), 0.0);
    let drawn = picture(height(&frame), |canvas| {
        key.draw(canvas, 0.0);
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        let late = libm::log10(LATE_US as f64);
        plot.line(
            vec![(0.0, late), (seconds(timeline.end_us()), late)],
            Ink::Limit,
            Some("1 ms".to_owned()),
        );
        steps(&plot, columns, timeline, 500, Ink::Series1);
        steps(&plot, columns, timeline, 990, Ink::Series4);
        let frame = plot.frame();
        for (place, column) in columns.iter().enumerate() {
            let Some(words) = words(column) else { continue };
            let (start, end) = timeline.interval(place);
            let across = |moment| plot.at(seconds(moment), 0.0).0;
            let title = format!("{}: {words}", timeline.words(place));
            let (across, down) = (across(start)..across(end), frame.top..frame.bottom);
            canvas.rect(across, down, Ink::Hover, Some(title));
        }
    });
    let mut table = DataTable::new(&["time", "sent", "p50 ms", "p99 ms", "latest ms"]);
    for (place, column) in columns.iter().enumerate() {
        let time = |value: Option<u64>| {
            value.map_or("–".to_owned(), |value| number(milliseconds(value), 3))
        };
        table.rows.push(vec![
            timeline.words(place),
            number(column.sent as f64, 0),
            time(column.lateness.quantile(500)),
            time(column.lateness.quantile(990)),
            time(column.lateness.max()),
        ]);
    }
    Chart::drawn(id, title, verdict(digest), &drawn, table)
}

fn words(column: &Column) -> Option<String> {
    let [p50, p99] = [500, 990].map(|at| column.lateness.quantile(at));
    let time = |value| number(milliseconds(value), 3);
    Some(format!("p50 {} ms, p99 {} ms late", time(p50?), time(p99?)))
}

fn verdict(digest: &Digest) -> String {
    let late = &digest.times.lateness;
    let told = match late.quantile(990) {
        Some(p99) if p99 > LATE_US => format!(
            "the client was the bottleneck at times: p99 {} ms over the run",
            number(milliseconds(p99), 1)
        ),
        Some(p99) => format!(
            "the client kept up: p99 {} ms over the run",
            number(milliseconds(p99), 3)
        ),
        None => "nothing was sent".to_owned(),
    };
    format!("from the moment a request was due to its first byte; {told}")
}

/// A line of steps, broken where nothing was sent. Less than ten microseconds is drawn at the edge.
fn steps(plot: &Plot<'_, '_>, columns: &[Column], timeline: &Timeline, at: u64, ink: Ink) {
    let mut corners = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let Some(value) = column.lateness.quantile(at) else {
            if !corners.is_empty() {
                plot.line(std::mem::take(&mut corners), ink, None);
            }
            continue;
        };
        let (start, end) = timeline.interval(place);
        let height = libm::log10(value.max(FLOOR_US) as f64);
        corners.extend([(seconds(start), height), (seconds(end), height)]);
    }
    if !corners.is_empty() {
        plot.line(corners, ink, None);
    }
}
