use std::sync::Arc;

use jiff::Timestamp;

use super::block::{Block, Stores};
use super::configuration::Configuration;
use super::cors;
use super::counters::{CounterState, Counters};
use super::dispatch;
use super::error::{BackendFailure, Raised};
use super::exchange::{
    Answer, BackendAnswer, BackendBody, Exchange, Incoming, Settled, Settlement, Step, Unsettled,
};
use super::execute::{Flow, execute};
use super::forward::end_to_end;
use super::metrics;
use super::program::Instruction;
use super::routing::{self, Access};
use super::safety;
use super::send::{self, Outcome};
use super::service::Service;
use super::token_limit::Meter;
use super::trace;
use super::usage::{is_event_stream, stream_usage, usage_of};
use crate::base::Moment;
use crate::policy::SectionName;
use crate::policy::message::Response;
use crate::tokens::{StreamReader, Usage};

/// One gateway instance: what it is configured with, its counters and what else it remembers.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(super) configuration: Configuration,
    counters: Counters,
    stores: Stores,
    received: u64,
}

impl Engine {
    pub(crate) fn new(service: Service) -> Engine {
        Engine {
            configuration: Configuration::compile(service),
            counters: Counters::default(),
            stores: Stores::default(),
            received: 0,
        }
    }

    /// What it is configured with now.
    pub(crate) fn service(&self) -> &Arc<Service> {
        &self.configuration.service
    }

    /// Puts a configuration in the place of the one that was. Counters, cached values and open
    /// circuits go on under their keys; moment zero and the seed stay what they were, for they
    /// belong to the gateway and not to its configuration.
    pub(crate) fn configure(&mut self, mut next: Configuration) {
        let was = &self.configuration.service;
        let service = Arc::make_mut(&mut next.service);
        service.started = was.started;
        service.seed = was.seed.clone();
        // A window cannot go on as a bucket.
        if service.behaviour.algorithm() != was.behaviour.algorithm() {
            self.counters = Counters::default();
        }
        self.stores.circuits.keep(&service.backends);
        self.configuration = next;
    }

    /// A request has arrived.
    pub(crate) fn receive(&mut self, now: Moment, incoming: Incoming) -> Step {
        let service = Arc::clone(&self.configuration.service);
        let seed = service.seed.derive(&format!("request {}", self.received));
        self.received += 1;
        let Some(route) = routing::route(&service, &incoming) else {
            if let Some(route) = routing::preflight(&service, &incoming) {
                let exchange = self.exchange(now, incoming, seed, Some((route, None)));
                return self.preflight(now, exchange);
            }
            let exchange = self.exchange(now, incoming, seed, None);
            return self.raise_and_run(now, exchange, &Raised::not_found());
        };
        let api = &service.apis[route.api];
        let access = routing::access(&service, api, &incoming);
        let (subscription, refusal) = match access {
            Access::Granted(subscription) => (subscription.cloned(), None),
            Access::KeyMissing => (None, Some(("SubscriptionKeyNotFound", KEY_MISSING))),
            Access::KeyInvalid => (None, Some(("SubscriptionKeyInvalid", KEY_INVALID))),
        };
        let refusal = refusal.map(|(reason, message)| {
            let mut raised = Raised::refusal(401, "authorization", reason, message);
            let (host, path, name) = (&incoming.host, &api.api.path, &api.key_header);
            let challenge = format!(
                r#"AzureApiManagementKey realm="https://{host}/{path}",name="{name}",type="header""#
            );
            raised.headers.set("WWW-Authenticate", challenge);
            raised
        });
        let exchange = self.exchange(now, incoming, seed, Some((route, subscription)));
        match refusal {
            Some(raised) => self.raise_and_run(now, exchange, &raised),
            None => self.run(now, exchange),
        }
    }

