//! A policy test file as meant.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::base::{Diagnostic, Moment, Severity, Source, Span, Tier, Tokens};
use crate::engine::{Backends, Credentials};
use crate::policy::lint::Platform;

#[derive(Debug)]
pub(crate) struct TestFile {
    pub(super) source: Source,
    pub(super) policy: PolicyRef,
    pub(super) platform: Platform,
    pub(super) start: Timestamp,
    pub(super) named_values: BTreeMap<String, String>,
    pub(super) fragments: Vec<(String, PolicyRef)>,
    pub(super) scopes: Scopes,
    pub(super) apis: Vec<ApiSpec>,
    pub(super) subscriptions: Vec<SubscriptionSpec>,
    pub(super) credentials: Credentials,
    pub(super) backends: Backends,
    pub(super) tests: Vec<Test>,
    pub(super) expected_diagnostics: Option<Vec<ExpectedDiagnostic>>,
}

impl TestFile {
    /// # Errors
    ///
    /// Every mistake of the file, in the order of the text.
    pub(crate) fn parse(source: &Source) -> Result<TestFile, Vec<Diagnostic>> {
        let wire = crate::yaml::read(source)?;
        super::check::check(source, wire)
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The tier whose counters the gateway has: a self-hosted one and Consumption count in the window
    /// of the classic tiers (gateway specification, 1.4).
    pub(super) fn tier(&self) -> Tier {
        match self.platform {
            Platform::Tier(tier) => tier,
            Platform::Consumption | Platform::SelfHosted | Platform::Workspace => Tier::Premium,
        }
    }

    /// Names of the tests, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let diagnostics = self.expected_diagnostics.as_ref().map(|_| DIAGNOSTICS);
        let tests = self.tests.iter().map(|test| test.name.as_str());
        diagnostics.into_iter().chain(tests)
    }
}

/// What the check of `expect-diagnostics` is called among tests.
pub(super) const DIAGNOSTICS: &str = "diagnostics of the policy";

/// A policy: in the file, or in one of its own.
#[derive(Debug, Clone)]
pub(super) enum PolicyRef {
    Inline(String),
    Path { path: String, span: Span },
}

#[derive(Debug)]
pub(super) struct Scopes {
    pub(super) global: Option<PolicyRef>,
    pub(super) workspace: Option<PolicyRef>,
    pub(super) product: Option<PolicyRef>,
    pub(super) operation: Option<PolicyRef>,
}

#[derive(Debug)]
pub(super) struct ApiSpec {
    pub(super) name: String,
    pub(super) path: String,
    /// `None`: the policy under test.
    pub(super) policy: Option<PolicyRef>,
}

#[derive(Debug)]
pub(super) struct SubscriptionSpec {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) product: Option<String>,
}

#[derive(Debug)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) at: Moment,
    pub(super) gateway: String,
    /// Index into the file's list.
    pub(super) api: usize,
    pub(super) sender: Sender,
    pub(super) request: Request,
    pub(super) times: usize,
    pub(super) concurrent: bool,
    pub(super) backend: Backend,
    /// What single backends answer in the place of `backend`, by id.
    pub(super) backends: Vec<(String, Backend)>,
    /// What hosts besides the backend answer, by URL without query.
    pub(super) answers: Vec<(String, Backend)>,
    pub(super) expect: Expect,
}

#[derive(Debug)]
pub(super) enum Sender {
    Nobody,
    /// Index into the file's list.
    Subscription(usize),
    Key(String),
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: Option<String>,
    pub(super) query: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) prompt: Option<String>,
    pub(super) body: Option<Value>,
    pub(super) stream: bool,
    pub(super) estimate: Option<Tokens>,
    pub(super) ip: Option<String>,
}

/// The answer of the model: what the step says, else what the file says.
#[derive(Debug, Default, Clone)]
pub(super) struct Backend {
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
    pub(super) usage: Option<bool>,
    pub(super) latency: Option<Duration>,
    pub(super) fault: Option<&'static str>,
}

/// Names and what they must be; lists stand for runs.
pub(super) type Values = Vec<(String, Value)>;

#[derive(Debug, Default)]
pub(super) struct Expect {
    pub(super) status: Option<Value>,
    pub(super) headers: Values,
    pub(super) body: Option<Value>,
    pub(super) body_contains: Option<Value>,
    pub(super) backend_called: Option<Value>,
    pub(super) backend_request: Option<BackendRequest>,
    /// Events by logger, in order.
    pub(super) log: Vec<(String, Vec<Value>)>,
    /// Ids of the single backends that were asked, in order.
    pub(super) backends_called: Option<Vec<String>>,
    pub(super) sent: Option<Vec<String>>,
    pub(super) traces: Option<Vec<String>>,
    pub(super) metrics: Values,
    pub(super) dimensions: Values,
    pub(super) variables: Values,
}

#[derive(Debug, Default)]
pub(super) struct BackendRequest {
    pub(super) headers: Values,
    pub(super) method: Option<Value>,
    pub(super) path: Option<Value>,
    pub(super) query: Option<Value>,
    pub(super) body_contains: Option<Value>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExpectedDiagnostic {
    pub(super) code: String,
    pub(super) severity: Severity,
    pub(super) line: usize,
}
