use std::time::Duration;

use bytes::Bytes;

use super::agenda::Agenda;
use crate::base::{Moment, Secret};
use crate::engine::{
    Answer, BackendAnswer, BackendBody, BackendFailure, Engine, Exchange, Forward, Incoming,
    MODEL_HOST, MetricTotals, Outcome, Settlement, Step,
};
use crate::model::{self, AnswerBody, ModelFault, ModelRequest, ModelSettings, StreamPiece};
use crate::policy::message::Headers;
use crate::results::{Failure, HeaderNames, Record};
use crate::scenario::{Plan, Scenario};
use crate::tokens::{StreamReader, Usage};

/// Ranks of events that happen at one moment.
const ANSWERS: u8 = 0;
const ARRIVES: u8 = 1;

/// All that a simulated run needs.
pub(crate) struct Simulation<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) plan: &'a Plan,
    pub(crate) engine: Engine,
    pub(crate) model: ModelSettings,
    /// Header that carries the key, and the key of each of the scenario's subscriptions.
    pub(crate) key_header: String,
    pub(crate) keys: Vec<Secret>,
    pub(crate) names: HeaderNames,
}

#[derive(Debug)]
pub(crate) struct Simulated {
    /// In the order in which the requests were done.
    pub(crate) records: Vec<Record>,
    /// When the last thing happened.
    pub(crate) end: Moment,
    pub(crate) metrics: MetricTotals,
}

/// One try of one arrival.
struct Try {
    /// Index into the plan.
    arrival: usize,
    record: Box<Record>,
    /// What the backend is streaming to this request.
    stream: Option<Stream>,
}

enum Event {
    Arrive(Try),
    Backend(Try, Box<Exchange>, Outcome),
    /// What came of the policy's own requests.
    Replies(Try, Box<Exchange>, Vec<Option<Outcome>>),
    Wake(Try, Box<Exchange>),
    /// The last piece of a stream has been sent.
    StreamEnd(Try, Settlement, Box<StreamReader>),
}

/// A stream whose head the gateway has, with what its pieces will bring.
struct Stream {
    reader: Box<StreamReader>,
    first_token: Option<Moment>,
    last_token: Option<Moment>,
    end: Moment,
}

pub(crate) fn simulate(simulation: Simulation<'_>) -> Simulated {
    let done = Simulated {
        records: Vec::with_capacity(simulation.plan.arrivals.len()),
        end: simulation.plan.end,
        metrics: MetricTotals::default(),
    };
    let mut run = Run {
        simulation,
        agenda: Agenda::new(),
        next_arrival: 0,
        done,
    };
    while let Some((now, event)) = run.next() {
        match event {
            Event::Arrive(attempt) => run.arrive(now, attempt),
            Event::Backend(attempt, exchange, outcome) => {
                let step = match outcome {
                    Ok(answer) => run.simulation.engine.answered(now, exchange, answer),
                    Err(failure) => run.simulation.engine.failed(now, exchange, failure),
                };
                run.step(now, attempt, step);
            }
            Event::Replies(attempt, exchange, outcomes) => {
                let step = run.simulation.engine.replied(now, exchange, outcomes);
                run.step(now, attempt, step);
            }
            Event::Wake(attempt, exchange) => {
                let step = run.simulation.engine.woken(now, exchange);
                run.step(now, attempt, step);
            }
            Event::StreamEnd(attempt, settlement, reader) => {
                let settled = run
                    .simulation
                    .engine
                    .settle_stream(now, &settlement, &reader);
                run.done.metrics.add(settled.metrics);
                run.finish(now, attempt);
            }
        }
    }
    run.done
}

fn first_try(scenario: &Scenario, plan: &Plan, index: usize) -> Try {
    let arrival = &plan.arrivals[index];
    let caller = &scenario.callers[arrival.caller];
    let subscription = &scenario.subscriptions[arrival.subscription].id;
    let mut record = Record::new(arrival.number, 1, &caller.name, subscription, arrival.at);
    record.stream = caller.request.stream;
    record.planned_prompt_tokens = arrival.prompt_tokens.0;
    Try {
        arrival: index,
        record: Box::new(record),
        stream: None,
    }
}

struct Run<'a> {
    simulation: Simulation<'a>,
    agenda: Agenda<Event>,
    /// Index of the next arrival of the plan, which is in order already.
    next_arrival: usize,
    done: Simulated,
}