    /// The backend has answered a forwarded request: whole, or with the head of a stream.
    pub(crate) fn answered(
        &mut self,
        now: Moment,
        mut exchange: Box<Exchange>,
        answer: BackendAnswer,
    ) -> Step {
        exchange.elapse(now);
        let time = (now, self.utc(now));
        trace::answered(&mut exchange, &answer, time.1);
        let mut response = Response::new(answer.status);
        response.headers = end_to_end(answer.headers);
        let event_stream = is_event_stream(&response.headers);
        let circuits = &mut self.stores.circuits;
        dispatch::note_answer(&exchange, circuits, time, answer.status, &response.headers);
        let failed = exchange.fail_on_error_status && (400..=599).contains(&answer.status);
        match answer.body {
            BackendBody::Whole(body) => {
                let usage = usage_of(
                    &exchange,
                    &body,
                    event_stream,
                    self.configuration.service.behaviour.stream_usage,
                );
                response.body = Some(body);
                exchange.context.response = Some(response);
                exchange.streaming = false;
                exchange.unsettled = Some(Unsettled { usage });
                // Of the answers that a retry gets, the last one counts (inferred).
                let retrying = |block: &Block| matches!(block, Block::Retry(_));
                if !exchange.blocks.iter().any(retrying) {
                    self.settle(now, &mut exchange);
                }
                self.meter(now).announce_calls(&mut exchange);
            }
            BackendBody::Stream => {
                exchange.unsettled = None;
                exchange.context.response = Some(response);
                exchange.streaming = true;
                self.meter(now).announce_stream(&mut exchange);
                self.meter(now).announce_calls(&mut exchange);
            }
        }
        if failed {
            let mut raised = Raised::backend(BackendFailure::Connection);
            raised.status = answer.status;
            raised.message = format!("The backend answered with status {}.", answer.status);
            return self.raise_and_run(now, exchange, &raised);
        }
        self.run(now, exchange)
    }

    /// The backend could not be asked, or did not answer.
    pub(crate) fn failed(
        &mut self,
        now: Moment,
        mut exchange: Box<Exchange>,
        failure: BackendFailure,
    ) -> Step {
        exchange.elapse(now);
        dispatch::note_failure(&exchange, &mut self.stores.circuits, now, failure);
        self.raise_and_run(now, exchange, &Raised::backend(failure))
    }

    /// A stream has ended, or its caller has left: charges what was sent.
    pub(crate) fn settle_stream(
        &mut self,
        now: Moment,
        settlement: &Settlement,
        stream: &StreamReader,
    ) -> Settled {
        let usage = stream_usage(
            stream,
            settlement.prompt_estimate,
            self.configuration.service.behaviour.stream_usage,
        );
        let mut meter = self.meter(now);
        for charge in &settlement.charges {
            meter.charge(charge, usage.total());
        }
        let bytes = settlement.request_bytes + stream.bytes();
        meter.count_bytes(&settlement.call_charges, bytes);
        Settled {
            metrics: metrics::emitted(&settlement.metrics, &usage),
            usage,
        }
    }

    /// What came of the requests that a policy sent; `None` for those that were not waited for.
    pub(crate) fn replied(
        &mut self,
        now: Moment,
        mut exchange: Box<Exchange>,
        outcomes: Vec<Option<Outcome>>,
    ) -> Step {
        exchange.elapse(now);
        let before = trace::Snapshot::of(&exchange);
        let received = send::receive(&mut exchange, outcomes, now, &mut self.stores);
        trace::replied(&mut exchange, before, self.utc(now));
        match received {
            Ok(Flow::Finish) => return self.finish(now, exchange),
            Ok(_) => {}
            Err(failed) => {
                let (raised, location) = *failed;
                if exchange.section == SectionName::OnError {
                    return self.finish(now, exchange);
                }
                self.settle(now, &mut exchange);
                exchange.raise(&raised, Some(&location));
            }
        }
        self.run(now, exchange)
    }

    /// The moment to which a request slept has come.
    pub(crate) fn woken(&mut self, now: Moment, exchange: Box<Exchange>) -> Step {
        self.run(now, exchange)
    }

    /// The caller has left before there was an answer. What was admitted and never answered keeps
    /// its estimate charged (inferred: nobody knows what the backend made of it).
    pub(crate) fn abandoned(&mut self, now: Moment, mut exchange: Box<Exchange>) -> Box<Answer> {
        exchange.elapse(now);
        exchange.streaming = false;
        self.answer(now, exchange)
    }

