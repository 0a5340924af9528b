//! Plays one test in virtual time. Steps of one moment run in file order, each with its answer,
//! except for concurrent runs, which all pass inbound before any answer arrives.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::model::{Backend, Request, Sender, Step as FileStep, TestFile};
use super::super::suite::key;
use super::ask::{Asked, ask, elsewhere};
use crate::base::{Moment, format_duration};
use crate::engine::{
    Answer, BackendAnswer, BackendFailure, Engine, Exchange, Forward, Incoming, Metric, Outcome,
    Settlement, Step,
};
use crate::policy::message::Headers;
use crate::tokens::StreamReader;

/// What came of one run of a step.
pub(super) struct Seen {
    pub(super) answer: Answer,
    pub(super) forward: Option<Box<Forward>>,
    pub(super) metrics: Vec<Metric>,
    /// What the policy sent on its own.
    pub(super) sent: Vec<String>,
    /// Ids of the single backends that were asked.
    pub(super) backends: Vec<String>,
    /// Counters of the gateway right after the answer.
    pub(super) counters: Vec<String>,
}

/// More phases than one run can go through: `retry` asks fifty times at most.
const PHASES: usize = 1_000;

/// Moment, step, phase, run. Phases of one step follow each other: arrivals, then their answers.
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

/// What is remembered of a run until its answer stands.
#[derive(Default)]
struct UnderWay {
    arrived: Moment,
    forward: Option<Box<Forward>>,
    stream: Option<(Moment, StreamReader)>,
    sent: Vec<String>,
    backends: Vec<String>,
}

/// Runs all steps; the answers come in step order, then run order.
pub(super) fn play(
    file: &TestFile,
    steps: &[FileStep],
    engine: &dyn Fn() -> Engine,
    tracing: bool,
) -> Vec<Vec<Seen>> {
    let mut play = Play {
        file,
        steps,
        tracing,
        agenda: agenda(steps),
        under_way: BTreeMap::new(),
        seen: steps.iter().map(|_| BTreeMap::new()).collect(),
    };
    let mut gateways: BTreeMap<&str, Engine> = BTreeMap::new();
    while let Some((when, event)) = play.agenda.pop_first() {
        let name = steps[when.1].gateway.as_str();
        let gateway = gateways.entry(name).or_insert_with(engine);
        play.happen(gateway, when, event);
    }
    play.seen
        .into_iter()
        .map(|runs| runs.into_values().collect())
        .collect()
}

fn agenda(steps: &[FileStep]) -> BTreeMap<When, Event> {
    let mut agenda = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        for run in 0..step.times {
            // Runs that are not concurrent are steps of their own, as far as order is concerned.
            let phase = if step.concurrent { 0 } else { run * PHASES };
            agenda.insert((step.at, index, phase, run), Event::Arrive);
        }
    }
    agenda
}

struct Play<'a> {
    file: &'a TestFile,
    steps: &'a [FileStep],
    /// Every request asks for its trace.
    tracing: bool,
    agenda: BTreeMap<When, Event>,
    /// By step and run.
    under_way: BTreeMap<(usize, usize), UnderWay>,
    /// By step, then by run.
    seen: Vec<BTreeMap<usize, Seen>>,
}

