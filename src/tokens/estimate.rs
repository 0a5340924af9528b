//! What a gateway estimates a prompt to cost before any model has seen it.

use serde_json::Value;

use super::count;
use super::json::Json;
use crate::base::Tokens;

/// Wrapping of one message, and of the beginning of the answer.
const MESSAGE: Tokens = Tokens(3);
const REPLY: Tokens = Tokens(3);
/// What the policy counts at most for one image; the model may bill more.
const IMAGE: Tokens = Tokens(1_200);
/// Wrapping of function declarations, as published for the gpt-4o family.
const FUNCTION: Tokens = Tokens(7);
const PROPERTIES: Tokens = Tokens(3);
const PROPERTY: Tokens = Tokens(3);
const ENUM_ITEM: Tokens = Tokens(3);
/// An enumeration costs this much *less* than its items.
const ENUM_SAVING: Tokens = Tokens(3);
const FUNCTIONS_END: Tokens = Tokens(12);

/// Estimates the prompt tokens of a request body: chat completions (`messages`), responses
/// (`input`, `instructions`), embeddings (`input`) and completions (`prompt`). Zero for any other
/// shape.
///
/// Not counted, because nobody publishes how: audio and files, and the schema of `response_format`.
pub(crate) fn prompt_estimate(body: &Value) -> Tokens {
    estimate(&Json::from(body))
}

/// What the bytes of a request body ask for: tokens of the prompt as [`prompt_estimate`] tells them,
/// and whether the answer shall be streamed. What is not JSON asks for nothing. A `known` estimate is
/// taken as it is, and nothing is counted.
pub(crate) fn asked(body: Option<&[u8]>, known: Option<Tokens>) -> (Tokens, bool) {
    let body = body.and_then(Json::read);
    let prompt = known.or_else(|| body.as_ref().map(estimate));
    let stream = body.as_ref().and_then(|body| body.get("stream"));
    (
        prompt.unwrap_or(Tokens::ZERO),
        stream.and_then(Json::bool).unwrap_or(false),
    )
}

fn estimate(body: &Json<'_>) -> Tokens {
    if let Some(Json::List(messages)) = body.get("messages") {
        return messages.iter().map(message).sum::<Tokens>() + functions(body) + REPLY;
    }
    match body.get("input") {
        Some(input) if is_conversation(body, input) => responses(body, input),
        Some(input) => plain(input),
        None if body.get("instructions").is_some() => responses(body, &Json::Null),
        None => body.get("prompt").map_or(Tokens::ZERO, plain),
    }
}

/// Tells a responses body from an embeddings body, which share the name `input`. A list is told by
/// its items. A bare text is taken as a conversation when `model` is named, which the responses
/// route needs and the embeddings route of a model deployment does without, unless something only
/// embeddings have is there too.
fn is_conversation(body: &Json<'_>, input: &Json<'_>) -> bool {
    if body.get("instructions").is_some() {
        return true;
    }
    match input {
        Json::List(items) => items.iter().any(|item| matches!(item, Json::Object(_))),
        Json::Text(_) => {
            let model = body.get("model").and_then(Json::text);
            model.is_some_and(|model| !model.contains("embed"))
                && body.get("dimensions").is_none()
                && body.get("encoding_format").is_none()
        }
        _ => false,
    }
}

fn responses(body: &Json<'_>, input: &Json<'_>) -> Tokens {
    let instructions = body.get("instructions").and_then(Json::text);
    let instructions = instructions.map_or(Tokens::ZERO, |words| {
        MESSAGE + count("system") + count(words)
    });
    let conversation = match input {
        Json::Text(words) => MESSAGE + count("user") + count(words),
        Json::List(items) => items.iter().map(message).sum(),
        _ => Tokens::ZERO,
    };
    instructions + conversation + functions(body) + REPLY
}

