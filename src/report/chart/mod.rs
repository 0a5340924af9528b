//! The charts: each a pure function from a run to a picture, words and a data table.
//!
//! A chart without data says so in words; an empty frame would look like a measurement of nothing.

mod accounting;
mod bucket;
mod built;
mod client;
mod distribution;
mod heat;
mod key;
mod limit;
mod minute;
mod mix;
mod multiples;
mod names;
mod outcomes;
mod quota;
mod refused;
mod remaining;
mod reported;
mod series;
mod shares;
mod subject;
mod timeline;
mod usage;
mod waited;

pub(crate) use built::Chart;

use super::digest::Digest;
use super::summary::Summary;
use crate::results::{Run, RunInfo};
use timeline::Timeline;
pub(super) use timeline::clock;
pub(super) use usage::{share, usage_charts};

/// All charts of a run, the one that matters most first. `run` where its requests are in memory.
pub(super) fn charts(
    info: &RunInfo,
    summary: &Summary,
    digest: &Digest,
    run: Option<&Run>,
) -> Vec<Chart> {
    let timeline = Timeline::of(digest);
    let mut charts = vec![
        minute::chart(info, digest, &timeline),
        outcomes::tokens(info, summary.subscriptions.len(), &timeline),
        outcomes::requests(&timeline),
    ];
    charts.extend(run.map(|run| remaining::chart(run, &timeline)));
    charts.extend(reported::chart(info, digest, &timeline));
    charts.extend(quota::chart(info, digest, &timeline));
    charts.extend([
        heat::chart(digest, &timeline),
        distribution::chart(
            &distribution::LATENCY,
            &digest.times.latency,
            summary.latency.as_ref(),
        ),
        distribution::chart(
            &distribution::TTFT,
            &digest.times.ttft,
            summary.ttft.as_ref(),
        ),
        distribution::chart(
            &distribution::TPOT,
            &digest.times.per_token,
            digest.times.per_token.distribution().as_ref(),
        ),
        waited::chart(digest),
        mix::chart(&summary.counts),
    ]);
    charts.extend(shares::chart(&summary.subscriptions));
    charts.extend(multiples::chart(
        info,
        &summary.subscriptions,
        digest,
        &timeline,
    ));
    charts.extend([
        accounting::chart(digest),
        client::asked(digest, &timeline),
        client::lateness(digest, &timeline),
    ]);
    charts
}
