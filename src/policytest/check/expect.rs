use serde_json::Value;

use super::super::model::{BackendRequest, Expect, Values};
use super::super::wire::{Json, WireBackendRequest, WireExpect};
use super::Checker;
use crate::base::Span;
use crate::yaml::{Checks as _, Entries, Format, Placed, Scalar};

impl Checker {
    pub(super) fn expect(&mut self, wire: WireExpect, times: usize) -> Expect {
        let log = self.log(wire.log);
        let status = self.runs(wire.status, times, "a status", |value| {
            value.as_u64().is_some_and(|code| code < 1_000)
        });
        let metrics = self.values(wire.metrics, times);
        let dimensions = wire.dimensions;
        if let Some((name, _)) = dimensions.as_ref().and_then(|entries| entries.0.first())
            && metrics.is_empty()
        {
            self.error(
                name.span,
                "dimensions belong to metrics",
                "add `metrics: …` beside it",
            );
        }
        Expect {
            status,
            headers: self.values(wire.headers, times),
            body: self.runs(wire.body, times, "a body", |value| {
                value.is_string() || value.is_object()
            }),
            body_contains: self.runs(wire.body_contains, times, "a text", Value::is_string),
            backend_called: self.runs(
                wire.backend_called,
                times,
                "`true` or `false`",
                Value::is_boolean,
            ),
            backend_request: wire
                .backend_request
                .map(|request| self.backend_request(request, times)),
            log,
            backends_called: wire.backends_called,
            sent: wire.sent,
            traces: wire.traces,
            metrics,
            dimensions: self.values(dimensions, times),
            variables: self.values(wire.variables, times),
        }
    }

    fn log(&mut self, wire: Option<Entries<Scalar, Placed<Json>>>) -> Vec<(String, Vec<Value>)> {
        let mut log = Vec::new();
        for (logger, events) in wire.map(|entries| entries.0).unwrap_or_default() {
            let logger = self.value(&logger);
            match events.value.0 {
                Value::Array(events) => log.extend(logger.map(|logger| (logger, events))),
                _ => self.error(events.span, "events are a list", "write `LOGGER: [ … ]`"),
            }
        }
        log
    }

    fn backend_request(&mut self, wire: WireBackendRequest, times: usize) -> BackendRequest {
        BackendRequest {
            headers: self.values(wire.headers, times),
            method: self.runs(wire.method, times, "a method", Value::is_string),
            query: self.runs(wire.query, times, "a query", Value::is_string),
            path: self.runs(wire.path, times, "a path", Value::is_string),
            body_contains: self.runs(wire.body_contains, times, "a text", Value::is_string),
        }
    }

    fn values<K: Format<Value = String>>(
        &mut self,
        wire: Option<Entries<K, Placed<Json>>>,
        times: usize,
    ) -> Values {
        let entries = wire.map(|entries| entries.0).unwrap_or_default();
        let mut values = Values::with_capacity(entries.len());
        for (name, value) in entries {
            let scalar = |value: &Value| !value.is_object();
            let name = self.value(&name);
            let value = self.runs(Some(value), times, "a single value", scalar);
            values.extend(name.zip(value));
        }
        values
    }

    /// One value, or one for each run.
    fn runs(
        &mut self,
        field: Option<Placed<Json>>,
        times: usize,
        what: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> Option<Value> {
        let Placed {
            value: Json(value),
            span,
        } = field?;
        let single = match &value {
            Value::Array(values) if values.len() != times => {
                self.wrong_length(span, values.len(), times);
                return None;
            }
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        if !single.iter().all(|value| !value.is_array() && fits(value)) {
            let hint = "a list stands for the runs of `repeat`";
            self.error(span, format!("{what} belongs here"), hint);
            return None;
        }
        Some(value)
    }

    fn wrong_length(&mut self, span: Span, length: usize, times: usize) {
        let runs = if times == 1 { "run" } else { "runs" };
        self.error(
            span,
            format!("the list has {length} values for {times} {runs}"),
            "a list has one value for each run of `repeat`",
        );
    }
}
