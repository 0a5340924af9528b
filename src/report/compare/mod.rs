//! Two runs beside each other: what changed, and whether the data can tell.
//!
//! * *quantiles of times*: 95 % interval of the difference by bootstrap (percentile method, 2,000
//!   resamples, seeded, so that the same runs give the same bytes). Up to [`EXACT`] samples are
//!   resampled; beyond that the index of the quantile is drawn from its normal approximation, which
//!   is what resampling tends to.
//! * *shares*: Newcombe's interval of the difference of two proportions, from Wilson's for each.
//! * A difference whose interval holds zero is *no change*, however large it looks; with fewer than
//!   [`FEWEST`] samples on a side nothing is said at all.
//!
//! Requests of one run are not independent of each other where a limit is near: intervals are then
//! too narrow rather than too wide. `seen` says which differences are worth a look, not why.

mod interval;
mod text;

use serde::Serialize;

use super::group::Counts;
use super::observed::fairness;
use super::peak::tokens_per_minute;
use super::stats::{Samples, latency_us, milliseconds, ttft_us};
use super::verdict::{Verdict, against};
use crate::base::{Measure, Seed, Threshold};
use crate::results::{Outcome, Record, Run};

pub(crate) use text::{markdown, tables};

/// Samples on each side below which a difference means nothing.
const FEWEST: usize = 10;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Comparison {
    pub(crate) base: Side,
    pub(crate) other: Side,
    pub(crate) rows: Vec<Row>,
    /// Decisions on the same arrivals; absent when the runs were made from different plans.
    pub(crate) decisions: Option<Decisions>,
    /// What was asked for with `--fail-if`; `passed` here means that the rule applies.
    pub(crate) failures: Vec<Verdict>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Side {
    pub(crate) scenario: String,
    pub(crate) started: String,
    pub(crate) origin: crate::results::Origin,
    pub(crate) requests: u64,
}

/// One number in both runs, in the unit of its measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) base: Option<f64>,
    pub(crate) other: Option<f64>,
    /// 95 % interval of other − base; absent where none can be given.
    pub(crate) interval: Option<[f64; 2]>,
    pub(crate) seen: Seen,
    #[serde(skip)]
    measure: Measure,
}

/// What the data can tell of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Seen {
    More,
    Less,
    /// The interval holds zero.
    NoChange,
    /// Too few samples, or nothing to compare.
    CannotTell,
    /// A number without an interval, given as it is.
    Plain,
}

/// Whether the same arrivals were decided alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Decisions {
    /// Arrivals that both runs decided, by their first attempt.
    pub(crate) compared: u64,
    pub(crate) alike: u64,
    /// When the first of those that were not was due, microseconds since the start; absent when all
    /// were.
    pub(crate) different_from_us: Option<u64>,
    /// The first ten that were not: arrival, outcome in the first run, in the second.
    pub(crate) different: Vec<(u64, Outcome, Outcome)>,
}

/// `rules` come from `--fail-if`.
pub(crate) fn compare(base: &Run, other: &Run, rules: &[Threshold]) -> Comparison {
    let mut rows = Vec::new();
    for (outcome, name) in [
        (Outcome::Passed, "passed"),
        (Outcome::Throttled, "throttled (429)"),
        (Outcome::QuotaExceeded, "quota exceeded (403)"),
        (Outcome::Failed, "failed"),
    ] {
        rows.push(share(name, base, other, outcome));
    }
    for (quantile, latency, ttft) in [
        (500, "latency p50", "TTFT p50"),
        (950, "latency p95", "TTFT p95"),
        (990, "latency p99", "TTFT p99"),
    ] {
        rows.push(time(latency, base, other, quantile, latency_us));
        rows.push(time(ttft, base, other, quantile, ttft_us));
    }
    rows.sort_by_key(|row| row.name.starts_with("TTFT"));
    let tokens = |run: &Run| Some(Counts::of(run.records.iter()).tokens as f64);
    let peak = |run: &Run| Some(tokens_per_minute(run, run.records.iter()).peak as f64);
    rows.push(plain(
        "tokens admitted",
        Measure::Tokens,
        [base, other].map(tokens),
    ));
    rows.push(plain(
        "busiest minute",
        Measure::Tokens,
        [base, other].map(peak),
    ));
    rows.push(plain(
        "fairness",
        Measure::Share,
        [base, other].map(fairness),
    ));
    // What happened in neither run is not worth a line.
    let happened = |value: Option<f64>| value.is_some_and(|value| value > 0.0);
    rows.retain(|row| happened(row.base) || happened(row.other));
    Comparison {
        base: side(base),
        other: side(other),
        rows,
        decisions: decisions(base, other),
        failures: rules
            .iter()
            .map(|rule| against(base, other, rule))
            .collect(),
    }
}

