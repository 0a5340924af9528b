//! The trace of one request, in the shape of API Management's request inspector: entries by
//! section, each with its source, time and data (gateway specification, section 6, D11).
//!
//! Nothing is gathered for a request that did not ask for it. What identifies a caller or signs a
//! request in is masked.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::Raised;
use super::exchange::{BackendAnswer, Exchange};
use super::execute::Flow;
use super::forward::Forward;
use super::program::{Action, Instruction};
use crate::policy::SectionName;
use crate::policy::context::Context;
use crate::policy::message::{Headers, Request, Response, Url};

/// Longest text of a variable or a body that a trace shows.
const SHOWN_CHARACTERS: usize = 1_024;

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct TraceLog {
    entries: Vec<(SectionName, Value)>,
}

/// The parts of a context that elements change.
#[derive(Debug)]
pub(super) struct Snapshot {
    variables: BTreeMap<String, String>,
    request: Value,
    request_body: Option<Bytes>,
    response: Value,
    response_body: Option<Bytes>,
    messages: usize,
}

impl Snapshot {
    /// `None` when nobody asked for a trace.
    pub(super) fn of(exchange: &Exchange) -> Option<Snapshot> {
        exchange.trace.as_ref()?;
        let context = &exchange.context;
        let variables = context.variables.iter();
        let response = context.response.as_ref();
        Some(Snapshot {
            variables: variables
                .map(|(name, value)| (name.clone(), shortened(&value.to_text())))
                .collect(),
            request: request(&context.request),
            request_body: context.request.body.clone(),
            response: response.map_or(Value::Null, self::response),
            response_body: response.and_then(|response| response.body.clone()),
            messages: context.traces.len(),
        })
    }

    /// What is different now.
    fn changes(&self, after: &Snapshot, context: &Context) -> Map<String, Value> {
        let mut changes = Map::new();
        let mut report = |name: &str, differs: bool, value: Value| {
            if differs {
                changes.insert(name.to_owned(), value);
            }
        };
        let as_before = |name: &String, value: &String| self.variables.get(name) == Some(value);
        let fresh: Map<String, Value> = after
            .variables
            .iter()
            .filter(|(name, value)| !as_before(name, value))
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        report("variables", !fresh.is_empty(), fresh.into());
        report(
            "request",
            self.request != after.request,
            after.request.clone(),
        );
        let length = |body: &Option<Bytes>| body.as_ref().map_or(0, Bytes::len);
        let differs = self.request_body != after.request_body;
        report(
            "requestBodyBytes",
            differs,
            length(&after.request_body).into(),
        );
        report(
            "response",
            self.response != after.response,
            after.response.clone(),
        );
        let differs = self.response_body != after.response_body;
        report(
            "responseBodyBytes",
            differs,
            length(&after.response_body).into(),
        );
        let messages = context.traces.iter().skip(self.messages);
        let messages: Vec<Value> = messages
            .map(|trace| {
                let metadata = trace.metadata.iter();
                let metadata = metadata.map(|(name, value)| (name.clone(), value.as_str().into()));
                json!({
                    "source": trace.source,
                    "severity": trace.severity,
                    "message": shortened(&trace.message),
                    "metadata": Value::Object(metadata.collect()),
                })
            })
            .collect();
        report("messages", !messages.is_empty(), messages.into());
        changes
    }
}

/// The request as it arrived, and which configuration answers for it.
pub(super) fn received(exchange: &mut Exchange, utc: Timestamp) {
    if exchange.trace.is_none() {
        return;
    }
    let context = &exchange.context;
    let mut asked = request(&context.request);
    asked["url"] = url(&context.request.original_url).into();
    let product = context.product.as_ref();
    let subscription = context.subscription.as_ref();
    let configuration = json!({
        "api": { "id": context.api.id, "name": context.api.name, "path": context.api.path,
            "serviceUrl": context.api.service_url, "revision": context.api.revision },
        "operation": { "id": context.operation.id, "method": context.operation.method,
            "uriTemplate": context.operation.url_template },
        "product": product.map(|product| json!({ "id": product.id, "name": product.name })),
        "subscription": subscription
            .map(|subscription| json!({ "id": subscription.id, "name": subscription.name })),
    });
    push(exchange, utc, "api-inspector", json!({ "request": asked }));
    push(
        exchange,
        utc,
        "api-inspector",
        json!({ "configuration": configuration }),
    );
}

