//! What is left of a quota over the run, and when it would be used up at this pace.

use std::collections::BTreeMap;
use std::time::Duration;

use super::built::{Chart, DataTable};
use super::series::{Between, Hover, Series, draw};
use super::timeline::{Timeline, clock, frame, height};
use crate::base::{format_duration, number};
use crate::report::axis::level;
use crate::report::digest::{Digest, Ledger, sum};
use crate::report::svg::{Ink, picture};
use crate::results::{LimitInfo, RunInfo};

const ID: &str = "quota";

/// The tightest quota of a policy that names one; `None` for all others.
pub(super) fn chart(info: &RunInfo, digest: &Digest, timeline: &Timeline) -> Option<Chart> {
    let quotas = info.limits.iter().filter_map(Quota::of);
    let quota = quotas.min_by_key(|quota| quota.tokens)?;
    let title = format!(
        "Quota left of {} tokens, {}",
        number(quota.tokens as f64, 0),
        quota.period
    );
    let (name, ledger) = quota.busiest(digest);
    let points = left(&ledger, quota.tokens);
    if points.len() < 2 {
        return Some(Chart::empty(ID, title, "no tokens passed in this run"));
    }
    let lowest = points.last().map_or(0.0, |(_, left)| *left);
    let line = Series {
        name: name.unwrap_or("all requests").to_owned(),
        points,
        between: Between::Holds,
    };
    let y = level(
        lowest.min(0.0),
        quota.tokens as f64,
        "tokens left of the quota",
    );
    let frame = frame(&y, 0.0, 0.0);
    let lines = [line];
    let drawn = picture(height(&frame), |canvas| {
        let plot = canvas.plot(&frame, &timeline.axis(), &y);
        draw(canvas, &plot, &lines, timeline, None);
        let hover = Hover {
            noun: "tokens left",
            more: &|_, _| None,
        };
        hover.draw(canvas, &plot, &lines, timeline);
        if lowest < 0.0 {
            let (_, zero) = plot.at(0.0, 0.0);
            let frame = plot.frame();
            canvas.line(&[(frame.left, zero), (frame.right, zero)], Ink::Zero, None);
        }
    });
    let [line] = &lines;
    let description = words(info, name, line, timeline.end_us());
    let mut table = DataTable::new(&["at", "tokens left"]);
    for place in 0..timeline.bins.len() {
        let (_, end) = timeline.interval(place);
        let value = line
            .at(end)
            .map_or("–".to_owned(), |value| number(value, 0));
        table.rows.push(vec![clock(end), value]);
    }
    Some(Chart::drawn(ID, title, description, &drawn, table))
}

struct Quota<'a> {
    tokens: u64,
    period: &'a str,
    counter_key: &'a str,
}

impl Quota<'_> {
    /// From `10000 Daily`.
    fn of(limit: &LimitInfo) -> Option<Quota<'_>> {
        let (tokens, period) = limit.quota.as_deref()?.split_once(' ')?;
        Some(Quota {
            tokens: tokens.parse().ok()?,
            period,
            counter_key: &limit.counter_key,
        })
    }

    /// The counter that used most of it.
    fn busiest<'d>(&self, digest: &'d Digest) -> (Option<&'d str>, Ledger) {
        let apart = self.counter_key.contains("Subscription");
        let mut spent: BTreeMap<&str, u64> = BTreeMap::new();
        for leaf in digest.leaves.iter().filter(|_| apart) {
            *spent.entry(&leaf.subscription).or_default() += leaf.counts.tokens;
        }
        let name = spent.into_iter().max_by_key(|(_, tokens)| *tokens);
        let name = name.map(|(name, _)| name);
        let leaves = digest.leaves.iter();
        let leaves = leaves.filter(|leaf| name.is_none_or(|name| *leaf.subscription == *name));
        (name, sum(&leaves.collect::<Vec<_>>()))
    }
}

/// What is left after every request, from the whole quota on.
fn left(ledger: &Ledger, quota: u64) -> Vec<(u64, f64)> {
    let mut left = quota as f64;
    let mut points = vec![(0, left)];
    for (moment, tokens) in ledger.spent() {
        left -= tokens as f64;
        points.push((moment, left));
    }
    points
}

fn words(info: &RunInfo, name: Option<&str>, line: &Series, end_us: u64) -> String {
    let whose = name.map_or(String::new(), |name| {
        format!("of `{name}`, who used most; ")
    });
    let (full, last) = match (line.points.first(), line.points.last()) {
        (Some(first), Some(last)) => (first.1, last.1),
        _ => return whose,
    };
    let assumed = "if it was whole when the run began";
    if let Some((at, _)) = line.points.iter().find(|(_, left)| *left <= 0.0) {
        return format!("{whose}used up at {}, {assumed}", clock(*at));
    }
    let pace = (full - last) / end_us.max(1) as f64;
    let ahead_us = last / pace;
    // Beyond a year nobody plans by the hour.
    if !(ahead_us.is_finite() && ahead_us < 3.2e13) {
        return format!("{whose}at this pace it lasts longer than a year, {assumed}");
    }
    let until_us = Duration::from_secs_f64((end_us as f64 + ahead_us) / 1e6);
    let hour = info.started.parse::<jiff::Timestamp>().ok();
    let hour = hour.and_then(|start| start.checked_add(until_us).ok());
    let minutes = Duration::from_secs(until_us.as_secs() / 60 * 60);
    let after = format_duration(if minutes.is_zero() { until_us } else { minutes });
    match hour {
        Some(hour) => format!(
            "{whose}at this pace it is used up {after} after the start, at {}, {assumed}",
            hour.strftime("%Y-%m-%d %H:%M UTC")
        ),
        None => format!("{whose}at this pace it is used up {after} after the start, {assumed}"),
    }
}
