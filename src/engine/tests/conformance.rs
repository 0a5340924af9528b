//! Runs every file of `tests/conformance` and compares what came with what was expected.
#![expect(
    clippy::disallowed_methods,
    reason = "test: the suite is files on disk"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::file::{Expect, File, Step};
use super::play::{Rules, Seen, play};
use crate::base::{Secret, Seed, Severity, Source, Tier};
use crate::engine::{ApiConfig, Behaviour, Engine, OperationConfig, Service};
use crate::policy::context::{Api, Deployment, Subscription};
use crate::policy::message::Headers;
use crate::policy::{self, Policy};

#[test]
fn the_engine_behaves_as_the_specification_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".test.yaml"));
    paths.sort();
    let mut failures = String::new();
    let mut steps = 0;
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy();
        let text = std::fs::read_to_string(path).unwrap();
        let file: File =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        steps += run(&name, &file, path, &mut failures);
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(
        paths.len() >= 20 && steps >= 90,
        "{} files, {steps} steps: some went missing",
        paths.len()
    );
}

fn run(name: &str, file: &File, path: &Path, failures: &mut String) -> usize {
    if !file.expect_diagnostics.is_empty() {
        diagnostics(name, file, failures);
        return 1;
    }
    let mut steps = 0;
    for test in &file.tests {
        assert!(
            !test.steps.is_empty(),
            "{name}: test `{}` has no steps",
            test.name
        );
        let rules = Rules {
            default_backend: &file.backend,
            api_path: &|step| api_path(file, step),
            key: &|step| key(file, step),
            engine: &|| engine(file, path),
        };
        for (index, (step, seen)) in test.steps.iter().zip(play(&test.steps, &rules)).enumerate() {
            steps += 1;
            for (run, seen) in seen.iter().enumerate() {
                let mut wrong = Vec::new();
                compare(&step.expect, run, seen, &mut wrong);
                for text in wrong {
                    writeln!(
                        failures,
                        "{name}: {}: step {} run {}: {text}",
                        test.name,
                        index + 1,
                        run + 1
                    )
                    .unwrap();
                }
            }
        }
    }
    steps
}

fn diagnostics(name: &str, file: &File, failures: &mut String) {
    let (_, found) = policy::parse(
        &Source::new("policy", file.policy.as_str()),
        &file.named_values,
    );
    let found: Vec<(String, &str, usize)> = found
        .iter()
        .map(|diagnostic| {
            let severity = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            (
                diagnostic.code.to_owned(),
                severity,
                diagnostic.source.position(diagnostic.span.start).line,
            )
        })
        .collect();
    let expected: Vec<(String, &str, usize)> = file
        .expect_diagnostics
        .iter()
        .map(|expected| {
            (
                expected.code.clone(),
                expected.severity.as_str(),
                expected.line,
            )
        })
        .collect();
    if found != expected {
        writeln!(failures, "{name}: expected {expected:?}, found {found:?}").unwrap();
    }
}

fn compare(expect: &Expect, run: usize, seen: &Seen, wrong: &mut Vec<String>) {
    let mut check = |what: &str, expected: &str, found: &str| {
        if expected != found {
            wrong.push(format!("{what}: expected `{expected}`, found `{found}`"));
        }
    };
    let response = &seen.answer.response;
    if let Some(expected) = expect.status.as_ref().map(|status| of_run(status, run)) {
        check(
            "status",
            &expected.to_string(),
            &response.status.to_string(),
        );
    }
    headers(
        "header",
        &expect.headers,
        &response.headers,
        run,
        &mut check,
    );
    let body = String::from_utf8_lossy(response.body.as_deref().unwrap_or_default()).into_owned();
    if let Some(expected) = &expect.body {
        check("body", expected, &body);
    }
    if let Some(part) = &expect.body_contains {
        check(
            "body contains",
            &format!("{part}: true"),
            &format!("{part}: {}", body.contains(part)),
        );
    }
    if let Some(called) = expect.backend_called {
        check(
            "backend called",
            &called.to_string(),
            &seen.answer.backend_called.to_string(),
        );
    }
    if let Some(expected) = &expect.backend_request {
        let forward = seen.forward.as_ref().expect("the backend was called");
        headers(
            "backend header",
            &expected.headers,
            &forward.headers,
            run,
            &mut check,
        );
        if let Some(path) = &expected.path {
            check("backend path", path, &forward.url.path);
        }
        if let Some(part) = &expected.body_contains {
            let body = String::from_utf8_lossy(forward.body.as_deref().unwrap_or_default());
            check(
                "backend body contains",
                &format!("{part}: true"),
                &format!("{part}: {}", body.contains(part)),
            );
        }
    }
    effects(expect, seen, &mut check);
}