/// One element has run.
pub(super) fn ran(
    exchange: &mut Exchange,
    instruction: &Instruction,
    (before, section): (Option<Snapshot>, SectionName),
    outcome: &Result<Flow, Raised>,
    utc: Timestamp,
) {
    let (Some(before), Some(now)) = (before, Snapshot::of(exchange)) else {
        return;
    };
    let mut data = before.changes(&now, &exchange.context);
    if !instruction.counts() && data.is_empty() && outcome.is_ok() {
        return;
    }
    let location = &instruction.location;
    if let Action::Unless { condition, .. } = &instruction.action {
        data.insert("expression".into(), condition.written().into());
        let holds = matches!(outcome, Ok(Flow::Next));
        data.insert("value".into(), holds.into());
    }
    match outcome {
        Ok(Flow::Forward(forward)) => {
            let seconds = forward.timeout.as_secs_f64();
            let message = format!("The request goes to the backend; timeout {seconds} s.");
            data.insert("message".into(), message.into());
            data.insert("request".into(), sent(forward));
        }
        Ok(Flow::Send(sends)) => {
            let calls = sends.calls.iter().map(sent);
            data.insert("requests".into(), calls.collect());
        }
        Ok(Flow::Sleep(wait)) => {
            data.insert("waits".into(), span(*wait).into());
        }
        Ok(Flow::Finish) => {
            data.insert("message".into(), "The answer stands.".into());
        }
        Err(raised) => {
            let error = json!({
                "reason": raised.reason, "message": raised.message, "statusCode": raised.status,
            });
            data.insert("error".into(), error);
        }
        Ok(Flow::Next | Flow::Jump(_)) => {}
    }
    data.insert("scope".into(), location.scope.as_str().into());
    if !location.path.is_empty() {
        data.insert("path".into(), (*location.path).into());
    }
    let source = match &location.place {
        Some(place) => {
            data.insert("policy".into(), place.line().into());
            if let Some(id) = &place.id {
                data.insert("policyId".into(), (**id).into());
            }
            place.element.to_string()
        }
        None => "forward-request".to_owned(),
    };
    push_in(exchange, section, utc, &source, data.into());
}

/// The backend has answered.
pub(super) fn answered(exchange: &mut Exchange, answer: &BackendAnswer, utc: Timestamp) {
    if exchange.trace.is_none() {
        return;
    }
    let response = json!({
        "status": { "code": answer.status, "reason": crate::policy::message::reason_phrase(answer.status) },
        "headers": headers(&answer.headers),
    });
    push(
        exchange,
        utc,
        "forward-request",
        json!({ "response": response }),
    );
}

/// What a policy sent on its own has come back.
pub(super) fn replied(exchange: &mut Exchange, before: Option<Snapshot>, utc: Timestamp) {
    if let (Some(before), Some(now)) = (before, Snapshot::of(exchange)) {
        let changes = before.changes(&now, &exchange.context);
        push(exchange, utc, "send-request", changes.into());
    }
}

/// An error that no element raised, such as a missing key.
pub(super) fn raised(exchange: &mut Exchange, raised: &Raised, utc: Timestamp) {
    let error =
        json!({ "reason": raised.reason, "message": raised.message, "statusCode": raised.status });
    push(exchange, utc, raised.source, json!({ "error": error }));
}

