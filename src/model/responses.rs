//! The responses API: the same answers in its own shapes.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::answer::{Answer, AnswerBody, ModelRequest, StreamPiece};
use super::body::{Finish, Identity, Pace};
use super::draw;
use super::headers;
use super::orders::Orders;
use super::parameters::{MAX_COMPLETION, Parameters};
use super::refusal::{Refusal, missing, wrong_type};
use super::settings::ModelSettings;
use crate::base::{Seed, Tokens};
use crate::tokens::{self, Usage};

/// Parameters that may be there and change nothing in a simulated answer.
const WITHOUT_EFFECT: [&str; 14] = [
    "model",
    "input",
    "instructions",
    "tools",
    "parallel_tool_calls",
    "temperature",
    "top_p",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "metadata",
    "store",
    "service_tier",
    "stream_options",
];

/// True for the paths of the responses API, Azure's and the plain one.
pub(super) fn is_route(path: &str) -> bool {
    path.ends_with("/v1/responses") || path.ends_with("/openai/responses")
}

/// Answers one request.
pub(super) fn answer(
    settings: &ModelSettings,
    request: &ModelRequest<'_>,
    seed: &Seed,
    orders: &Orders,
) -> Result<Answer, Refusal> {
    let parameters = read(request.body)?;
    let deployment = parameters.model.clone().ok_or_else(|| missing("model"))?;
    if orders.stream_error_after.is_some() && !parameters.stream {
        return Err(Refusal::bad_order(
            "x-simulate-stream-error",
            "left out of a request that does not stream",
        ));
    }
    let (pieces, finish) = draw::text(settings, seed, orders, &parameters);
    let usage = Usage {
        prompt: orders.prompt_tokens.map_or(parameters.prompt, Tokens),
        completion: Tokens(pieces.len() as u64),
        cached_prompt: Some(Tokens::ZERO),
        reasoning: Some(Tokens::ZERO),
    };
    let pace = draw::pace(settings, seed, orders.latency, pieces.len());
    let written = Written {
        identity: draw::identity(settings, seed),
        pieces: &pieces,
        finish,
        usage: (!orders.hides_usage).then_some(usage),
    };
    let body = if parameters.stream {
        let broken = orders.stream_error_after.is_some();
        AnswerBody::Stream(written.events(pace, broken))
    } else {
        AnswerBody::Whole {
            after: pace.end(pieces.len()),
            bytes: Bytes::from(written.response("completed").to_string()),
        }
    };
    let reserved = usage.prompt + Tokens(parameters.max_tokens.unwrap_or(0));
    Ok(Answer {
        status: 200,
        headers: headers::success(
            seed,
            parameters.stream,
            (request.header)("x-ms-client-request-id"),
            &deployment,
            &settings.seed,
            reserved,
        ),
        body,
        usage: Some(usage),
        fault: None,
    })
}

/// The body, checked as the service checks it.
fn read(body: &[u8]) -> Result<Parameters, Refusal> {
    let unreadable = || {
        Refusal::invalid(
            None,
            None,
            "We could not parse the JSON body of your request. The API expects a JSON payload.",
        )
    };
    let body: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let fields = body.as_object().ok_or_else(unreadable)?;
    match fields.get("input") {
        Some(Value::String(_)) => {}
        Some(Value::Array(items)) if !items.is_empty() => {}
        Some(Value::Null) | None => return Err(missing("input")),
        Some(other) => {
            return Err(wrong_type(
                "input",
                "a string or an array of objects",
                other,
            ));
        }
    }
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        check(name, value)?;
    }
    let flag = |name: &str| fields.get(name).and_then(Value::as_bool).unwrap_or(false);
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    Ok(Parameters {
        prompt: tokens::prompt_estimate(&body),
        model: text("model").map(str::to_owned),
        stream: flag("stream"),
        include_usage: true,
        max_tokens: fields.get("max_output_tokens").and_then(Value::as_u64),
        stop: Vec::new(),
    })
}