/// Input without roles: a text, a list of texts, token numbers, or lists of token numbers.
fn plain(input: &Json<'_>) -> Tokens {
    match input {
        Json::Text(words) => count(words),
        Json::Number => Tokens(1),
        Json::List(items) => items.iter().map(plain).sum(),
        _ => Tokens::ZERO,
    }
}

/// One message, or one item of a responses conversation.
fn message(message: &Json<'_>) -> Tokens {
    let text = |name: &str| message.get(name).and_then(Json::text);
    if let Some(words) = message.text() {
        return MESSAGE + count("user") + count(words);
    }
    let mut sum = MESSAGE + text("role").map_or(Tokens::ZERO, count);
    if let Some(name) = text("name") {
        sum += count(name) + Tokens(1);
    }
    for field in ["refusal", "arguments", "output"] {
        sum += text(field).map_or(Tokens::ZERO, count);
    }
    if let Some(Json::List(calls)) = message.get("tool_calls") {
        sum += calls
            .iter()
            .filter_map(|call| call.get("function"))
            .map(call)
            .sum();
    }
    sum + message.get("function_call").map_or(Tokens::ZERO, call)
        + message.get("content").map_or(Tokens::ZERO, content)
}

fn content(content: &Json<'_>) -> Tokens {
    match content {
        Json::Text(words) => count(words),
        Json::List(parts) => parts.iter().map(part).sum(),
        _ => Tokens::ZERO,
    }
}

fn part(part: &Json<'_>) -> Tokens {
    let text = |name: &str| part.get(name).and_then(Json::text);
    match text("type") {
        Some("image_url" | "input_image") => IMAGE,
        _ => text("text")
            .or_else(|| text("refusal"))
            .map_or(Tokens::ZERO, count),
    }
}

/// A call that the model made earlier in the conversation.
fn call(call: &Json<'_>) -> Tokens {
    let text = |name: &str| {
        call.get(name)
            .and_then(Json::text)
            .map_or(Tokens::ZERO, count)
    };
    text("name") + text("arguments")
}

/// The functions that the model may call: `tools` in both of their shapes, or the older `functions`.
fn functions(body: &Json<'_>) -> Tokens {
    let listed = |name: &str| body.get(name).and_then(Json::list).into_iter().flatten();
    // Chat completions wrap a function in `{type, function}`, responses and `functions` do not.
    let wrapped = listed("tools").map(|tool| tool.get("function").unwrap_or(tool));
    let mut sum = Tokens::ZERO;
    for function in wrapped
        .chain(listed("functions"))
        .filter(|function| function.get("name").is_some())
    {
        sum += declaration(function);
    }
    if sum == Tokens::ZERO {
        sum
    } else {
        sum + FUNCTIONS_END
    }
}

fn declaration(function: &Json<'_>) -> Tokens {
    let mut sum = FUNCTION
        + count(&format!(
            "{}:{}",
            text_of(function, "name"),
            description(function)
        ));
    let properties = function
        .get("parameters")
        .and_then(|parameters| parameters.get("properties"));
    let Some(Json::Object(properties)) = properties else {
        return sum;
    };
    if properties.is_empty() {
        return sum;
    }
    sum += PROPERTIES;
    for (key, property) in properties {
        sum += PROPERTY
            + count(&format!(
                "{key}:{}:{}",
                text_of(property, "type"),
                description(property)
            ));
        if let Some(Json::List(choices)) = property.get("enum") {
            let items = choices
                .iter()
                .map(|choice| ENUM_ITEM + choice.text().map_or(Tokens::ZERO, count));
            sum += items.sum::<Tokens>().saturating_sub(ENUM_SAVING);
        }
    }
    sum
}

fn text_of<'a>(value: &'a Json<'_>, name: &str) -> &'a str {
    value.get(name).and_then(Json::text).unwrap_or_default()
}

fn description<'a>(value: &'a Json<'_>) -> &'a str {
    let words = text_of(value, "description");
    words.strip_suffix('.').unwrap_or(words)
}
