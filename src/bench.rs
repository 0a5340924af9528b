//! What the benchmarks in `tests/bench` measure; built only with the feature `bench`, so that the
//! library still exposes nothing but `run`.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::base::{Moment, Secret, Seed, Source, Tier};
use crate::engine::{
    ApiConfig, BackendAnswer, BackendBody, Behaviour, Engine, Incoming, Service, Step,
};
use crate::model::{self, AnswerBody, ModelRequest, ModelSettings};
use crate::policy::context::{Deployment, Subscription};
use crate::policy::expression::Expression;
use crate::policy::message::Headers;
use crate::policy::{self, Fragments, NamedValues};
use crate::tokens;

const POLICY: &str = include_str!("../policies/token-limit.xml");
const PATH: &str = "/openai/deployments/gpt-4o-mini/chat/completions";
const BODY: &str =
    r#"{"messages":[{"role":"user","content":"Say hello in 50 words"}],"max_tokens":100}"#;

fn named_values() -> NamedValues {
    BTreeMap::from([("tpm".to_owned(), "4000000000".to_owned())])
}

/// Reads and checks the shipped policy; answers with its number of token limits.
pub fn read_policy() -> usize {
    let source = Source::new("token-limit.xml", POLICY);
    let (policy, _) = policy::parse_with(&source, &named_values(), &Fragments::new());
    policy.map_or(0, |policy| policy.token_limits().len())
}

/// Parses one expression; answers whether it did.
pub fn parse_expression(text: &str) -> bool {
    Expression::parse(text).is_ok()
}

/// Tokens of a text.
pub fn count_tokens(text: &str) -> u64 {
    tokens::count(text).0
}

/// The engine with the shipped policy, and a whole answer of the model.
pub struct Gateway {
    engine: Engine,
    headers: Headers,
    answer: Bytes,
    now: Moment,
}

impl Gateway {
    /// # Panics
    ///
    /// When the shipped policy is not readable, which a test rules out.
    pub fn new() -> Gateway {
        let source = Source::new("token-limit.xml", POLICY);
        let (policy, _) = policy::parse_with(&source, &named_values(), &Fragments::new());
        let engine = Engine::new(Service {
            deployment: Deployment::default().into(),
            behaviour: Behaviour::of(Tier::BasicV2),
            started: jiff::Timestamp::UNIX_EPOCH,
            seed: Seed::new(1),
            global: None,
            products: Vec::new(),
            backends: crate::engine::Backends::default(),
            credentials: crate::engine::Credentials::default(),
            apis: vec![ApiConfig::azure_openai(Some(
                policy.expect("a test reads it"),
            ))],
            subscriptions: vec![
                Subscription {
                    id: "demo".to_owned(),
                    name: "Demo".to_owned(),
                    key: Secret::new("key"),
                    product: None,
                }
                .into(),
            ],
        });
        let request = ModelRequest {
            path: PATH,
            header: &|_| None,
            body: BODY.as_bytes(),
        };
        let answer = model::answer(&ModelSettings::default(), &request);
        let AnswerBody::Whole { bytes, .. } = answer.body else {
            unreachable!("nothing asked for a stream")
        };
        let headers = answer.headers.into_iter().collect();
        Gateway {
            engine,
            headers,
            answer: bytes,
            now: Moment::ZERO,
        }
    }

    /// One request through inbound, backend and outbound; answers with its status.
    ///
    /// # Panics
    ///
    /// When the policy refuses, which its limit of the benchmark rules out.
    pub fn request(&mut self) -> u16 {
        self.now += std::time::Duration::from_micros(10);
        let headers = [("api-key", "key"), ("Content-Type", "application/json")];
        let incoming = Incoming {
            method: "POST".to_owned(),
            scheme: "https".to_owned(),
            host: "gateway.example".to_owned(),
            path: PATH.to_owned(),
            query: "api-version=2024-10-21".to_owned(),
            headers: headers.into_iter().collect(),
            body: Some(Bytes::from_static(BODY.as_bytes())),
            ip_address: "203.0.113.7".to_owned(),
            trace: false,
            estimate: None,
        };
        let Step::Forward(exchange, _) = self.engine.receive(self.now, incoming) else {
            panic!("the request is forwarded")
        };
        let answer = BackendAnswer {
            status: 200,
            headers: self.headers.clone(),
            body: BackendBody::Whole(self.answer.clone()),
        };
        match self.engine.answered(self.now, exchange, answer) {
            Step::Answer(answer) => answer.response.status,
            _ => panic!("the policy forwards once and asks nobody else"),
        }
    }
}

impl Default for Gateway {
    fn default() -> Gateway {
        Gateway::new()
    }
}
