//! The local gateway's configuration, made from a scenario and its policy.

use std::sync::Arc;

use crate::base::{Secret, Seed};
use crate::engine::{ApiConfig, Backends, Behaviour, Credentials, Engine, Service};
use crate::model::ModelSettings;
use crate::policy::Policy;
use crate::policy::context::{Deployment, Subscription};
use crate::scenario::Scenario;

/// Model that stands behind every local gateway.
pub(super) const MODEL: &str = "gpt-4o-mini";

/// Who may call: id and display name.
pub(super) struct Caller<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
}

/// A gateway of [`service`].
pub(super) fn engine(
    policy: Option<Policy>,
    behaviour: Behaviour,
    started: jiff::Timestamp,
    seed: &Seed,
    callers: &[Caller<'_>],
) -> Engine {
    Engine::new(service(policy, behaviour, started, seed, callers))
}

/// A service with one model under both kinds of URLs, and one key for each caller. `started` is the UTC time of moment zero.
pub(super) fn service(
    policy: Option<Policy>,
    behaviour: Behaviour,
    started: jiff::Timestamp,
    seed: &Seed,
    callers: &[Caller<'_>],
) -> Service {
    let subscriptions = callers.iter().map(|caller| {
        Arc::new(Subscription {
            id: caller.id.to_owned(),
            name: caller.name.to_owned(),
            key: key(seed, caller.id),
            product: None,
        })
    });
    Service {
        deployment: Arc::new(Deployment {
            service_name: "apimon-local".to_owned(),
            region: "local".to_owned(),
            gateway_id: "managed".to_owned(),
        }),
        behaviour,
        started,
        seed: seed.derive("engine"),
        global: None,
        products: Vec::new(),
        apis: vec![
            ApiConfig::azure_openai(policy.clone()),
            ApiConfig::plain_openai(policy),
        ],
        subscriptions: subscriptions.collect(),
        credentials: Credentials::default(),
        backends: Backends::default(),
    }
}

/// Key of a subscription of the local gateway: 32 hexadecimal digits, as Azure's are. It opens
/// nothing but a gateway on this machine.
pub(super) fn key(seed: &Seed, id: &str) -> Secret {
    let mut seed = seed.derive("key").derive(id);
    Secret::new(format!("{:016x}{:016x}", seed.next_u64(), seed.next_u64()))
}

/// The callers that a scenario names.
pub(super) fn callers(scenario: &Scenario) -> Vec<Caller<'_>> {
    scenario
        .subscriptions
        .iter()
        .map(|known| Caller {
            id: &known.id,
            name: &known.name,
        })
        .collect()
}

pub(super) fn keys(scenario: &Scenario) -> Vec<Secret> {
    scenario
        .subscriptions
        .iter()
        .map(|known| key(&scenario.seed, &known.id))
        .collect()
}

pub(super) fn model(scenario: &Scenario) -> ModelSettings {
    ModelSettings {
        name: MODEL.to_owned(),
        seed: scenario.seed.derive("model"),
        time_to_first_token: scenario.model.time_to_first_token,
        tokens_per_second: scenario.model.tokens_per_second,
        completion_tokens: scenario.model.completion_tokens,
        spread: scenario.model.spread,
        ..ModelSettings::default()
    }
}
