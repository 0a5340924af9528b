//! Stacked bars over time: tokens by outcome against the limit, and requests by outcome.

use super::built::{Chart, DataTable};
use super::key::Key;
use super::limit::LimitLine;
use super::timeline::{Timeline, frame, height};
use crate::base::number;
use crate::report::axis::{Axis, amount};
use crate::report::outcome::{OUTCOMES, ink, name};
use crate::report::peak::{MINUTE_US, per_subscription, tightest};
use crate::report::stats::seconds;
use crate::report::svg::{Plot, picture, put};
use crate::report::verdict::plural;
use crate::results::{Outcome, RunInfo};

pub(super) fn tokens(info: &RunInfo, subscriptions: usize, timeline: &Timeline) -> Chart {
    let id = "tokens-by-outcome";
    let title = format!("Tokens per {} by outcome", timeline.step());
    let cells: Vec<[u64; 4]> = timeline.bins.iter().map(|bin| bin.tokens).collect();
    if cells.iter().flatten().sum::<u64>() == 0 {
        return Chart::empty(id, title, "no tokens in this run");
    }
    let limit = allowance(info, subscriptions, timeline);
    let mut description =
        "by the moment a request was done; passed: tokens the answer reported; others: prompt tokens \
         asked for in vain"
            .to_owned();
    if let Some(limit) = &limit {
        description.push_str("; the dashed line is ");
        description.push_str(&limit.label);
    }
    stacked(
        &Stack {
            id,
            title,
            description,
            noun: "token",
            cells,
            limit,
        },
        timeline,
    )
}

pub(super) fn requests(timeline: &Timeline) -> Chart {
    let id = "requests-by-outcome";
    let title = format!("Requests per {} by outcome", timeline.step());
    let cells: Vec<[u64; 4]> = timeline.bins.iter().map(|bin| bin.requests).collect();
    if cells.iter().flatten().sum::<u64>() == 0 {
        return Chart::empty(id, title, "no requests in this run");
    }
    let description = "by the moment a request was done; a retry counts as a request".to_owned();
    stacked(
        &Stack {
            id,
            title,
            description,
            noun: "request",
            cells,
            limit: None,
        },
        timeline,
    )
}

/// What the limit lets through in one interval.
fn allowance(info: &RunInfo, subscriptions: usize, timeline: &Timeline) -> Option<LimitLine> {
    let (_, per_minute) = tightest(info)?;
    let counters = if per_subscription(info) {
        subscriptions.max(1)
    } else {
        1
    };
    let per_interval =
        per_minute as f64 * counters as f64 * timeline.interval_us as f64 / MINUTE_US as f64;
    let per_minute = number(per_minute as f64, 0);
    let mut label = match counters {
        1 => format!("limit {per_minute} per min"),
        _ => format!("limit {counters} × {per_minute} per min"),
    };
    if timeline.interval_us != MINUTE_US {
        let decimals = usize::from(per_interval < 100.0);
        put!(
            label,
            " = {} per {}",
            number(per_interval, decimals),
            timeline.step()
        );
    }
    Some(LimitLine {
        value: per_interval,
        label,
        end: seconds(timeline.end_us()),
    })
}

struct Stack {
    id: &'static str,
    title: String,
    description: String,
    noun: &'static str,
    cells: Vec<[u64; 4]>,
    limit: Option<LimitLine>,
}

fn stacked(stack: &Stack, timeline: &Timeline) -> Chart {
    let used: Vec<usize> = (0..4)
        .filter(|cell| stack.cells.iter().any(|cells| cells[*cell] > 0))
        .collect();
    let key = Key::new(used.iter().map(|cell| {
        let asked = stack.noun == "token" && OUTCOMES[*cell] != Outcome::Passed;
        let name = name(OUTCOMES[*cell]);
        (
            ink(OUTCOMES[*cell]),
            if asked {
                format!("{name}, asked for")
            } else {
                name.to_owned()
            },
        )
    }));
    let highest = stack
        .cells
        .iter()
        .map(|cells| cells.iter().sum())
        .max()
        .unwrap_or(0);
    let unit = format!("{}s per {}", stack.noun, timeline.step());
    let y = reaching(highest, stack.limit.as_ref(), &unit);
    let frame = frame(&y, key.height(), 0.0);
    let drawn = picture(height(&frame), |canvas| {
        key.draw(canvas, 0.0);
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        for place in 0..stack.cells.len() {
            column(&plot, stack, timeline, place);
        }
        if let Some(limit) = &stack.limit {
            limit.over_bars(canvas, &plot, &tops(stack, timeline));
        }
    });
    Chart::drawn(
        stack.id,
        &stack.title,
        &stack.description,
        &drawn,
        table(stack, timeline, &used),
    )
}

/// The middle and the top of every column.
fn tops(stack: &Stack, timeline: &Timeline) -> Vec<(f64, f64)> {
    let middle = |place| {
        let (start, end) = timeline.interval(place);
        seconds(u64::midpoint(start, end))
    };
    let columns = stack.cells.iter().enumerate();
    columns
        .map(|(place, cells)| (middle(place), cells.iter().sum::<u64>() as f64))
        .collect()
}

/// An axis on which the limit, too, can be drawn.
fn reaching(highest: u64, limit: Option<&LimitLine>, unit: &str) -> Axis {
    let mut axis = amount(highest, unit);
    // A little more than the limit, so that its label has room above it.
    let line = limit.map_or(0.0, |limit| limit.value * 1.1);
    let mut wanted = highest;
    while axis.end < line {
        wanted = wanted.max(1) * 2;
        axis = amount(wanted, unit);
    }
    axis
}

fn column(plot: &Plot<'_, '_>, stack: &Stack, timeline: &Timeline, place: usize) {
    let (start, end) = timeline.interval(place);
    let (start, end) = (seconds(start), seconds(end));
    let gap = (end - start) * 0.08;
    let mut below = 0;
    for (cell, count) in stack.cells[place]
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
    {
        let title = format!(
            "{}: {} {}",
            timeline.words(place),
            plural(*count, stack.noun),
            name(OUTCOMES[cell])
        );
        let height = below as f64..(below + count) as f64;
        plot.bar(start + gap..end - gap, height, ink(OUTCOMES[cell]), title);
        below += count;
    }
}

fn table(stack: &Stack, timeline: &Timeline, used: &[usize]) -> DataTable {
    let mut table = DataTable::new(&["time"]);
    table
        .head
        .extend(used.iter().map(|cell| name(OUTCOMES[*cell]).to_owned()));
    for (place, cells) in stack.cells.iter().enumerate() {
        let mut row = vec![timeline.words(place)];
        row.extend(used.iter().map(|cell| number(cells[*cell] as f64, 0)));
        table.rows.push(row);
    }
    table
}
