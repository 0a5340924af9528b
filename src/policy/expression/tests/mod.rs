//! Tables of expressions with what they give; each line is `expression => text` or
//! `expression => ! Exception` with, after a colon, a part of the message.

mod context;
mod differential;
mod json;
mod level5;
mod limits;
mod operators;
mod problems;
mod properties;
mod statements;
mod texts;
mod times;

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Expression, Fault, Value};
use crate::base::{Secret, Seed};
use crate::policy::context::{
    Api, Context, Deployment, LastError, Operation, Product, Subscription, User,
};
use crate::policy::message::{Headers, Request, Response, Url};

const BODY: &str = r#"{
    "model": "gpt-4o-mini", "max_tokens": 50, "temperature": 0.5, "stream": false, "user": null,
    "created": "2026-02-04T13:38:27Z",
    "messages": [ { "role": "system", "content": "be brief" }, { "role": "user", "content": "hello" } ],
    "tags": { "team": "blue", "cost": { "centre": 7 } }
}"#;

/// One request as it stands in outbound, with everything filled in.
pub(super) fn sample() -> Context {
    let mut response = Response::new(429);
    response.headers.set("Retry-After", "12");
    response.body = Some(r#"{"error":{"code":"429"},"usage":{"total_tokens":95}}"#.into());
    Context {
        api: Api {
            id: "openai-api".to_owned(),
            name: "OpenAI".to_owned(),
            path: "openai".to_owned(),
            revision: "1".to_owned(),
            version: None,
            service_url: Some("https://backend.example:8443/v1".to_owned()),
        }
        .into(),
        operation: Operation {
            id: "chat".to_owned(),
            name: "Chat".to_owned(),
            method: "POST".to_owned(),
            url_template: "/deployments/{deployment-id}/chat/completions".to_owned(),
        }
        .into(),
        product: Some(Product {
            id: "gold".to_owned(),
            name: "Gold".to_owned(),
        }),
        user: Some(User {
            id: "u1".to_owned(),
            email: "a@example".to_owned(),
            first_name: "Ann".to_owned(),
            last_name: "Lee".to_owned(),
        }),
        subscription: Some(
            Subscription {
                id: "sub-1".to_owned(),
                name: "Team blue".to_owned(),
                key: Secret::new("k3y"),
                product: Some("gold".to_owned()),
            }
            .into(),
        ),
        deployment: Deployment {
            service_name: "apim-1".to_owned(),
            region: "Sweden Central".to_owned(),
            gateway_id: "managed".to_owned(),
        }
        .into(),
        request: request(),
        response: Some(response),
        last_error: Some(last_error()),
        variables: variables(),
        request_id: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
        timestamp: "2026-02-04T13:38:27Z".parse().unwrap(),
        elapsed: Duration::from_millis(1_500),
        tracing: false,
        traces: Vec::new(),
        seed: Seed::new(7),
    }
}

fn request() -> Request {
    let url = Url {
        scheme: "https".to_owned(),
        host: "gateway.example".to_owned(),
        port: 443,
        path: "/openai/deployments/mini/chat/completions".to_owned(),
        query: "api-version=2024-10-21&tag=a%20b&tag=c".to_owned(),
    };
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Tag", "one"),
        ("x-tag", "two"),
        ("Authorization", "Bearer abc"),
    ];
    Request {
        method: "POST".to_owned(),
        original_url: Url {
            host: "api.example".to_owned(),
            port: 8080,
            ..url.clone()
        },
        url,
        headers: headers.into_iter().collect::<Headers>(),
        ip_address: "203.0.113.7".to_owned(),
        body: Some(BODY.into()),
        matched_parameters: vec![("deployment-id".to_owned(), "mini".to_owned())],
    }
}

fn last_error() -> LastError {
    LastError {
        source: "llm-token-limit".to_owned(),
        reason: "OpenAITokenLimitExceeded".to_owned(),
        message: "Token limit is exceeded. Try again in 12 seconds.".to_owned(),
        scope: "api".to_owned(),
        section: "inbound".to_owned(),
        path: "choose[1]/when[1]".to_owned(),
        policy_id: None,
    }
}

fn variables() -> BTreeMap<String, Value> {
    let mut stored = Response::new(200);
    stored.body = Some(r#"{"access_token":"t0k"}"#.into());
    let json = "@(JObject.Parse(\"{'a':[1,2,3],'b':{'c':'d'}}\"))";
    let values = [
        ("count", Value::from(3)),
        ("big", Value::from(5_000_000_000_i64)),
        ("ratio", Value::from(0.25)),
        ("flag", Value::from(true)),
        ("name", Value::from("alice")),
        ("empty", Value::from("")),
        ("nothing", Value::Null),
        ("answer", Value::from(stored)),
        ("body", run(json, &mut bare()).unwrap()),
    ];
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A request of which nothing is known.
pub(super) fn bare() -> Context {
    Context {
        api: Api::default().into(),
        operation: Operation::default().into(),
        product: None,
        user: None,
        subscription: None,
        deployment: Deployment::default().into(),
        request: Request {
            method: "GET".to_owned(),
            url: Url::default(),
            original_url: Url::default(),
            headers: Headers::new(),
            ip_address: String::new(),
            body: None,
            matched_parameters: Vec::new(),
        },
        response: None,
        last_error: None,
        variables: BTreeMap::new(),
        request_id: String::new(),
        timestamp: jiff::Timestamp::UNIX_EPOCH,
        elapsed: Duration::ZERO,
        tracing: false,
        traces: Vec::new(),
        seed: Seed::new(1),
    }
}

pub(super) fn run(text: &str, context: &mut Context) -> Result<Value, Fault> {
    let expression =
        Expression::parse(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    expression.evaluate(context)
}

/// Runs every line against a fresh [`sample`].
fn check(table: &str) {
    check_in(table, sample);
}

fn check_in(table: &str, context: fn() -> Context) {
    let mut wrong = Vec::new();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (expression, expected) = line
            .rsplit_once("=> ")
            .unwrap_or_else(|| panic!("no `=> ` in {line}"));
        let expression = expression.trim_end();
        let text = if expression.starts_with("@(") || expression.starts_with("@{") {
            expression.to_owned()
        } else {
            format!("@({expression})")
        };
        let outcome = match Expression::parse(&text) {
            Err(problems) => format!("? {}", problems[0].message),
            Ok(parsed) => match parsed.evaluate(&mut context()) {
                Ok(value) => value.to_text(),
                Err(fault) => format!("! {}: {}", fault.exception, fault.message),
            },
        };
        // `''` stands for an empty text, `\n` for a line break.
        let outcome = outcome.replace("\r\n", "\\n").replace('\n', "\\n");
        let same = match expected.strip_prefix("! ") {
            Some(fault) => {
                let (exception, part) = fault.split_once(": ").unwrap_or((fault, ""));
                outcome.starts_with(&format!("! {exception}:")) && outcome.contains(part)
            }
            None => outcome == if expected == "''" { "" } else { expected },
        };
        if !same {
            wrong.push(format!(
                "{expression}\n    expected {expected}\n    got      {outcome}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
