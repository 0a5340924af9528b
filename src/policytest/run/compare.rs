//! What came against what was expected.

use serde_json::Value;

use super::super::model::{BackendRequest, Expect, Values};
use super::Mismatch;
use super::play::Seen;
use crate::policy::context::Trace;
use crate::policy::expression;
use crate::policy::message::Headers;

pub(super) fn compare(expect: &Expect, run: usize, seen: &Seen) -> Vec<Mismatch> {
    let mut comparison = Comparison {
        run,
        mismatches: Vec::new(),
    };
    comparison.response(expect, seen);
    if let Some(expected) = &expect.backend_request {
        comparison.backend_request(expected, seen);
    }
    comparison.effects(expect, seen);
    comparison.mismatches
}

const ABSENT: &str = "absent";

struct Comparison {
    /// Which run of a repeated step, counted from 0.
    run: usize,
    mismatches: Vec<Mismatch>,
}

impl Comparison {
    fn response(&mut self, expect: &Expect, seen: &Seen) {
        let response = &seen.answer.response;
        if let Some(expected) = &expect.status {
            self.single("status", expected, &response.status.to_string());
        }
        self.headers("header", &expect.headers, &response.headers);
        let body = text_of(response.body.as_deref());
        match expect.body.as_ref().map(|body| self.of_run(body)) {
            Some(expected @ Value::Object(_)) => {
                let expected = expected.clone();
                let same = serde_json::from_str(&body).is_ok_and(|came: Value| came == expected);
                if !same {
                    self.differs("body", expected.to_string(), body.clone());
                }
            }
            Some(expected) => {
                let expected = expected.clone();
                self.single("body", &expected, &body);
            }
            None => {}
        }
        self.contains("body", expect.body_contains.as_ref(), &body);
        if let Some(expected) = &expect.backend_called {
            let called = seen.answer.backend_called.to_string();
            self.single("backend-called", expected, &called);
        }
    }

    fn backend_request(&mut self, expected: &BackendRequest, seen: &Seen) {
        let Some(forward) = &seen.forward else {
            let called = "a request to the backend".to_owned();
            self.differs("backend-request", called, "none".to_owned());
            return;
        };
        self.headers("backend header", &expected.headers, &forward.headers);
        if let Some(path) = &expected.path {
            self.single("backend path", path, &forward.url.path);
        }
        if let Some(method) = &expected.method {
            self.single("backend method", method, &forward.method);
        }
        if let Some(query) = &expected.query {
            self.single("backend query", query, &forward.url.query);
        }
        let body = text_of(forward.body.as_deref());
        self.contains("backend body", expected.body_contains.as_ref(), &body);
    }

    /// What a step leaves behind besides its answer: metrics and variables.
    fn effects(&mut self, expect: &Expect, seen: &Seen) {
        for (logger, expected) in &expect.log {
            let events = seen.answer.log.iter();
            let events = events.filter(|event| *event.logger == **logger);
            let came = events.map(|event| {
                let text = event.text.as_str();
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
            });
            let came: Vec<Value> = came.collect();
            if *expected != came {
                let shown = |events: &[Value]| Value::from(events).to_string();
                self.differs(&format!("log `{logger}`"), shown(expected), shown(&came));
            }
        }
        if let Some(expected) = &expect.backends_called {
            self.list("backends-called", expected, &seen.backends);
        }
        if let Some(expected) = &expect.sent {
            self.list("sent", expected, &seen.sent);
        }
        if let Some(expected) = &expect.traces {
            let traces = seen.answer.context.traces.iter().map(trace_line);
            self.list("traces", expected, &traces.collect::<Vec<_>>());
        }
        for (name, expected) in &expect.metrics {
            let metrics = seen.metrics.iter().filter(|metric| *metric.name == **name);
            let values: Vec<String> = metrics.map(|metric| metric.value.to_string()).collect();
            let came = if values.is_empty() {
                ABSENT.to_owned()
            } else {
                values.join(" and ")
            };
            self.single(&format!("metric `{name}`"), expected, &came);
        }
        for (name, expected) in &expect.dimensions {
            for metric in &seen.metrics {
                let came = metric.dimensions.iter().find(|(known, _)| known == name);
                let came = came.map_or(ABSENT, |(_, value)| value.as_str());
                let what = format!("dimension `{name}` of `{}`", metric.name);
                self.single(&what, expected, came);
            }
        }
        for (name, expected) in &expect.variables {
            let came = seen.answer.context.variables.get(name);
            let came = came.map(expression::Value::to_text);
            let what = format!("variable `{name}`");
            self.single(&what, expected, came.as_deref().unwrap_or(ABSENT));
        }
    }

    fn list(&mut self, what: &str, expected: &[String], came: &[String]) {
        if expected != came {
            self.differs(what, expected.join(", "), came.join(", "));
        }
    }

    fn headers(&mut self, what: &str, expected: &Values, came: &Headers) {
        for (name, expected) in expected {
            let came = came.joined(name);
            let what = format!("{what} `{name}`");
            self.single(&what, expected, came.as_deref().unwrap_or(ABSENT));
        }
    }

    fn contains(&mut self, what: &str, part: Option<&Value>, came: &str) {
        let Some(part) = part.map(|part| text(self.of_run(part))) else {
            return;
        };
        if !came.contains(&part) {
            self.differs(what, format!("…{part}…"), came.to_owned());
        }
    }

    fn single(&mut self, what: &str, expected: &Value, came: &str) {
        let expected = text(self.of_run(expected));
        if expected != came {
            self.differs(what, expected, came.to_owned());
        }
    }

    fn differs(&mut self, what: &str, expected: String, came: String) {
        self.mismatches.push(Mismatch {
            what: what.to_owned(),
            expected,
            came,
        });
    }

    /// A list stands for the runs of a repeated step, in order; the check saw to its length.
    fn of_run<'v>(&self, value: &'v Value) -> &'v Value {
        match value {
            Value::Array(values) => values.get(self.run).unwrap_or(&Value::Null),
            value => value,
        }
    }
}

/// `inbound rates verbose: message (name=value)`
fn trace_line(trace: &Trace) -> String {
    let metadata = trace.metadata.iter();
    let metadata = metadata.map(|(name, value)| format!(" ({name}={value})"));
    let Trace {
        section,
        source,
        severity,
        message,
        ..
    } = trace;
    format!(
        "{section} {source} {severity}: {message}{}",
        metadata.collect::<String>()
    )
}

/// A value as it is compared; `null` stands for what must not be there.
fn text(value: &Value) -> String {
    match value {
        Value::Null => ABSENT.to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn text_of(body: Option<&[u8]>) -> String {
    String::from_utf8_lossy(body.unwrap_or_default()).into_owned()
}
