//! What stands behind the gateway: the simulated model, or a real server.

use std::collections::VecDeque;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;

use crate::base::{Moment, Secret};
use crate::clock::Clock;
use crate::engine::{BackendFailure, Forward};
use crate::model::{self, AnswerBody, ModelFault, ModelRequest, ModelSettings};
use crate::policy::message::Headers;

use super::handler::from_hyper;

/// A backend's bytes as they come.
pub(super) enum Pieces {
    /// Pieces with the moment at which each is due.
    Timed(VecDeque<(Moment, Bytes)>),
    Remote(Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>),
}

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: ReplyBody,
}

pub(super) enum ReplyBody {
    Whole(Bytes),
    Stream(Pieces),
}

#[derive(Debug)]
pub(crate) enum Backend {
    Model(ModelSettings),
    Remote(RemoteBackend),
}

/// Any server that speaks the OpenAI API; paths below the gateway's API go below its base URL.
#[derive(Debug)]
pub(crate) struct RemoteBackend {
    client: reqwest::Client,
    base: String,
    /// Replaces whatever credential the policy put in, which is the local identity's.
    key: Option<Secret>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum BackendError {
    #[error(transparent)]
    Url(#[from] crate::http::EndpointError),
    #[error("cannot set up the HTTP client: {0}")]
    Client(reqwest::Error),
}

impl RemoteBackend {
    /// # Errors
    ///
    /// When `base` is not an http or https URL.
    pub(crate) fn new(base: &str, key: Option<Secret>) -> Result<RemoteBackend, BackendError> {
        let base = crate::http::Endpoint::parse(base)?.to_string();
        crate::http::install_crypto();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(BackendError::Client)?;
        Ok(RemoteBackend { client, base, key })
    }

    async fn call(&self, forward: &Forward) -> Result<Reply, BackendFailure> {
        let method = reqwest::Method::from_bytes(forward.method.as_bytes());
        let url = format!(
            "{}{}{}",
            self.base,
            forward.url.path,
            forward.url.query_string()
        );
        let mut request = self
            .client
            .request(method.map_err(|_| BackendFailure::Connection)?, url);
        for (name, value) in forward.headers.iter() {
            let credential = ["authorization", "api-key"]
                .iter()
                .any(|header| header.eq_ignore_ascii_case(name));
            if !(credential && self.key.is_some()) {
                request = request.header(name, value);
            }
        }
        if let Some(key) = &self.key {
            request = request
                .bearer_auth(key.reveal())
                .header("api-key", key.reveal());
        }
        if let Some(body) = &forward.body {
            request = request.body(body.clone());
        }
        let response = request
            .send()
            .await
            .map_err(|_| BackendFailure::Connection)?;
        let (status, headers) = (response.status().as_u16(), from_hyper(response.headers()));
        let event_stream = headers
            .first("Content-Type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        let body = if event_stream && !forward.buffer {
            ReplyBody::Stream(Pieces::Remote(Box::pin(response.bytes_stream())))
        } else {
            ReplyBody::Whole(
                response
                    .bytes()
                    .await
                    .map_err(|_| BackendFailure::Connection)?,
            )
        };
        Ok(Reply {
            status,
            headers,
            body,
        })
    }
}

impl Backend {
    /// Asks the backend and waits for its answer: whole, or until a stream begins.
    pub(super) async fn call(
        &self,
        clock: &Clock,
        forward: &Forward,
    ) -> Result<Reply, BackendFailure> {
        let asked = clock.now();
        let answer = async {
            match self {
                Backend::Model(settings) => ask_model(settings, clock, asked, forward).await,
                Backend::Remote(remote) => remote.call(forward).await,
            }
        };
        tokio::select! {
            reply = answer => reply,
            () = clock.sleep_until(asked + forward.timeout) => Err(BackendFailure::Timeout),
        }
    }
}

async fn ask_model(
    settings: &ModelSettings,
    clock: &Clock,
    asked: Moment,
    forward: &Forward,
) -> Result<Reply, BackendFailure> {
    let answer = {
        let header = |name: &str| forward.headers.first(name);
        let body = forward.body.as_deref().unwrap_or_default();
        model::answer(
            settings,
            &ModelRequest {
                path: &forward.url.path,
                header: &header,
                body,
            },
        )
    };
    let headers: Headers = answer.headers.into_iter().collect();
    let body = match answer.body {
        AnswerBody::Whole { after, bytes } => {
            clock.sleep_until(asked + after).await;
            ReplyBody::Whole(bytes)
        }
        AnswerBody::Stream(pieces) if forward.buffer => {
            let end = pieces.last().map(|piece| piece.after).unwrap_or_default();
            clock.sleep_until(asked + end).await;
            ReplyBody::Whole(
                pieces
                    .iter()
                    .flat_map(|piece| piece.bytes.iter().copied())
                    .collect(),
            )
        }
        AnswerBody::Stream(pieces) => {
            let pieces = pieces
                .into_iter()
                .map(|piece| (asked + piece.after, piece.bytes))
                .collect();
            ReplyBody::Stream(Pieces::Timed(pieces))
        }
    };
    match answer.fault {
        None => Ok(Reply {
            status: answer.status,
            headers,
            body,
        }),
        Some(ModelFault::Refused | ModelFault::Reset) => Err(BackendFailure::Connection),
        // A model that never answers: the gateway's own timeout ends it.
        Some(ModelFault::Timeout) => std::future::pending().await,
    }
}
