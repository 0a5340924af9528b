//! Whether the thresholds of the scenario were kept, and the run in one sentence.

use schemars::JsonSchema;
use serde::Serialize;

use super::group::Counts;
use super::peak::{self, tokens_per_minute};
use super::retry::retry_after;
use super::stats::{Samples, latency_us, milliseconds, ttft_us};
use super::summary::Summary;
use crate::base::{
    Bound, Measure, Metric, Scope, Statistic, Threshold, Tier, Timing, number, percent,
};
use crate::results::{Outcome, Record, Run, RunInfo};

/// One threshold against one run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Verdict {
    pub(crate) text: String,
    /// In the unit of the metric (a share from 0 to 1, a count, milliseconds, tokens); absent when
    /// there was nothing to measure.
    pub(crate) actual: Option<f64>,
    /// How many requests the actual value rests on. Over none, no threshold is kept.
    pub(crate) samples: u64,
    pub(crate) passed: bool,
    /// Why there is no answer, where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    #[serde(skip)]
    measure: Option<Measure>,
}

impl Verdict {
    fn judge(
        &mut self,
        rule: &Threshold,
        actual: Option<f64>,
        bound: Option<f64>,
        without_bound: &str,
    ) {
        self.actual = actual;
        match (actual, bound) {
            (None, _) => self.note = Some("nothing to measure".to_owned()),
            (_, None) => self.note = Some(without_bound.to_owned()),
            (Some(actual), Some(bound)) => self.passed = rule.comparison.holds(actual, bound),
        }
    }

    /// The actual value for people.
    pub(super) fn shown(&self) -> String {
        match (self.measure, self.actual) {
            (Some(measure), Some(actual)) => measure.show(actual),
            _ => "–".to_owned(),
        }
    }
}

pub(super) fn verdicts(run: &Run) -> Vec<Verdict> {
    judged_by(&run.info, |rule| {
        let scope = rule.scope.as_ref();
        let records = run.records.iter().filter(|record| in_scope(record, scope));
        measured(run, rule.metric, records)
    })
}

/// Every threshold that a run is judged by. `measured` gives the value of a rule's metric, `None`
/// over nothing, and the number of requests that it rests on.
pub(super) fn judged_by(
    info: &RunInfo,
    measured: impl Fn(&Threshold) -> (Option<f64>, u64),
) -> Vec<Verdict> {
    let rules = info.judged_by().iter();
    rules.map(|text| verdict(info, text, &measured)).collect()
}

fn verdict(
    info: &RunInfo,
    text: &str,
    measured: impl Fn(&Threshold) -> (Option<f64>, u64),
) -> Verdict {
    let mut verdict = Verdict {
        text: text.to_owned(),
        actual: None,
        samples: 0,
        passed: false,
        note: None,
        measure: None,
    };
    let threshold = match Threshold::parse(text) {
        Ok(threshold) => threshold,
        Err(error) => {
            verdict.note = Some(error.message);
            return verdict;
        }
    };
    verdict.measure = Some(threshold.metric.measure());
    let (actual, samples) = measured(&threshold);
    verdict.samples = samples;
    let bound = bound(info, threshold.bound, None);
    verdict.judge(
        &threshold,
        actual,
        bound,
        "the policy names no tokens per minute",
    );
    verdict
}

/// The number that a bound comes to in a run; `base` is what its metric was in another run.
fn bound(info: &RunInfo, bound: Bound, base: Option<f64>) -> Option<f64> {
    match bound {
        Bound::Number(bound) => Some(bound),
        Bound::TimesTpm(factor) => peak::tightest(info).map(|(_, tpm)| factor * tpm as f64),
        Bound::OfBase { factor, plus } => base.map(|base| factor * base + plus),
    }
}

/// Whether a rule about two runs applies to `other`, with the values that it looked at.
pub(super) fn against(base: &Run, other: &Run, rule: &Threshold) -> Verdict {
    let value = |run: &Run| {
        let records = run.records.iter();
        let records = records.filter(|record| in_scope(record, rule.scope.as_ref()));
        measured(run, rule.metric, records)
    };
    let (known, _) = value(base);
    let (actual, samples) = value(other);
    let mut verdict = Verdict {
        text: rule.text.clone(),
        actual: None,
        samples,
        passed: false,
        note: None,
        measure: Some(rule.metric.measure()),
    };
    let bound = bound(&other.info, rule.bound, known);
    let missing = match rule.bound {
        Bound::OfBase { .. } => "nothing to measure in the first run",
        Bound::Number(_) | Bound::TimesTpm(_) => "the policy names no tokens per minute",
    };
    verdict.judge(rule, actual, bound, missing);
    verdict
}

fn in_scope(record: &Record, scope: Option<&Scope>) -> bool {
    scope.is_none_or(|scope| scope.holds(&record.caller, &record.subscription))
}

/// The value of a metric, `None` over nothing, and the number of requests that it rests on.
fn measured<'a>(
    run: &Run,
    metric: Metric,
    records: impl Iterator<Item = &'a Record> + Clone,
) -> (Option<f64>, u64) {
    match metric {
        Metric::Time(statistic, timing) => timed(statistic, timing, records),
        Metric::RetryAfterHonoured => {
            let found = retry_after(records);
            (found.honoured_share(), found.retried)
        }
        Metric::TokensAdmittedPerMinute => {
            let passed = Counts::of(records.clone()).passed;
            let peak = tokens_per_minute(run, records).peak;
            ((passed > 0).then_some(peak as f64), passed)
        }
        _ => counted(metric, &Counts::of(records)),
    }
}

