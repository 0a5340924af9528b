//! The file as serde reads it: every key known, every value with its place, nothing judged yet.
//!
//! Values that people can get wrong are [`Text`] with a [`Format`]: reading never fails on them,
//! so that the check can report all mistakes of a file together. The JSON Schema comes from the
//! same types. No `untagged` and no `flatten`: they lose the place of a mistake.

mod entries;
mod header;
mod words;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::model::{OnThrottle, Spacing};
use crate::base::Tier;

pub(super) use crate::yaml::{
    EitherVisitor, Entries, EnvName, Field, Format, Mistake, Name, NamedValueName, Percent, Placed,
    PositiveTime, Prose, Rate, Rule, Scalar, Speed, Start, Text, Time, Whole,
};
pub(super) use entries::{SubscriptionEntry, Target};
pub(super) use header::{HeaderName, HeaderValue};

/// A load scenario of apimon: who calls, what, when, and what must hold.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Scenario", extend("patternProperties" = { "^x-": { "description": "a place for YAML anchors" } }))]
pub(super) struct WireScenario {
    /// Name of the run; default: the file name without its ending.
    pub(super) name: Field<Name>,
    /// One line about what the scenario shows.
    pub(super) description: Option<String>,
    /// The number that every random choice comes from; default 1.
    pub(super) seed: Field<Whole<0, { u64::MAX }>>,
    /// Policy XML for the local target and for simulations, relative to this file.
    pub(super) policy: Field<Prose>,
    /// APIM tier that the local target and simulations stand for; default `basicv2`.
    pub(super) tier: Field<Tier>,
    /// UTC of moment zero in simulations; default 2026-01-01T00:00:00Z.
    pub(super) start: Field<Start>,
    /// Texts for `{{name}}` in the policy.
    pub(super) named_values: Option<Entries<NamedValueName, Placed<Text<Scalar>>>>,
    /// Model deployment in the URL; default `gpt-4o-mini`.
    pub(super) deployment: Field<Name>,
    /// How long a request may take; default 60s.
    pub(super) request_timeout: Field<PositiveTime>,
    /// The simulated model behind the local gateway.
    pub(super) model: Option<WireModel>,
    /// Who may call; default: one subscription, `default`.
    pub(super) subscriptions: Option<Placed<Vec<Placed<SubscriptionEntry>>>>,
    /// Groups of callers, all at once.
    #[schemars(required)]
    pub(super) callers: Option<Placed<Vec<Placed<WireCaller>>>>,
    /// Rules that the run has to keep, such as `throttled_ratio < 20%`.
    pub(super) thresholds: Option<Vec<Placed<Text<Rule>>>>,
}

impl crate::yaml::Document for WireScenario {
    const WHAT: &'static str = "scenario";
}

/// How the simulated model answers.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Model")]
pub(super) struct WireModel {
    /// Default 300ms.
    pub(super) time_to_first_token: Field<Time>,
    /// Completion tokens per second once it began; default 100.
    pub(super) tokens_per_second: Field<Speed>,
    /// Mean length of an answer, before max-tokens cuts it; default 60.
    pub(super) completion_tokens: Field<Whole<1, 100_000>>,
    /// How far single answers and speeds lie from the mean; default 20%.
    pub(super) spread: Field<Percent>,
}

/// One subscription, with its key by reference; without one, the target has to know the key.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Subscription")]
pub(super) struct WireSubscription {
    /// What callers and thresholds call it, and what `context.Subscription.Id` is on the local target.
    #[schemars(required)]
    pub(super) id: Field<Name>,
    /// Display name; default: the id.
    pub(super) name: Field<Prose>,
    /// Environment variable that holds the key.
    pub(super) key_env: Field<EnvName>,
    /// File that holds the key and nothing else, relative to this file.
    pub(super) key_file: Field<Prose>,
    /// Read only to be refused with advice.
    #[schemars(skip)]
    pub(super) key: Option<Placed<IgnoredAny>>,
}

/// A group of callers that behave alike.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Caller")]
pub(super) struct WireCaller {
    /// What results and thresholds call it.
    #[schemars(required)]
    pub(super) name: Field<Name>,
    /// Id of a subscription, or ids with weights; default: the first subscription.
    pub(super) subscription: Option<Placed<Target>>,
    #[schemars(required)]
    pub(super) request: Option<Placed<WireRequest>>,
    /// When the first stage begins; default 0s.
    pub(super) start: Field<Time>,
    /// Stages, one after another.
    #[schemars(required)]
    pub(super) arrivals: Option<Placed<Vec<Placed<WireStage>>>>,
    /// What to do about 429; default `ignore`.
    #[serde(rename = "on-429")]
    pub(super) on_429: Field<OnThrottle>,
    /// Tries of one arrival with `on-429: honor-retry-after`, the first included; default 5.
    pub(super) max_attempts: Field<Whole<1, 1_000>>,
}

/// What is sent: a chat completion.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Request")]
pub(super) struct WireRequest {
    /// Text of the user's message.
    pub(super) prompt: Field<Prose>,
    /// Several texts; each arrival picks one.
    pub(super) prompts: Option<Placed<Vec<Placed<Text<Prose>>>>>,
    /// Text of the system message.
    pub(super) system: Field<Prose>,
    /// Longest answer to ask for.
    pub(super) max_tokens: Field<Whole<1, 1_000_000>>,
    /// Ask for the answer as a stream; default false.
    pub(super) stream: Option<bool>,
    /// Ask for a usage chunk at the end of the stream; default false.
    pub(super) stream_usage: Option<Placed<bool>>,
    /// Further request headers.
    pub(super) headers: Option<Entries<HeaderName, Placed<Text<HeaderValue>>>>,
}

/// A piece of time: `count` with `for`, `pause`, `rate` with `for`, or `from`, `to` and `for`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Stage")]
pub(super) struct WireStage {
    /// That many requests, evenly over the time, the first at its beginning.
    pub(super) count: Field<Whole<1, 5_000_000>>,
    /// Nothing for that long.
    pub(super) pause: Field<Time>,
    /// A constant rate, such as `30/min`.
    pub(super) rate: Field<Rate>,
    /// Rate at the beginning of a ramp.
    pub(super) from: Field<Rate>,
    /// Rate at the end of a ramp.
    pub(super) to: Field<Rate>,
    /// How long the stage takes.
    #[serde(rename = "for")]
    pub(super) span: Field<Time>,
    /// How a rate becomes single arrivals; default `even`.
    pub(super) spacing: Field<Spacing>,
}