fn check(name: &str, value: &Value) -> Result<(), Refusal> {
    match name {
        "stream" if !value.is_boolean() => Err(wrong_type(name, "a boolean", value)),
        "max_output_tokens" => match value.as_u64() {
            Some(1..=MAX_COMPLETION) => Ok(()),
            _ => Err(wrong_type(
                name,
                "a number of tokens that the model can write",
                value,
            )),
        },
        "tool_choice" if !matches!(value.as_str(), Some("auto" | "none")) => {
            let what = "answers in words and calls no tools, so only `auto` and `none` hold";
            Err(Refusal::not_simulated(name, what))
        }
        "truncation" if value.as_str() != Some("disabled") => {
            Err(Refusal::not_simulated(name, "leaves nothing out"))
        }
        "background" | "previous_response_id" | "conversation" | "prompt" => {
            Err(Refusal::not_simulated(name, "remembers nothing"))
        }
        "text" | "reasoning" | "include" => {
            Err(Refusal::not_simulated(name, "answers in plain text"))
        }
        "stream" | "tool_choice" | "truncation" => Ok(()),
        _ if WITHOUT_EFFECT.contains(&name) => Ok(()),
        _ => {
            let message = format!("Unknown parameter: '{name}'.");
            Err(Refusal::invalid(
                Some("unknown_parameter"),
                Some(name),
                message,
            ))
        }
    }
}

/// What was written, before it has a shape.
struct Written<'a> {
    identity: Identity,
    pieces: &'a [&'static str],
    finish: Finish,
    usage: Option<Usage>,
}

impl Written<'_> {
    /// The answer as an object; `status` is that of the end, or `in_progress`.
    fn response(&self, status: &str) -> Value {
        let ended = status != "in_progress";
        let cut = ended && self.finish == Finish::Length;
        let model: Value = serde_json::from_str(&self.identity.model_json).unwrap_or_default();
        let mut response = Map::new();
        let mut put = |name: &str, value: Value| {
            response.insert(name.to_owned(), value);
        };
        put("id", format!("resp_{}", self.id()).into());
        put("object", "response".into());
        put("created_at", self.identity.created.into());
        put("status", if cut { "incomplete" } else { status }.into());
        put("error", Value::Null);
        let why = json!({ "reason": "max_output_tokens" });
        put("incomplete_details", if cut { why } else { Value::Null });
        put("model", model);
        let output = if ended {
            json!([self.item(&self.pieces.concat())])
        } else {
            json!([])
        };
        put("output", output);
        let usage = self.usage.filter(|_| ended);
        put("usage", usage.map_or(Value::Null, usage_object));
        Value::Object(response)
    }

    fn item(&self, text: &str) -> Value {
        let part = text_part(text);
        let content = if text.is_empty() {
            json!([])
        } else {
            json!([part])
        };
        json!({
            "id": format!("msg_{}", self.id()), "type": "message", "status": "completed",
            "role": "assistant", "content": content,
        })
    }

    fn id(&self) -> &str {
        let id = &self.identity.id;
        id.strip_prefix("chatcmpl-").unwrap_or(id)
    }

    /// The events of a streamed answer; a broken one ends with an error after its pieces.
    fn events(&self, pace: Pace, broken: bool) -> Vec<StreamPiece> {
        let item_id = format!("msg_{}", self.id());
        let within = json!({ "item_id": item_id, "output_index": 0, "content_index": 0 });
        let mut events = Events::default();
        let begun = json!({ "response": self.response("in_progress") });
        events.add(pace.first, "response.created", &begun);
        events.add(pace.first, "response.in_progress", &begun);
        let item = json!({ "output_index": 0, "item": self.item("") });
        events.add(pace.first, "response.output_item.added", &item);
        let part = with(&within, "part", text_part(""));
        events.add(pace.first, "response.content_part.added", &part);
        for (index, piece) in self.pieces.iter().enumerate() {
            let delta = with(&within, "delta", (*piece).into());
            events.add(pace.at(index), "response.output_text.delta", &delta);
        }
        let last = pace.end(self.pieces.len());
        if broken {
            let message = "Rate limit reached for this model deployment.";
            let error = json!({ "code": "rate_limit_exceeded", "message": message, "param": null });
            events.add(last, "error", &error);
            return events.pieces;
        }
        let text = self.pieces.concat();
        let done = with(&within, "text", text.as_str().into());
        events.add(last, "response.output_text.done", &done);
        let part = with(&within, "part", text_part(&text));
        events.add(last, "response.content_part.done", &part);
        let item = json!({ "output_index": 0, "item": self.item(&text) });
        events.add(last, "response.output_item.done", &item);
        let end = match self.finish {
            Finish::Stop => "response.completed",
            Finish::Length => "response.incomplete",
        };
        let whole = json!({ "response": self.response("completed") });
        events.add(last, end, &whole);
        events.pieces
    }
}

fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [] })
}

fn usage_object(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.prompt.0,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": usage.completion.0,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": usage.total().0,
    })
}

fn with(place: &Value, name: &str, value: Value) -> Value {
    let mut fields = place.as_object().cloned().unwrap_or_default();
    fields.insert(name.to_owned(), value);
    Value::Object(fields)
}

#[derive(Default)]
struct Events {
    pieces: Vec<StreamPiece>,
}

impl Events {
    fn add(&mut self, after: std::time::Duration, kind: &str, fields: &Value) {
        let mut event = Map::new();
        event.insert("type".to_owned(), kind.into());
        event.insert("sequence_number".to_owned(), self.pieces.len().into());
        event.extend(fields.as_object().cloned().unwrap_or_default());
        let data = Value::Object(event);
        let bytes = Bytes::from(format!("event: {kind}\ndata: {data}\n\n"));
        self.pieces.push(StreamPiece { after, bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model;
    use crate::tokens::StreamReader;

    fn ask(body: &Value) -> Answer {
        let body = body.to_string();
        let request = ModelRequest {
            path: "/openai/responses",
            header: &|_| None,
            body: body.as_bytes(),
        };
        model::answer(&ModelSettings::default(), &request)
    }

    #[test]
    fn a_whole_answer_reports_what_it_used() {
        let answer = ask(
            &json!({ "model": "gpt-4o-mini", "input": "Say hello in 50 words", "max_output_tokens": 5 }),
        );
        let AnswerBody::Whole { bytes, .. } = answer.body else {
            panic!("not streamed")
        };
        let usage = Usage::of_body(&bytes).unwrap();
        assert_eq!((usage.prompt, usage.completion), (Tokens(13), Tokens(5)));
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        let text = body["output"][0]["content"][0]["text"].as_str().unwrap();
        assert_eq!(tokens::count(text), Tokens(5));
        assert_eq!(body["status"], "incomplete");
    }

    #[test]
    fn a_streamed_answer_is_read_as_any_client_reads_it() {
        let answer = ask(&json!({ "model": "gpt-4o-mini", "input": "Hi", "stream": true }));
        let AnswerBody::Stream(pieces) = answer.body else {
            panic!("streamed")
        };
        let mut reader = StreamReader::new();
        let mut first = None;
        for (index, piece) in pieces.iter().enumerate() {
            if reader.push(&piece.bytes).content {
                first.get_or_insert(index);
            }
        }
        assert_eq!(first, Some(4), "what frames the text is no token");
        assert!(reader.finished() && reader.error().is_none());
        let usage = reader.usage().unwrap();
        assert_eq!(usage, answer.usage.unwrap());
        assert_eq!(usage.completion, reader.completion_estimate());
    }

    #[test]
    fn what_it_cannot_do_it_refuses() {
        for (body, status) in [
            (json!({ "model": "m" }), 400),
            (json!({ "input": "hi" }), 400),
            (json!({ "model": "m", "input": 5 }), 400),
            (
                json!({ "model": "m", "input": "a", "previous_response_id": "x" }),
                400,
            ),
            (
                json!({ "model": "m", "input": "a", "max_output_tokens": 0 }),
                400,
            ),
            (json!({ "model": "m", "input": "a", "sed": 1 }), 400),
            (
                json!({ "model": "m", "input": [{ "role": "user", "content": "a" }] }),
                200,
            ),
        ] {
            assert_eq!(ask(&body).status, status, "{body}");
        }
    }
}
