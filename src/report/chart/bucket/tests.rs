use proptest::collection::vec;
use proptest::prelude::*;

use super::Bucket;
use crate::report::fixtures;
use crate::results::Record;

const SECOND_US: u64 = 1_000_000;

/// An answer that took no time: when, what the header said, what it cost.
fn passed(at_s: u64, remaining: u64, cost: Option<u64>) -> Record {
    Record {
        done_us: at_s * SECOND_US,
        remaining_tokens: Some(remaining),
        consumed_tokens: cost,
        prompt_tokens: None,
        completion_tokens: None,
        ..fixtures::record(0)
    }
}

fn refused(at_s: u64, remaining: u64, retry_after_s: u64) -> Record {
    Record {
        status: Some(429),
        retry_after_s: Some(retry_after_s),
        ..passed(at_s, remaining, None)
    }
}

/// Levels in tokens, in a bucket of 600: ten a second.
fn check(records: &[Record], expected: &[(u64, f64)]) {
    let records: Vec<&Record> = records.iter().collect();
    let levels: Vec<(u64, f64)> = Bucket::new(600)
        .levels(&records)
        .into_iter()
        .map(|(at_us, level)| (at_us / SECOND_US, (level * 10.0).round() / 10.0))
        .collect();
    assert_eq!(levels, expected);
}

#[test]
fn a_header_above_zero_is_the_level() {
    check(
        &[passed(1, 520, Some(80)), passed(3, 450, Some(90))],
        &[(0, 600.0), (1, 520.0), (3, 450.0)],
    );
}

#[test]
fn an_answer_that_says_zero_leaves_what_it_cost() {
    // 20 left and 10 flowed in, so 80 tokens lead 50 below zero; and from there it goes on.
    check(
        &[
            passed(1, 20, Some(580)),
            passed(2, 0, Some(80)),
            passed(12, 0, Some(70)),
        ],
        &[(0, 600.0), (1, 20.0), (2, -50.0), (12, -20.0)],
    );
    // The bucket was full again, and not more than that.
    check(
        &[passed(1, 20, Some(580)), passed(200, 0, Some(650))],
        &[(0, 600.0), (1, 20.0), (200, -50.0)],
    );
}

#[test]
fn an_answer_of_unknown_cost_is_told_by_the_next_refusal() {
    // Nine seconds to wait: 80 to 90 below zero; two seconds before that, 20 lower still.
    check(
        &[passed(1, 0, None), refused(3, 0, 9)],
        &[(0, 600.0), (1, -105.0), (3, -85.0)],
    );
    // Another answer in between, whose cost is known.
    check(
        &[passed(1, 0, None), passed(2, 0, Some(40)), refused(3, 0, 9)],
        &[(0, 600.0), (1, -65.0), (2, -95.0), (3, -85.0)],
    );
    check(&[passed(1, 0, None)], &[(0, 600.0), (1, 0.0)]);
    // A refusal minutes later tells nothing about now.
    check(
        &[passed(1, 0, None), refused(181, 0, 9)],
        &[(0, 600.0), (1, 0.0), (181, -85.0)],
    );
}

#[test]
fn a_refusal_moves_the_level_only_when_it_contradicts() {
    check(
        &[passed(0, 0, Some(682)), refused(1, 0, 8), refused(2, 0, 7)],
        &[(0, 600.0), (0, -82.0), (1, -72.0), (2, -62.0)],
    );
    // Somebody else spent 200.
    check(
        &[passed(0, 0, Some(682)), refused(1, 0, 28)],
        &[(0, 600.0), (0, -285.0), (1, -275.0)],
    );
    // And when it is little more than rounding explains.
    check(
        &[passed(0, 0, Some(682)), refused(1, 0, 11)],
        &[(0, 600.0), (0, -115.0), (1, -105.0)],
    );
    // A second is the least that is ever named.
    check(&[refused(1, 0, 0)], &[(0, 600.0), (1, -5.0)]);
}

#[test]
fn an_estimate_that_does_not_fit_tells_what_is_left() {
    check(&[refused(1, 30, 60)], &[(0, 600.0), (1, 30.0)]);
    // Sixty seconds and nothing left: less than a token after a wait, a whole minute after a burst.
    check(
        &[passed(0, 0, Some(650)), refused(5, 0, 60)],
        &[(0, 600.0), (0, -50.0), (5, 0.0)],
    );
    check(
        &[passed(0, 0, Some(1_195)), refused(0, 0, 60)],
        &[(0, 600.0), (0, -595.0), (0, -595.0)],
    );
}

