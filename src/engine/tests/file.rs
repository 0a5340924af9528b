//! The part of the policy test format that the suite uses; unknown keys are errors.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::base::parse_duration;
use crate::engine::Credentials;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct File {
    pub(super) policy: String,
    #[serde(default = "basicv2")]
    pub(super) tier: String,
    #[serde(default = "start")]
    pub(super) start: String,
    #[serde(default)]
    pub(super) named_values: BTreeMap<String, String>,
    /// `global` and `operation` policies around the one under test.
    #[serde(default)]
    pub(super) scopes: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) apis: Vec<Api>,
    #[serde(default)]
    pub(super) subscriptions: Vec<String>,
    /// Key sets that a deployed gateway would fetch.
    #[serde(default)]
    pub(super) credentials: Credentials,
    #[serde(default)]
    pub(super) backend: Backend,
    #[serde(default)]
    pub(super) tests: Vec<Test>,
    #[serde(default)]
    pub(super) expect_diagnostics: Vec<ExpectedDiagnostic>,
}

fn basicv2() -> String {
    "basicv2".to_owned()
}

fn start() -> String {
    "2026-01-01T00:00:00Z".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Api {
    pub(super) name: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) policy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedDiagnostic {
    pub(super) code: String,
    pub(super) severity: String,
    pub(super) line: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    #[serde(default)]
    pub(super) at: Option<Value>,
    #[serde(default)]
    pub(super) gateway: Option<String>,
    #[serde(default)]
    pub(super) api: Option<String>,
    /// Absent: the first one. `null`: no key. A name: its key. `{key: text}`: that text.
    #[serde(default = "first_subscription")]
    pub(super) subscription: Value,
    #[serde(default)]
    pub(super) request: Request,
    #[serde(default)]
    pub(super) repeat: Repeat,
    #[serde(default)]
    pub(super) backend: Backend,
    #[serde(default)]
    pub(super) expect: Expect,
}

fn first_subscription() -> Value {
    Value::Bool(true)
}

impl Step {
    /// Virtual time of the step, when it says one.
    pub(super) fn moment(&self) -> Option<Duration> {
        let text = match self.at.as_ref()? {
            Value::String(text) => text.clone(),
            number => number.to_string(),
        };
        Some(parse_duration(&text).unwrap_or_else(|error| panic!("at `{text}`: {error}")))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Request {
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) query: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) prompt: Option<String>,
    pub(super) body: Option<Value>,
    #[serde(default)]
    pub(super) stream: bool,
    pub(super) prompt_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeat {
    pub(super) times: usize,
    #[serde(default)]
    pub(super) concurrent: bool,
}

impl Default for Repeat {
    fn default() -> Repeat {
        Repeat {
            times: 1,
            concurrent: false,
        }
    }
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Backend {
    pub(super) status: Option<u16>,
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
    pub(super) usage: Option<bool>,
    pub(super) latency: Option<String>,
    pub(super) fault: Option<String>,
}

impl Backend {
    /// The answer of a step over the answer of the file.
    pub(super) fn over(&self, default: &Backend) -> Backend {
        let pick =
            |own: &Option<String>, other: &Option<String>| own.clone().or_else(|| other.clone());
        Backend {
            status: self.status.or(default.status),
            prompt_tokens: self.prompt_tokens.or(default.prompt_tokens),
            completion_tokens: self.completion_tokens.or(default.completion_tokens),
            usage: self.usage.or(default.usage),
            latency: pick(&self.latency, &default.latency),
            fault: pick(&self.fault, &default.fault),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) status: Option<Value>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Value>,
    pub(super) body: Option<String>,
    pub(super) body_contains: Option<String>,
    pub(super) backend_called: Option<bool>,
    pub(super) backend_request: Option<BackendRequest>,
    #[serde(default)]
    pub(super) metrics: BTreeMap<String, u64>,
    /// Dimensions that every metric of the step must have.
    #[serde(default)]
    pub(super) dimensions: BTreeMap<String, String>,
    /// Events by logger; texts that are JSON are compared as JSON.
    #[serde(default)]
    pub(super) log: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct BackendRequest {
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Value>,
    pub(super) path: Option<String>,
    pub(super) body_contains: Option<String>,
}
