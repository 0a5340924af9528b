//! Groups of callers: when they call, and how they react.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::reaction::Wait;
use super::{
    Burstiness, Entries, Field, Flow, Multiple, Name, PauseEntry, Percent, Placed, PositiveTime,
    Prose, ReactionEntry, Scalar, SpacingWord, Target, Text, Time, TimesFaster, TraceEntry, Whole,
    WireRequest,
};

/// A group of callers that behave alike. When they call is said by `arrivals`, `callers` or
/// `trace`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Caller")]
pub(in super::super) struct WireCaller {
    /// What results and thresholds call it.
    #[schemars(required)]
    pub(in super::super) name: Field<Name>,
    /// Id of a subscription, or ids with weights; default: the first subscription.
    pub(in super::super) subscription: Option<Placed<Target>>,
    /// What is sent; may be left out with `trace`.
    pub(in super::super) request: Option<Placed<WireRequest>>,
    /// When the group begins; default 0s.
    pub(in super::super) start: Field<Time>,
    /// Open loop: stages, one after another.
    pub(in super::super) arrivals: Option<Placed<Vec<Placed<WireStage>>>>,
    /// Closed loop: that many callers, each of which waits for its answer before it goes on.
    pub(in super::super) callers: Field<Whole<1, 100_000>>,
    /// Closed loop: time between an answer and the next request; default 0s.
    pub(in super::super) think_time: Option<Placed<PauseEntry>>,
    /// Closed loop: how long new requests begin.
    #[serde(rename = "for")]
    pub(in super::super) span: Field<PositiveTime>,
    /// Closed loop: requests of each caller, at most.
    pub(in super::super) requests: Field<Whole<1, 5_000_000>>,
    /// Closed loop: the callers begin one after another within this time; default 0s.
    pub(in super::super) ramp_up: Field<Time>,
    /// Recorded traffic: a CSV or JSON file, or how it is replayed.
    pub(in super::super) trace: Option<Placed<TraceEntry>>,
    /// What to do about 429; default `ignore`.
    #[serde(rename = "on-429")]
    pub(in super::super) on_429: Option<Placed<ReactionEntry>>,
    /// What to do about 403, a spent quota; default `ignore`.
    #[serde(rename = "on-403")]
    pub(in super::super) on_403: Option<Placed<ReactionEntry>>,
    /// What to do about 500 and above; default `ignore`.
    #[serde(rename = "on-5xx")]
    pub(in super::super) on_5xx: Option<Placed<ReactionEntry>>,
    /// What to do when there is no whole answer: no connection, a broken one, nothing in time;
    /// default `ignore`.
    pub(in super::super) on_failure: Option<Placed<ReactionEntry>>,
    /// Tries of one arrival, the first included, where a reaction does not say another number;
    /// default 5.
    pub(in super::super) max_attempts: Field<Whole<1, 1_000>>,
}

/// How a group tries again.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Reaction")]
pub(in super::super) struct WireReaction {
    /// `ignore`, `honor-retry-after` or `exponential`.
    #[schemars(required)]
    pub(in super::super) wait: Field<Wait>,
    /// Tries of one arrival, the first included; default: that of the group.
    pub(in super::super) max_attempts: Field<Whole<1, 1_000>>,
    /// No try begins later than this after the arrival was due.
    pub(in super::super) give_up_after: Field<PositiveTime>,
    /// Exponential: the first wait; default 500ms.
    pub(in super::super) first: Field<PositiveTime>,
    /// Exponential: from one wait to the next; default 2.
    pub(in super::super) factor: Field<Multiple>,
    /// Exponential: the longest wait; default 30s.
    pub(in super::super) most: Field<PositiveTime>,
    /// Exponential: the part of each wait of which up to all is left out by lot; default 50%.
    pub(in super::super) jitter: Field<Percent>,
}

/// A piece of time: `count` with `for`, `pause`, `rate` with `for`, `from`, `to` and `for`,
/// `steps` with `for`, or `rate`, `spike` and `peak` with `for`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Stage")]
pub(in super::super) struct WireStage {
    /// That many requests, evenly over the time, the first at its beginning.
    pub(in super::super) count: Field<Whole<1, 5_000_000>>,
    /// Nothing for that long.
    pub(in super::super) pause: Field<Time>,
    /// A constant rate, such as `30/min` or `5000 tokens/min`.
    pub(in super::super) rate: Field<Flow>,
    /// Rate at the beginning of a ramp.
    pub(in super::super) from: Field<Flow>,
    /// Rate at the end of a ramp.
    pub(in super::super) to: Field<Flow>,
    /// Rates one after another, each for an equal part of the time.
    pub(in super::super) steps: Option<Placed<Vec<Placed<Text<Flow>>>>>,
    /// Rate in the middle of a stage that has `rate` before and after it.
    pub(in super::super) spike: Field<Flow>,
    /// How long the spike takes.
    pub(in super::super) peak: Field<PositiveTime>,
    /// How long the stage takes.
    #[serde(rename = "for")]
    pub(in super::super) span: Field<Time>,
    /// How a rate becomes single arrivals; default `even`.
    pub(in super::super) spacing: Field<SpacingWord>,
    /// With `spacing: gamma`: variance of a gap over its squared mean; 1 is Poisson, more comes in
    /// bursts.
    pub(in super::super) burstiness: Field<Burstiness>,
}

/// Recorded traffic and how it is replayed.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Trace")]
pub(in super::super) struct WireTrace {
    /// CSV or JSON, relative to this file.
    #[schemars(required)]
    pub(in super::super) file: Field<Prose>,
    /// 10 replays ten minutes in one; default 1.
    pub(in super::super) speed: Field<TimesFaster>,
    /// What comes earlier in the trace is left out; default 0s.
    pub(in super::super) from: Field<Time>,
    /// So much of the trace's time is replayed; default: all of it.
    #[serde(rename = "for")]
    pub(in super::super) span: Field<PositiveTime>,
    /// What the trace calls subscriptions, and their ids in this file.
    pub(in super::super) subscriptions: Option<Entries<Scalar, Placed<Text<Name>>>>,
}
