use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::counters::Counters;
use super::error::{BackendFailure, Raised};
use super::exchange::{
    Answer, Asked, BackendAnswer, BackendBody, Exchange, Incoming, Settlement, Step,
};
use super::execute::{Flow, execute};
use super::forward::{end_to_end, parse_base};
use super::metrics::{self, Metric};
use super::program::{Location, Program, Scope};
use super::routing::{self, Access, Route};
use super::service::Service;
use super::token_limit::Meter;
use crate::base::{Moment, Seed, Tokens};
use crate::policy::SectionName;
use crate::policy::context::{Api, Context, LastError, Operation, Product, Subscription};
use crate::policy::message::{Headers, Request, Response, Url};
use crate::tokens::{StreamReader, Usage};

/// One gateway instance: its service, its compiled policies, its counters.
#[derive(Debug)]
pub(crate) struct Engine {
    service: Arc<Service>,
    /// By product (if the call came through one), API and operation.
    programs: BTreeMap<(Option<usize>, usize, usize), Arc<Program>>,
    /// What runs when no API or operation fits: the global policy alone.
    unmatched: Arc<Program>,
    counters: Counters,
    received: u64,
}

impl Engine {
    pub(crate) fn new(service: Service) -> Engine {
        let mut programs = BTreeMap::new();
        let products = std::iter::once(None).chain((0..service.products.len()).map(Some));
        for product in products {
            for (api_index, api) in service.apis.iter().enumerate() {
                for (index, operation) in api.operations.iter().enumerate() {
                    let product_policy =
                        product.and_then(|product| service.products[product].policy.as_ref());
                    let program = Program::compile(&[
                        (Scope::Global, service.global.as_ref()),
                        (Scope::Product, product_policy),
                        (Scope::Api, api.policy.as_ref()),
                        (Scope::Operation, operation.policy.as_ref()),
                    ]);
                    programs.insert((product, api_index, index), Arc::new(program));
                }
            }
        }
        let unmatched = Arc::new(Program::compile(&[(
            Scope::Global,
            service.global.as_ref(),
        )]));
        Engine {
            service: Arc::new(service),
            programs,
            unmatched,
            counters: Counters::default(),
            received: 0,
        }
    }

