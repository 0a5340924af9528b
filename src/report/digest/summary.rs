//! The numbers of `summary.json` out of a digest.

use std::collections::{BTreeMap, BTreeSet};

use super::Digest;
use super::leaf::Leaf;
use super::ledger::Ledger;
use super::sketch::Sketch;
use super::times::Times;
use crate::base::{Metric, Scope, Statistic, Threshold, Timing};
use crate::report::group::{Counts, Group};
use crate::report::observed::{Facts, Observed, Refusing, jain, judged};
use crate::report::peak::{TokensPerMinute, busiest, per_subscription};
use crate::report::retry::{RetryAfter, share};
use crate::report::stats::milliseconds;
use crate::report::summary::Summary;
use crate::report::verdict::{counted, judged_by};
use crate::results::{Outcome, RunInfo};

impl Digest {
    /// The summary of a run whose requests are all in here; `torn` when its last line was left out.
    pub(crate) fn summary(&self, info: &RunInfo, torn: bool) -> Summary {
        let leaves: Vec<&Leaf> = self.leaves.iter().collect();
        Summary {
            scenario: info.scenario.clone(),
            origin: info.origin,
            tool_version: info.tool_version.clone(),
            started: info.started.clone(),
            duration_us: info.duration_us,
            interrupted: info.interrupted,
            torn,
            planned: info.planned,
            arrived: self.arrived,
            counts: counts(&leaves),
            callers: self.callers(info),
            subscriptions: self.subscriptions(info),
            latency: self.times.latency.distribution(),
            latency_from_sent: self.times.service.distribution(),
            ttft: self.times.ttft.distribution(),
            ttft_from_sent: self.times.ttft_from_sent.distribution(),
            retry_after: retries(&leaves),
            tokens_per_minute: minute(info, &leaves),
            limit: self.observed(info),
            fairness: jain(
                by(&self.leaves, |leaf| &leaf.subscription)
                    .values()
                    .map(|leaves| counts(leaves).tokens),
            ),
            client_lateness: self.times.lateness.distribution(),
            cost: None,
            thresholds: judged_by(info, |rule| self.measured(info, rule)),
        }
    }

    pub(in crate::report) fn counts(&self) -> Counts {
        counts(&self.leaves.iter().collect::<Vec<_>>())
    }

    pub(in crate::report) fn subscriptions(&self, info: &RunInfo) -> Vec<Group> {
        let declared = info
            .callers
            .iter()
            .map(|caller| caller.subscription.as_str());
        let mut groups = self.groups(info, declared, |leaf| &leaf.subscription);
        groups.retain(|group| group.counts.requests > 0);
        groups
    }

    fn callers(&self, info: &RunInfo) -> Vec<Group> {
        let declared = info.callers.iter().map(|caller| caller.name.as_str());
        self.groups(info, declared, |leaf| &leaf.caller)
    }

    /// In the order of `declared`, then those that only requests name, by name.
    fn groups<'a>(
        &'a self,
        info: &RunInfo,
        declared: impl Iterator<Item = &'a str>,
        key: impl Fn(&Leaf) -> &str,
    ) -> Vec<Group> {
        let mut members = by(&self.leaves, key);
        let all = self.counts().tokens;
        let mut known = BTreeSet::new();
        let mut groups = Vec::new();
        for name in declared.filter(|name| known.insert(*name)) {
            let leaves = members.remove(name).unwrap_or_default();
            groups.push(group(info, name, &leaves, all));
        }
        let rest = members.into_iter();
        groups.extend(rest.map(|(name, leaves)| group(info, name, &leaves, all)));
        groups
    }

    /// Every counter of the tightest limit with its name, which is absent when there is but one.
    pub(in crate::report) fn counters(&self, info: &RunInfo) -> Vec<(Option<&str>, Vec<&Leaf>)> {
        if per_subscription(info) {
            let counters = by(&self.leaves, |leaf| &leaf.subscription).into_iter();
            counters
                .map(|(name, leaves)| (Some(name), leaves))
                .collect()
        } else if self.leaves.is_empty() {
            Vec::new()
        } else {
            vec![(None, self.leaves.iter().collect())]
        }
    }

    fn observed(&self, info: &RunInfo) -> Vec<Observed> {
        let counters = self.counters(info).into_iter();
        counters
            .map(|(name, leaves)| {
                let mut waits = Sketch::<5>::default();
                for leaf in &leaves {
                    waits.merge(&leaf.waits);
                }
                let ledger = sum(&leaves);
                let facts = Facts {
                    spent: ledger.spent(),
                    early: early(&ledger),
                    refusing: stretches(&ledger),
                    waits: waits.distribution(),
                };
                judged(info, name, &facts)
            })
            .collect()
    }

    fn measured(&self, info: &RunInfo, rule: &Threshold) -> (Option<f64>, u64) {
        let scope = rule.scope.as_ref();
        let holds =
            |leaf: &&Leaf| scope.is_none_or(|scope| scope.holds(&leaf.caller, &leaf.subscription));
        let leaves: Vec<&Leaf> = self.leaves.iter().filter(holds).collect();
        match rule.metric {
            Metric::Time(statistic, timing) => self.timed(scope, &leaves, statistic, timing),
            Metric::RetryAfterHonoured => {
                let found = retries(&leaves);
                (found.honoured_share(), found.retried)
            }
            Metric::TokensAdmittedPerMinute => {
                let passed = counts(&leaves).passed;
                let peak = minute(info, &leaves).peak;
                ((passed > 0).then_some(peak as f64), passed)
            }
            metric => counted(metric, &counts(&leaves)),
        }
    }

    fn timed(
        &self,
        scope: Option<&Scope>,
        leaves: &[&Leaf],
        statistic: Statistic,
        timing: Timing,
    ) -> (Option<f64>, u64) {
        let of = |times: &Times| match timing {
            Timing::Ttft => times.ttft.clone(),
            Timing::Latency => times.latency.clone(),
        };
        let mut sketch = Sketch::default();
        if scope.is_some() {
            let times = leaves.iter().filter_map(|leaf| leaf.times.as_deref());
            times.for_each(|times| sketch.merge(&of(times)));
        } else {
            sketch = of(&self.times);
        }
        let quantile = |thousandths| sketch.quantile(thousandths).map(milliseconds);
        let value = match statistic {
            Statistic::P50 => quantile(500),
            Statistic::P90 => quantile(900),
            Statistic::P95 => quantile(950),
            Statistic::P99 => quantile(990),
            Statistic::Max => sketch.max().map(milliseconds),
            Statistic::Mean => sketch.mean().map(|micros| micros / 1e3),
        };
        (value, sketch.samples())
    }

    /// Refusals that were given up before their next attempt could be seen.
    pub(in crate::report) fn forgotten(&self) -> u64 {
        self.retries.forgotten()
    }

    /// What became of waits, by the seconds that were asked for.
    pub(in crate::report) fn waited(&self) -> &BTreeMap<u64, super::Waited> {
        self.retries.by_asked()
    }
}

