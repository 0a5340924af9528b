//! The limit as the run saw it: when it refused, what it let through, whether it kept its word.
//!
//! A counter of the limit is rebuilt from what callers know: every passed request takes its tokens
//! at the moment it is done. For the v2 tiers that is a bucket that starts full, refills evenly and
//! may go below zero; for the classic tiers it is the sum of the last sixty seconds.
//!
//! * *overshoot*: how far the counter went beyond the limit at worst. Requests that were under way
//!   when the limit was reached are charged afterwards, so some overshoot is how APIM works.
//! * *admitted while spent*: requests that passed although the counter was beyond the limit already
//!   when they were sent, whether tokens are taken at the end of a request or at its beginning (the
//!   estimate of a prompt is). A limit that holds has none.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::level::Level;
use super::peak::{MINUTE_US, passed_tokens, per_subscription, running_minute, tightest};
use super::stats::{Distribution, Samples};
use crate::results::{Outcome, Record, Run, RunInfo};

/// Stretches of refusals that are listed one by one.
const MOST_STRETCHES: usize = 100;

/// One counter of the tightest limit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Observed {
    /// Whose counter it is; absent when the limit counts all subscriptions together.
    pub(crate) subscription: Option<String>,
    /// Tokens of its passed requests.
    pub(crate) admitted_tokens: u64,
    /// That over the run's length, by the minute; absent for a run without a length.
    pub(crate) admitted_tokens_per_minute: Option<f64>,
    /// Most tokens in any sixty seconds.
    pub(crate) peak_tokens_per_minute: u64,
    /// Tokens beyond the limit at worst; absent when the policy names no tokens-per-minute.
    pub(crate) overshoot_tokens: Option<u64>,
    /// Passed requests that were sent when the limit was spent already; absent as above.
    pub(crate) admitted_while_spent: Option<u64>,
    /// 429 answers.
    pub(crate) refused: u64,
    /// Stretches of refusals without an admission in between.
    pub(crate) stretches: u64,
    /// The first hundred of them.
    pub(crate) refusing: Vec<Refusing>,
    /// For requests that passed after waiting: sent when it passed − end of the first wait that was
    /// asked for. Zero or a little more is a wait that was right.
    pub(crate) passed_after_wait: Option<Distribution>,
}

/// A stretch without an admission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Refusing {
    /// The first 429 was there.
    pub(crate) from_us: u64,
    /// The next request that passed was sent; absent when none did.
    pub(crate) until_us: Option<u64>,
    pub(crate) refused: u64,
    /// End of the wait that the last 429 asked for; absent when it named none.
    pub(crate) promised_us: Option<u64>,
}

/// Every counter that had a request, in the order of their names.
pub(super) fn observed(run: &Run) -> Vec<Observed> {
    let apart = per_subscription(&run.info);
    let mut counters: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &run.records {
        let name = if apart { &record.subscription } else { "" };
        counters.entry(name).or_default().push(record);
    }
    counters
        .into_iter()
        .map(|(name, records)| counter(run, apart.then_some(name), &records))
        .collect()
}

pub(super) fn fairness(run: &Run) -> Option<f64> {
    let mut admitted: BTreeMap<&str, u64> = BTreeMap::new();
    for record in &run.records {
        *admitted.entry(&record.subscription).or_default() += passed_tokens(record).unwrap_or(0);
    }
    jain(admitted.into_values())
}

/// Jain's index of the tokens that subscriptions were admitted: 1 when all got the same, 1/n when
/// one of n got everything. Absent for fewer than two subscriptions, or without tokens.
pub(super) fn jain(admitted: impl Iterator<Item = u64>) -> Option<f64> {
    let (mut subscriptions, mut sum, mut squares) = (0_u32, 0.0, 0.0);
    for tokens in admitted {
        subscriptions += 1;
        sum += tokens as f64;
        squares += tokens as f64 * tokens as f64;
    }
    (subscriptions > 1 && squares > 0.0).then(|| sum * sum / (f64::from(subscriptions) * squares))
}

fn counter(run: &Run, subscription: Option<&str>, records: &[&Record]) -> Observed {
    let early = charges(records, |record| record.sent_us);
    judged(
        &run.info,
        subscription,
        &Facts {
            spent: charges(records, |record| record.done_us),
            early: early
                .into_iter()
                .map(|(moment, tokens)| (moment, tokens, 1))
                .collect(),
            refusing: stretches(records),
            waits: waits(records).distribution(),
        },
    )
}

