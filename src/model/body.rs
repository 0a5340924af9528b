//! Bodies of answers: one JSON text, or the events of a stream. Written as text, because the layout
//! is fixed and this is on the path of every request.

use std::time::Duration;

use bytes::Bytes;

use super::answer::StreamPiece;
use crate::tokens::Usage;

const SAFE: &str = r#""hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}"#;
const UNDETECTED: &str = r#"{"detected":false,"filtered":false}"#;

/// What all parts of an answer say about it.
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) created: u64,
    /// With quotes and escapes, ready to be written.
    pub(super) model_json: String,
    pub(super) fingerprint: String,
}

/// When tokens come: the first, and each after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) first: Duration,
    pub(super) step: Duration,
}

impl Pace {
    /// The moment of the token with this number, counted from zero.
    pub(super) fn at(self, token: usize) -> Duration {
        let token = u32::try_from(token).unwrap_or(u32::MAX);
        self.first.saturating_add(self.step.saturating_mul(token))
    }

    /// The moment of the last of so many tokens; an empty answer takes as long as a first token.
    pub(super) fn end(self, tokens: usize) -> Duration {
        self.at(tokens.saturating_sub(1))
    }
}

/// Why the text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
}

impl Finish {
    fn word(self) -> &'static str {
        match self {
            Finish::Stop => "stop",
            Finish::Length => "length",
        }
    }
}