#[test]
fn a_stream_tells_the_level_before_it_and_costs_when_it_ends() {
    let stream = |remaining| Record {
        stream: true,
        first_token_us: Some(SECOND_US),
        completion_tokens: Some(100),
        ..passed(4, remaining, None)
    };
    check(&[stream(570)], &[(0, 600.0), (1, 570.0), (4, 500.0)]);
    // The gateway counted more than we did, as the next refusal shows.
    check(
        &[stream(40), refused(5, 0, 9)],
        &[(0, 600.0), (1, 40.0), (4, -95.0), (5, -85.0)],
    );
    // Full again before it ends.
    check(&[stream(595)], &[(0, 600.0), (1, 595.0), (4, 500.0)]);
}

#[test]
fn an_answer_without_header_still_costs() {
    let silent = Record {
        remaining_tokens: None,
        ..passed(2, 0, Some(50))
    };
    check(
        &[passed(1, 500, Some(100)), silent.clone()],
        &[(0, 600.0), (1, 500.0), (2, 460.0)],
    );
    // It flows in no faster, whatever is told later; and what a full bucket spilt is not known.
    check(
        &[
            passed(1, 500, Some(100)),
            silent.clone(),
            passed(3, 560, Some(20)),
        ],
        &[(0, 600.0), (1, 500.0), (2, 510.0), (3, 560.0)],
    );
    check(
        &[
            passed(1, 500, Some(100)),
            silent.clone(),
            passed(30, 540, Some(60)),
        ],
        &[(0, 600.0), (1, 500.0), (2, 460.0), (30, 540.0)],
    );
    check(&[silent], &[]);
    check(&[], &[]);
    let failed = Record {
        status: Some(500),
        ..passed(1, 0, None)
    };
    let quota = Record {
        status: Some(403),
        ..refused(1, 0, 86_400)
    };
    check(&[failed, quota], &[]);
}

/// What a bucket answers that we know, and its level after each answer. Gaps are microseconds; costs
/// are in two-hundredths of a minute's tokens, and silent answers do not tell theirs.
fn play(per_minute: u64, gaps: &[(u64, u64, bool)]) -> Vec<(Record, f64)> {
    let rate = per_minute as f64 / 60.0;
    let (mut level, mut now_us) = (per_minute as f64, 0);
    let answers = gaps.iter().map(|(gap_us, cost, silent)| {
        now_us += gap_us;
        level = (level + rate * *gap_us as f64 / 1e6).min(per_minute as f64);
        let mut record = passed(0, 0, None);
        record.done_us = now_us;
        if level > 0.0 {
            let cost = per_minute * cost / 200;
            level -= cost as f64;
            let floor = |left: &u64| *left as f64 <= level;
            record.remaining_tokens = (0..=per_minute).rev().find(floor).or(Some(0));
            record.consumed_tokens = Some(cost).filter(|_| !silent);
        } else {
            let enough = |wait: &u32| f64::from(*wait) * rate >= -level;
            record.status = Some(429);
            record.retry_after_s = (1..=600).find(enough).map(u64::from);
        }
        (record, level)
    });
    answers.collect()
}

/// False for reports that alone do not tell the level: zero, or a minute to wait.
fn tells(record: &Record) -> bool {
    match record.status {
        Some(429) => record.retry_after_s != Some(60),
        _ => record.remaining_tokens > Some(0),
    }
}

proptest! {
    /// Wherever the level was told once and costs are known since, it is that of the bucket.
    #[test]
    fn levels_follow_a_bucket(
        per_minute in 60..20_000_u64,
        gaps in vec((0..20_000_000_u64, 1..300_u64, any::<bool>()), 1..60),
    ) {
        let played = play(per_minute, &gaps);
        let records: Vec<&Record> = played.iter().map(|(record, _)| record).collect();
        let levels = Bucket::new(per_minute).levels(&records);
        prop_assert_eq!(levels.len(), played.len() + 1);
        let mut known = true;
        for ((record, level), (at_us, found)) in played.iter().zip(&levels[1..]) {
            prop_assert_eq!(*at_us, record.done_us);
            let costs = record.status == Some(429) || record.consumed_tokens.is_some();
            known = tells(record) || (known && costs);
            let off = (found - level).abs();
            let most = per_minute as f64 / 60.0 + 1.0;
            prop_assert!(!known || off <= most, "{record:?}: {found} is not {level}");
        }
    }
}