impl Run<'_> {
    /// What happens next: the plan's next arrival, or an event that comes before it.
    fn next(&mut self) -> Option<(Moment, Event)> {
        let planned = self.simulation.plan.arrivals.get(self.next_arrival);
        let planned = planned.map(|arrival| (arrival.at, ARRIVES));
        match (self.agenda.peek(), planned) {
            (Some(event), Some(arrival)) if event < arrival => self.agenda.next(),
            (_, Some((at, _))) => {
                let Simulation { scenario, plan, .. } = &self.simulation;
                let arrive = first_try(scenario, plan, self.next_arrival);
                self.next_arrival += 1;
                Some((at, Event::Arrive(arrive)))
            }
            (_, None) => self.agenda.next(),
        }
    }

    fn arrive(&mut self, now: Moment, attempt: Try) {
        let arrival = &self.simulation.plan.arrivals[attempt.arrival];
        let call = self
            .simulation
            .scenario
            .call(arrival, attempt.record.attempt);
        let (path, query) = call
            .path_and_query
            .split_once('?')
            .unwrap_or((&call.path_and_query, ""));
        let key = self.simulation.keys[arrival.subscription].reveal();
        let mut incoming = Incoming {
            method: "POST".to_owned(),
            scheme: "http".to_owned(),
            host: "gateway.local".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: call.headers.into_iter().collect(),
            body: Some(Bytes::from(call.body)),
            ip_address: "127.0.0.1".to_owned(),
            trace: false,
            estimate: None,
        };
        incoming
            .headers
            .set(self.simulation.key_header.as_str(), key);
        let step = self.simulation.engine.receive(now, incoming);
        self.step(now, attempt, step);
    }

    /// Follows a request until it waits for something or is answered.
    fn step(&mut self, now: Moment, mut attempt: Try, step: Step) {
        match step {
            Step::Answer(answer) => self.answer(now, attempt, *answer),
            Step::Send(exchange, sends) => {
                let model = &self.simulation.model;
                let outcomes = sends.calls.iter().map(|call| ask_whole(model, now, call));
                let (at, outcomes) = sends.foreseen(now, outcomes.collect());
                let event = Event::Replies(attempt, exchange, outcomes);
                self.agenda.add(at, ANSWERS, event);
            }
            Step::Sleep(exchange, until) => {
                let event = Event::Wake(attempt, exchange);
                self.agenda.add(until, ANSWERS, event);
            }
            Step::Forward(exchange, forward) => match ask(&self.simulation.model, now, &forward) {
                Backend::Later(at, outcome) => {
                    attempt.stream = None;
                    self.agenda
                        .add(at, ANSWERS, Event::Backend(attempt, exchange, outcome));
                }
                // The head of a stream is there at once; only its pieces take time.
                Backend::Stream(answer, stream) => {
                    attempt.stream = Some(stream);
                    let step = self.simulation.engine.answered(now, exchange, answer);
                    self.step(now, attempt, step);
                }
            },
        }
    }

    fn answer(&mut self, now: Moment, mut attempt: Try, answer: Answer) {
        let Answer {
            response,
            stream: settlement,
            metrics,
            ..
        } = answer;
        self.done.metrics.add(metrics);
        let record = &mut attempt.record;
        record.note_head(response.status, &self.simulation.names, |name| {
            response.headers.first(name)
        });
        if let (Some(settlement), Some(stream)) = (settlement, attempt.stream.take()) {
            // Nothing of a stream is seen before its head, which a policy may have kept back.
            let seen = |at: Moment| at.max(now).as_micros();
            record.first_token_us = stream.first_token.map(seen);
            record.last_token_us = stream.last_token.map(seen);
            let usage = stream.reader.usage();
            record.prompt_tokens = usage.map(|usage| usage.prompt.0);
            let completion = usage.map_or_else(
                || stream.reader.completion_estimate(),
                |usage| usage.completion,
            );
            record.completion_tokens = Some(completion.0);
            self.agenda.add(
                stream.end.max(now),
                ANSWERS,
                Event::StreamEnd(attempt, settlement, stream.reader),
            );
            return;
        }
        record.last_token_us = None;
        record.first_token_us = Some(now.as_micros());
        let usage = response.body.as_deref().and_then(Usage::of_body);
        record.prompt_tokens = usage.map(|usage| usage.prompt.0);
        record.completion_tokens = usage.map(|usage| usage.completion.0);
        self.finish(now, attempt);
    }

    fn finish(&mut self, now: Moment, attempt: Try) {
        let Try {
            arrival,
            mut record,
            ..
        } = attempt;
        let deadline =
            Moment::from_micros(record.sent_us) + self.simulation.scenario.request_timeout;
        record.done_us = now.min(deadline).as_micros();
        if now > deadline {
            record.failure = Some(Failure::Timeout);
        }
        self.done.end = self.done.end.max(now);
        let planned = &self.simulation.plan.arrivals[arrival];
        let caller = &self.simulation.scenario.callers[planned.caller];
        let status = record.status.filter(|_| record.failure.is_none());
        let wait = status.and_then(|status| {
            caller.wait_before_retry(record.attempt, status, record.retry_after_s)
        });
        if let Some(wait) = wait {
            self.retry(now, arrival, &record, wait);
        }
        self.done.records.push(*record);
    }

    fn retry(&mut self, now: Moment, arrival: usize, before: &Record, wait: Duration) {
        let at = now + wait;
        let mut again = first_try(self.simulation.scenario, self.simulation.plan, arrival);
        again.record.attempt = before.attempt + 1;
        again.record.scheduled_us = at.as_micros();
        again.record.sent_us = at.as_micros();
        again.record.waited_until_us = before
            .retry_after_s
            .map(|seconds| (now + Duration::from_secs(seconds)).as_micros());
        self.agenda.add(at, ARRIVES, Event::Arrive(again));
    }
}

