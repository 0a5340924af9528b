//! A request at the start of its way: its context, its program, and the URL that it will go to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exchange::{Asked, Exchange, Facts, Incoming};
use super::forward::parse_base;
use super::routing::Route;
use super::run::Engine;
use super::trace::{self, TraceLog};
use crate::base::{Moment, Seed};
use crate::policy::context::{Api, Context, Operation, Product, Subscription};
use crate::policy::message::{Headers, Request, Url};
use crate::policy::{RequestBody, SectionName};

impl Engine {
    /// The request at the start of its way, with everything that is known of it.
    pub(super) fn exchange(
        &self,
        now: Moment,
        incoming: Incoming,
        mut seed: Seed,
        routed: Option<(Route, Option<Arc<Subscription>>)>,
    ) -> Box<Exchange> {
        let service = &self.configuration.service;
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
            .and_then(|route| {
                self.configuration
                    .programs
                    .get(&(product, route.api, route.operation))
            })
            .unwrap_or(&self.configuration.unmatched);
        let (api, operation): (Arc<Api>, Arc<Operation>) =
            route.as_ref().map_or_else(Default::default, |route| {
                let api = &service.apis[route.api];
                (
                    Arc::clone(&api.api),
                    Arc::clone(&api.operations[route.operation].operation),
                )
            });
        let request_bytes = incoming.body.as_ref().map_or(0, |body| body.len() as u64);
        let request_id = guid(&mut seed);
        let asked = Asked::new(incoming.estimate);
        let tracing = incoming.trace;
        let (request, base_path) = request(&api, incoming, route);
        let context = Context {
            api,
            operation,
            product: product.map(|index| Product::clone(&service.products[index].product)),
            user: None,
            subscription,
            deployment: Arc::clone(&service.deployment),
            request,
            response: None,
            last_error: None,
            variables: BTreeMap::new(),
            request_id,
            timestamp: self.utc(now),
            elapsed: std::time::Duration::ZERO,
            tracing,
            traces: Vec::new(),
            seed,
        };
        let mut exchange = Box::new(Exchange {
            context,
            program: Arc::clone(program),
            section: SectionName::Inbound,
            next: 0,
            received: now,
            backend_id: None,
            backend: None,
            base_path,
            backend_called: false,
            streaming: false,
            request_body: RequestBody::Kept,
            blocks: Vec::new(),
            awaited: Vec::new(),
            unsettled: None,
            fail_on_error_status: false,
            decided_by: None,
            charges: Vec::new(),
            call_charges: Vec::new(),
            request_bytes,
            pending_metrics: Vec::new(),
            metrics: Vec::new(),
            log: Vec::new(),
            trace: tracing.then(TraceLog::default),
            cors_headers: Headers::new(),
            asked,
            facts: Facts::default(),
            behaviour: service.behaviour,
            missed: None,
            asked_for: None,
            enforced: Vec::new(),
        });
        trace::received(&mut exchange, self.utc(now));
        exchange
    }
}

/// The request for the backend, and the path of the backend's base URL.
fn request(api: &Api, incoming: Incoming, route: Option<Route>) -> (Request, String) {
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
        .unwrap_or_else(|| Url {
            path: String::new(),
            ..original_url.clone()
        });
    let (rest, matched_parameters) = route.map_or_else(
        || (original_url.path.clone(), Vec::new()),
        |route| (route.rest, route.parameters),
    );
    let base_path = base.path.clone();
    let url = Url {
        path: base.path + &rest,
        query: original_url.query.clone(),
        ..base
    };
    let request = Request {
        method: incoming.method,
        url,
        original_url,
        headers: incoming.headers,
        ip_address: incoming.ip_address,
        body: incoming.body,
        matched_parameters,
    };
    (request, base_path)
}

/// A version 4 GUID from the run's own randomness.
fn guid(seed: &mut Seed) -> String {
    let (high, low) = (seed.next_u64(), seed.next_u64());
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for half in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
    }
    text
}