/// The value of a metric that is a count or a share; `None` for any other.
pub(super) fn counted(metric: Metric, counts: &Counts) -> (Option<f64>, u64) {
    let requests = counts.requests;
    let outcome = match metric {
        Metric::PassedRatio | Metric::Passed => Outcome::Passed,
        Metric::ThrottledRatio | Metric::Throttled => Outcome::Throttled,
        Metric::QuotaExceededRatio | Metric::QuotaExceeded => Outcome::QuotaExceeded,
        Metric::FailedRatio | Metric::Failed => Outcome::Failed,
        Metric::Requests => return ((requests > 0).then_some(requests as f64), requests),
        Metric::Time(..) | Metric::RetryAfterHonoured | Metric::TokensAdmittedPerMinute => {
            return (None, requests);
        }
    };
    let share = counts.share(outcome);
    let count = share.map(|_| counts.by_outcome(outcome) as f64);
    (
        if metric.measure() == Measure::Share {
            share
        } else {
            count
        },
        requests,
    )
}

fn timed<'a>(
    statistic: Statistic,
    timing: Timing,
    records: impl Iterator<Item = &'a Record>,
) -> (Option<f64>, u64) {
    let samples: Samples = match timing {
        Timing::Ttft => records.filter_map(ttft_us).collect(),
        Timing::Latency => records.filter_map(latency_us).collect(),
    };
    let value = match statistic {
        Statistic::P50 => samples.quantile(500).map(milliseconds),
        Statistic::P90 => samples.quantile(900).map(milliseconds),
        Statistic::P95 => samples.quantile(950).map(milliseconds),
        Statistic::P99 => samples.quantile(990).map(milliseconds),
        Statistic::Max => samples.max().map(milliseconds),
        Statistic::Mean => samples.mean().map(|micros| micros / 1e3),
    };
    (value, samples.sorted().len() as u64)
}

/// The run in one sentence, the thing that matters first.
pub(super) fn sentence(info: &RunInfo, summary: &Summary) -> String {
    let counts = &summary.counts;
    if counts.requests == 0 {
        return "no request was done, so this run says nothing about the limit".to_owned();
    }
    let mut parts = vec![format!(
        "{} of {} passed",
        number(counts.passed as f64, 0),
        plural(counts.requests, "request"),
    )];
    for (count, words) in [
        (counts.throttled, "throttled (429)"),
        (counts.quota_exceeded, "refused by a quota (403)"),
    ] {
        if count > 0 {
            let were = if count == 1 { "was" } else { "were" };
            parts.push(format!("{} {were} {words}", number(count as f64, 0)));
        }
    }
    if counts.failed > 0 {
        parts.push(format!("{} failed", number(counts.failed as f64, 0)));
    }
    parts.extend(limit_words(info, summary));
    parts.join("; ")
}

/// How many thresholds were kept; `None` when there are none.
pub(super) fn thresholds_words(summary: &Summary) -> Option<String> {
    let all = summary.thresholds.len();
    let missed = summary
        .thresholds
        .iter()
        .filter(|verdict| !verdict.passed)
        .count();
    match (all, missed) {
        (0, _) => None,
        (1, 0) => Some("the threshold was kept".to_owned()),
        (1, _) => Some("the threshold was missed".to_owned()),
        (_, 0) => Some(format!("all {all} thresholds kept")),
        _ => Some(format!("{missed} of {all} thresholds missed")),
    }
}

/// What became of the limit. A bucket admits what it holds and what flows in meanwhile, so more than
/// the limit in one minute is not by itself a broken limit.
fn limit_words(info: &RunInfo, summary: &Summary) -> Option<String> {
    let minute = &summary.tokens_per_minute;
    let (limit, share) = (minute.limit?, minute.share_of_limit?);
    let named = format!("the limit of {} tokens/min", number(limit as f64, 0));
    if minute.peak_ends_us.is_none() {
        return Some(format!("no tokens counted against {named}"));
    }
    let peak = format!(
        "the busiest minute admitted {} tokens",
        number(minute.peak as f64, 0)
    );
    let tier = info.target.tier.as_deref().and_then(Tier::from_name);
    let bucket = tier.is_some_and(Tier::is_v2);
    let seen = summary.limit.iter();
    let late: u64 = seen
        .clone()
        .filter_map(|seen| seen.admitted_while_spent)
        .sum();
    let overshoot = seen
        .filter_map(|seen| seen.overshoot_tokens)
        .max()
        .unwrap_or(0);
    if late > 0 {
        return Some(format!(
            "{named} did not hold: {} passed after it was spent, and {peak}, {} of it",
            plural(late, "request"),
            percent(share)
        ));
    }
    let under_way = match overshoot {
        0 => String::new(),
        tokens => format!(
            ", with an overshoot of {} by requests under way when it was spent",
            plural(tokens, "token")
        ),
    };
    Some(if minute.peak <= limit {
        format!("{named} held{under_way}: {peak}")
    } else if bucket {
        format!(
            "{named} held{under_way}: {peak}, {} of it, as a token bucket may: it starts full and refills meanwhile",
            percent(share)
        )
    } else {
        format!("{named} held{under_way}: {peak}, {} of it", percent(share))
    })
}

pub(super) fn plural(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(count as f64, 0))
}