    /// Charges the backend's answer, once it is the last one.
    fn settle(&mut self, now: Moment, exchange: &mut Exchange) {
        let Some(Unsettled { usage }) = exchange.unsettled.take() else {
            return;
        };
        self.meter(now)
            .settle(exchange, usage.as_ref().map(Usage::total));
        exchange.facts.usage = usage;
        if let Some(usage) = usage {
            let emitted = metrics::emitted(&exchange.pending_metrics, &usage);
            exchange.metrics.extend(emitted);
        }
    }

    /// A preflight runs `cors` and nothing else; without one it finds no operation.
    fn preflight(&mut self, now: Moment, mut exchange: Box<Exchange>) -> Step {
        let program = Arc::clone(&exchange.program);
        let mut policies = program.cors().peekable();
        if policies.peek().is_none() {
            return self.raise_and_run(now, exchange, &Raised::not_found());
        }
        match cors::preflight(&mut exchange.context, policies) {
            Ok(response) => {
                exchange.context.response = Some(response);
                self.finish(now, exchange)
            }
            Err(raised) => self.raise_and_run(now, exchange, &raised),
        }
    }

    fn raise_and_run(&mut self, now: Moment, mut exchange: Box<Exchange>, raised: &Raised) -> Step {
        trace::raised(&mut exchange, raised, self.utc(now));
        exchange.raise(raised, None);
        self.run(now, exchange)
    }

    /// Runs policies until one forwards or the answer stands.
    fn run(&mut self, now: Moment, mut exchange: Box<Exchange>) -> Step {
        exchange.elapse(now);
        let program = Arc::clone(&exchange.program);
        loop {
            let Some(instruction) = program.instruction(exchange.section, exchange.next) else {
                match exchange.section {
                    SectionName::Inbound => exchange.enter(SectionName::Backend),
                    SectionName::Backend => {
                        self.settle(now, &mut exchange);
                        match safety::enforce(&mut exchange, &self.meter(now)) {
                            Ok(None) => {}
                            Ok(Some(Flow::Send(sends))) => {
                                return Step::Send(exchange, sends);
                            }
                            Ok(Some(_)) => continue,
                            Err(failed) => {
                                let (raised, location) = *failed;
                                exchange.raise(&raised, Some(&location));
                                continue;
                            }
                        }
                        exchange.enter(SectionName::Outbound);
                    }
                    SectionName::Outbound => {
                        if let Err(raised) = self.meter(now).count_answered(&mut exchange) {
                            exchange.raise(&raised, None);
                            continue;
                        }
                        return self.finish(now, exchange);
                    }
                    SectionName::OnError => return self.finish(now, exchange),
                }
                continue;
            };
            exchange.next += 1;
            let place = instruction.location.place.as_ref();
            if let (Some(place), true) = (place, instruction.counts()) {
                place.trail.mark();
            }
            let before = (trace::Snapshot::of(&exchange), exchange.section);
            let outcome = self.execute(now, &mut exchange, instruction);
            if before.0.is_some() {
                trace::ran(&mut exchange, instruction, before, &outcome, self.utc(now));
            }
            match outcome {
                Ok(Flow::Next) => {}
                Ok(Flow::Jump(target)) => exchange.next = target,
                Ok(Flow::Forward(forward)) => {
                    exchange.decided_by = place.cloned();
                    return Step::Forward(exchange, Box::new(forward));
                }
                Ok(Flow::Send(sends)) => return Step::Send(exchange, sends),
                Ok(Flow::Sleep(wait)) if wait.is_zero() => {}
                Ok(Flow::Sleep(wait)) => return Step::Sleep(exchange, now + wait),
                Ok(Flow::Finish) => {
                    // An error was decided where it was raised, whatever `on-error` makes of it.
                    if exchange.section != SectionName::OnError {
                        exchange.decided_by = place.cloned();
                    }
                    return self.finish(now, exchange);
                }
                // An error in `on-error` ends it; what was built so far is the answer.
                Err(_) if exchange.section == SectionName::OnError => {
                    return self.finish(now, exchange);
                }
                Err(raised) => {
                    self.settle(now, &mut exchange);
                    exchange.raise(&raised, Some(&instruction.location));
                }
            }
        }
    }

