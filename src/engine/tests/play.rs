//! Plays one test in virtual time. Steps of one moment run in file order, each with its answer,
//! except for concurrent runs, which all pass inbound before any answer arrives.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::answers::{self, Answers};
use super::file::{Backend, Request, Step as FileStep};
use crate::base::{Moment, Tokens, parse_duration};
use crate::engine::{
    Answer, BackendAnswer, BackendBody, BackendFailure, Engine, Exchange, Forward, Incoming,
    Metric, Outcome, Settlement, Step,
};
use crate::model::{self, AnswerBody, ModelFault, ModelRequest, ModelSettings};
use crate::policy::context::Trace;
use crate::policy::message::Headers;
use crate::tokens::StreamReader;

/// What came of one run of a step.
pub(super) struct Seen {
    pub(super) answer: Answer,
    pub(super) forward: Option<Box<Forward>>,
    pub(super) metrics: Vec<Metric>,
    /// What the policy sent on its own.
    pub(super) sent: Vec<String>,
}

/// Moment, step, phase (0 arrives, 1 answers), run.
type When = (Moment, usize, usize, usize);

enum Event {
    Arrive,
    Answer(
        Box<Exchange>,
        Box<Forward>,
        Result<BackendAnswer, BackendFailure>,
        Option<(Moment, StreamReader)>,
    ),
    Replies(Box<Exchange>, Vec<Option<Outcome>>),
    Wake(Box<Exchange>),
    StreamEnd(Settlement, StreamReader),
}

/// How requests are made; the file decides, the runner only asks.
pub(super) struct Rules<'a> {
    pub(super) default_backend: &'a Backend,
    pub(super) answers: &'a Answers,
    pub(super) api_path: &'a dyn Fn(&FileStep) -> String,
    pub(super) key: &'a dyn Fn(&FileStep) -> Option<String>,
    pub(super) engine: &'a dyn Fn() -> Engine,
}

/// Runs all steps; the answers come in step order, then run order.
pub(super) fn play(steps: &[FileStep], rules: &Rules<'_>) -> Vec<Vec<Seen>> {
    let mut engines: BTreeMap<String, Engine> = BTreeMap::new();
    let mut agenda: BTreeMap<When, Event> = BTreeMap::new();
    let mut at = Moment::ZERO;
    for (index, step) in steps.iter().enumerate() {
        if let Some(moment) = step.moment() {
            assert!(Moment::at(moment) >= at, "step {index} goes back in time");
            at = Moment::at(moment);
        }
        for run in 0..step.repeat.times {
            // Runs that are not concurrent are steps of their own, as far as order is concerned.
            let phase = if step.repeat.concurrent {
                0
            } else {
                run * 1000
            };
            agenda.insert((at, index, phase, run), Event::Arrive);
        }
    }
    let mut under_way: BTreeMap<(usize, usize), UnderWay> = BTreeMap::new();
    let mut seen: Vec<BTreeMap<usize, Seen>> = steps.iter().map(|_| BTreeMap::new()).collect();
    while let Some(((now, index, phase, run), event)) = agenda.pop_first() {
        let step = &steps[index];
        let name = step.gateway.clone().unwrap_or_default();
        let engine = engines.entry(name).or_insert_with(rules.engine);
        let way = under_way.entry((index, run)).or_default();
        let outcome = match event {
            Event::Arrive => {
                way.arrived = now;
                engine.receive(now, incoming(step, rules))
            }
            Event::Answer(exchange, forward, outcome, stream) => {
                way.forward = Some(forward);
                way.stream = stream;
                match outcome {
                    Ok(answer) => engine.answered(now, exchange, answer),
                    Err(failure) => engine.failed(now, exchange, failure),
                }
            }
            Event::Replies(exchange, outcomes) => engine.replied(now, exchange, outcomes),
            Event::Wake(exchange) => engine.woken(now, exchange),
            Event::StreamEnd(settlement, reader) => {
                let metrics = engine.settle_stream(now, &settlement, &reader);
                seen[index].get_mut(&run).unwrap().metrics.extend(metrics);
                continue;
            }
        };
        match outcome {
            Step::Send(exchange, sends) => {
                let calls = sends.calls.iter();
                way.sent
                    .extend(calls.map(|call| answers::line(call, now.since(way.arrived))));
                let calls = sends.calls.iter();
                let outcomes = calls.map(|call| answers::ask(step, rules, now, call));
                let (at, outcomes) = sends.foreseen(now, outcomes.collect());
                let event = Event::Replies(exchange, outcomes);
                agenda.insert((at, index, phase + 1, run), event);
            }
            Step::Sleep(exchange, until) => {
                agenda.insert((until, index, phase + 1, run), Event::Wake(exchange));
            }
            Step::Forward(exchange, forward) => {
                let (after, answer, stream) = ask(step, rules, now, &forward);
                let event = Event::Answer(exchange, forward, answer, stream);
                agenda.insert((now + after, index, phase + 1, run), event);
            }
            Step::Answer(mut answer) => {
                let way = std::mem::take(way);
                if let (Some(settlement), Some((end, reader))) = (answer.stream.take(), way.stream)
                {
                    agenda.insert(
                        (end.max(now), index, phase + 1, run),
                        Event::StreamEnd(settlement, reader),
                    );
                }
                let metrics = std::mem::take(&mut answer.metrics);
                seen[index].insert(
                    run,
                    Seen {
                        answer: *answer,
                        forward: way.forward,
                        metrics,
                        sent: way.sent,
                    },
                );
            }
        }
    }
    seen.into_iter()
        .map(|runs| runs.into_values().collect())
        .collect()
}