/// The whole trace, once the answer stands.
pub(super) fn finished(exchange: &mut Exchange, utc: Timestamp) -> Option<Value> {
    exchange.trace.as_ref()?;
    let answer = exchange.context.response.as_ref();
    let answer = answer.map_or(Value::Null, response);
    push(
        exchange,
        utc,
        "transfer-response",
        json!({ "response": answer }),
    );
    let log = exchange.trace.take()?;
    let mut sections: Map<String, Value> = SectionName::ALL
        .iter()
        .map(|section| (section.as_str().to_owned(), json!([])))
        .collect();
    for (section, entry) in log.entries {
        if let Some(Value::Array(entries)) = sections.get_mut(section.as_str()) {
            entries.push(entry);
        }
    }
    Some(json!({
        "serviceName": exchange.context.deployment.service_name,
        "traceId": exchange.context.request_id,
        "traceEntries": sections,
    }))
}

fn push(exchange: &mut Exchange, utc: Timestamp, source: &str, data: Value) {
    push_in(exchange, exchange.section, utc, source, data);
}

fn push_in(
    exchange: &mut Exchange,
    section: SectionName,
    utc: Timestamp,
    source: &str,
    data: Value,
) {
    let elapsed = span(exchange.context.elapsed);
    if let Some(log) = &mut exchange.trace {
        let mut entry = json!({
            "source": source,
            "timestamp": format!("{utc:.7}"),
            "elapsed": elapsed,
        });
        entry["data"] = data;
        log.entries.push((section, entry));
    }
}

fn request(request: &Request) -> Value {
    json!({
        "method": request.method,
        "url": url(&request.url),
        "headers": headers(&request.headers),
    })
}

fn sent(forward: &Forward) -> Value {
    json!({
        "method": forward.method,
        "url": url(&forward.url),
        "backend": forward.backend.as_deref(),
        "headers": headers(&forward.headers),
    })
}

fn response(response: &Response) -> Value {
    json!({
        "status": { "code": response.status, "reason": response.reason },
        "headers": headers(&response.headers),
    })
}

fn headers(headers: &Headers) -> Value {
    let shown = headers.iter().map(|(name, value)| {
        let value = if secret(name) { "***" } else { value };
        json!({ "name": name, "value": value })
    });
    shown.collect()
}

/// A URL with what its query keeps secret masked: keys, tokens, and signatures of shared access.
fn url(url: &Url) -> String {
    let text = url.to_string();
    let Some((before, query)) = text.split_once('?') else {
        return text;
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if secret(name) || ["sig", "code"].contains(&name) => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    format!("{before}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// Whether a header or a query parameter carries what must not be read by others.
fn secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "key", "cookie", "secret", "token"]
        .iter()
        .any(|part| name.contains(part))
        // Counts of tokens are no secrets.
        && !["remaining", "consumed", "limit", "simulate"]
            .iter()
            .any(|part| name.contains(part))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `00:00:01.5000000`, as .NET writes a time span below a day.
fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    let ticks = length.subsec_nanos() / 100;
    let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
    format!("{hours:02}:{minutes:02}:{:02}.{ticks:07}", seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_and_counts_are_not() {
        for (name, masked) in [
            ("Authorization", true),
            ("api-key", true),
            ("Ocp-Apim-Subscription-Key", true),
            ("Set-Cookie", true),
            ("x-ratelimit-remaining-tokens", false),
            ("Content-Type", false),
        ] {
            assert_eq!(secret(name), masked, "{name}");
        }
    }

    #[test]
    fn keys_in_queries_are_masked() {
        let shown = url(&Url {
            scheme: "https".to_owned(),
            host: "g".to_owned(),
            port: 443,
            path: "/a".to_owned(),
            query: "api-version=1&subscription-key=k1&sig=k2&flag&Api-Key=k3".to_owned(),
        });
        assert_eq!(
            shown,
            "https://g/a?api-version=1&subscription-key=***&sig=***&flag&Api-Key=***"
        );
    }

    #[test]
    fn spans_have_seven_digits() {
        assert_eq!(
            span(Duration::from_micros(3_723_000_250)),
            "01:02:03.0002500"
        );
    }
}
