//! What an answer used: reported where it is whole, estimated where it is a stream.

use super::exchange::Exchange;
use crate::base::Tokens;
use crate::policy::message::Headers;
use crate::tokens::{StreamReader, Usage};

pub(super) fn is_event_stream(headers: &Headers) -> bool {
    headers
        .first("Content-Type")
        .is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
}

/// Usage of a whole body, which may be a stream that was held back.
pub(super) fn usage_of(
    exchange: &Exchange,
    body: &[u8],
    event_stream: bool,
    honour: bool,
) -> Option<Usage> {
    if !event_stream {
        return Usage::of_body(body);
    }
    let mut stream = StreamReader::new();
    stream.push(body);
    let (prompt, _) = exchange.asked.of(exchange.context.request.body.as_ref());
    Some(stream_usage(&stream, prompt, honour))
}

/// Streams are estimated on both sides (specification 1.9), unless the usage chunk is honoured.
pub(super) fn stream_usage(stream: &StreamReader, prompt: Tokens, honour: bool) -> Usage {
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
