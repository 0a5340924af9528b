use serde::Serialize;

use super::Arrival;
use super::model::{RequestSpec, Scenario};

/// A chat completion request as it goes over the wire.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'a> Body<'a> {
    pub(super) fn new(request: &'a RequestSpec, prompt: usize) -> Body<'a> {
        let system = request.system.as_deref().map(|content| Message {
            role: "system",
            content,
        });
        let user = Message {
            role: "user",
            content: &request.prompts[prompt],
        };
        Body {
            messages: system.into_iter().chain([user]).collect(),
            max_tokens: request.max_tokens,
            stream: request.stream,
            stream_options: request.stream_usage.then_some(StreamOptions {
                include_usage: true,
            }),
        }
    }
}

impl Scenario {
    /// The JSON body of an arrival's request, ready to send (chat completions).
    pub(crate) fn body(&self, arrival: &Arrival) -> String {
        let request = &self.callers[arrival.caller].request;
        serde_json::to_string(&Body::new(request, arrival.prompt)).expect("a body is plain JSON")
    }
}
