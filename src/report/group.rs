//! Counts of a group of requests: all of them, those of one caller, those of one subscription.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::peak::{passed_tokens, tokens_per_minute};
use super::retry::share;
use crate::results::{Outcome, Record, Run};

/// Attempts by how they ended; a retry counts as a request of its own.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) passed: u64,
    pub(crate) throttled: u64,
    pub(crate) quota_exceeded: u64,
    pub(crate) failed: u64,
    /// Prompt and completion tokens that the answers of passed requests reported.
    pub(crate) tokens: u64,
    /// Passed requests whose answer reported no tokens; they count as zero above.
    pub(crate) without_usage: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) counts: Counts,
    /// Throttled over requests; absent without requests.
    pub(crate) throttled_share: Option<f64>,
    /// When the first 429 was there; absent when none was.
    pub(crate) first_429_us: Option<u64>,
    /// Its tokens over those of the whole run; absent when the run has none.
    pub(crate) share_of_tokens: Option<f64>,
    /// Most tokens of its passed requests in any sixty seconds.
    pub(crate) peak_tokens_per_minute: u64,
    /// That peak over the limit; absent when the policy has no tokens-per-minute.
    pub(crate) peak_of_limit: Option<f64>,
}

impl Counts {
    pub(super) fn of<'a>(records: impl Iterator<Item = &'a Record>) -> Counts {
        let mut counts = Counts::default();
        for record in records {
            counts.add(record);
        }
        counts
    }

    pub(super) fn add<S>(&mut self, record: &Record<S>) {
        self.requests += 1;
        match record.outcome() {
            Outcome::Passed => self.passed += 1,
            Outcome::Throttled => self.throttled += 1,
            Outcome::QuotaExceeded => self.quota_exceeded += 1,
            Outcome::Failed => self.failed += 1,
        }
        if let Some(tokens) = passed_tokens(record) {
            self.tokens += tokens;
            self.without_usage += u64::from(record.total_tokens().is_none());
        }
    }

    pub(super) fn merge(&mut self, other: &Counts) {
        self.requests += other.requests;
        self.passed += other.passed;
        self.throttled += other.throttled;
        self.quota_exceeded += other.quota_exceeded;
        self.failed += other.failed;
        self.tokens += other.tokens;
        self.without_usage += other.without_usage;
    }

    pub(super) fn by_outcome(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Passed => self.passed,
            Outcome::Throttled => self.throttled,
            Outcome::QuotaExceeded => self.quota_exceeded,
            Outcome::Failed => self.failed,
        }
    }

    pub(super) fn share(&self, outcome: Outcome) -> Option<f64> {
        share(self.by_outcome(outcome), self.requests)
    }
}

pub(super) fn by_caller(run: &Run) -> Vec<Group> {
    let declared = run.info.callers.iter();
    groups(run, declared.map(|caller| caller.name.as_str()), |record| {
        &record.caller
    })
}

/// Only subscriptions that sent something: what a weighted group of callers declares is no name.
pub(super) fn by_subscription(run: &Run) -> Vec<Group> {
    let declared = run.info.callers.iter();
    let mut groups = groups(
        run,
        declared.map(|caller| caller.subscription.as_str()),
        |record| &record.subscription,
    );
    groups.retain(|group| group.counts.requests > 0);
    groups
}

/// Groups in the order of `declared`, then those that only the records name, by name.
fn groups<'a>(
    run: &'a Run,
    declared: impl Iterator<Item = &'a str>,
    key: impl Fn(&Record) -> &str,
) -> Vec<Group> {
    let mut members: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &run.records {
        members.entry(key(record)).or_default().push(record);
    }
    let all = Counts::of(run.records.iter()).tokens;
    let mut known = BTreeSet::new();
    let mut groups = Vec::new();
    for name in declared.filter(|name| known.insert(*name)) {
        groups.push(group(
            run,
            name,
            &members.remove(name).unwrap_or_default(),
            all,
        ));
    }
    groups.extend(
        members
            .into_iter()
            .map(|(name, records)| group(run, name, &records, all)),
    );
    groups
}

fn group(run: &Run, name: &str, records: &[&Record], all_tokens: u64) -> Group {
    let counts = Counts::of(records.iter().copied());
    let minute = tokens_per_minute(run, records.iter().copied());
    let throttled = records
        .iter()
        .filter(|record| record.outcome() == Outcome::Throttled);
    Group {
        name: name.to_owned(),
        throttled_share: counts.share(Outcome::Throttled),
        first_429_us: throttled.map(|record| record.done_us).min(),
        share_of_tokens: share(counts.tokens, all_tokens),
        peak_tokens_per_minute: minute.peak,
        peak_of_limit: minute.share_of_limit,
        counts,
    }
}
