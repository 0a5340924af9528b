//! A gateway that is configured anew while it runs: what goes on and what does not.

use std::collections::BTreeMap;

use crate::base::{Moment, Secret, Seed, Source, Tier};
use crate::engine::{
    ApiConfig, Backends, Behaviour, Configuration, Credentials, Engine, Incoming, Service, Step,
};
use crate::policy::context::{Deployment, Subscription};

/// One call a minute by key `k`; the answer says which version of the policy made it.
fn service(version: &str, tier: Tier) -> Service {
    let text = format!(
        r#"<policies>
  <inbound>
    <rate-limit-by-key calls="1" renewal-period="60" counter-key="k" />
    <return-response><set-header name="version"><value>{version}</value></set-header></return-response>
  </inbound>
  <on-error><set-header name="version"><value>{version}</value></set-header></on-error>
</policies>"#
    );
    let (policy, diagnostics) = crate::policy::parse(&Source::new("p.xml", text), &BTreeMap::new());
    assert_eq!(diagnostics, []);
    Service {
        deployment: Deployment::default().into(),
        behaviour: Behaviour::of(tier),
        started: jiff::Timestamp::UNIX_EPOCH,
        seed: Seed::new(1),
        global: None,
        products: Vec::new(),
        apis: vec![ApiConfig::azure_openai(policy)],
        subscriptions: vec![
            Subscription {
                id: "a".into(),
                name: "A".into(),
                key: Secret::new("k"),
                product: None,
            }
            .into(),
        ],
        credentials: Credentials::default(),
        backends: Backends::default(),
    }
}

/// Status and version of the next answer.
fn ask(engine: &mut Engine) -> String {
    let incoming = Incoming {
        method: "POST".into(),
        path: "/openai/deployments/d/chat/completions".into(),
        headers: [("api-key", "k")].into_iter().collect(),
        ..Incoming::default()
    };
    match engine.receive(Moment::ZERO, incoming) {
        Step::Answer(answer) => {
            let version = answer.response.headers.first("version").unwrap_or("none");
            format!("{} {version}", answer.response.status)
        }
        other => panic!("the policy answers itself: {other:?}"),
    }
}

#[test]
fn counters_go_on_under_a_new_policy() {
    let mut engine = Engine::new(service("1", Tier::BasicV2));
    assert_eq!(ask(&mut engine), "200 1");
    assert_eq!(ask(&mut engine), "429 1");
    engine.configure(Configuration::compile(service("2", Tier::BasicV2)));
    assert_eq!(ask(&mut engine), "429 2");
}

#[test]
fn a_tier_that_counts_otherwise_begins_anew() {
    let mut engine = Engine::new(service("1", Tier::BasicV2));
    assert_eq!(ask(&mut engine), "200 1");
    engine.configure(Configuration::compile(service("2", Tier::Premium)));
    assert_eq!(ask(&mut engine), "200 2");
    assert_eq!(ask(&mut engine), "429 2");
}

#[test]
fn time_and_chance_belong_to_the_gateway() {
    let mut engine = Engine::new(service("1", Tier::BasicV2));
    let mut next = service("2", Tier::BasicV2);
    next.started = jiff::Timestamp::MAX;
    next.seed = Seed::new(2);
    engine.configure(Configuration::compile(next));
    assert_eq!(engine.service().started, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(engine.service().seed.derive("x"), Seed::new(1).derive("x"));
}