enum Backend {
    Later(Moment, Outcome),
    Stream(BackendAnswer, Stream),
}

/// A request of the policy's own. In virtual time there is nobody but the model to answer it.
fn ask_whole(settings: &ModelSettings, now: Moment, call: &Forward) -> (Moment, Outcome) {
    if call.url.host != MODEL_HOST {
        return (now, Err(BackendFailure::Forbidden));
    }
    match ask(settings, now, call) {
        Backend::Later(at, outcome) => (at, outcome),
        // Never: the request asks for its answer whole.
        Backend::Stream(answer, stream) => (stream.end, Ok(answer)),
    }
}

fn ask(settings: &ModelSettings, now: Moment, forward: &Forward) -> Backend {
    let request = ModelRequest {
        path: &forward.url.path,
        header: &|name| forward.headers.first(name),
        body: forward.body.as_deref().unwrap_or_default(),
    };
    let model::Answer {
        status,
        headers,
        body,
        fault,
        ..
    } = model::answer(settings, &request);
    let headers: Headers = headers.into_iter().collect();
    let (after, bytes) = match body {
        AnswerBody::Whole { after, bytes } => (after, bytes),
        AnswerBody::Stream(pieces) if forward.buffer => {
            let end = pieces.last().map(|piece| piece.after).unwrap_or_default();
            (
                end,
                pieces
                    .iter()
                    .flat_map(|piece| piece.bytes.iter().copied())
                    .collect(),
            )
        }
        AnswerBody::Stream(pieces) => {
            let answer = BackendAnswer {
                status,
                headers,
                body: BackendBody::Stream,
            };
            return Backend::Stream(answer, read_ahead(now, &pieces));
        }
    };
    match fault {
        Some(ModelFault::Refused | ModelFault::Reset) if after <= forward.timeout => {
            Backend::Later(now + after, Err(BackendFailure::Connection))
        }
        None if after <= forward.timeout => Backend::Later(
            now + after,
            Ok(BackendAnswer {
                status,
                headers,
                body: BackendBody::Whole(bytes),
            }),
        ),
        _ => Backend::Later(now + forward.timeout, Err(BackendFailure::Timeout)),
    }
}

/// Reads a stream that has not been sent yet, to know when its tokens will be there.
fn read_ahead(now: Moment, pieces: &[StreamPiece]) -> Stream {
    let mut stream = Stream {
        reader: Box::new(StreamReader::new()),
        first_token: None,
        last_token: None,
        end: now,
    };
    for piece in pieces {
        let at = now + piece.after;
        if stream.reader.push(&piece.bytes).content {
            stream.first_token.get_or_insert(at);
            stream.last_token = Some(at);
        }
        stream.end = at;
    }
    stream
}
