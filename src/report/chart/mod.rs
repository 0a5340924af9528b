//! The charts: each a pure function from a run to a picture, words and a data table.
//!
//! A chart without data says so in words; an empty frame would look like a measurement of nothing.

mod bucket;
mod built;
mod distribution;
mod key;
mod limit;
mod minute;
mod mix;
mod names;
mod outcomes;
mod refused;
mod remaining;
mod series;
mod shares;
mod subject;
mod timeline;
mod usage;

pub(crate) use built::Chart;

use super::stats::{latency_us, ttft_us};
use crate::results::Run;
use timeline::Timeline;
pub(super) use timeline::clock;
pub(super) use usage::{share, usage_charts};

/// All charts of a run, the one that matters most first.
pub(crate) fn charts(run: &Run) -> Vec<Chart> {
    let timeline = Timeline::of(run);
    let mut charts = vec![
        minute::chart(run, &timeline),
        outcomes::tokens(run, &timeline),
        outcomes::requests(&timeline),
        remaining::chart(run, &timeline),
        distribution::chart(
            &distribution::LATENCY,
            run.records.iter().filter_map(latency_us),
        ),
        distribution::chart(&distribution::TTFT, run.records.iter().filter_map(ttft_us)),
        mix::chart(run),
    ];
    charts.extend(shares::chart(run));
    charts
}
