//! The `context` object of policy expressions: one request on its way through a policy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::expression::Value;
use super::message::{Request, Response};
use crate::base::{Secret, Seed};

/// All that expressions can read of one request. The engine owns it and changes it between
/// policies; expressions change it only through `Body.As<T>()` without `preserveContent` and
/// through `context.Trace`.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) api: Arc<Api>,
    pub(crate) operation: Arc<Operation>,
    /// `None` unless the call came in through a product subscription.
    pub(crate) product: Option<Product>,
    /// `None` when the subscription has no owner.
    pub(crate) user: Option<User>,
    /// `None` when no valid key was sent.
    pub(crate) subscription: Option<Arc<Subscription>>,
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) request: Request,
    /// What answers the caller; `None` before a backend, `return-response` or an error made one.
    pub(crate) response: Option<Response>,
    pub(crate) last_error: Option<LastError>,
    pub(crate) variables: BTreeMap<String, Value>,
    /// GUID text of this request.
    pub(crate) request_id: String,
    /// When the gateway received the request.
    pub(crate) timestamp: Timestamp,
    /// Time since `timestamp`.
    pub(crate) elapsed: Duration,
    pub(crate) tracing: bool,
    /// Messages of `context.Trace(…)` and of the `trace` policy.
    pub(crate) traces: Vec<Trace>,
    /// Source of `Guid.NewGuid()` and `Random` for this request.
    pub(crate) seed: Seed,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Api {
    pub(crate) id: String,
    pub(crate) name: String,
    /// URL suffix without slashes around it: `openai`.
    pub(crate) path: String,
    pub(crate) revision: String,
    pub(crate) version: Option<String>,
    /// URL of the backend that the API itself names.
    pub(crate) service_url: Option<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) url_template: String,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) key: Secret,
    /// Id of the product it belongs to, if any.
    pub(crate) product: Option<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Deployment {
    /// Name of the APIM service.
    pub(crate) service_name: String,
    pub(crate) region: String,
    pub(crate) gateway_id: String,
}

/// What a policy wrote into the trace of its request.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) source: String,
    /// `verbose`, `information` or `error`.
    pub(crate) severity: String,
    pub(crate) message: String,
    pub(crate) metadata: Vec<(String, String)>,
    /// Where it was written; empty for `context.Trace(…)`, which cannot know.
    pub(crate) section: &'static str,
    /// Since the gateway received the request.
    pub(crate) elapsed: Duration,
}

/// `context.LastError`, gateway specification section 4.4.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct LastError {
    pub(crate) source: String,
    pub(crate) reason: String,
    pub(crate) message: String,
    /// `global`, `product`, `api` or `operation`.
    pub(crate) scope: String,
    pub(crate) section: String,
    /// Such as `choose[3]/when[2]`.
    pub(crate) path: String,
    pub(crate) policy_id: Option<String>,
}
