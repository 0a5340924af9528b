//! The file as serde reads it: every key known, every value with its place, nothing judged yet.
//!
//! Values that people can get wrong are [`Text`] with a [`Format`]: reading never fails on them,
//! so that the check can report all mistakes of a file together. The JSON Schema comes from the
//! same types. No `untagged` and no `flatten`: they lose the place of a mistake.

mod caller;
mod either;
mod entries;
mod flow;
mod header;
mod request;
mod words;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::model::Urls;
use crate::base::Tier;

pub(super) use crate::yaml::{
    EitherVisitor, Entries, EnvName, Field, Format, Mistake, Name, NamedValueName, Percent, Placed,
    PositiveTime, Prose, Rate, Rule, Scalar, ScalarVisitor, Speed, Start, Text, Time, Whole,
};
pub(super) use caller::{WireCaller, WireReaction, WireStage, WireTrace};
pub(super) use either::{
    AmountEntry, ImageEntry, PauseEntry, ReactionEntry, RuleEntry, TraceEntry,
};
pub(super) use entries::{SubscriptionEntry, Target};
pub(super) use flow::{Burstiness, Cost, Flow, Multiple, StreamShare, TimesFaster};
pub(super) use header::{HeaderName, HeaderValue, KeyHeaderName};
pub(super) use request::{Variables, WireRequest};
pub(super) use words::SpacingWord;

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
    /// Model deployment, in the URL or in the body; default `gpt-4o-mini`.
    pub(super) deployment: Field<Name>,
    /// How URLs look: `azure` (`/openai/deployments/NAME/…`) or `openai` (`/v1/…`); default `azure`.
    pub(super) urls: Field<Urls>,
    /// `api-version` of Azure's URLs; default: one that has the route.
    pub(super) api_version: Field<Name>,
    /// Header that carries the key to a gateway; `authorization` carries `Bearer KEY`. Default
    /// `api-key`; the local target has its own.
    pub(super) key_header: Field<KeyHeaderName>,
    /// How long a request may take; default 60s.
    pub(super) request_timeout: Field<PositiveTime>,
    /// Requests that are due earlier are recorded and left out of statistics; default 0s.
    pub(super) warm_up: Field<Time>,
    /// What the run may use; when the next request would need more, the run ends.
    pub(super) budget: Option<WireBudget>,
    /// The simulated model behind the local gateway.
    pub(super) model: Option<WireModel>,
    /// Who may call; default: one subscription, `default`.
    pub(super) subscriptions: Option<Placed<Vec<Placed<SubscriptionEntry>>>>,
    /// Groups of callers, all at once.
    #[schemars(required)]
    pub(super) callers: Option<Placed<Vec<Placed<WireCaller>>>>,
    /// Rules that the run has to keep, such as `throttled_ratio < 20%`.
    pub(super) thresholds: Option<Vec<Placed<RuleEntry>>>,
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

/// What a run may use at most.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Budget")]
pub(super) struct WireBudget {
    /// Tries, retries included.
    pub(super) requests: Field<Whole<1, { u64::MAX }>>,
    /// Prompt and completion tokens.
    pub(super) tokens: Field<Whole<1, { u64::MAX }>>,
    /// In the currency of the price table, such as `0.50`.
    pub(super) money: Field<Cost>,
    /// From the start of the run.
    pub(super) time: Field<PositiveTime>,
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
    /// Output of the deployment, in the state of the target, that holds the key.
    pub(super) key_state: Field<Name>,
    /// Id of the subscription in API Management, whose key is asked for with your sign-in.
    pub(super) key_azure: Field<Name>,
    /// Read only to be refused with advice.
    #[schemars(skip)]
    pub(super) key: Option<Placed<IgnoredAny>>,
}
