//! Tokens that are left: the level of the bucket where the limit is one, else the header as it was;
//! with 429s and the waits that they asked for.

use super::built::{Chart, DataTable};
use super::key::Key;
use super::names::label_room;
use super::refused::{Edge, throttled_marks, throttled_moments, wait_words, waits};
use super::series::{Hover, MOST_SERIES, Series, draw};
use super::subject::{Subject, groups};
use super::timeline::{Timeline, clock, frame, height};
use crate::base::number;
use crate::report::axis::level;
use crate::report::svg::{Canvas, Ink, Plot, picture, put};
use crate::results::{Record, Run};

const ID: &str = "remaining-tokens";

pub(super) fn chart(run: &Run, timeline: &Timeline) -> Chart {
    let subject = Subject::of(run);
    let (groups, left_out) = groups(run, &subject);
    let lines = subject.lines(&groups);
    if lines.is_empty() {
        return Chart::empty(
            ID,
            subject.title(),
            "no answer reported remaining tokens in this run",
        );
    }
    let records: Vec<&Record> = groups
        .into_iter()
        .flat_map(|(_, records)| records)
        .collect();
    let waits = waits(&records, timeline.end_us());
    let moments = throttled_moments(&records);
    let key = (!moments.is_empty()).then(|| (Ink::Throttled, "throttled (429)".to_owned()));
    let wait_key = (!waits.is_empty()).then(|| (Ink::Wait, "Retry-After asked to wait".to_owned()));
    let key = Key::new(key.into_iter().chain(wait_key));
    let highest = lines.iter().map(Series::highest).fold(0.0, f64::max);
    let lowest = lines.iter().map(Series::lowest).fold(0.0, f64::min);
    let y = level(lowest, highest, subject.noun());
    let aside = (y.start < 0.0).then_some((y.start / 2.0, "debt"));
    let frame = frame(&y, key.height(), label_room(&lines, aside));
    let drawn = picture(height(&frame), |canvas| {
        key.draw(canvas, 0.0);
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        if aside.is_some() {
            debt(canvas, &plot);
        }
        draw(canvas, &plot, &lines, timeline, aside);
        let more = |start, end| wait_words(&waits, start, end);
        let hover = Hover {
            noun: subject.noun(),
            more: &more,
        };
        hover.draw(canvas, &plot, &lines, timeline);
        throttled_marks(canvas, &plot, &moments, timeline, Edge::Upper);
        for wait in &waits {
            wait.draw(canvas, &plot);
        }
    });
    let mut description = subject.description();
    if left_out > 0 {
        put!(
            description,
            "; the {MOST_SERIES} subscriptions throttled most, {left_out} more are not drawn"
        );
    }
    let table = table(&lines, timeline);
    Chart::drawn(ID, subject.title(), description, &drawn, table)
}

/// Tints what is below zero, where the gateway refuses everything.
fn debt(canvas: &Canvas<'_>, plot: &Plot<'_, '_>) {
    let frame = plot.frame();
    let (_, zero) = plot.at(0.0, 0.0);
    canvas.rect(frame.left..frame.right, zero..frame.bottom, Ink::Debt, None);
    canvas.line(&[(frame.left, zero), (frame.right, zero)], Ink::Zero, None);
}

fn table(lines: &[Series], timeline: &Timeline) -> DataTable {
    let mut table = DataTable::new(&["at"]);
    table
        .head
        .extend(lines.iter().map(|series| series.name.clone()));
    for place in 0..timeline.bins.len() {
        let (_, end) = timeline.interval(place);
        let value = |series: &Series| {
            series
                .at(end)
                .map_or("–".to_owned(), |value| number(value, 0))
        };
        let mut row = vec![clock(end)];
        row.extend(lines.iter().map(value));
        table.rows.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::digest::Digest;
    use crate::report::fixtures;

    #[test]
    fn subscriptions_share_a_bucket_when_its_key_does_not_name_them() {
        let head = |run: &Run| chart(run, &Timeline::of(&Digest::of(run))).table.head;
        let mut run = fixtures::two_subscriptions();
        assert_eq!(head(&run), ["at", "team-a", "team-b"]);
        run.info.limits[0].counter_key = "everybody".to_owned();
        assert_eq!(head(&run), ["at", "all requests"]);
        run.info.target.tier = None;
        assert_eq!(head(&run), ["at", "team-a", "team-b"]);
    }

    #[test]
    fn debt_is_drawn_below_zero_and_named() {
        let drawn = |run: &Run| chart(run, &Timeline::of(&Digest::of(run))).inline.unwrap();
        let mut run = fixtures::burst();
        let svg = drawn(&run);
        for shape in [
            "class=\"debt\"",
            ">debt</text>",
            "class=\"line zero\"",
            ">-100</text>",
        ] {
            assert!(svg.contains(shape), "{shape}");
        }
        let lowest = chart(&run, &Timeline::of(&Digest::of(&run))).table.rows;
        assert!(
            lowest.iter().any(|row| row[1].starts_with('-')),
            "{lowest:?}"
        );
        run.info.target.tier = None;
        let svg = drawn(&run);
        assert!(!svg.contains("debt") && svg.contains("class=\"wait\""));
        run.records.truncate(3);
        run.info.target.tier = Some("basicv2".to_owned());
        assert!(!drawn(&run).contains("debt"), "nothing owed");
    }
}
