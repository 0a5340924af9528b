//! What a gateway estimates a prompt to cost before any model has seen it.

use serde_json::{Map, Value};

use super::count;
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
    let Some(body) = body.as_object() else {
        return Tokens::ZERO;
    };
    if let Some(Value::Array(messages)) = body.get("messages") {
        return messages.iter().map(message).sum::<Tokens>() + functions(body) + REPLY;
    }
    match body.get("input") {
        Some(input) if is_conversation(body, input) => responses(body, input),
        Some(input) => plain(input),
        None if body.contains_key("instructions") => responses(body, &Value::Null),
        None => body.get("prompt").map_or(Tokens::ZERO, plain),
    }
}

/// Tells a responses body from an embeddings body, which share the name `input`. A list is told by
/// its items. A bare text is taken as a conversation when `model` is named, which the responses
/// route needs and the embeddings route of a model deployment does without, unless something only
/// embeddings have is there too.
fn is_conversation(body: &Map<String, Value>, input: &Value) -> bool {
    if body.contains_key("instructions") {
        return true;
    }
    match input {
        Value::Array(items) => items.iter().any(Value::is_object),
        Value::String(_) => {
            let model = body.get("model").and_then(Value::as_str);
            model.is_some_and(|model| !model.contains("embed"))
                && !body.contains_key("dimensions")
                && !body.contains_key("encoding_format")
        }
        _ => false,
    }
}

fn responses(body: &Map<String, Value>, input: &Value) -> Tokens {
    let instructions = body.get("instructions").and_then(Value::as_str);
    let instructions = instructions.map_or(Tokens::ZERO, |words| {
        MESSAGE + count("system") + count(words)
    });
    let conversation = match input {
        Value::String(words) => MESSAGE + count("user") + count(words),
        Value::Array(items) => items.iter().map(message).sum(),
        _ => Tokens::ZERO,
    };
    instructions + conversation + functions(body) + REPLY
}

/// Input without roles: a text, a list of texts, token numbers, or lists of token numbers.
fn plain(input: &Value) -> Tokens {
    match input {
        Value::String(words) => count(words),
        Value::Number(_) => Tokens(1),
        Value::Array(items) => items.iter().map(plain).sum(),
        _ => Tokens::ZERO,
    }
}

/// One message, or one item of a responses conversation.
fn message(message: &Value) -> Tokens {
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    if let Some(words) = message.as_str() {
        return MESSAGE + count("user") + count(words);
    }
    let mut sum = MESSAGE + text("role").map_or(Tokens::ZERO, count);
    if let Some(name) = text("name") {
        sum += count(name) + Tokens(1);
    }
    for field in ["refusal", "arguments", "output"] {
        sum += text(field).map_or(Tokens::ZERO, count);
    }
    if let Some(Value::Array(calls)) = message.get("tool_calls") {
        sum += calls
            .iter()
            .filter_map(|call| call.get("function"))
            .map(call)
            .sum();
    }
    sum + message.get("function_call").map_or(Tokens::ZERO, call)
        + message.get("content").map_or(Tokens::ZERO, content)
}

fn content(content: &Value) -> Tokens {
    match content {
        Value::String(words) => count(words),
        Value::Array(parts) => parts.iter().map(part).sum(),
        _ => Tokens::ZERO,
    }
}

fn part(part: &Value) -> Tokens {
    let text = |name: &str| part.get(name).and_then(Value::as_str);
    match text("type") {
        Some("image_url" | "input_image") => IMAGE,
        _ => text("text")
            .or_else(|| text("refusal"))
            .map_or(Tokens::ZERO, count),
    }
}

/// A call that the model made earlier in the conversation.
fn call(call: &Value) -> Tokens {
    let text = |name: &str| {
        call.get(name)
            .and_then(Value::as_str)
            .map_or(Tokens::ZERO, count)
    };
    text("name") + text("arguments")
}

/// The functions that the model may call: `tools` in both of their shapes, or the older `functions`.
fn functions(body: &Map<String, Value>) -> Tokens {
    let listed = |name: &str| {
        body.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
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

fn declaration(function: &Value) -> Tokens {
    let mut sum = FUNCTION
        + count(&format!(
            "{}:{}",
            text_of(function, "name"),
            description(function)
        ));
    let properties = function
        .get("parameters")
        .and_then(|parameters| parameters.get("properties"));
    let properties = properties
        .and_then(Value::as_object)
        .filter(|properties| !properties.is_empty());
    let Some(properties) = properties else {
        return sum;
    };
    sum += PROPERTIES;
    for (key, property) in properties {
        sum += PROPERTY
            + count(&format!(
                "{key}:{}:{}",
                text_of(property, "type"),
                description(property)
            ));
        if let Some(Value::Array(choices)) = property.get("enum") {
            let items = choices
                .iter()
                .map(|choice| ENUM_ITEM + choice.as_str().map_or(Tokens::ZERO, count));
            sum += items.sum::<Tokens>().saturating_sub(ENUM_SAVING);
        }
    }
    sum
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn description(value: &Value) -> &str {
    let words = text_of(value, "description");
    words.strip_suffix('.').unwrap_or(words)
}