/// What is known of one counter.
pub(super) struct Facts {
    /// `(moment, tokens)` of passed requests by their ends, in order of time.
    pub(super) spent: Vec<(u64, u64)>,
    /// `(moment, tokens, requests)` of passed requests by when they were sent, in order of time.
    pub(super) early: Vec<(u64, u64, u64)>,
    pub(super) refusing: Vec<Refusing>,
    pub(super) waits: Option<Distribution>,
}

pub(super) fn judged(info: &RunInfo, subscription: Option<&str>, facts: &Facts) -> Observed {
    let admitted_tokens = facts.spent.iter().map(|(_, tokens)| tokens).sum();
    let early: Vec<(u64, u64)> = facts
        .early
        .iter()
        .map(|(moment, tokens, _)| (*moment, *tokens))
        .collect();
    let levels = tightest(info).map(|(_, limit)| {
        (
            Level::new(info, limit, &facts.spent),
            Level::new(info, limit, &early),
        )
    });
    let minutes = info
        .duration_us
        .filter(|duration| *duration > 0)
        .map(|duration| duration as f64 / MINUTE_US as f64);
    let refusing = &facts.refusing;
    Observed {
        subscription: subscription.map(str::to_owned),
        admitted_tokens,
        admitted_tokens_per_minute: minutes.map(|minutes| admitted_tokens as f64 / minutes),
        peak_tokens_per_minute: running_minute(&facts.spent)
            .into_iter()
            .map(|(_, sum)| sum)
            .max()
            .unwrap_or(0),
        overshoot_tokens: levels.as_ref().map(|(at_end, _)| at_end.overshoot()),
        admitted_while_spent: levels.map(|(at_end, at_begin)| {
            let late = |(sent, ..): &&(u64, u64, u64)| {
                at_end.spent(*sent) && at_begin.spent(sent.saturating_sub(1))
            };
            let late = facts.early.iter().filter(late);
            late.map(|(.., requests)| requests).sum()
        }),
        refused: refusing.iter().map(|stretch| stretch.refused).sum(),
        stretches: refusing.len() as u64,
        refusing: refusing.iter().take(MOST_STRETCHES).cloned().collect(),
        passed_after_wait: facts.waits.clone(),
    }
}

/// `(moment, tokens)` of passed requests, in order of time.
fn charges(records: &[&Record], moment: impl Fn(&Record) -> u64) -> Vec<(u64, u64)> {
    let mut charges: Vec<(u64, u64)> = records
        .iter()
        .filter_map(|record| Some((moment(record), passed_tokens(record)?)))
        .collect();
    charges.sort_unstable();
    charges
}

fn stretches(records: &[&Record]) -> Vec<Refusing> {
    let mut decided: Vec<&&Record> = records
        .iter()
        .filter(|record| matches!(record.outcome(), Outcome::Passed | Outcome::Throttled))
        .collect();
    decided.sort_by_key(|record| (record.sent_us, record.arrival, record.attempt));
    let mut found: Vec<Refusing> = Vec::new();
    let mut open = false;
    for record in decided {
        if record.outcome() == Outcome::Passed {
            if let (true, Some(stretch)) = (open, found.last_mut()) {
                stretch.until_us = Some(record.sent_us);
            }
            open = false;
            continue;
        }
        if !open {
            found.push(Refusing {
                from_us: record.done_us,
                until_us: None,
                refused: 0,
                promised_us: None,
            });
            open = true;
        }
        if let Some(stretch) = found.last_mut() {
            stretch.refused += 1;
            stretch.promised_us = promised(record);
        }
    }
    found
}

/// End of the wait that a 429 asked for.
fn promised(record: &Record) -> Option<u64> {
    let wait = record.retry_after_s?.saturating_mul(1_000_000);
    Some(record.done_us.saturating_add(wait))
}

