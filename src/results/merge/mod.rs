//! Shards into one run.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::record::Record;
use super::run::{CallerInfo, MergedInfo, Run, RunInfo};
use crate::base::Shard;

/// Why runs are not the shards of one run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MergeError {
    #[error("there is no run to merge")]
    Nothing,
    #[error("`{name}` is not a shard of a run")]
    Whole { name: String },
    #[error("`{name}` has another {what} than `{first}`")]
    Differs {
        name: String,
        first: String,
        what: &'static str,
    },
    #[error("`{name}` and `{first}` are both shard {shard}")]
    Twice {
        name: String,
        first: String,
        shard: Shard,
    },
    #[error("shards are missing: {missing}")]
    Missing { missing: String },
    #[error("`{name}` has no valid start time `{started}`")]
    Started { name: String, started: String },
    #[error(
        "`{name}` is shard {shard} and has a request of arrival {arrival}, which is not in its part"
    )]
    Foreign {
        name: String,
        shard: Shard,
        arrival: u64,
    },
}

impl MergeError {
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            MergeError::Nothing | MergeError::Whole { .. } => {
                "name run directories that `apimon loadtest --shard I/N` wrote, or their folder"
            }
            MergeError::Differs { .. } => {
                "shards of one run are played from the same scenario and policy with the same flags"
            }
            MergeError::Twice { .. } => "leave out the one that does not belong to this run",
            MergeError::Missing { .. } => {
                "name their directories too, or merge what there is with `--partial`"
            }
            MergeError::Started { .. } | MergeError::Foreign { .. } => {
                "the run directory was changed since it was written"
            }
        }
    }
}

/// Joins the shards of one run, each under the name that messages call it by.
///
/// Records keep their arrival, attempt and durations. Times are moved to the moment zero of the
/// shard that started first, by the start times that the shards noted; how far is in
/// [`MergedInfo`]. As every record is kept, every statistic of the merged run is that of all
/// records: nothing is averaged.
///
/// # Errors
///
/// When the runs are not distinct shards of one run, or when some are missing and `partial` is
/// false. A merged run that lacks shards, or has one that did not reach its end, is interrupted.
pub(crate) fn merge(runs: Vec<(String, Run)>, partial: bool) -> Result<Run, MergeError> {
    let shards = by_index(runs)?;
    let shards = shards.into_values().collect::<Vec<_>>();
    let missing = missing(&shards);
    if !missing.is_empty() && !partial {
        let missing = missing.iter().map(ToString::to_string);
        return Err(MergeError::Missing {
            missing: missing.collect::<Vec<_>>().join(", "),
        });
    }
    let began = shards.iter().map(|part| part.started).min();
    let began = began.ok_or(MergeError::Nothing)?;
    let mut info = joined_info(&shards, began, missing.is_empty());
    let mut records = Vec::new();
    let mut torn = false;
    for Part { run, started, .. } in shards {
        let moved = micros_between(began, started);
        let ended = run.info.duration_us.map(|duration| duration + moved);
        info.duration_us = info.duration_us.max(ended);
        torn |= run.torn;
        records.extend(run.records.into_iter().map(|record| later(record, moved)));
    }
    records.sort_by_key(|record| (record.done_us, record.arrival, record.attempt));
    Ok(Run {
        info,
        records,
        torn,
    })
}

struct Part {
    name: String,
    shard: Shard,
    started: Timestamp,
    run: Run,
}

/// Every shard once, all of the same run.
fn by_index(runs: Vec<(String, Run)>) -> Result<BTreeMap<u64, Part>, MergeError> {
    let mut parts: BTreeMap<u64, Part> = BTreeMap::new();
    let mut first: Option<(String, RunInfo)> = None;
    for (name, run) in runs {
        let Some(shard) = run.info.shard else {
            return Err(MergeError::Whole { name });
        };
        if let Some((first, info)) = &first
            && let Some(what) = difference(info, &run.info)
        {
            let first = first.clone();
            return Err(MergeError::Differs { name, first, what });
        }
        if let Some(other) = parts.get(&shard.index()) {
            let first = other.name.clone();
            return Err(MergeError::Twice { name, first, shard });
        }
        if let Some(foreign) = run.records.iter().find(|record| !shard.has(record.arrival)) {
            let arrival = foreign.arrival;
            return Err(MergeError::Foreign {
                name,
                shard,
                arrival,
            });
        }
        let Ok(started) = run.info.started.parse() else {
            let started = run.info.started;
            return Err(MergeError::Started { name, started });
        };
        first.get_or_insert_with(|| (name.clone(), run.info.clone()));
        let part = Part {
            name,
            shard,
            started,
            run,
        };
        parts.insert(shard.index(), part);
    }
    Ok(parts)
}

/// What makes two runs parts of different runs.
fn difference(one: &RunInfo, other: &RunInfo) -> Option<&'static str> {
    let of = |info: &RunInfo| info.shard.map(Shard::of);
    [
        (one.scenario_sha256 == other.scenario_sha256, "scenario"),
        (one.policy_sha256 == other.policy_sha256, "policy"),
        (one.seed == other.seed, "seed"),
        (of(one) == of(other), "number of shards"),
        (one.overrides == other.overrides, "set of overrides"),
        (one.origin == other.origin, "origin"),
        (one.target == other.target, "target"),
    ]
    .into_iter()
    .find_map(|(same, what)| (!same).then_some(what))
}

fn missing(parts: &[Part]) -> Vec<Shard> {
    let of = parts.first().map_or(0, |part| part.shard.of());
    let all = (0..of).filter_map(|index| Shard::new(index, of));
    all.filter(|shard| parts.iter().all(|part| part.shard != *shard))
        .collect()
}

fn joined_info(parts: &[Part], began: Timestamp, all: bool) -> RunInfo {
    let mut info = parts[0].run.info.clone();
    info.shard = None;
    info.started = began.to_string();
    info.duration_us = None;
    info.planned = parts.iter().map(|part| part.run.info.planned).sum();
    info.merged = parts.iter().map(|part| noted(part, began)).collect();
    info.stopped = parts.iter().find_map(|part| part.run.info.stopped.clone());
    info.interrupted = !all || info.merged.iter().any(|part| !part.complete);
    for (index, caller) in info.callers.iter_mut().enumerate() {
        let of_part = |part: &Part| {
            part.run
                .info
                .callers
                .get(index)
                .map(|caller: &CallerInfo| caller.planned)
        };
        caller.planned = parts.iter().filter_map(of_part).sum();
    }
    info
}

fn noted(part: &Part, began: Timestamp) -> MergedInfo {
    let info = &part.run.info;
    MergedInfo {
        shard: part.shard,
        started: info.started.clone(),
        moved_us: micros_between(began, part.started),
        requests: part.run.records.len() as u64,
        complete: info.duration_us.is_some() && !info.interrupted,
        environment: info.environment.clone(),
    }
}

fn micros_between(began: Timestamp, started: Timestamp) -> u64 {
    u64::try_from(started.duration_since(began).as_micros()).unwrap_or(0)
}

/// The same request on a clock that started earlier.
fn later(mut record: Record, moved: u64) -> Record {
    record.scheduled_us += moved;
    record.sent_us += moved;
    record.done_us += moved;
    for time in [
        &mut record.first_token_us,
        &mut record.last_token_us,
        &mut record.waited_until_us,
    ] {
        *time = time.map(|time| time + moved);
    }
    record
}
