//! The file as serde reads it: every key known, every value with its place, nothing judged yet.

mod shapes;
mod step;
mod words;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use shapes::{Json, Sender, SubscriptionEntry};
pub(super) use step::{WireBackend, WireBackendRequest, WireExpect, WireRequest, WireStep};
pub(super) use words::{Fault, HeaderName, Method, SeverityWord, TierName};

use crate::yaml::{
    Document, Entries, Field, Name, NamedValueName, Placed, Prose, Scalar, Start, Text, Whole,
};

/// A policy: a path, or XML.
pub(super) type PolicyText = Placed<Text<Prose>>;

/// Tests of an API Management policy: requests in virtual time, and what must come of them.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "PolicyTest", extend("patternProperties" = { "^x-": { "description": "a place for YAML anchors" } }))]
pub(crate) struct WireFile {
    /// The policy under test, at API scope: a path relative to this file, or the XML itself.
    #[schemars(required)]
    pub(super) policy: Option<PolicyText>,
    /// APIM tier; default `basicv2`.
    pub(super) tier: Field<TierName>,
    /// UTC of second 0; default 2026-01-01T00:00:00Z.
    pub(super) start: Field<Start>,
    /// Texts for `{{name}}` in the policies.
    pub(super) named_values: Option<Entries<NamedValueName, Placed<Text<Scalar>>>>,
    /// Policy fragments by id: paths, or XML.
    pub(super) fragments: Option<Placed<Entries<Name, PolicyText>>>,
    /// Policies around the one under test.
    pub(super) scopes: Option<WireScopes>,
    /// Default: one API, `openai`, with the chat completions operation.
    pub(super) apis: Option<Placed<Vec<Placed<WireApi>>>>,
    /// Who may call; default: one subscription, `default`.
    pub(super) subscriptions: Option<Placed<Vec<Placed<SubscriptionEntry>>>>,
    /// How the model answers where a step does not say otherwise.
    pub(super) backend: Option<WireBackend>,
    /// Backend entities by id, as `properties` of Azure Resource Manager write them. Without any,
    /// every backend id stands for the model.
    pub(super) backends: Option<Placed<Entries<Name, Placed<Json>>>>,
    /// Answers to requests that policies send on their own, by URL without query.
    pub(super) answers: Option<Entries<Scalar, WireBackend>>,
    /// Key sets that a deployed gateway would fetch: issuers with `openid-config`, `issuer`, `keys`.
    pub(super) credentials: Option<Placed<Json>>,
    /// The tests, each with counters of its own.
    pub(super) tests: Option<Placed<Vec<Placed<WireTest>>>>,
    /// What linting the policy must report: every error, and those warnings and infos that matter here.
    pub(super) expect_diagnostics: Option<Placed<Vec<Placed<WireDiagnostic>>>>,
}

impl Document for WireFile {
    const WHAT: &'static str = "policy test";
}

/// Policies at other scopes: paths, or XML.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scopes")]
pub(super) struct WireScopes {
    pub(super) global: Option<PolicyText>,
    pub(super) workspace: Option<PolicyText>,
    /// Of every product; all subscriptions have one unless some name theirs.
    pub(super) product: Option<PolicyText>,
    pub(super) operation: Option<PolicyText>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Api")]
pub(super) struct WireApi {
    #[schemars(required)]
    pub(super) name: Field<Name>,
    /// URL suffix; default: the name.
    pub(super) path: Field<Prose>,
    /// Default: the policy under test.
    pub(super) policy: Option<PolicyText>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Subscription")]
pub(super) struct WireSubscription {
    #[schemars(required)]
    pub(super) id: Field<Name>,
    /// Display name; default: the id.
    pub(super) name: Field<Prose>,
    /// Id of the product it belongs to.
    pub(super) product: Field<Name>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Test")]
pub(super) struct WireTest {
    #[schemars(required)]
    pub(super) name: Field<Prose>,
    #[schemars(required)]
    pub(super) steps: Option<Placed<Vec<Placed<WireStep>>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Diagnostic")]
pub(super) struct WireDiagnostic {
    /// Such as `T04`.
    #[schemars(required)]
    pub(super) code: Field<Scalar>,
    #[schemars(required)]
    pub(super) severity: Field<SeverityWord>,
    /// Line of the policy.
    #[schemars(required)]
    pub(super) line: Field<Whole<1, 1_000_000>>,
}
