//! What stands behind the gateway: the simulated model, or a real server.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::base::Moment;
use crate::clock::Clock;
use crate::engine::{BackendFailure, Forward};
use crate::model::{self, AnswerBody, ModelFault, ModelRequest, ModelSettings};
use crate::policy::message::Headers;

use super::accounts::Accounts;
use super::intake::Share;
use super::remote::{RemoteBackend, RemoteStream};

/// A backend's bytes as they come.
pub(super) enum Pieces {
    /// Pieces with the moment at which each is due.
    Timed(VecDeque<(Moment, Bytes)>),
    Remote(RemoteStream),
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
    /// Whichever account the request's host names.
    Accounts(Accounts),
}

impl Backend {
    /// Whether it answers for a host, whoever asks.
    pub(super) fn answers_for(&self, host: &str) -> bool {
        match self {
            Backend::Accounts(accounts) => accounts.know(host),
            Backend::Model(_) | Backend::Remote(_) => false,
        }
    }

    /// Asks the backend and waits for its answer: whole, or until a stream begins. `share` takes what
    /// is held of it.
    pub(super) async fn call(
        &self,
        clock: &Clock,
        forward: &Forward,
        share: &mut Share,
    ) -> Result<Reply, BackendFailure> {
        let asked = clock.now();
        let answer = async {
            match self {
                Backend::Model(settings) => ask_model(settings, clock, asked, forward).await,
                Backend::Remote(remote) => remote.call(forward, share).await,
                Backend::Accounts(accounts) => accounts.call(clock, asked, forward, share).await,
            }
        };
        tokio::select! {
            reply = answer => reply,
            () = clock.sleep_until(asked + forward.timeout) => Err(BackendFailure::Timeout),
        }
    }
}

pub(super) async fn ask_model(
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