impl Play<'_> {
    fn happen(&mut self, gateway: &mut Engine, when: When, event: Event) {
        let (now, index, phase, run) = when;
        let step = &self.steps[index];
        let way = self.under_way.entry((index, run)).or_default();
        let next = match event {
            Event::Arrive => {
                way.arrived = now;
                gateway.receive(now, incoming(self.file, step, self.tracing))
            }
            Event::Answer(exchange, forward, outcome, stream) => {
                way.backends
                    .extend(forward.backend.iter().map(ToString::to_string));
                way.forward = Some(forward);
                way.stream = stream;
                match outcome {
                    Ok(answer) => gateway.answered(now, exchange, answer),
                    Err(failure) => gateway.failed(now, exchange, failure),
                }
            }
            Event::Replies(exchange, outcomes) => gateway.replied(now, exchange, outcomes),
            Event::Wake(exchange) => gateway.woken(now, exchange),
            Event::StreamEnd(settlement, reader) => {
                let metrics = gateway.settle_stream(now, &settlement, &reader).metrics;
                let seen = self.seen[index].get_mut(&run);
                let seen = seen.expect("a stream ends after its head was seen");
                seen.metrics.extend(metrics);
                seen.counters = gateway.counters(now);
                return;
            }
        };
        let (at, event) = match next {
            Step::Send(exchange, sends) => {
                let since = now.since(way.arrived);
                way.sent
                    .extend(sends.calls.iter().map(|call| sent_line(call, since)));
                let outcomes = sends.calls.iter().map(|call| elsewhere(step, now, call));
                let (at, outcomes) = sends.foreseen(now, outcomes.collect());
                (at, Event::Replies(exchange, outcomes))
            }
            Step::Sleep(exchange, until) => (until, Event::Wake(exchange)),
            Step::Forward(exchange, forward) => {
                let Asked {
                    after,
                    answer,
                    stream,
                } = ask(answer_of(step, &forward), now, &forward);
                (
                    now + after,
                    Event::Answer(exchange, forward, answer, stream),
                )
            }
            Step::Answer(answer) => return self.answer(gateway, when, *answer),
        };
        self.agenda.insert((at, index, phase + 1, run), event);
    }

    fn answer(&mut self, gateway: &mut Engine, when: When, mut answer: Answer) {
        let (now, index, phase, run) = when;
        let way = self.under_way.remove(&(index, run)).unwrap_or_default();
        if let (Some(settlement), Some((end, reader))) = (answer.stream.take(), way.stream) {
            let event = Event::StreamEnd(settlement, reader);
            // A stream that was held back has ended before its answer stands.
            let end = end.max(now);
            self.agenda.insert((end, index, phase + 1, run), event);
        }
        let seen = Seen {
            metrics: std::mem::take(&mut answer.metrics),
            answer,
            forward: way.forward,
            sent: way.sent,
            backends: way.backends,
            counters: gateway.counters(now),
        };
        self.seen[index].insert(run, seen);
    }
}

/// How the backend that is asked answers.
fn answer_of<'s>(step: &'s FileStep, forward: &Forward) -> &'s Backend {
    let own = forward.backend.as_deref().and_then(|asked| {
        let mut known = step.backends.iter();
        known.find(|(id, _)| id.eq_ignore_ascii_case(asked))
    });
    own.map_or(&step.backend, |(_, answer)| answer)
}

/// `GET https://a.example/x at 2s [body]`
fn sent_line(call: &Forward, since: Duration) -> String {
    let at = if since.is_zero() {
        String::new()
    } else {
        format!(" at {}", format_duration(since))
    };
    let body = call.body.as_deref().map_or_else(String::new, |body| {
        format!(" [{}]", String::from_utf8_lossy(body))
    });
    format!("{} {}{at}{body}", call.method, call.url)
}

fn incoming(file: &TestFile, step: &FileStep, tracing: bool) -> Incoming {
    let request = &step.request;
    let mut headers: Headers = request.headers.iter().cloned().collect();
    let key = match &step.sender {
        Sender::Nobody => None,
        Sender::Key(key) => Some(key.clone()),
        Sender::Subscription(index) => Some(key(&file.subscriptions[*index].id)),
    };
    if let Some(key) = key {
        headers.set("api-key", key);
    }
    let path = request.path.clone().unwrap_or_else(|| {
        let api = file.apis[step.api].path.trim_matches('/');
        format!("/{api}/deployments/gpt-4o-mini/chat/completions")
    });
    let query = request.query.clone();
    Incoming {
        method: request.method.clone(),
        scheme: "https".to_owned(),
        host: "gateway.example".to_owned(),
        path,
        query: query.unwrap_or_else(|| "api-version=2024-10-21".to_owned()),
        headers,
        body: body(request).map(Bytes::from),
        ip_address: request
            .ip
            .clone()
            .unwrap_or_else(|| "203.0.113.7".to_owned()),
        trace: tracing,
        estimate: request.estimate,
    }
}

fn body(request: &Request) -> Option<String> {
    match &request.body {
        Some(Value::String(text)) => Some(text.clone()),
        Some(value) => Some(value.to_string()),
        None if matches!(
            request.method.as_str(),
            "GET" | "HEAD" | "OPTIONS" | "DELETE"
        ) =>
        {
            None
        }
        None => {
            let content = request.prompt.as_deref().unwrap_or("Hello");
            let mut body = json!({ "messages": [{ "role": "user", "content": content }] });
            if request.stream {
                body["stream"] = json!(true);
            }
            Some(body.to_string())
        }
    }
}
