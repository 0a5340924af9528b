use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Weekday;

use super::backends::Backends;
use super::credentials::Credentials;
use super::send::MODEL_HOST;
use crate::base::{Seed, Tier};
use crate::limiter::Algorithm;
use crate::policy::Policy;
use crate::policy::context::{Api, Deployment, Operation, Product, Subscription};

/// All that one API Management service has configured; it does not change while requests run.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) behaviour: Behaviour,
    /// UTC time of moment zero.
    pub(crate) started: Timestamp,
    /// Source of request ids, GUIDs and random numbers.
    pub(crate) seed: Seed,
    /// Policy of all APIs; without one, every request is forwarded.
    pub(crate) global: Option<Policy>,
    pub(crate) products: Vec<ProductConfig>,
    pub(crate) apis: Vec<ApiConfig>,
    pub(crate) subscriptions: Vec<Arc<Subscription>>,
    pub(crate) credentials: Credentials,
    /// Without any, every backend id stands for the model behind the gateway.
    pub(crate) backends: Backends,
}

/// How the gateway behaves where documents and observations leave a choice. Inferred behaviour
/// (gateway specification, marks [I] and [U]) is switched here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, and any of them goes with any other"
)]
pub(crate) struct Behaviour {
    pub(crate) tier: Tier,
    /// v2 tiers: the bucket's level may go below zero.
    pub(crate) v2_debt: bool,
    /// Streams: charge the usage chunk, when there is one, instead of the estimate.
    pub(crate) stream_usage: bool,
    /// A hit of the response cache goes on with outbound instead of answering at once.
    pub(crate) cache_hit_outbound: bool,
    /// Without downstream caching `Cache-Control` says `no-store`.
    pub(crate) no_store_told: bool,
    /// Bodies are converted for callers whose `Accept` does not name the kind.
    pub(crate) convert_unasked: bool,
    /// Liquid templates tell capitals of names apart.
    pub(crate) liquid_exact: bool,
    /// JSON that is friendly to JavaScript has plain names.
    pub(crate) friendly_plain: bool,
    /// Weekly quotas: the day on which a window begins.
    pub(crate) week_start: Weekday,
    /// Without `usage` in an answer, or without an answer, nothing is charged.
    pub(crate) unused_refunded: bool,
    /// The wait for an estimate that does not fit is the true one.
    pub(crate) fit_told: bool,
    /// Of one token limit the quota is tested before the rate.
    pub(crate) quota_first: bool,
    /// Pools draw their services by lot instead of letting them take turns.
    pub(crate) pool_by_lot: bool,
}

impl Behaviour {
    /// What the specification takes as normative for a tier.
    pub(crate) fn of(tier: Tier) -> Behaviour {
        Behaviour {
            tier,
            v2_debt: true,
            stream_usage: false,
            cache_hit_outbound: true,
            no_store_told: true,
            convert_unasked: false,
            friendly_plain: true,
            liquid_exact: false,
            week_start: Weekday::Monday,
            pool_by_lot: false,
            unused_refunded: false,
            fit_told: false,
            quota_first: false,
        }
    }

    pub(super) fn algorithm(self) -> Algorithm {
        if self.tier.is_v2() {
            Algorithm::TokenBucket { debt: self.v2_debt }
        } else {
            Algorithm::SlidingWindow
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ProductConfig {
    pub(crate) product: Product,
    pub(crate) policy: Option<Policy>,
}

#[derive(Debug, Clone)]
pub(crate) struct ApiConfig {
    pub(crate) api: Arc<Api>,
    /// Policy of the workspace that the API belongs to, if it belongs to one.
    pub(crate) workspace: Option<Policy>,
    pub(crate) subscription_required: bool,
    /// Header and query parameter that carry the key: two independent settings.
    pub(crate) key_header: String,
    pub(crate) key_query: String,
    pub(crate) policy: Option<Policy>,
    pub(crate) operations: Vec<OperationConfig>,
}

#[derive(Debug, Clone)]
pub(crate) struct OperationConfig {
    pub(crate) operation: Arc<Operation>,
    pub(crate) policy: Option<Policy>,
}

impl ApiConfig {
    /// The API that this product deploys: Azure OpenAI under `openai`, key in `api-key`.
    pub(crate) fn azure_openai(policy: Option<Policy>) -> ApiConfig {
        ApiConfig {
            api: Arc::new(Api {
                id: "openai".to_owned(),
                name: "Azure OpenAI".to_owned(),
                path: "openai".to_owned(),
                revision: "1".to_owned(),
                version: None,
                service_url: Some(format!("https://{MODEL_HOST}/openai")),
            }),
            workspace: None,
            subscription_required: true,
            key_header: "api-key".to_owned(),
            key_query: "api-key".to_owned(),
            policy,
            operations: operations([
                "/deployments/{deployment-id}/chat/completions",
                "/responses",
                "/deployments/{deployment-id}/embeddings",
            ]),
        }
    }

    /// The same model under the URLs of OpenAI itself: the body names it.
    pub(crate) fn plain_openai(policy: Option<Policy>) -> ApiConfig {
        let azure = ApiConfig::azure_openai(policy);
        ApiConfig {
            api: Arc::new(Api {
                id: "openai-v1".to_owned(),
                name: "OpenAI".to_owned(),
                path: "v1".to_owned(),
                service_url: Some(format!("https://{MODEL_HOST}/v1")),
                ..(*azure.api).clone()
            }),
            operations: operations(["/chat/completions", "/responses", "/embeddings"]),
            ..azure
        }
    }
}

/// Chat completions, responses and embeddings under these templates.
fn operations(templates: [&str; 3]) -> Vec<OperationConfig> {
    let names = [
        ("chat-completions", "Create a chat completion"),
        ("responses", "Create a response"),
        ("embeddings", "Create embeddings"),
    ];
    let operation = |((id, name), template): ((&str, &str), &str)| OperationConfig {
        operation: Arc::new(Operation {
            id: id.to_owned(),
            name: name.to_owned(),
            method: "POST".to_owned(),
            url_template: template.to_owned(),
        }),
        policy: None,
    };
    names.into_iter().zip(templates).map(operation).collect()
}