/// From the end of the first wait that an arrival was asked for until the attempt that passed.
fn waits(records: &[&Record]) -> Samples {
    let mut first: BTreeMap<u64, (u32, u64)> = BTreeMap::new();
    for record in records {
        let throttled = record.outcome() == Outcome::Throttled;
        if let (true, Some(promised)) = (throttled, promised(record)) {
            let known = first
                .entry(record.arrival)
                .or_insert((record.attempt, promised));
            if record.attempt < known.0 {
                *known = (record.attempt, promised);
            }
        }
    }
    records
        .iter()
        .filter(|record| record.outcome() == Outcome::Passed)
        .filter_map(|record| {
            let (attempt, promised) = first.get(&record.arrival)?;
            (record.attempt > *attempt).then(|| record.sent_us.saturating_sub(*promised))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::{self, info, record};

    /// `(sent, done, tokens)` in seconds; no tokens is a 429 that asks for ten seconds.
    fn run(tier: &str, requests: &[(u64, u64, u64)]) -> Run {
        let mut info = info("observed");
        info.target.tier = Some(tier.to_owned());
        info.duration_us = Some(120_000_000);
        let records = (0..).zip(requests).map(|(arrival, (sent, done, tokens))| {
            let passed = *tokens > 0;
            Record {
                sent_us: sent * 1_000_000,
                scheduled_us: sent * 1_000_000,
                done_us: done * 1_000_000,
                status: Some(if passed { 200 } else { 429 }),
                retry_after_s: (!passed).then_some(10),
                prompt_tokens: passed.then_some(0),
                completion_tokens: passed.then_some(*tokens),
                ..record(arrival)
            }
        });
        Run {
            records: records.collect(),
            info,
            torn: false,
        }
    }

    #[test]
    fn requests_under_way_overshoot_and_the_limit_still_holds() {
        // 500 a minute: both were sent while 500 were left.
        let run = run(
            "basicv2",
            &[(0, 2, 400), (1, 3, 400), (4, 4, 0), (60, 61, 30)],
        );
        let seen = &observed(&run)[0];
        // 500 − 400 after two seconds, one second of refill, − 400.
        assert_eq!(seen.overshoot_tokens, Some(291));
        assert_eq!(seen.admitted_while_spent, Some(0));
        assert_eq!(
            seen.refusing,
            [Refusing {
                from_us: 4_000_000,
                until_us: Some(60_000_000),
                refused: 1,
                promised_us: Some(14_000_000),
            }]
        );
        assert_eq!(seen.admitted_tokens_per_minute, Some(415.0));
    }

    #[test]
    fn what_passes_a_spent_limit_is_counted() {
        let requests = [(0, 1, 600), (2, 3, 50), (4, 5, 50)];
        let bucket = observed(&run("basicv2", &requests));
        assert_eq!(bucket[0].admitted_while_spent, Some(2));
        let window = observed(&run("developer", &requests));
        assert_eq!(window[0].admitted_while_spent, Some(2));
        assert_eq!(window[0].overshoot_tokens, Some(200));
    }

    #[test]
    fn a_window_forgets_after_a_minute_and_a_bucket_refills() {
        let requests = [(0, 1, 500), (62, 63, 490)];
        for tier in ["basicv2", "developer"] {
            let seen = &observed(&run(tier, &requests))[0];
            assert_eq!(seen.admitted_while_spent, Some(0), "{tier}");
            assert_eq!(seen.overshoot_tokens, Some(0), "{tier}");
        }
    }

    #[test]
    fn waits_count_from_the_first_promise() {
        let mut run = run("basicv2", &[(0, 0, 0), (10, 10, 0), (25, 26, 40)]);
        for (attempt, record) in (1..).zip(&mut run.records) {
            record.arrival = 0;
            record.attempt = attempt;
        }
        let seen = &observed(&run)[0];
        assert_eq!(
            seen.passed_after_wait.as_ref().map(|waits| waits.max_ms),
            Some(15_000.0)
        );
        assert_eq!(seen.refused, 2);
    }

    #[test]
    fn shares_are_fair_when_they_are_equal() {
        assert_eq!(fairness(&fixtures::burst()), None);
        let mut run = run("basicv2", &[(0, 1, 100), (0, 1, 100)]);
        run.records[1].subscription = "team-b".to_owned();
        assert_eq!(fairness(&run), Some(1.0));
        run.records[1].completion_tokens = Some(0);
        assert_eq!(fairness(&run), Some(0.5));
    }
}
