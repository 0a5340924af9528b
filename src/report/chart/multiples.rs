//! One small picture for each subscription, all on one scale: tokens admitted in the last minute.

use super::built::{Chart, DataTable};
use super::minute::sums;
use super::names::short;
use super::series::{Between, Series};
use super::timeline::{Timeline, clock};
use crate::base::{number, percent};
use crate::report::axis::Axis;
use crate::report::digest::{Digest, Leaf, sum};
use crate::report::group::Group;
use crate::report::peak::{per_subscription, tightest};
use crate::report::stats::seconds;
use crate::report::svg::{Anchor, Canvas, Frame, Ink, WIDTH, picture, put};
use crate::results::RunInfo;

const ID: &str = "by-subscription";
const TITLE: &str = "Tokens in the last minute, by subscription";
const ACROSS: usize = 3;
const MOST: usize = 12;
const GAP: f64 = 16.0;
/// Height of a picture with its name.
const CELL: f64 = 104.0;
const HEAD: f64 = 22.0;
/// Points across a small picture.
const COLUMNS: u64 = 90;

/// `None` with fewer than two subscriptions, or without tokens.
pub(super) fn chart(
    info: &RunInfo,
    subscriptions: &[Group],
    digest: &Digest,
    timeline: &Timeline,
) -> Option<Chart> {
    let mut groups: Vec<&Group> = subscriptions.iter().collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.counts.tokens, group.counts.throttled)));
    if groups.len() < 2 || groups[0].counts.tokens == 0 {
        return None;
    }
    let left_out = groups.len().saturating_sub(MOST);
    groups.truncate(MOST);
    let limit = tightest(info)
        .filter(|_| per_subscription(info))
        .map(|(_, limit)| limit as f64);
    let lines: Vec<Series> = groups
        .iter()
        .map(|group| line(group, digest, timeline.end_us()))
        .collect();
    let highest = lines.iter().map(Series::highest).chain(limit);
    let highest = highest.fold(1.0, f64::max) * 1.05;
    let rows = groups.len().div_ceil(ACROSS);
    let drawn = picture(CELL * rows as f64 + 20.0, |canvas| {
        for (place, (group, line)) in groups.iter().zip(&lines).enumerate() {
            let cell = Cell::at(place);
            cell.draw(canvas, group, line, limit, highest, timeline);
        }
        let (low, end) = (CELL * rows as f64 + 6.0, clock(timeline.end_us()));
        let words = format!(
            "each from 0 to {end}, and from 0 to {} tokens",
            number(highest, 0)
        );
        canvas.text((0.0, low), Anchor::Left, Ink::Soft, &words);
    });
    let mut description = match limit {
        Some(_) => "all on one scale; the dashed line is the limit of each",
        None => "all on one scale; they share the limit, or there is none",
    }
    .to_owned();
    if left_out > 0 {
        put!(
            description,
            "; the {MOST} with most tokens, {left_out} more are in the table of subscriptions"
        );
    }
    Some(Chart::drawn(
        ID,
        TITLE,
        description,
        &drawn,
        table(&groups, &lines, timeline),
    ))
}

fn line(group: &Group, digest: &Digest, end_us: u64) -> Series {
    let of = |leaf: &&Leaf| *leaf.subscription == *group.name;
    let leaves: Vec<&Leaf> = digest.leaves.iter().filter(of).collect();
    let points = sums(&sum(&leaves).spent(), end_us).into_iter();
    Series {
        name: group.name.clone(),
        points: points.map(|(moment, sum)| (moment, sum as f64)).collect(),
        between: Between::Holds,
    }
}

struct Cell {
    left: f64,
    top: f64,
    width: f64,
}

impl Cell {
    fn at(place: usize) -> Cell {
        let width = (WIDTH - GAP * (ACROSS - 1) as f64) / ACROSS as f64;
        Cell {
            left: (place % ACROSS) as f64 * (width + GAP),
            top: (place / ACROSS) as f64 * CELL,
            width,
        }
    }

    fn draw(
        &self,
        canvas: &Canvas<'_>,
        group: &Group,
        line: &Series,
        limit: Option<f64>,
        highest: f64,
        timeline: &Timeline,
    ) {
        let frame = Frame {
            left: self.left,
            right: self.left + self.width,
            top: self.top + HEAD,
            bottom: self.top + CELL - 14.0,
        };
        let plain = |end: f64| Axis {
            ticks: Vec::new(),
            start: 0.0,
            end,
            unit: String::new(),
        };
        let end_us = timeline.end_us();
        let plot = canvas.plot(&frame, &plain(seconds(end_us)), &plain(highest));
        let corners: Vec<(f64, f64)> = (0..=COLUMNS)
            .filter_map(|column| {
                let moment = end_us / COLUMNS * column;
                Some((seconds(moment), line.at(moment)?))
            })
            .collect();
        plot.area(&corners, Ink::Area);
        plot.line(corners, Ink::Series1, None);
        plot.line(vec![(0.0, 0.0), (seconds(end_us), 0.0)], Ink::Axis, None);
        if let Some(limit) = limit {
            plot.line(
                vec![(0.0, limit), (seconds(end_us), limit)],
                Ink::Limit,
                None,
            );
        }
        let middle = self.top + HEAD / 2.0;
        canvas.text(
            (self.left, middle),
            Anchor::Left,
            Ink::Strong,
            &short(&group.name),
        );
        let throttled = group.throttled_share.unwrap_or(0.0);
        canvas.text(
            (frame.right, middle),
            Anchor::Right,
            Ink::Soft,
            &percent(throttled),
        );
        let title = format!(
            "{}: {} tokens, at most {} in a minute, {} throttled",
            group.name,
            number(group.counts.tokens as f64, 0),
            number(line.highest(), 0),
            percent(throttled)
        );
        canvas.rect(
            frame.left..frame.right,
            self.top..frame.bottom,
            Ink::Hover,
            Some(title),
        );
    }
}

fn table(groups: &[&Group], lines: &[Series], timeline: &Timeline) -> DataTable {
    let mut table = DataTable::new(&["at"]);
    table
        .head
        .extend(groups.iter().map(|group| group.name.clone()));
    for place in 0..timeline.bins.len() {
        let (_, end) = timeline.interval(place);
        let mut row = vec![clock(end)];
        row.extend(lines.iter().map(|line| {
            line.at(end)
                .map_or("–".to_owned(), |value| number(value, 0))
        }));
        table.rows.push(row);
    }
    table
}