    fn execute(
        &mut self,
        now: Moment,
        exchange: &mut Exchange,
        instruction: &Instruction,
    ) -> Result<Flow, Raised> {
        let mut meter = Meter {
            utc: self.utc(now),
            behaviour: self.configuration.service.behaviour,
            credentials: &self.configuration.service.credentials,
            backends: &self.configuration.service.backends,
            now,
            counters: &mut self.counters,
        };
        execute(exchange, instruction, &mut meter, &mut self.stores)
    }

    fn finish(&mut self, now: Moment, exchange: Box<Exchange>) -> Step {
        Step::Answer(self.answer(now, exchange))
    }

    /// Settles what the request owes, and takes the answer out of it.
    fn answer(&mut self, now: Moment, mut exchange: Box<Exchange>) -> Box<Answer> {
        exchange.blocks.clear();
        self.settle(now, &mut exchange);
        // Outbound has counted already; after an error, or a response that a policy returned, a
        // call whose condition cannot be told counts once.
        let _told = self.meter(now).count_answered(&mut exchange);
        let call_charges = std::mem::take(&mut exchange.call_charges);
        let request_bytes = exchange.request_bytes;
        let stream = if exchange.streaming {
            let (prompt_estimate, _) = exchange.asked.of(exchange.context.request.body.as_ref());
            let charges = std::mem::take(&mut exchange.charges);
            Some(Settlement {
                charges,
                call_charges,
                request_bytes,
                metrics: std::mem::take(&mut exchange.pending_metrics),
                prompt_estimate,
            })
        } else {
            // Whatever was admitted and never answered keeps its estimate charged.
            self.meter(now).settle(&mut exchange, None);
            let body = exchange.context.response.as_ref();
            let body = body.and_then(|response| response.body.as_ref());
            let bytes = request_bytes + body.map_or(0, |body| body.len() as u64);
            self.meter(now).count_bytes(&call_charges, bytes);
            None
        };
        let trace = trace::finished(&mut exchange, self.utc(now));
        let response = exchange.context.response.take();
        let mut response = response.unwrap_or_else(|| Response::new(200));
        for (name, value) in exchange.cors_headers.iter() {
            response.headers.set(name, value);
        }
        Box::new(Answer {
            response,
            stream,
            backend_called: exchange.backend_called,
            metrics: exchange.metrics,
            decided_by: exchange.decided_by,
            log: exchange.log,
            trace,
            facts: exchange.facts,
            context: exchange.context,
        })
    }

    /// The state of every counter that was used and every open circuit, in words.
    pub(crate) fn counters(&mut self, now: Moment) -> Vec<String> {
        let utc = self.utc(now);
        let mut words = self.counters.describe(now, utc);
        words.extend(self.stores.circuits.describe(now));
        words
    }

    /// Every counter of tokens by the minute, for monitoring.
    pub(crate) fn token_counters(&mut self, now: Moment) -> Vec<CounterState> {
        self.counters.states(now)
    }

    fn meter(&mut self, now: Moment) -> Meter<'_> {
        Meter {
            utc: self.utc(now),
            behaviour: self.configuration.service.behaviour,
            credentials: &self.configuration.service.credentials,
            backends: &self.configuration.service.backends,
            now,
            counters: &mut self.counters,
        }
    }

    pub(super) fn utc(&self, now: Moment) -> Timestamp {
        self.configuration
            .service
            .started
            .saturating_add(now.since_start())
            .unwrap_or(Timestamp::MAX)
    }
}

const KEY_MISSING: &str = "Access denied due to missing subscription key. Make sure to include subscription key \
                           when making requests to an API.";
const KEY_INVALID: &str = "Access denied due to invalid subscription key. Make sure to provide a valid key for an \
                           active subscription.";
