//! The model behind the gateway, told what to answer.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::model::{Backend, Step};
use crate::base::{Moment, format_duration};
use crate::engine::{BackendAnswer, BackendBody, BackendFailure, Forward, MODEL_HOST, Outcome};
use crate::model::{self, AnswerBody, ModelFault, ModelRequest, ModelSettings, StreamPiece};
use crate::policy::message::Headers;
use crate::tokens::StreamReader;

/// What the backend does, and when.
pub(super) struct Asked {
    /// Until the answer, or its head, is there.
    pub(super) after: Duration,
    pub(super) answer: Result<BackendAnswer, BackendFailure>,
    /// When a stream ends, and what it said until then.
    pub(super) stream: Option<(Moment, StreamReader)>,
}

/// Errors that the simulated model words itself; others are worded here.
const MODEL_ERRORS: [u16; 6] = [400, 401, 404, 429, 500, 503];

pub(super) fn ask(backend: &Backend, now: Moment, forward: &Forward) -> Asked {
    let mut asked = match own(backend) {
        Some(answer) => Asked {
            after: backend.latency.unwrap_or_default(),
            answer: Ok(answer),
            stream: None,
        },
        None => simulated(backend, now, forward),
    };
    if let Ok(answer) = &mut asked.answer {
        for (name, value) in &backend.headers {
            answer.headers.set(name.as_str(), value.as_str());
        }
    }
    asked
}

/// A request that the policy sends on its own: what the test says for its URL, the model for its
/// own host, and no connection for everybody else.
pub(super) fn elsewhere(step: &Step, now: Moment, call: &Forward) -> (Moment, Outcome) {
    let url = call.url.to_string();
    let url = url.split('?').next().unwrap_or_default();
    if let Some((_, answer)) = step.answers.iter().find(|(known, _)| known == url) {
        return written(answer, now, call);
    }
    if call.url.host != MODEL_HOST {
        return (now, Err(BackendFailure::Forbidden));
    }
    let asked = ask(&step.backend, now, call);
    (now + asked.after, asked.answer)
}

fn written(answer: &Backend, now: Moment, call: &Forward) -> (Moment, Outcome) {
    let after = answer.latency.unwrap_or_default();
    match answer.fault {
        Some(fault) if fault != "timeout" => (now + after, Err(BackendFailure::Connection)),
        None if after <= call.timeout => {
            let body = match &answer.body {
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
                None => String::new(),
            };
            let answer = BackendAnswer {
                status: answer.status.unwrap_or(200),
                headers: answer.headers.iter().cloned().collect(),
                body: BackendBody::Whole(Bytes::from(body)),
            };
            (now + after, Ok(answer))
        }
        _ => (now + call.timeout, Err(BackendFailure::Timeout)),
    }
}

/// The answer that the test itself writes, if it does.
fn own(backend: &Backend) -> Option<BackendAnswer> {
    let status = backend.status.unwrap_or(200);
    let ours = status != 200 && !MODEL_ERRORS.contains(&status);
    let body = match &backend.body {
        _ if backend.fault.is_some() => return None,
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None if status >= 400 && ours => {
            json!({ "error": { "code": status.to_string(), "message": "ordered by the test" } })
                .to_string()
        }
        None if ours => String::new(),
        None => return None,
    };
    Some(BackendAnswer {
        status,
        headers: [("Content-Type", "application/json")].into_iter().collect(),
        body: BackendBody::Whole(Bytes::from(body)),
    })
}

fn simulated(backend: &Backend, now: Moment, forward: &Forward) -> Asked {
    let orders = orders(backend);
    let request = ModelRequest {
        path: &forward.url.path,
        header: &|name| orders.first(name).or_else(|| forward.headers.first(name)),
        body: forward.body.as_deref().unwrap_or_default(),
    };
    let answer = model::answer(&ModelSettings::default(), &request);
    let timeout = answer.fault == Some(ModelFault::Timeout);
    let headers: Headers = answer.headers.into_iter().collect();
    let (after, result) = match answer.body {
        _ if timeout => (forward.timeout, Err(BackendFailure::Timeout)),
        AnswerBody::Whole { after, .. } if answer.fault.is_some() => {
            (after, Err(BackendFailure::Connection))
        }
        AnswerBody::Whole { after, bytes } => (after, Ok(BackendBody::Whole(bytes))),
        AnswerBody::Stream(pieces) => {
            return streamed(answer.status, headers, &pieces, now, forward.buffer);
        }
    };
    // The head of an answer that comes too late is a timeout like any other.
    let (after, result) = if after > forward.timeout {
        (forward.timeout, Err(BackendFailure::Timeout))
    } else {
        (after, result)
    };
    Asked {
        after,
        answer: result.map(|body| BackendAnswer {
            status: answer.status,
            headers,
            body,
        }),
        stream: None,
    }
}

fn streamed(
    status: u16,
    headers: Headers,
    pieces: &[StreamPiece],
    now: Moment,
    buffer: bool,
) -> Asked {
    let mut reader = StreamReader::new();
    let mut end = Duration::ZERO;
    for piece in pieces {
        reader.push(&piece.bytes);
        end = piece.after;
    }
    let (after, body) = if buffer {
        let bytes = pieces.iter().flat_map(|piece| piece.bytes.iter().copied());
        (end, BackendBody::Whole(bytes.collect()))
    } else {
        (Duration::ZERO, BackendBody::Stream)
    };
    Asked {
        after,
        answer: Ok(BackendAnswer {
            status,
            headers,
            body,
        }),
        stream: Some((now + end, reader)),
    }
}

fn orders(backend: &Backend) -> Headers {
    let mut orders = Headers::new();
    let latency = backend.latency.unwrap_or_default();
    orders.set("x-simulate-latency", format_duration(latency));
    if let Some(status) = backend.status.filter(|status| *status != 200) {
        orders.set("x-simulate-status", status.to_string());
    }
    if let Some(tokens) = backend.prompt_tokens {
        orders.set("x-simulate-prompt-tokens", tokens.to_string());
    }
    let completion = backend.completion_tokens.unwrap_or(30);
    orders.set("x-simulate-completion-tokens", completion.to_string());
    if backend.usage == Some(false) {
        orders.set("x-simulate-usage", "false");
    }
    if let Some(fault) = backend.fault {
        orders.set("x-simulate-fault", fault);
    }
    orders
}