fn by(leaves: &[Leaf], key: impl Fn(&Leaf) -> &str) -> BTreeMap<&str, Vec<&Leaf>> {
    let mut members: BTreeMap<&str, Vec<&Leaf>> = BTreeMap::new();
    for leaf in leaves {
        members.entry(key(leaf)).or_default().push(leaf);
    }
    members
}

fn counts(leaves: &[&Leaf]) -> Counts {
    let mut sum = Counts::default();
    for leaf in leaves {
        sum.merge(&leaf.counts);
    }
    sum
}

fn retries(leaves: &[&Leaf]) -> RetryAfter {
    let mut sum = RetryAfter::default();
    for leaf in leaves {
        sum.merge(&leaf.retry);
    }
    sum
}

/// The counters of some leaves in one.
pub(in crate::report) fn sum(leaves: &[&Leaf]) -> Ledger {
    let ledgers = leaves.iter().map(|leaf| &leaf.ledger);
    Ledger::sum(ledgers).unwrap_or_else(|| Ledger::new(super::ledger::FINEST_US))
}

fn minute(info: &RunInfo, leaves: &[&Leaf]) -> TokensPerMinute {
    let mut counters: BTreeMap<&str, Vec<&Leaf>> = BTreeMap::new();
    let apart = per_subscription(info);
    for leaf in leaves {
        let counter = if apart { &*leaf.subscription } else { "" };
        // A counter without a passed request has no busiest minute.
        if leaf.counts.passed > 0 {
            counters.entry(counter).or_default().push(leaf);
        }
    }
    let counters = counters.into_iter();
    busiest(
        info,
        counters.map(|(counter, leaves)| (counter, sum(&leaves).spent())),
    )
}

fn group(info: &RunInfo, name: &str, leaves: &[&Leaf], all_tokens: u64) -> Group {
    let counts = counts(leaves);
    let minute = minute(info, leaves);
    Group {
        name: name.to_owned(),
        throttled_share: counts.share(Outcome::Throttled),
        first_429_us: leaves.iter().filter_map(|leaf| leaf.first_429_us).min(),
        share_of_tokens: share(counts.tokens, all_tokens),
        peak_tokens_per_minute: minute.peak,
        peak_of_limit: minute.share_of_limit,
        counts,
    }
}

/// `(moment, tokens, requests)` of passed requests by when they were sent.
fn early(ledger: &Ledger) -> Vec<(u64, u64, u64)> {
    let cells = ledger.sent.iter().filter(|cell| cell.passed > 0);
    cells
        .map(|cell| {
            (
                ledger.moment(cell.step),
                cell.tokens,
                u64::from(cell.passed),
            )
        })
        .collect()
}

/// Stretches without an admission, as fine as the steps are.
fn stretches(ledger: &Ledger) -> Vec<Refusing> {
    let mut found: Vec<Refusing> = Vec::new();
    let mut open = false;
    for cell in &ledger.sent {
        if cell.throttled > 0 {
            if !open {
                found.push(Refusing {
                    from_us: cell.refused_us,
                    until_us: None,
                    refused: 0,
                    promised_us: None,
                });
            }
            open = true;
            if let Some(stretch) = found.last_mut() {
                stretch.refused += u64::from(cell.throttled);
                stretch.promised_us = cell.promised_us;
            }
        }
        if let (true, Some(stretch)) = (cell.passed > 0 && open, found.last_mut()) {
            stretch.until_us = Some(ledger.moment(cell.step));
            open = false;
        }
    }
    found
}
