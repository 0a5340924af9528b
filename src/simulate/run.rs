use bytes::Bytes;

use super::agenda::Agenda;
use super::backend::{Backend, Stream, ask, ask_whole};
use crate::base::{Live, Moment, Secret, Tokens};
use crate::engine::{Answer, Engine, Exchange, Incoming, MetricTotals, Outcome, Settlement, Step};
use crate::model::ModelSettings;
use crate::results::{self, Failure, HeaderNames, Record};
use crate::scenario::{Arrival, CallerLoop, Ending, Meter, Plan, Retry, Scenario};
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
    /// The scenario's budget.
    pub(crate) meter: Meter,
    /// The scenario's rules that end the run early.
    pub(crate) live: Live,
}

#[derive(Debug)]
pub(crate) struct Simulated {
    /// In the order in which the requests were done.
    pub(crate) records: Vec<Record>,
    /// When the last thing happened.
    pub(crate) end: Moment,
    pub(crate) metrics: MetricTotals,
    /// Arrivals, those of closed-loop callers included.
    pub(crate) arrived: u64,
    /// Why the run ended before its plan did.
    pub(crate) stopped: Option<Stopped>,
}

/// What ended a run early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) why: String,
    /// A rule was broken; else a budget was spent.
    pub(crate) broken: bool,
}

/// One try of one arrival.
struct Try {
    arrival: Arrival,
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

pub(crate) fn simulate(simulation: Simulation<'_>) -> Simulated {
    let done = Simulated {
        records: Vec::with_capacity(simulation.plan.arrivals.len()),
        end: simulation.plan.end,
        metrics: MetricTotals::default(),
        arrived: 0,
        stopped: None,
    };
    let mut run = Run {
        loops: simulation.plan.loops.clone(),
        simulation,
        agenda: Agenda::new(),
        next_arrival: 0,
        done,
    };
    for index in 0..run.loops.len() {
        let first = run.loops[index].begins(run.simulation.scenario);
        run.add_first(first);
    }
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

/// What a caller that gave up did not see of a stream: its end, and with it what it cost.
fn forget_after(record: &mut Record, deadline: Moment) {
    let seen = |at: &u64| *at <= deadline.as_micros();
    record.first_token_us = record.first_token_us.filter(seen);
    record.last_token_us = record.last_token_us.filter(seen);
    record.prompt_tokens = None;
    record.completion_tokens = None;
    record.tokens_by = None;
}

fn first_try(scenario: &Scenario, arrival: &Arrival) -> Try {
    let caller = &scenario.callers[arrival.caller];
    let subscription = &scenario.subscriptions[arrival.subscription].id;
    let mut record = Record::new(arrival.number, 1, &caller.name, subscription, arrival.at);
    record.stream = arrival.content.stream;
    record.warm_up = scenario.is_warm_up(arrival);
    record.planned_prompt_tokens = arrival.prompt_tokens.0;
    Try {
        arrival: arrival.clone(),
        record: Box::new(record),
        stream: None,
    }
}

struct Run<'a> {
    simulation: Simulation<'a>,
    loops: Vec<CallerLoop>,
    agenda: Agenda<Event>,
    /// Index of the next arrival of the plan, which is in order already.
    next_arrival: usize,
    done: Simulated,
}

impl Run<'_> {
    /// What happens next: the plan's next arrival, or an event that comes before it.
    fn next(&mut self) -> Option<(Moment, Event)> {
        let planned = self.simulation.plan.arrivals.get(self.next_arrival);
        // A run that was stopped sends nothing more.
        let planned = planned.filter(|_| self.done.stopped.is_none());
        let planned = planned.map(|arrival| (arrival.at, ARRIVES));
        match (self.agenda.peek(), planned) {
            (Some(event), Some(arrival)) if event < arrival => self.agenda.next(),
            (_, Some((at, _))) => {
                let Simulation { scenario, plan, .. } = &self.simulation;
                let arrive = first_try(scenario, &plan.arrivals[self.next_arrival]);
                self.next_arrival += 1;
                Some((at, Event::Arrive(arrive)))
            }
            (_, None) => self.agenda.next(),
        }
    }

