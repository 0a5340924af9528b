//! Requests to the model as tests write them.

mod answers;
mod refusals;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

const PATH: &str = "/openai/deployments/gpt-4o-mini/chat/completions";

fn ask_at(path: &str, settings: &ModelSettings, headers: &[(&str, &str)], body: &str) -> Answer {
    let header = |name: &str| {
        let found = headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    };
    answer(
        settings,
        &ModelRequest {
            path,
            header: &header,
            body: body.as_bytes(),
        },
    )
}

fn ask(headers: &[(&str, &str)], body: &Value) -> Answer {
    ask_at(PATH, &ModelSettings::default(), headers, &body.to_string())
}

fn hello() -> Value {
    json!({"messages": [{"role": "user", "content": "Say hello in 50 words"}]})
}

/// The same request with one more parameter, or with one changed.
fn hello_with(name: &str, value: Value) -> Value {
    let mut body = hello();
    body[name] = value;
    body
}

fn whole(answer: &Answer) -> (Duration, &str) {
    match &answer.body {
        AnswerBody::Whole { after, bytes } => (*after, std::str::from_utf8(bytes).unwrap()),
        AnswerBody::Stream(_) => panic!("a stream"),
    }
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_str(whole(answer).1).unwrap()
}

fn stream(answer: &Answer) -> &[StreamPiece] {
    match &answer.body {
        AnswerBody::Whole { bytes, .. } => panic!("not a stream: {bytes:?}"),
        AnswerBody::Stream(pieces) => pieces,
    }
}

fn text_of(pieces: &[StreamPiece]) -> String {
    pieces
        .iter()
        .map(|piece| std::str::from_utf8(&piece.bytes).unwrap())
        .collect()
}

/// Status, headers, and the body with its moments, as one text.
fn show(answer: &Answer) -> String {
    let headers: String = answer
        .headers
        .iter()
        .map(|(name, value)| name.to_string() + ": " + value + "\n")
        .collect();
    let body = match &answer.body {
        AnswerBody::Whole { after, bytes } => {
            format!("[{after:?}] {}", std::str::from_utf8(bytes).unwrap())
        }
        AnswerBody::Stream(pieces) => {
            let piece = |piece: &StreamPiece| {
                format!(
                    "[{:?}] {}",
                    piece.after,
                    std::str::from_utf8(&piece.bytes).unwrap()
                )
            };
            pieces.iter().map(piece).collect()
        }
    };
    format!("{}\n{headers}\n{body}", answer.status)
}