    /// A request has arrived.
    pub(crate) fn receive(&mut self, now: Moment, incoming: Incoming) -> Step {
        let service = Arc::clone(&self.service);
        let seed = service.seed.derive(&format!("request {}", self.received));
        self.received += 1;
        let Some(route) = routing::route(&service, &incoming) else {
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
        let mut response = Response::new(answer.status);
        response.headers = end_to_end(&answer.headers);
        let event_stream = is_event_stream(&response.headers);
        let failed = exchange.fail_on_error_status && (400..=599).contains(&answer.status);
        match answer.body {
            BackendBody::Whole(body) => {
                let usage = usage_of(
                    &exchange,
                    &body,
                    event_stream,
                    self.service.behaviour.stream_usage,
                );
                response.body = Some(body);
                exchange.context.response = Some(response);
                self.meter(now)
                    .settle(&mut exchange, usage.as_ref().map(Usage::total));
                if let Some(usage) = usage {
                    exchange.metrics = metrics::emitted(&exchange.pending_metrics, &usage);
                }
            }
            BackendBody::Stream => {
                exchange.context.response = Some(response);
                exchange.streaming = true;
                self.meter(now).announce_stream(&mut exchange);
            }
        }
        if failed {
            let mut raised = Raised::backend(BackendFailure::Connection);
            raised.status = answer.status;
            raised.message = format!("The backend answered with status {}.", answer.status);
            return self.raise_and_run(now, *exchange, &raised);
        }
        self.run(now, *exchange)
    }

    /// The backend could not be asked, or did not answer.
    pub(crate) fn failed(
        &mut self,
        now: Moment,
        mut exchange: Box<Exchange>,
        failure: BackendFailure,
    ) -> Step {
        exchange.elapse(now);
        self.raise_and_run(now, *exchange, &Raised::backend(failure))
    }

    /// A stream has ended, or its caller has left: charges what was sent.
    pub(crate) fn settle_stream(
        &mut self,
        now: Moment,
        settlement: &Settlement,
        stream: &StreamReader,
    ) -> Vec<Metric> {
        let usage = stream_usage(
            stream,
            settlement.prompt_estimate,
            self.service.behaviour.stream_usage,
        );
        let mut meter = self.meter(now);
        for charge in &settlement.charges {
            meter.charge(charge, usage.total());
        }
        metrics::emitted(&settlement.metrics, &usage)
    }

    fn exchange(
        &self,
        now: Moment,
        incoming: Incoming,
        mut seed: Seed,
        routed: Option<(Route, Option<Subscription>)>,
    ) -> Exchange {
        let service = &self.service;
        let (route, subscription) = routed.map_or((None, None), |(route, subscription)| {
            (Some(route), subscription)
        });
        let product = subscription
            .as_ref()
            .and_then(|subscription| subscription.product.as_ref());
        let product = product.and_then(|id| {
            service
                .products
                .iter()
                .position(|config| config.product.id == *id)
        });
        let program = route
            .as_ref()
            .and_then(|route| self.programs.get(&(product, route.api, route.operation)))
            .unwrap_or(&self.unmatched);
        let (api, operation): (Api, Operation) =
            route.as_ref().map_or_else(Default::default, |route| {
                let api = &service.apis[route.api];
                (
                    api.api.clone(),
                    api.operations[route.operation].operation.clone(),
                )
            });
        let request_id = guid(&mut seed);
        let asked = Asked::new(incoming.estimate);
        let request = request(&api, incoming, route);
        let context = Context {
            api,
            operation,
            product: product.map(|index| Product::clone(&service.products[index].product)),
            user: None,
            subscription,
            deployment: service.deployment.clone(),
            request,
            response: None,
            last_error: None,
            variables: BTreeMap::new(),
            request_id,
            timestamp: self.utc(now),
            elapsed: std::time::Duration::ZERO,
            tracing: false,
            traces: Vec::new(),
            seed,
        };
        Exchange {
            context,
            program: Arc::clone(program),
            section: SectionName::Inbound,
            next: 0,
            received: now,
            backend_id: None,
            backend_called: false,
            streaming: false,
            fail_on_error_status: false,
            charges: Vec::new(),
            pending_metrics: Vec::new(),
            metrics: Vec::new(),
            asked,
        }
    }

    fn raise_and_run(&mut self, now: Moment, mut exchange: Exchange, raised: &Raised) -> Step {
        exchange.raise(raised, None);
        self.run(now, exchange)
    }

    /// Runs policies until one forwards or the answer stands.
    fn run(&mut self, now: Moment, mut exchange: Exchange) -> Step {
        exchange.elapse(now);
        let program = Arc::clone(&exchange.program);
        loop {
            let Some(instruction) = program.instruction(exchange.section, exchange.next) else {
                match exchange.section {
                    SectionName::Inbound => exchange.enter(SectionName::Backend),
                    SectionName::Backend => exchange.enter(SectionName::Outbound),
                    SectionName::Outbound | SectionName::OnError => {
                        return self.finish(now, exchange);
                    }
                }
                continue;
            };
            exchange.next += 1;
            match execute(&mut exchange, instruction, &mut self.meter(now)) {
                Ok(Flow::Next) => {}
                Ok(Flow::Jump(target)) => exchange.next = target,
                Ok(Flow::Forward(forward)) => {
                    return Step::Forward(Box::new(exchange), Box::new(forward));
                }
                Ok(Flow::Finish) => return self.finish(now, exchange),
                // An error in `on-error` ends it; what was built so far is the answer.
                Err(_) if exchange.section == SectionName::OnError => {
                    return self.finish(now, exchange);
                }
                Err(raised) => exchange.raise(&raised, Some(&instruction.location)),
            }
        }
    }

    fn finish(&mut self, now: Moment, mut exchange: Exchange) -> Step {
        let stream = if exchange.streaming {
            let (prompt_estimate, _) = exchange.asked.of(exchange.context.request.body.as_ref());
            let charges = std::mem::take(&mut exchange.charges);
            Some(Settlement {
                charges,
                metrics: std::mem::take(&mut exchange.pending_metrics),
                prompt_estimate,
            })
        } else {
            // Whatever was admitted and never answered keeps its estimate charged.
            self.meter(now).settle(&mut exchange, None);
            None
        };
        let response = exchange
            .context
            .response
            .clone()
            .unwrap_or_else(|| Response::new(200));
        Step::Answer(Box::new(Answer {
            response,
            stream,
            backend_called: exchange.backend_called,
            metrics: exchange.metrics,
            context: exchange.context,
        }))
    }

    fn meter(&mut self, now: Moment) -> Meter<'_> {
        Meter {
            utc: self.utc(now),
            behaviour: self.service.behaviour,
            now,
            counters: &mut self.counters,
        }
    }

