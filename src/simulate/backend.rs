//! The model behind the simulated gateway, asked ahead of its time.

use crate::base::Moment;
use crate::engine::{BackendAnswer, BackendBody, BackendFailure, Forward, MODEL_HOST, Outcome};
use crate::model::{self, AnswerBody, ModelFault, ModelRequest, ModelSettings, StreamPiece};
use crate::policy::message::Headers;
use crate::tokens::StreamReader;

/// A stream whose head the gateway has, with what its pieces will bring.
pub(super) struct Stream {
    pub(super) reader: Box<StreamReader>,
    pub(super) first_token: Option<Moment>,
    pub(super) last_token: Option<Moment>,
    pub(super) end: Moment,
}

pub(super) enum Backend {
    Later(Moment, Outcome),
    Stream(BackendAnswer, Stream),
}

/// A request of the policy's own. In virtual time there is nobody but the model to answer it.
pub(super) fn ask_whole(
    settings: &ModelSettings,
    now: Moment,
    call: &Forward,
) -> (Moment, Outcome) {
    if call.url.host != MODEL_HOST {
        return (now, Err(BackendFailure::Forbidden));
    }
    match ask(settings, now, call) {
        Backend::Later(at, outcome) => (at, outcome),
        // Never: the request asks for its answer whole.
        Backend::Stream(answer, stream) => (stream.end, Ok(answer)),
    }
}

pub(super) fn ask(settings: &ModelSettings, now: Moment, forward: &Forward) -> Backend {
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