impl Comparison {
    /// True when no rule applies and every one could be judged.
    pub(crate) fn passed(&self) -> bool {
        self.failures
            .iter()
            .all(|verdict| !verdict.passed && verdict.note.is_none())
    }
}

fn side(run: &Run) -> Side {
    Side {
        scenario: run.info.scenario.clone(),
        started: run.info.started.clone(),
        origin: run.info.origin,
        requests: run.records.len() as u64,
    }
}

fn share(name: &'static str, base: &Run, other: &Run, outcome: Outcome) -> Row {
    let [(of_base, all_base), (of_other, all_other)] = [base, other].map(|run| {
        let counts = Counts::of(run.records.iter());
        (counts.by_outcome(outcome), counts.requests)
    });
    let enough = all_base.min(all_other) >= FEWEST as u64;
    let interval =
        enough.then(|| interval::proportions((of_base, all_base), (of_other, all_other)));
    Row::new(
        name,
        Measure::Share,
        [(of_base, all_base), (of_other, all_other)]
            .map(|(part, whole)| super::retry::share(part, whole)),
        interval,
    )
}

fn time(
    name: &'static str,
    base: &Run,
    other: &Run,
    thousandths: usize,
    of: impl Fn(&Record) -> Option<u64>,
) -> Row {
    let samples = |run: &Run| run.records.iter().filter_map(&of).collect::<Samples>();
    let (known, new) = (samples(base), samples(other));
    let enough = known.sorted().len().min(new.sorted().len()) >= FEWEST;
    let interval = enough.then(|| {
        let mut seed = Seed::new(1).derive(name);
        interval::quantiles(known.sorted(), new.sorted(), thousandths, &mut seed)
            .map(|micros| micros / 1e3)
    });
    let values = [known, new].map(|samples| samples.quantile(thousandths).map(milliseconds));
    Row::new(name, Measure::Milliseconds, values, interval)
}

fn plain(name: &'static str, measure: Measure, [base, other]: [Option<f64>; 2]) -> Row {
    Row {
        name,
        base,
        other,
        interval: None,
        seen: Seen::Plain,
        measure,
    }
}

impl Row {
    fn new(
        name: &'static str,
        measure: Measure,
        [base, other]: [Option<f64>; 2],
        interval: Option<[f64; 2]>,
    ) -> Row {
        let seen = match interval {
            None => Seen::CannotTell,
            Some([low, _]) if low > 0.0 => Seen::More,
            Some([_, high]) if high < 0.0 => Seen::Less,
            Some(_) => Seen::NoChange,
        };
        Row {
            name,
            base,
            other,
            interval,
            seen,
            measure,
        }
    }
}

/// Arrivals carry the same numbers when scenario, seed and overrides are the same.
fn decisions(base: &Run, other: &Run) -> Option<Decisions> {
    let plan = |run: &Run| {
        let info = &run.info;
        (
            info.scenario_sha256.clone(),
            info.seed,
            info.overrides.clone(),
            info.planned,
        )
    };
    if plan(base) != plan(other) {
        return None;
    }
    let first = |run: &Run| {
        let records = run.records.iter().filter(|record| record.attempt == 1);
        let decided = records.map(|record| {
            let decision = (record.scheduled_us, record.outcome());
            (record.arrival, decision)
        });
        decided.collect::<std::collections::BTreeMap<u64, (u64, Outcome)>>()
    };
    let (known, new) = (first(base), first(other));
    let mut found = Decisions {
        compared: 0,
        alike: 0,
        different_from_us: None,
        different: Vec::new(),
    };
    for (arrival, (due_us, outcome)) in &known {
        let Some((_, now)) = new.get(arrival) else {
            continue;
        };
        found.compared += 1;
        if outcome == now {
            found.alike += 1;
            continue;
        }
        let first = found.different_from_us.unwrap_or(*due_us);
        found.different_from_us = Some(first.min(*due_us));
        if found.different.len() < 10 {
            found.different.push((*arrival, *outcome, *now));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests;
