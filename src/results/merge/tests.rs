use proptest::prelude::*;

use super::*;
use crate::base::Moment;
use crate::results::{Environment, FORMAT, Origin, TargetInfo};

fn info() -> RunInfo {
    let caller = CallerInfo {
        name: "a".to_owned(),
        subscription: "s".to_owned(),
        planned: 0,
        stream: false,
        on_429: "ignore".to_owned(),
    };
    RunInfo {
        format: FORMAT.to_owned(),
        tool_version: "0".to_owned(),
        scenario: "s".to_owned(),
        description: None,
        origin: Origin::Measured,
        seed: 1,
        started: "2026-01-01T00:00:00Z".to_owned(),
        duration_us: Some(60_000_000),
        interrupted: false,
        stopped: None,
        planned: 0,
        target: TargetInfo {
            name: "t".to_owned(),
            url: None,
            tier: None,
            model: "m".to_owned(),
        },
        limits: Vec::new(),
        callers: vec![caller],
        thresholds: Vec::new(),
        overrides: Vec::new(),
        scenario_sha256: "1".to_owned(),
        policy_sha256: None,
        environment: Environment {
            os: "o".to_owned(),
            architecture: "a".to_owned(),
            cores: 1,
        },
        shard: None,
        merged: Vec::new(),
        client: None,
    }
}

/// A request of which every moment is known.
fn record(arrival: u64, attempt: u32, at: u64, took: u64) -> Record {
    let mut record = Record::new(arrival, attempt, "a", "s", Moment::from_micros(at));
    record.sent_us = at + took / 3;
    record.first_token_us = Some(at + took / 2);
    record.last_token_us = Some(at + took);
    record.done_us = at + took;
    record.status = Some(200);
    record.waited_until_us = (attempt > 1).then_some(at);
    record
}

/// One run's records as the shards would have written them, shard `n` on a clock that started
/// `n × late` microseconds after the first.
fn split(records: &[Record], of: u64, late: u64) -> Vec<(String, Run)> {
    let part = |index| {
        let shard = Shard::new(index, of).unwrap();
        let mut info = info();
        let began: Timestamp = info.started.parse().unwrap();
        let behind = std::time::Duration::from_micros(index * late);
        info.started = (began + behind).to_string();
        info.shard = Some(shard);
        let of_shard = records.iter().filter(|record| shard.has(record.arrival));
        let own_clock = of_shard.map(|record| earlier(record.clone(), index * late));
        let run = Run {
            records: own_clock.collect(),
            info,
            torn: false,
        };
        (format!("run-{index}"), run)
    };
    (0..of).map(part).collect()
}

fn earlier(mut record: Record, by: u64) -> Record {
    record.scheduled_us -= by;
    record.sent_us -= by;
    record.done_us -= by;
    record.first_token_us = record.first_token_us.map(|time| time - by);
    record.last_token_us = record.last_token_us.map(|time| time - by);
    record.waited_until_us = record.waited_until_us.map(|time| time - by);
    record
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Statistics are functions of the records and nothing else, so equal records are equal
    /// percentiles, to the bit.
    #[test]
    fn merged_shards_are_the_records_of_one_run(
        times in prop::collection::vec((0_u64..90_000_000, 0_u64..9_000_000, 1_u32..4), 0..60),
        of in 1_u64..8,
        late in 0_u64..1_000_000,
    ) {
        let mut records = Vec::new();
        for (arrival, (at, took, attempts)) in (0..).zip(times) {
            for attempt in 1..=attempts {
                let at = at + 10_000_000 * u64::from(attempt);
                records.push(record(arrival, attempt, at, took));
            }
        }
        records.sort_by_key(|record| (record.done_us, record.arrival, record.attempt));
        let mut shards = split(&records, of, late);
        shards.reverse();
        let merged = merge(shards, false).unwrap();
        prop_assert_eq!(merged.records, records);
        prop_assert_eq!(merged.info.merged.len() as u64, of);
        prop_assert_eq!(merged.info.duration_us, Some(60_000_000 + (of - 1) * late));
        prop_assert_eq!(merged.info.started.as_str(), "2026-01-01T00:00:00Z");
    }
}

/// What merging says after one thing about the second of two shards was changed.
fn refusal(change: impl FnOnce(&mut Run)) -> MergeError {
    let records = [record(0, 1, 9, 9), record(1, 1, 9, 9)];
    let mut shards = split(&records, 2, 0);
    change(&mut shards[1].1);
    merge(shards, false).unwrap_err()
}

#[test]
fn parts_of_different_runs_are_not_merged() {
    let what = |change: fn(&mut RunInfo)| match refusal(|run| change(&mut run.info)) {
        MergeError::Differs { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(what(|info| info.seed = 2), "seed");
    assert_eq!(
        what(|info| info.scenario_sha256 = "2".to_owned()),
        "scenario"
    );
    assert_eq!(
        what(|info| info.policy_sha256 = Some("2".to_owned())),
        "policy"
    );
    assert_eq!(
        what(|info| info.shard = Shard::new(1, 3)),
        "number of shards"
    );
    assert_eq!(
        what(|info| info.overrides = vec!["tpm=1".to_owned()]),
        "set of overrides"
    );
    assert_eq!(what(|info| info.origin = Origin::Simulated), "origin");
    assert_eq!(what(|info| info.target.name = "u".to_owned()), "target");
    let name = || "run-1".to_owned();
    assert_eq!(
        refusal(|run| run.info.shard = None),
        MergeError::Whole { name: name() }
    );
    let started = || "now".to_owned();
    assert_eq!(
        refusal(|run| run.info.started = started()),
        MergeError::Started {
            name: name(),
            started: started()
        }
    );
    assert!(matches!(
        refusal(|run| run.records[0].arrival = 2),
        MergeError::Foreign { arrival: 2, .. }
    ));
    assert_eq!(merge(Vec::new(), true).unwrap_err(), MergeError::Nothing);
}

#[test]
fn a_run_that_lacks_something_says_so() {
    let shards = split(&[record(1, 1, 9, 9)], 3, 0);
    let missing = merge(shards[1..2].to_vec(), false).unwrap_err();
    assert_eq!(
        missing,
        MergeError::Missing {
            missing: "0/3, 2/3".to_owned()
        }
    );
    let partial = merge(shards[1..2].to_vec(), true).unwrap();
    assert!(partial.info.interrupted);
    let mut killed = shards;
    killed[2].1.info.duration_us = None;
    let merged = merge(killed, false).unwrap();
    assert!(merged.info.interrupted);
    assert!(!merged.info.merged[2].complete && merged.info.merged[1].complete);
}
