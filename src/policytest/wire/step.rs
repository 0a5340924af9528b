use schemars::JsonSchema;
use serde::Deserialize;

use super::{Fault, HeaderName, Json, Method, Sender};
use crate::yaml::{Entries, Field, Name, Placed, Prose, Scalar, Text, Time, Whole};

/// Header names and what they must be; `null` for a header that must be absent.
pub(in super::super) type Expected = Entries<HeaderName, Placed<Json>>;

/// One request, or several at one moment, and what must come of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(in super::super) struct WireStep {
    /// Time since `start`; default: that of the step before.
    pub(in super::super) at: Field<Time>,
    /// Gateway instance; each name counts alone. Default `gateway-1`.
    pub(in super::super) gateway: Field<Name>,
    /// Default: the first.
    pub(in super::super) api: Field<Name>,
    /// Whose key is sent; `null` sends none, `{ key: text }` sends that text. Default: the first.
    #[serde(default)]
    pub(in super::super) subscription: Placed<Sender>,
    #[serde(default)]
    pub(in super::super) request: WireRequest,
    pub(in super::super) repeat: Option<WireRepeat>,
    #[serde(default)]
    pub(in super::super) backend: WireBackend,
    /// How single backends answer where it is not as `backend` says, by id.
    pub(in super::super) backends: Option<Entries<Scalar, WireBackend>>,
    /// Answers to requests that the policy sends on its own, by URL without query; in the place
    /// of the file's for the same URLs.
    pub(in super::super) answers: Option<Entries<Scalar, WireBackend>>,
    #[serde(default)]
    pub(in super::super) expect: WireExpect,
}

/// What is sent; default: a chat completion of one user message.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Request")]
pub(in super::super) struct WireRequest {
    /// Default POST.
    pub(in super::super) method: Field<Method>,
    /// Default: that of the chat completions operation.
    pub(in super::super) path: Field<Prose>,
    /// Without `?`; default: an api-version.
    pub(in super::super) query: Field<Scalar>,
    pub(in super::super) headers: Option<Entries<HeaderName, Placed<Text<Scalar>>>>,
    /// Text of the user's message; default `Hello`.
    pub(in super::super) prompt: Field<Scalar>,
    /// The whole body: YAML is sent as JSON, a text as it is.
    pub(in super::super) body: Option<Placed<Json>>,
    /// Ask for server-sent events.
    pub(in super::super) stream: Option<Placed<bool>>,
    /// What the gateway estimates for this prompt; default: counted.
    pub(in super::super) prompt_tokens: Field<Whole<0, 1_000_000_000>>,
    /// Address of the caller; default 203.0.113.7.
    pub(in super::super) ip: Field<Prose>,
}

/// Runs the step several times at its moment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Repeat")]
pub(in super::super) struct WireRepeat {
    #[schemars(required)]
    pub(in super::super) times: Field<Whole<1, 10_000>>,
    /// All pass inbound before any answer arrives.
    #[serde(default)]
    pub(in super::super) concurrent: bool,
}

/// The answer of the model.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Backend")]
pub(in super::super) struct WireBackend {
    /// Default 200.
    pub(in super::super) status: Field<Whole<200, 599>>,
    /// Added to the model's own, or in their place.
    pub(in super::super) headers: Option<Entries<HeaderName, Placed<Text<Scalar>>>>,
    /// In place of the model's: YAML comes as JSON, a text as it is.
    pub(in super::super) body: Option<Placed<Json>>,
    /// What `usage` reports; default: counted from the request.
    pub(in super::super) prompt_tokens: Field<Whole<0, 1_000_000_000>>,
    /// Default 30.
    pub(in super::super) completion_tokens: Field<Whole<0, 100_000>>,
    /// `false`: the answer does not say what it used.
    pub(in super::super) usage: Option<bool>,
    /// Until the answer is complete; default 0s.
    pub(in super::super) latency: Field<Time>,
    pub(in super::super) fault: Field<Fault>,
}

/// What must come. A list stands for the runs of `repeat`, in order.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Expect")]
pub(in super::super) struct WireExpect {
    pub(in super::super) status: Option<Placed<Json>>,
    pub(in super::super) headers: Option<Expected>,
    /// The whole body; a mapping is compared as JSON.
    pub(in super::super) body: Option<Placed<Json>>,
    pub(in super::super) body_contains: Option<Placed<Json>>,
    pub(in super::super) backend_called: Option<Placed<Json>>,
    pub(in super::super) backend_request: Option<WireBackendRequest>,
    /// Ids of the single backends that were asked, in order, retries included.
    pub(in super::super) backends_called: Option<Vec<String>>,
    /// Requests that the policy sent on its own, as `METHOD URL`, with the time since the request
    /// when it was not at once: `GET https://a.example/x at 2s`.
    pub(in super::super) sent: Option<Vec<String>>,
    /// What the trace says: `SECTION SOURCE SEVERITY: MESSAGE (NAME=VALUE)`.
    pub(in super::super) traces: Option<Vec<String>>,
    /// Events sent to each logger.
    pub(in super::super) log: Option<Entries<Scalar, Placed<Json>>>,
    /// Metric names and values; `null` for a metric that must not be sent.
    pub(in super::super) metrics: Option<Entries<Scalar, Placed<Json>>>,
    /// Dimensions that every metric of the step must have.
    pub(in super::super) dimensions: Option<Entries<Scalar, Placed<Json>>>,
    /// Context variables after the last section; `null` for one that must not be there.
    pub(in super::super) variables: Option<Entries<Scalar, Placed<Json>>>,
}

/// What the backend must have received.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "BackendRequest")]
pub(in super::super) struct WireBackendRequest {
    pub(in super::super) headers: Option<Expected>,
    pub(in super::super) method: Option<Placed<Json>>,
    pub(in super::super) path: Option<Placed<Json>>,
    /// Without `?`.
    pub(in super::super) query: Option<Placed<Json>>,
    pub(in super::super) body_contains: Option<Placed<Json>>,
}
