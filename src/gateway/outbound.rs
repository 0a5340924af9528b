//! Requests that a policy sends on its own: to the model, or to a server on this machine. A policy
//! under test must not reach into anybody's network, so other hosts are not called at all.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use tokio::task::JoinSet;

use super::backend::{Reply, ReplyBody};
use super::handler::from_hyper;
use super::server::Shared;
use crate::engine::{
    BackendAnswer, BackendBody, BackendFailure, Forward, MODEL_HOST, Outcome, Sends, Until,
};

/// Answers beyond this are a failure: a policy keeps them whole in memory.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// The client for hosts of this machine, made when the first policy needs it.
#[derive(Debug, Default)]
pub(super) struct Outbound {
    client: OnceLock<Option<reqwest::Client>>,
}

/// Sends all requests at once and waits for as many answers as the policy does.
pub(super) async fn send(shared: &Arc<Shared>, sends: Sends) -> Vec<Option<Outcome>> {
    let mut outcomes: Vec<Option<Outcome>> = sends.calls.iter().map(|_| None).collect();
    let mut running = JoinSet::new();
    for (index, call) in sends.calls.into_iter().enumerate() {
        let shared = Arc::clone(shared);
        running.spawn(async move { (index, shared.outbound.call(&shared, &call).await) });
    }
    if sends.until == Until::Never {
        running.detach_all();
        return outcomes;
    }
    while let Some(joined) = running.join_next().await {
        // A task that panicked is our bug and was reported; its request failed.
        if let Ok((index, outcome)) = joined {
            outcomes[index] = Some(outcome);
            if sends.until == Until::Any {
                return outcomes;
            }
        }
    }
    if sends.until == Until::All {
        for outcome in &mut outcomes {
            outcome.get_or_insert(Err(BackendFailure::Connection));
        }
    }
    outcomes
}

impl Outbound {
    async fn call(&self, shared: &Shared, call: &Forward) -> Outcome {
        if call.url.host == MODEL_HOST || shared.backend.answers_for(&call.url.host) {
            let mut share = shared.held.share();
            return match shared.backend.call(&shared.clock, call, &mut share).await? {
                Reply {
                    status,
                    headers,
                    body: ReplyBody::Whole(body),
                } => Ok(BackendAnswer {
                    status,
                    headers,
                    body: BackendBody::Whole(body),
                }),
                // Never: the request asks for its answer whole.
                Reply {
                    body: ReplyBody::Stream(_),
                    ..
                } => Err(BackendFailure::Connection),
            };
        }
        if !on_this_machine(&call.url.host) {
            return Err(BackendFailure::Forbidden);
        }
        let deadline = shared.clock.now() + call.timeout;
        tokio::select! {
            outcome = self.ask(call) => outcome,
            () = shared.clock.sleep_until(deadline) => Err(BackendFailure::Timeout),
        }
    }

    async fn ask(&self, call: &Forward) -> Outcome {
        let failed = |_| BackendFailure::Connection;
        let client = self.client.get_or_init(|| {
            crate::http::install_crypto();
            let redirects = reqwest::redirect::Policy::none();
            let builder = reqwest::Client::builder().redirect(redirects).no_proxy();
            builder.build().ok()
        });
        let client = client.as_ref().ok_or(BackendFailure::Connection)?;
        let method = reqwest::Method::from_bytes(call.method.as_bytes())
            .map_err(|_| BackendFailure::Connection)?;
        let mut request = client.request(method, call.url.to_string());
        for (name, value) in call.headers.iter() {
            request = request.header(name, value);
        }
        if let Some(body) = &call.body {
            request = request.body(body.clone());
        }
        let mut response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), from_hyper(response.headers()));
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > MAX_ANSWER_BYTES {
                return Err(BackendFailure::Connection);
            }
            body.extend_from_slice(&piece);
        }
        Ok(BackendAnswer {
            status,
            headers,
            body: BackendBody::Whole(Bytes::from(body)),
        })
    }
}

pub(super) fn on_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