/// What a step leaves behind besides its answer: metrics and variables.
fn effects(expect: &Expect, seen: &Seen, check: &mut impl FnMut(&str, &str, &str)) {
    for (name, expected) in &expect.metrics {
        let values = seen.metrics.iter().filter(|metric| metric.name == **name);
        let values: Vec<String> = values.map(|metric| metric.value.to_string()).collect();
        check(name, &expected.to_string(), &values.join(" and "));
    }
    for (name, expected) in &expect.dimensions {
        assert!(
            !seen.metrics.is_empty(),
            "dimension {name} is expected of metrics that came"
        );
        for metric in &seen.metrics {
            let found = metric.dimensions.iter().find(|(known, _)| known == name);
            let found = found.map_or("absent", |(_, value)| value.as_str());
            check(&format!("dimension {name}"), expected, found);
        }
    }
    for (logger, expected) in &expect.log {
        let events = seen.answer.log.iter();
        let events = events.filter(|event| *event.logger == **logger);
        let found: Vec<Value> = events
            .map(|event| {
                let text = event.text.as_str();
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
            })
            .collect();
        let shown = |events: &[Value]| Value::from(events).to_string();
        check(&format!("log {logger}"), &shown(expected), &shown(&found));
    }
    for (name, expected) in &expect.variables {
        let found = seen.answer.context.variables.get(name);
        let found = found.map(policy::expression::Value::to_text);
        let found = found.as_deref().unwrap_or("absent");
        check(&format!("variable {name}"), &text(expected), found);
    }
    if matches!(seen.answer.response.status, 403 | 429) {
        check("metrics of a refusal", "0", &seen.metrics.len().to_string());
    }
}

fn headers(
    what: &str,
    expected: &std::collections::BTreeMap<String, Value>,
    found: &Headers,
    run: usize,
    check: &mut impl FnMut(&str, &str, &str),
) {
    for (name, expected) in expected {
        let found = found.joined(name);
        let expected = match of_run(expected, run) {
            Value::Null => "absent".to_owned(),
            value => text(value),
        };
        check(
            &format!("{what} {name}"),
            &expected,
            found.as_deref().unwrap_or("absent"),
        );
    }
}

/// A list stands for the runs of a repeated step, in order.
fn of_run(value: &Value, run: usize) -> &Value {
    match value {
        Value::Array(values) => &values[run],
        value => value,
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn api_path(file: &File, step: &Step) -> String {
    match &step.api {
        None => file
            .apis
            .first()
            .map_or_else(|| "openai".to_owned(), |api| api.path.clone()),
        Some(name) => file
            .apis
            .iter()
            .find(|api| api.name == *name)
            .expect("the api is listed")
            .path
            .clone(),
    }
}

fn subscriptions(file: &File) -> Vec<String> {
    if file.subscriptions.is_empty() {
        vec!["default".to_owned()]
    } else {
        file.subscriptions.clone()
    }
}

fn key(file: &File, step: &Step) -> Option<String> {
    match &step.subscription {
        Value::Bool(_) => Some(format!("key-{}", subscriptions(file)[0])),
        Value::String(id) => {
            assert!(
                subscriptions(file).contains(id),
                "subscription `{id}` is not listed"
            );
            Some(format!("key-{id}"))
        }
        Value::Object(object) => object["key"].as_str().map(str::to_owned),
        _ => None,
    }
}

fn engine(file: &File, path: &Path) -> Engine {
    let load = |text: &str| -> Policy {
        let source = if text.trim_start().starts_with('<') {
            Source::new("policy", text)
        } else {
            let path = path.parent().unwrap().join(text);
            Source::new(text, std::fs::read_to_string(path).unwrap())
        };
        let (policy, diagnostics) = policy::parse(&source, &file.named_values);
        policy.unwrap_or_else(|| {
            panic!(
                "{}\n{}",
                path.display(),
                crate::base::render(&diagnostics, false)
            )
        })
    };
    let scope = |name: &str| file.scopes.get(name).map(|text| load(text));
    let api = |name: &str, path: &str, text: &str| {
        let mut config = ApiConfig::azure_openai(Some(load(text)));
        config.api = Arc::new(Api {
            id: name.to_owned(),
            path: path.to_owned(),
            ..Api::clone(&config.api)
        });
        for OperationConfig { policy, .. } in &mut config.operations {
            *policy = scope("operation");
        }
        config
    };
    let apis = if file.apis.is_empty() {
        vec![api("openai", "openai", &file.policy)]
    } else {
        file.apis
            .iter()
            .map(|config| {
                api(
                    &config.name,
                    &config.path,
                    config.policy.as_ref().unwrap_or(&file.policy),
                )
            })
            .collect()
    };
    let subscriptions = subscriptions(file).into_iter().map(|id| {
        Arc::new(Subscription {
            key: Secret::new(format!("key-{id}")),
            name: id.clone(),
            id,
            product: None,
        })
    });
    Engine::new(Service {
        deployment: Arc::new(Deployment {
            service_name: "test".into(),
            region: "West Europe".into(),
            gateway_id: "managed".into(),
        }),
        behaviour: Behaviour::of(Tier::from_name(&file.tier).expect("a tier")),
        started: file.start.parse().unwrap(),
        seed: Seed::new(1),
        global: scope("global"),
        products: Vec::new(),
        apis,
        subscriptions: subscriptions.collect(),
        credentials: file.credentials.clone(),
    })
}