    fn utc(&self, now: Moment) -> Timestamp {
        self.service
            .started
            .saturating_add(now.since_start())
            .unwrap_or(Timestamp::MAX)
    }
}

const KEY_MISSING: &str = "Access denied due to missing subscription key. Make sure to include subscription key \
                           when making requests to an API.";
const KEY_INVALID: &str = "Access denied due to invalid subscription key. Make sure to provide a valid key for an \
                           active subscription.";

impl Exchange {
    pub(super) fn elapse(&mut self, now: Moment) {
        self.context.elapsed = now.since(self.received);
    }

    fn enter(&mut self, section: SectionName) {
        self.section = section;
        self.next = 0;
    }

    /// Jumps to `on-error` with the default response in place.
    fn raise(&mut self, raised: &Raised, location: Option<&Location>) {
        let place = location.and_then(|location| location.place.as_ref());
        let source = match place {
            Some(place) if raised.source.is_empty() => place.element.to_string(),
            _ => raised.source.to_owned(),
        };
        self.context.response = Some(raised.response(&self.context.request_id));
        self.context.last_error = Some(LastError {
            source,
            reason: raised.reason.to_owned(),
            message: raised.message.clone(),
            scope: location
                .map(|location| location.scope.as_str().to_owned())
                .unwrap_or_default(),
            section: self.section.as_str().to_owned(),
            path: location
                .map(|location| location.path.to_string())
                .unwrap_or_default(),
            policy_id: place
                .and_then(|place| place.id.as_ref())
                .map(ToString::to_string),
        });
        self.streaming = false;
        self.enter(SectionName::OnError);
    }

    /// Points the request at another backend, its path below the API's own kept.
    pub(super) fn rebase(&mut self, base: Url) {
        let url = &mut self.context.request.url;
        let service = self
            .context
            .api
            .service_url
            .as_deref()
            .and_then(parse_base)
            .unwrap_or_default();
        let rest = url
            .path
            .strip_prefix(&service.path)
            .unwrap_or(&url.path)
            .to_owned();
        *url = Url {
            path: base.path + &rest,
            query: std::mem::take(&mut url.query),
            ..base
        };
    }
}

fn request(api: &Api, incoming: Incoming, route: Option<Route>) -> Request {
    let port = incoming
        .host
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok());
    let host = incoming
        .host
        .rsplit_once(':')
        .map_or(incoming.host.as_str(), |(host, _)| host);
    let original_url = Url {
        host: host.to_owned(),
        port: port.unwrap_or(if incoming.scheme == "http" { 80 } else { 443 }),
        scheme: incoming.scheme,
        path: incoming.path,
        query: incoming.query,
    };
    let base = api
        .service_url
        .as_deref()
        .and_then(parse_base)
        .unwrap_or_else(|| original_url.clone());
    let (rest, matched_parameters) = route.map_or_else(
        || (original_url.path.clone(), Vec::new()),
        |route| (route.rest, route.parameters),
    );
    let url = Url {
        path: base.path.clone() + &rest,
        query: original_url.query.clone(),
        ..base
    };
    Request {
        method: incoming.method,
        url,
        original_url,
        headers: incoming.headers,
        ip_address: incoming.ip_address,
        body: incoming.body,
        matched_parameters,
    }
}

fn is_event_stream(headers: &Headers) -> bool {
    headers
        .first("Content-Type")
        .is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
}

/// Usage of a whole body, which may be a stream that was held back.
fn usage_of(exchange: &Exchange, body: &[u8], event_stream: bool, honour: bool) -> Option<Usage> {
    if !event_stream {
        return Usage::of_body(body);
    }
    let mut stream = StreamReader::new();
    stream.push(body);
    let (prompt, _) = exchange.asked.of(exchange.context.request.body.as_ref());
    Some(stream_usage(&stream, prompt, honour))
}

/// Streams are estimated on both sides (specification 1.9), unless the usage chunk is honoured.
fn stream_usage(stream: &StreamReader, prompt: Tokens, honour: bool) -> Usage {
    match stream.usage() {
        Some(usage) if honour => usage,
        _ => Usage {
            prompt,
            completion: stream.completion_estimate(),
            cached_prompt: None,
            reasoning: None,
        },
    }
}

/// A version 4 GUID from the run's own randomness.
fn guid(seed: &mut Seed) -> String {
    let (high, low) = (seed.next_u64(), seed.next_u64());
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
