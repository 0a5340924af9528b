//! What the fuzz targets in `tests/fuzz` call; built only with the feature `fuzz`, so that the
//! library still exposes nothing but `run`.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::base::{Diagnostic, Seed, Source};
use crate::policy::context::{Api, Context, Deployment, Operation};
use crate::policy::expression::Expression;
use crate::policy::lint::{Options, lint_all};
use crate::policy::message::{Request, Url};
use crate::policy::{self, Fragments, NamedValues};

/// Reads, lints and lowers a text as a policy.
///
/// # Panics
///
/// When a place is not inside the text, or anything else that must not happen does.
pub fn policy(text: &str) {
    let source = Source::new("fuzz.xml", text);
    for finding in lint_all(std::slice::from_ref(&source), &Options::default()) {
        inside(text, &finding.diagnostic);
    }
    let (read, problems) = policy::parse_with(&source, &NamedValues::new(), &Fragments::new());
    for problem in &problems {
        inside(text, problem);
    }
    assert!(
        read.is_some() || !problems.is_empty(),
        "what is not read has a problem"
    );
}

fn inside(text: &str, diagnostic: &Diagnostic) {
    let span = diagnostic.span;
    assert!(
        text.get(span.start..span.end).is_some(),
        "{}: {span:?} is no place of the text",
        diagnostic.message
    );
    let _shown = crate::base::render(std::slice::from_ref(diagnostic), false);
}

/// Parses a text as an expression, looks into it, and evaluates it.
///
/// # Panics
///
/// When a place is not inside the text, or anything else that must not happen does.
pub fn expression(text: &str) {
    match Expression::parse(text) {
        Ok(parsed) => {
            let _facts = parsed.facts();
            let _outcome = parsed.outcome();
            if let Err(fault) = parsed.evaluate(&mut context()) {
                let span = fault.span;
                assert!(text.get(span.start..span.end).is_some(), "{fault}");
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "what is not read has a problem");
            for problem in problems {
                let span = problem.span;
                assert!(
                    text.get(span.start..span.end).is_some(),
                    "{}",
                    problem.message
                );
            }
        }
    }
}

fn context() -> Context {
    let body = Bytes::from_static(br#"{"messages":[{"role":"user","content":"hi"}],"n":2}"#);
    Context {
        api: Api::default().into(),
        operation: Operation::default().into(),
        product: None,
        user: None,
        subscription: None,
        deployment: Deployment::default().into(),
        request: Request {
            method: "POST".to_owned(),
            url: Url::default(),
            original_url: Url::default(),
            headers: [("Content-Type", "application/json")].into_iter().collect(),
            ip_address: "203.0.113.7".to_owned(),
            body: Some(body),
            matched_parameters: Vec::new(),
        },
        response: None,
        last_error: None,
        variables: BTreeMap::new(),
        request_id: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
        timestamp: Timestamp::UNIX_EPOCH,
        elapsed: Duration::from_millis(1_500),
        tracing: false,
        traces: Vec::new(),
        seed: Seed::new(7),
    }
}
