//! What no policy test file can say; all else is in the files of `tests/conformance`, which
//! `policytest` runs.

mod configure;
mod scopes;

use crate::base::{Moment, Secret, Seed, Source, Tier};
use crate::engine::{ApiConfig, Behaviour, Credentials, Engine, Incoming, Service, Step};
use crate::policy::context::{Deployment, Subscription};

#[test]
fn the_same_requests_get_the_same_ids_in_every_run() {
    let source = Source::new(
        "p.xml",
        "<policies><inbound><return-response><set-header name=\"id\"><value>@(context.RequestId.ToString())</value></set-header></return-response></inbound></policies>",
    );
    let (policy, diagnostics) = crate::policy::parse(&source, &std::collections::BTreeMap::new());
    assert_eq!(diagnostics, []);
    let ids = |seed| {
        let mut engine = Engine::new(Service {
            deployment: Deployment::default().into(),
            behaviour: Behaviour::of(Tier::BasicV2),
            started: jiff::Timestamp::UNIX_EPOCH,
            seed: Seed::new(seed),
            global: None,
            products: Vec::new(),
            apis: vec![ApiConfig::azure_openai(policy.clone())],
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
            backends: crate::engine::Backends::default(),
        });
        let mut next = || {
            let incoming = Incoming {
                method: "POST".into(),
                path: "/openai/deployments/d/chat/completions".into(),
                headers: [("api-key", "k")].into_iter().collect(),
                ..Incoming::default()
            };
            match engine.receive(Moment::ZERO, incoming) {
                Step::Answer(answer) => answer.response.headers.first("id").unwrap().to_owned(),
                other => panic!("the policy answers itself: {other:?}"),
            }
        };
        [next(), next()]
    };
    let [first, second] = ids(1);
    assert_ne!(first, second);
    assert_eq!([first, second], ids(1));
    assert_ne!(ids(1), ids(2));
}