/// What is remembered of a run until its answer stands.
#[derive(Default)]
struct UnderWay {
    arrived: Moment,
    forward: Option<Box<Forward>>,
    stream: Option<(Moment, StreamReader)>,
    sent: Vec<String>,
}

/// `inbound rates verbose: message (name=value)`
pub(super) fn trace_line(trace: &Trace) -> String {
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

fn incoming(step: &FileStep, rules: &Rules<'_>) -> Incoming {
    let Request {
        method,
        path,
        query,
        headers,
        prompt,
        body,
        stream,
        prompt_tokens,
        ip,
    } = &step.request;
    let method = method.clone().unwrap_or_else(|| "POST".to_owned());
    let body = match body {
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(value) => Some(value.to_string()),
        None if method == "GET" || method == "OPTIONS" => None,
        None => {
            let content = prompt.as_deref().unwrap_or("Hello");
            let mut body = json!({ "messages": [{ "role": "user", "content": content }] });
            if *stream {
                body["stream"] = json!(true);
            }
            Some(body.to_string())
        }
    };
    let mut headers: Headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(key) = (rules.key)(step) {
        headers.set("api-key", key);
    }
    Incoming {
        method,
        scheme: "https".to_owned(),
        host: "gateway.example".to_owned(),
        path: path.clone().unwrap_or_else(|| {
            format!(
                "/{}/deployments/gpt-4o-mini/chat/completions",
                (rules.api_path)(step)
            )
        }),
        query: query
            .clone()
            .unwrap_or_else(|| "api-version=2024-10-21".to_owned()),
        headers,
        body: body.map(Bytes::from),
        ip_address: ip.clone().unwrap_or_else(|| "203.0.113.7".to_owned()),
        estimate: prompt_tokens.map(Tokens),
    }
}

/// The simulated model, told what to answer.
pub(super) fn ask(
    step: &FileStep,
    rules: &Rules<'_>,
    now: Moment,
    forward: &Forward,
) -> (
    Duration,
    Result<BackendAnswer, BackendFailure>,
    Option<(Moment, StreamReader)>,
) {
    let orders = orders(&step.backend.over(rules.default_backend));
    let request = ModelRequest {
        path: &forward.url.path,
        header: &|name| orders.first(name).or_else(|| forward.headers.first(name)),
        body: forward.body.as_deref().unwrap_or_default(),
    };
    let answer = model::answer(&ModelSettings::default(), &request);
    let timeout = answer.fault == Some(ModelFault::Timeout);
    let headers: Headers = answer.headers.into_iter().collect();
    match answer.body {
        _ if timeout => (forward.timeout, Err(BackendFailure::Timeout), None),
        AnswerBody::Whole { after, .. } if answer.fault.is_some() => {
            (after, Err(BackendFailure::Connection), None)
        }
        AnswerBody::Whole { after, bytes } => {
            let answer = BackendAnswer {
                status: answer.status,
                headers,
                body: BackendBody::Whole(bytes),
            };
            (after, Ok(answer), None)
        }
        AnswerBody::Stream(pieces) => {
            let mut reader = StreamReader::new();
            let mut end = Duration::ZERO;
            for piece in &pieces {
                reader.push(&piece.bytes);
                end = piece.after;
            }
            let body = if forward.buffer {
                BackendBody::Whole(
                    pieces
                        .iter()
                        .flat_map(|piece| piece.bytes.iter().copied())
                        .collect(),
                )
            } else {
                BackendBody::Stream
            };
            let after = if forward.buffer { end } else { Duration::ZERO };
            let answer = BackendAnswer {
                status: answer.status,
                headers,
                body,
            };
            (after, Ok(answer), Some((now + end, reader)))
        }
    }
}

fn orders(backend: &Backend) -> Headers {
    let mut orders = Headers::new();
    orders.set(
        "x-simulate-latency",
        backend.latency.as_deref().unwrap_or("0s"),
    );
    let _checked = backend
        .latency
        .as_deref()
        .map(|text| parse_duration(text).unwrap());
    if let Some(status) = backend.status.filter(|status| *status != 200) {
        orders.set("x-simulate-status", status.to_string());
    }
    if let Some(tokens) = backend.prompt_tokens {
        orders.set("x-simulate-prompt-tokens", tokens.to_string());
    }
    orders.set(
        "x-simulate-completion-tokens",
        backend.completion_tokens.unwrap_or(30).to_string(),
    );
    if backend.usage == Some(false) {
        orders.set("x-simulate-usage", "false");
    }
    if let Some(fault) = &backend.fault {
        orders.set("x-simulate-fault", fault.as_str());
    }
    orders
}