/// The whole answer as one JSON text. Without `usage` it reports none.
pub(super) fn whole(
    identity: &Identity,
    pieces: &[&str],
    finish: Finish,
    usage: Option<Usage>,
) -> Bytes {
    let mut text = String::with_capacity(1_536 + pieces.len() * 9);
    text.push_str(r#"{"choices":[{"content_filter_results":{"#);
    push_all(
        &mut text,
        &[
            SAFE,
            r#","protected_material_code":"#,
            UNDETECTED,
            r#","protected_material_text":"#,
            UNDETECTED,
        ],
    );
    push_all(&mut text, &[r#"},"finish_reason":""#, finish.word()]);
    text.push_str(r#"","index":0,"logprobs":null,"message":{"annotations":[],"content":"#);
    text.push_str(&json(&pieces.concat()));
    text.push_str(r#","refusal":null,"role":"assistant"}}],"#);
    push_identity(&mut text, identity, "chat.completion");
    text.push(',');
    push_prompt_filter(&mut text);
    push_all(
        &mut text,
        &[r#","system_fingerprint":""#, &identity.fingerprint, "\""],
    );
    if let Some(usage) = usage {
        push_usage(&mut text, usage);
    }
    text.push('}');
    Bytes::from(text)
}

/// The events of a streamed answer.
pub(super) struct Stream<'a> {
    pub(super) identity: &'a Identity,
    pub(super) pieces: &'a [&'a str],
    pub(super) finish: Finish,
    pub(super) pace: Pace,
    /// `None` when the caller did not ask for it: then no event mentions usage.
    pub(super) usage: Option<Usage>,
    /// Body of the error event that breaks the stream off after the pieces.
    pub(super) error: Option<String>,
}

impl Stream<'_> {
    pub(super) fn events(&self) -> Vec<StreamPiece> {
        // Everything is written into one buffer that the pieces share.
        let mut text = String::with_capacity(1_024 + self.pieces.len() * 512);
        let mut ends = Vec::with_capacity(self.pieces.len() + 5);
        let mut end = |text: &mut String, after: Duration| {
            text.push_str("\n\n");
            ends.push((after, text.len()));
        };
        self.push_prompt_event(&mut text);
        end(&mut text, self.pace.first);
        let tail = self.tail();
        push_choice(
            &mut text,
            "",
            r#"{"content":"","refusal":null,"role":"assistant"}"#,
            None,
            &tail,
        );
        end(&mut text, self.pace.first);
        for (index, piece) in self.pieces.iter().enumerate() {
            let delta = format!(r#"{{"content":{}}}"#, json(piece));
            push_choice(&mut text, SAFE, &delta, None, &tail);
            end(&mut text, self.pace.at(index));
        }
        let last = self.pace.end(self.pieces.len());
        if let Some(error) = &self.error {
            push_all(&mut text, &["data: ", error]);
            end(&mut text, last);
            return cut(text, &ends);
        }
        push_choice(&mut text, "", "{}", Some(self.finish), &tail);
        end(&mut text, last);
        if let Some(usage) = self.usage {
            self.push_usage_event(&mut text, usage);
            end(&mut text, last);
        }
        text.push_str("data: [DONE]");
        end(&mut text, last);
        cut(text, &ends)
    }

    /// The first event: what the content filter says of the prompt, before there is any answer.
    fn push_prompt_event(&self, text: &mut String) {
        text.push_str(r#"data: {"choices":[],"created":0,"id":"","model":"","object":"","#);
        push_prompt_filter(text);
        text.push_str(if self.usage.is_some() {
            r#","usage":null}"#
        } else {
            "}"
        });
    }

    /// What follows `choices` in every event that has one.
    fn tail(&self) -> String {
        let mut tail = String::new();
        push_identity(&mut tail, self.identity, "chat.completion.chunk");
        push_all(
            &mut tail,
            &[
                r#","system_fingerprint":""#,
                &self.identity.fingerprint,
                "\"",
            ],
        );
        tail.push_str(if self.usage.is_some() {
            r#","usage":null}"#
        } else {
            "}"
        });
        tail
    }

    fn push_usage_event(&self, text: &mut String, usage: Usage) {
        text.push_str(r#"data: {"choices":[],"#);
        push_identity(text, self.identity, "chat.completion.chunk");
        push_all(
            text,
            &[
                r#","system_fingerprint":""#,
                &self.identity.fingerprint,
                "\"",
            ],
        );
        push_usage(text, usage);
        text.push('}');
    }
}

fn push_choice(text: &mut String, filter: &str, delta: &str, finish: Option<Finish>, tail: &str) {
    push_all(
        text,
        &[
            r#"data: {"choices":[{"content_filter_results":{"#,
            filter,
            r#"},"delta":"#,
            delta,
        ],
    );
    match finish {
        Some(finish) => push_all(text, &[r#","finish_reason":""#, finish.word(), "\""]),
        None => text.push_str(r#","finish_reason":null"#),
    }
    push_all(text, &[r#","index":0,"logprobs":null}],"#, tail]);
}

fn cut(text: String, ends: &[(Duration, usize)]) -> Vec<StreamPiece> {
    let bytes = Bytes::from(text);
    let mut start = 0;
    let piece = |&(after, end): &(Duration, usize)| {
        let piece = StreamPiece {
            after,
            bytes: bytes.slice(start..end),
        };
        start = end;
        piece
    };
    ends.iter().map(piece).collect()
}

fn push_all(text: &mut String, parts: &[&str]) {
    text.extend(parts.iter().copied());
}

fn push_identity(text: &mut String, identity: &Identity, object: &str) {
    let created = identity.created.to_string();
    push_all(
        text,
        &[
            r#""created":"#,
            &created,
            r#","id":""#,
            &identity.id,
            r#"","model":"#,
            &identity.model_json,
        ],
    );
    push_all(text, &[r#","object":""#, object, "\""]);
}

fn push_prompt_filter(text: &mut String) {
    push_all(
        text,
        &[
            r#""prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"jailbreak":"#,
            UNDETECTED,
        ],
    );
    push_all(text, &[",", SAFE, "}}]"]);
}

fn push_usage(text: &mut String, usage: Usage) {
    let (completion, prompt, total) = (
        usage.completion.to_string(),
        usage.prompt.to_string(),
        usage.total().to_string(),
    );
    let reasoning = usage.reasoning.unwrap_or_default().to_string();
    let cached = usage.cached_prompt.unwrap_or_default().to_string();
    push_all(text, &[r#","usage":{"completion_tokens":"#, &completion]);
    push_all(
        text,
        &[
            r#","completion_tokens_details":{"accepted_prediction_tokens":0,"audio_tokens":0,"reasoning_tokens":"#,
            &reasoning,
        ],
    );
    push_all(
        text,
        &[
            r#","rejected_prediction_tokens":0},"prompt_tokens":"#,
            &prompt,
        ],
    );
    push_all(
        text,
        &[
            r#","prompt_tokens_details":{"audio_tokens":0,"cached_tokens":"#,
            &cached,
        ],
    );
    push_all(text, &[r#"},"total_tokens":"#, &total, "}"]);
}

/// A text with quotes and escapes.
pub(super) fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a text is always JSON")
}
