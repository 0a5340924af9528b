//! `summary.json`: the numbers of a run, ready for other programs.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::cost::Cost;
use super::group::{Counts, Group, by_caller, by_subscription};
use super::observed::{Observed, fairness, observed};
use super::peak::{TokensPerMinute, tokens_per_minute};
use super::retry::{RetryAfter, retry_after};
use super::stats::{
    Distribution, Samples, latency_us, lateness_us, service_us, ttft_from_sent_us, ttft_us,
};
use super::verdict::{Verdict, verdicts};
use crate::results::{Origin, Record, Run};

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Summary {
    pub(crate) scenario: String,
    pub(crate) origin: Origin,
    pub(crate) tool_version: String,
    pub(crate) started: String,
    /// Absent for a run that was killed.
    pub(crate) duration_us: Option<u64>,
    pub(crate) interrupted: bool,
    /// The last line of the requests was torn and left out.
    pub(crate) torn: bool,
    pub(crate) planned: u64,
    /// Planned arrivals that have at least one record.
    pub(crate) arrived: u64,
    pub(crate) counts: Counts,
    pub(crate) callers: Vec<Group>,
    pub(crate) subscriptions: Vec<Group>,
    /// Done − due, passed requests; absent when none passed.
    pub(crate) latency: Option<Distribution>,
    /// Done − sent, passed requests.
    pub(crate) latency_from_sent: Option<Distribution>,
    /// First token − due, passed and streamed requests; absent when none was streamed.
    pub(crate) ttft: Option<Distribution>,
    /// First token − sent.
    pub(crate) ttft_from_sent: Option<Distribution>,
    pub(crate) retry_after: RetryAfter,
    pub(crate) tokens_per_minute: TokensPerMinute,
    /// Every counter of the tightest limit, as the run saw it.
    pub(crate) limit: Vec<Observed>,
    /// Jain's index of the tokens that subscriptions were admitted, from 0 to 1; absent for fewer
    /// than two.
    pub(crate) fairness: Option<f64>,
    /// Sent − due of all requests: how far the client itself fell behind.
    pub(crate) client_lateness: Option<Distribution>,
    /// What the tokens cost; absent when no price of the model is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<Cost>,
    pub(crate) thresholds: Vec<Verdict>,
}

impl Summary {
    /// True when every threshold was kept.
    pub(crate) fn passed(&self) -> bool {
        self.thresholds.iter().all(|verdict| verdict.passed)
    }
}

/// JSON Schema of `summary.json`, which `apimon report --format json` prints.
pub(crate) fn schema() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Summary>();
    serde_json::to_string_pretty(&schema).expect("a schema is plain JSON")
}

pub(crate) fn summary(run: &Run) -> Summary {
    let info = &run.info;
    Summary {
        scenario: info.scenario.clone(),
        origin: info.origin,
        tool_version: info.tool_version.clone(),
        started: info.started.clone(),
        duration_us: info.duration_us,
        interrupted: info.interrupted,
        torn: run.torn,
        planned: info.planned,
        arrived: run
            .records
            .iter()
            .filter(|record| record.attempt == 1)
            .count() as u64,
        counts: Counts::of(run.records.iter()),
        callers: by_caller(run),
        subscriptions: by_subscription(run),
        latency: distribution(run, latency_us),
        latency_from_sent: distribution(run, service_us),
        ttft: distribution(run, ttft_us),
        ttft_from_sent: distribution(run, ttft_from_sent_us),
        retry_after: retry_after(run.records.iter()),
        tokens_per_minute: tokens_per_minute(run, run.records.iter()),
        limit: observed(run),
        fairness: fairness(run),
        client_lateness: distribution(run, |record| Some(lateness_us(record))),
        cost: None,
        thresholds: verdicts(run),
    }
}

fn distribution(run: &Run, time: impl Fn(&Record) -> Option<u64>) -> Option<Distribution> {
    run.records
        .iter()
        .filter_map(time)
        .collect::<Samples>()
        .distribution()
}
