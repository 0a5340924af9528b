//! Tokens that passed in the last sixty seconds, against the limit of a minute.

use super::built::{Chart, DataTable};
use super::key::Key;
use super::limit::LimitLine;
use super::names::label_room;
use super::refused::{Edge, throttled_marks};
use super::series::{Between, Hover, MOST_SERIES, Series, draw, sampled};
use super::timeline::{Timeline, clock, frame, height};
use crate::base::number;
use crate::report::axis::level;
use crate::report::digest::{Digest, sum};
use crate::report::peak::{MINUTE_US, per_subscription, tightest};
use crate::report::stats::seconds;
use crate::report::svg::{Ink, picture, put};
use crate::results::RunInfo;

const ID: &str = "tokens-per-minute";
const TITLE: &str = "Tokens passed in the last minute";

pub(super) fn chart(info: &RunInfo, digest: &Digest, timeline: &Timeline) -> Chart {
    let (lines, left_out) = lines(info, digest, timeline.end_us());
    if lines.iter().all(|series| series.highest() <= 0.0) {
        return Chart::empty(ID, TITLE, "no tokens passed in this run");
    }
    let limit = tightest(info).map(|(_, tokens)| tokens);
    let moments = throttled(digest);
    let key = (!moments.is_empty()).then(|| (Ink::Throttled, "throttled (429)".to_owned()));
    let key = Key::new(key);
    // A little more than the limit, so that its label has room above it.
    let room = limit.map(|limit| limit as f64 * 1.1);
    let highest = lines.iter().map(Series::highest).chain(room);
    let y = level(0.0, highest.fold(0.0, f64::max), "tokens in the last 60s");
    let frame = frame(&y, key.height(), label_room(&lines, None));
    let drawn = picture(height(&frame), |canvas| {
        key.draw(canvas, 0.0);
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        draw(canvas, &plot, &lines, timeline, None);
        let hover = Hover {
            noun: "tokens in the last minute",
            more: &|_, _| None,
        };
        hover.draw(canvas, &plot, &lines, timeline);
        throttled_marks(canvas, &plot, &moments, timeline, Edge::Lower);
        if let Some(limit) = limit {
            limit_line(limit, timeline).among_lines(
                canvas,
                &plot,
                &sampled(&lines, timeline.end_us()),
            );
        }
    });
    let table = table(&lines, timeline);
    Chart::drawn(ID, TITLE, description(info, left_out), &drawn, table)
}

fn limit_line(limit: u64, timeline: &Timeline) -> LimitLine {
    LimitLine {
        value: limit as f64,
        label: format!("limit {} tokens/min", number(limit as f64, 0)),
        end: seconds(timeline.end_us()),
    }
}

fn description(info: &RunInfo, left_out: usize) -> String {
    let mut text = "by the moment a request was done, as its answer reported".to_owned();
    if per_subscription(info) {
        text.push_str("; every subscription has a limit of its own");
    }
    if left_out > 0 {
        put!(
            text,
            "; the {MOST_SERIES} busiest, {left_out} more are not drawn"
        );
    }
    text
}

/// One line for all requests, or one for each of the busiest subscriptions; and how many are not
/// among those.
fn lines(info: &RunInfo, digest: &Digest, end_us: u64) -> (Vec<Series>, usize) {
    let counters = digest.counters(info).into_iter();
    let counters = counters.filter(|(_, leaves)| leaves.iter().any(|leaf| leaf.counts.passed > 0));
    let mut lines: Vec<Series> = counters
        .map(|(name, leaves)| Series {
            name: name.unwrap_or("all requests").to_owned(),
            points: sums(&sum(&leaves).spent(), end_us)
                .into_iter()
                .map(|(moment, sum)| (moment, sum as f64))
                .collect(),
            between: Between::Holds,
        })
        .collect();
    lines.sort_by(|left, right| right.highest().total_cmp(&left.highest()));
    let left_out = lines.len().saturating_sub(MOST_SERIES);
    lines.truncate(MOST_SERIES);
    (lines, left_out)
}

/// When requests were throttled, and how many.
fn throttled(digest: &Digest) -> Vec<(u64, u64)> {
    let all = sum(&digest.leaves.iter().collect::<Vec<_>>());
    let cells = all.done.iter().filter(|cell| cell.throttled > 0);
    cells
        .map(|cell| (all.moment(cell.step), u64::from(cell.throttled)))
        .collect()
}

/// The sum of the last sixty seconds at every moment at which it changes.
pub(super) fn sums(spent: &[(u64, u64)], end_us: u64) -> Vec<(u64, u64)> {
    let mut changes: Vec<(u64, bool, u64)> = vec![(0, true, 0)];
    for (moment, tokens) in spent {
        changes.push((*moment, true, *tokens));
        if moment + MINUTE_US <= end_us {
            // `false` sorts first: what leaves the minute is gone before something new comes in.
            changes.push((moment + MINUTE_US, false, *tokens));
        }
    }
    changes.sort_unstable();
    let mut sum = 0;
    let sums = changes.into_iter().map(|(moment, adds, tokens)| {
        sum = if adds { sum + tokens } else { sum - tokens };
        (moment, sum)
    });
    sums.collect()
}

fn table(lines: &[Series], timeline: &Timeline) -> DataTable {
    let mut table = DataTable::new(&["at"]);
    table
        .head
        .extend(lines.iter().map(|series| series.name.clone()));
    for place in 0..timeline.bins.len() {
        let (_, end) = timeline.interval(place);
        let mut row = vec![clock(end)];
        let value = |series: &Series| {
            series
                .at(end)
                .map_or("–".to_owned(), |value| number(value, 0))
        };
        row.extend(lines.iter().map(value));
        table.rows.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_leave_the_minute_after_sixty_seconds() {
        assert_eq!(
            sums(&[(0, 100), (1_000_000, 20), (60_000_000, 5)], 61_000_000),
            [
                (0, 0),
                (0, 100),
                (1_000_000, 120),
                (60_000_000, 20),
                (60_000_000, 25),
                (61_000_000, 5)
            ]
        );
    }
}
