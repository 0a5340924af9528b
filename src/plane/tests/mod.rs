//! The plane as its callers meet it: requests in, answers out, time handed in.

mod deployments;
mod lifecycle;
mod policies;
mod refusals;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Ask, Faults, Pace, Plane, Reply, Settings};

pub(super) const GROUP: &str = "/subscriptions/s/resourceGroups/g";
pub(super) const SERVICE: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim";
pub(super) const ACCOUNT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/ai";

/// A plane with its clock.
pub(super) struct Local {
    pub(super) plane: Plane,
    pub(super) now: Timestamp,
}

pub(super) fn settings(pace: Duration) -> Settings {
    Settings {
        tenant: "t".to_owned(),
        subscription: "s".to_owned(),
        seed: 1,
        pace: Pace::of(pace),
        retry_after: 1,
        page: 3,
        credentials: crate::engine::Credentials::default(),
    }
}

impl Local {
    pub(super) fn new() -> Local {
        Local::with(Duration::ZERO, None)
    }

    /// With the group `g`.
    pub(super) fn with(pace: Duration, faults: Option<Faults>) -> Local {
        let mut local = Local {
            plane: Plane::new(settings(pace), faults),
            now: "2026-03-04T05:06:07Z".parse().unwrap(),
        };
        local.ok("PUT", GROUP, json!({"location": "westeurope"}));
        local
    }

    /// With a service and an account as well.
    pub(super) fn furnished() -> Local {
        let mut local = Local::new();
        local.ok("PUT", SERVICE, service());
        local.ok("PUT", ACCOUNT, account());
        local.settle();
        local
    }

    pub(super) fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let (path, query) = path
            .split_once('?')
            .unwrap_or((path, "api-version=2024-05-01"));
        let ask = Ask {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            base: "http://local".to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
            body: if body.is_null() {
                Vec::new()
            } else {
                body.to_string().into_bytes()
            },
        };
        let fault = self.plane.strike(&ask);
        if let Some(reply) = fault.as_ref().and_then(super::Fault::answer) {
            return reply;
        }
        self.plane.answer(self.now, &ask, fault)
    }

    /// An answer that must be a success.
    pub(super) fn ok(&mut self, method: &str, path: &str, body: impl Into<Value>) -> Value {
        let reply = self.ask(method, path, &body.into(), &[]);
        assert!(
            reply.status < 300,
            "{method} {path}: {} {:?}",
            reply.status,
            reply.body
        );
        reply.body.unwrap_or_default()
    }

    pub(super) fn get(&mut self, path: &str) -> Value {
        self.ok("GET", path, Value::Null)
    }

    /// Status, code and sentences of an answer, for snapshots.
    pub(super) fn told(&mut self, method: &str, path: &str, body: impl Into<Value>) -> String {
        let reply = self.ask(method, path, &body.into(), &[]);
        let mut text = format!("{method} {path} -> {}", reply.status);
        if let Some(error) = reply
            .body
            .as_ref()
            .map(|body| &body["error"])
            .filter(|error| !error.is_null())
        {
            tell(error, 1, &mut text);
        }
        text + "\n"
    }

    /// Lets time go on until nothing is under way any more; gateways get a port each.
    pub(super) fn settle(&mut self) {
        for _ in 0..1_000 {
            while self.plane.advance(self.now) {
                self.follow();
            }
            self.follow();
            match self.plane.next() {
                Some(next) => self.now = self.now.max(next),
                None => return,
            }
        }
        panic!("something never ends");
    }

    fn follow(&mut self) {
        for id in self.plane.changed() {
            if let Some(made) = self.plane.configuration(&id, self.now) {
                made.unwrap_or_else(|refusal| panic!("{id}: {refusal:?}"));
                self.plane.gateway(&id, "http://127.0.0.1:1");
            }
        }
    }
}

fn tell(error: &Value, depth: usize, text: &mut String) {
    let (code, message) = (&error["code"], &error["message"]);
    let words = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    write!(
        text,
        "\n{:depth$}{}: {}",
        "",
        words(code),
        words(message),
        depth = 2 * depth
    )
    .unwrap();
    for detail in error["details"].as_array().into_iter().flatten() {
        tell(detail, depth + 1, text);
    }
}

pub(super) fn service() -> Value {
    json!({
        "location": "West Europe",
        "sku": {"name": "BasicV2", "capacity": 1},
        "identity": {"type": "SystemAssigned"},
        "properties": {"publisherEmail": "a@b.c", "publisherName": "me"},
    })
}

pub(super) fn account() -> Value {
    json!({
        "location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"},
        "properties": {"customSubDomainName": "ai"},
    })
}

pub(super) fn model(capacity: u64) -> Value {
    json!({
        "sku": {"name": "GlobalStandard", "capacity": capacity},
        "properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}},
    })
}
