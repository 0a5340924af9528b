//! The five scopes around a request: who is included, in which order, and by whose name an error
//! is reported (specification 4.3).

use std::collections::BTreeMap;

use crate::base::{Moment, Secret, Seed, Source, Tier};
use crate::engine::service::ProductConfig;
use crate::engine::{ApiConfig, Behaviour, Engine, Incoming, Service, Step};
use crate::policy::Policy;
use crate::policy::context::{Deployment, Product, Subscription};

/// A policy whose inbound appends its letter around what `base` brings.
fn policy(letter: &str, base: &str) -> Policy {
    let text = format!(
        r#"<policies>
  <inbound>
    <set-header name="way" exists-action="append"><value>{letter}</value></set-header>
    {base}
    <set-header name="way" exists-action="append"><value>{letter}'</value></set-header>
    <choose><when condition="@(context.Request.Headers.GetValueOrDefault("fail") == "{letter}")"><set-variable name="x" value="@(context.Variables["none"])" /></when></choose>
  </inbound>
  <on-error><set-header name="scope" exists-action="append"><value>@(context.LastError.Scope)</value></set-header></on-error>
</policies>"#
    );
    let (policy, diagnostics) = crate::policy::parse(&Source::new("p.xml", text), &BTreeMap::new());
    assert_eq!(diagnostics, []);
    policy.unwrap()
}

/// The header `way` as the backend gets it, or the scope of the error.
fn way(api_base: &str, product: Option<&str>, fail: &str) -> String {
    let base = "<base />";
    let mut api = ApiConfig::azure_openai(Some(policy("a", api_base)));
    api.workspace = Some(policy("w", base));
    for operation in &mut api.operations {
        operation.policy = Some(policy("o", base));
    }
    let subscription = Subscription {
        id: "s".into(),
        name: "S".into(),
        key: Secret::new("k"),
        product: product.map(str::to_owned),
    };
    let gold = Product {
        id: "gold".into(),
        name: "Gold".into(),
    };
    let mut engine = Engine::new(Service {
        credentials: crate::engine::Credentials::default(),
        backends: crate::engine::Backends::default(),
        deployment: Deployment::default().into(),
        behaviour: Behaviour::of(Tier::BasicV2),
        started: jiff::Timestamp::UNIX_EPOCH,
        seed: Seed::new(1),
        global: Some(policy("g", base)),
        products: vec![ProductConfig {
            product: gold,
            policy: Some(policy("p", base)),
        }],
        apis: vec![api],
        subscriptions: vec![subscription.into()],
    });
    let incoming = Incoming {
        method: "POST".into(),
        path: "/openai/deployments/d/chat/completions".into(),
        headers: [("api-key", "k"), ("fail", fail)].into_iter().collect(),
        ..Incoming::default()
    };
    match engine.receive(Moment::ZERO, incoming) {
        Step::Forward(_, forward) => forward.headers.joined("way").unwrap(),
        Step::Answer(answer) => answer.response.headers.joined("scope").unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn base_stands_for_the_next_broader_scope() {
    let all = way("<base />", Some("gold"), "");
    assert_eq!(all, "o,a,p,w,g,g',w',p',a',o'");
    let without_product = way("<base />", None, "");
    assert_eq!(without_product, "o,a,w,g,g',w',a',o'");
    let cut = way("", Some("gold"), "");
    assert_eq!(cut, "o,a,a',o'");
}

#[test]
fn an_error_names_the_scope_whose_element_raised_it() {
    for (letter, scope) in [
        ("g", "global"),
        ("w", "workspace"),
        ("p", "product"),
        ("a", "api"),
        ("o", "operation"),
    ] {
        assert_eq!(way("<base />", Some("gold"), letter), scope);
    }
}