    /// Puts a closed-loop caller's next request on the agenda.
    fn add_first(&mut self, arrival: Option<Arrival>) {
        if let Some(arrival) = arrival.filter(|_| self.done.stopped.is_none()) {
            let first = first_try(self.simulation.scenario, &arrival);
            self.agenda.add(arrival.at, ARRIVES, Event::Arrive(first));
        }
    }

    fn arrive(&mut self, now: Moment, attempt: Try) {
        if self.done.stopped.is_some() {
            return;
        }
        let arrival = &attempt.arrival;
        if let Err(spent) = self.simulation.meter.take(now, arrival) {
            self.done.stopped = Some(Stopped {
                why: spent.sentence(),
                broken: false,
            });
            return;
        }
        self.done.arrived += u64::from(attempt.record.attempt == 1);
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
        let deadline = self.deadline(&attempt.record);
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
            match usage {
                Some(usage) => record.note_usage(usage.prompt.0, usage.completion.0),
                None => record.note_counted(stream.reader.completion_estimate().0),
            }
            if stream.end.max(now) > deadline {
                forget_after(record, deadline);
            }
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
        if let Some(usage) = usage {
            record.note_usage(usage.prompt.0, usage.completion.0);
        }
        if now > deadline {
            // Nobody waited for the head.
            record.note_nothing();
        }
        self.finish(now, attempt);
    }

    /// When the caller gives up.
    fn deadline(&self, record: &Record) -> Moment {
        Moment::from_micros(record.sent_us) + self.simulation.scenario.request_timeout
    }

    /// The caller has its answer, or gave up waiting for it. One that gave up tries again when
    /// the gateway is done with it, at the earliest.
    fn finish(&mut self, now: Moment, attempt: Try) {
        let Try {
            arrival,
            mut record,
            ..
        } = attempt;
        let scenario = self.simulation.scenario;
        let deadline = self.deadline(&record);
        let done = now.min(deadline);
        record.done_us = done.as_micros();
        if now > deadline {
            record.failure = Some(Failure::Timeout);
        }
        self.done.end = self.done.end.max(now);
        let used = if record.outcome() == results::Outcome::Passed {
            let prompt = record.prompt_tokens.unwrap_or(arrival.prompt_tokens.0);
            (prompt, record.completion_tokens.unwrap_or(0))
        } else {
            (0, 0)
        };
        let used = (Tokens(used.0), Tokens(used.1));
        self.simulation.meter.settle(&arrival, used);
        let ending = Ending {
            arrival: arrival.number,
            attempt: record.attempt,
            due: arrival.at,
            done,
            status: record.status.filter(|_| record.failure.is_none()),
            retry_after_s: record.retry_after_s,
        };
        match (scenario.reaction(arrival.caller, &ending), arrival.in_loop) {
            (Some(retry), _) => self.retry(now, &arrival, record.attempt, retry),
            (None, Some(caller)) => {
                let next = self.loops[caller].next(scenario, now);
                self.add_first(next);
            }
            (None, None) => {}
        }
        self.judge(now, &record);
        self.done.records.push(*record);
    }

    /// Ends the run when one of its rules is broken by now.
    fn judge(&mut self, now: Moment, record: &Record) {
        if let Some(seen) = record.seen() {
            self.simulation.live.observe(&seen);
        }
        if let Some(broken) = self.simulation.live.check(now) {
            self.done.stopped.get_or_insert(Stopped {
                why: format!("`{}` is broken: {}", broken.text, broken.actual),
                broken: true,
            });
        }
    }

    fn retry(&mut self, now: Moment, arrival: &Arrival, attempt: u32, retry: Retry) {
        let at = retry.at.max(now);
        let mut again = first_try(self.simulation.scenario, arrival);
        again.record.attempt = attempt + 1;
        again.record.scheduled_us = at.as_micros();
        again.record.sent_us = at.as_micros();
        again.record.waited_until_us = retry.waited_until.map(Moment::as_micros);
        self.agenda.add(at, ARRIVES, Event::Arrive(again));
    }
}
