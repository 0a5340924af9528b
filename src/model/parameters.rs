//! The request body, checked as the service checks it.

use serde_json::Value;

use super::messages::check_messages;
use super::refusal::{Refusal, wrong_type};
use crate::base::Tokens;
use crate::tokens;

/// What gpt-4o-mini writes and takes at most.
pub(super) const MAX_COMPLETION: u64 = 16_384;
const MAX_CONTEXT: u64 = 128_000;

/// Parameters that may be there and change nothing in a simulated answer: they shape what is
/// sampled, who is billed, or what is kept.
const WITHOUT_EFFECT: [&str; 13] = [
    "model",
    "messages",
    "tools",
    "functions",
    "parallel_tool_calls",
    "seed",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "logit_bias",
    "metadata",
    "store",
    "service_tier",
];

/// Numbers that must lie between two bounds.
const RANGES: [(&str, f64, f64); 4] = [
    ("temperature", 0.0, 2.0),
    ("top_p", 0.0, 1.0),
    ("presence_penalty", -2.0, 2.0),
    ("frequency_penalty", -2.0, 2.0),
];

/// A chat completion that can be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    pub(super) prompt: Tokens,
    pub(super) model: Option<String>,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    pub(super) max_tokens: Option<u64>,
    pub(super) stop: Vec<String>,
}

impl Parameters {
    pub(super) fn read(body: &[u8]) -> Result<Parameters, Refusal> {
        let unreadable = || {
            let message =
                "We could not parse the JSON body of your request. The API expects a JSON payload.";
            Refusal::invalid(None, None, message)
        };
        let body: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let fields = body.as_object().ok_or_else(unreadable)?;
        check_messages(fields)?;
        let mut parameters = Parameters {
            prompt: Tokens::ZERO,
            model: None,
            stream: false,
            include_usage: false,
            max_tokens: None,
            stop: Vec::new(),
        };
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            parameters.take(name, value)?;
        }
        let given = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
        if given("max_tokens") && given("max_completion_tokens") {
            let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
            return Err(Refusal::invalid(
                Some("invalid_parameter_combination"),
                Some("max_tokens"),
                message,
            ));
        }
        if !parameters.stream && given("stream_options") {
            let message =
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
            return Err(Refusal::invalid(None, Some("stream_options"), message));
        }
        parameters.prompt = tokens::prompt_estimate(&body);
        if parameters.prompt > Tokens(MAX_CONTEXT) {
            let message = format!(
                "This model's maximum context length is {MAX_CONTEXT} tokens. However, your messages resulted in {} tokens. Please reduce the length of the messages.",
                parameters.prompt
            );
            return Err(Refusal::invalid(
                Some("context_length_exceeded"),
                Some("messages"),
                message,
            ));
        }
        Ok(parameters)
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<(), Refusal> {
        match name {
            "model" => self.model = value.as_str().map(str::to_owned),
            "stream" => self.stream = boolean(name, value)?,
            "stream_options" => self.include_usage = include_usage(value)?,
            "max_tokens" | "max_completion_tokens" => {
                self.max_tokens = Some(completion_limit(name, value)?);
            }
            "stop" => self.stop = stop_sequences(value)?,
            "tools" | "functions" if !value.is_array() => {
                return Err(wrong_type(name, "an array of objects", value));
            }
            "n" if value.as_u64() != Some(1) => {
                return Err(Refusal::not_simulated(name, "gives one choice"));
            }
            "logprobs" if boolean(name, value)? => {
                return Err(Refusal::not_simulated(name, "knows no probabilities"));
            }
            "tool_choice" | "function_call" if !matches!(value.as_str(), Some("auto" | "none")) => {
                return Err(Refusal::not_simulated(
                    name,
                    "answers in words and calls no tools, so only `auto` and `none` hold",
                ));
            }
            "response_format" if value.get("type").and_then(Value::as_str) != Some("text") => {
                return Err(Refusal::not_simulated(name, "answers in plain text"));
            }
            "modalities" if *value != serde_json::json!(["text"]) => {
                return Err(Refusal::not_simulated(name, "answers in plain text"));
            }
            "top_logprobs" | "audio" | "prediction" | "data_sources" | "web_search_options" => {
                return Err(Refusal::not_simulated(name, "does not offer it"));
            }
            "n" | "logprobs" | "tool_choice" | "function_call" | "response_format"
            | "modalities" => {}
            _ => return check_number(name, value),
        }
        Ok(())
    }
}

fn boolean(name: &str, value: &Value) -> Result<bool, Refusal> {
    value
        .as_bool()
        .ok_or_else(|| wrong_type(name, "a boolean", value))
}

fn include_usage(options: &Value) -> Result<bool, Refusal> {
    let Some(options) = options.as_object() else {
        return Err(wrong_type("stream_options", "an object", options));
    };
    match options.get("include_usage") {
        None | Some(Value::Null) => Ok(false),
        Some(value) => boolean("stream_options.include_usage", value),
    }
}

fn completion_limit(name: &str, value: &Value) -> Result<u64, Refusal> {
    let limit = value
        .as_i64()
        .ok_or_else(|| wrong_type(name, "an integer", value))?;
    match u64::try_from(limit) {
        Ok(limit @ 1..=MAX_COMPLETION) => Ok(limit),
        Ok(1..) => {
            let message = format!(
                "{name} is too large: {limit}. This model supports at most {MAX_COMPLETION} completion tokens, whereas you provided {limit}."
            );
            Err(Refusal::invalid(Some("invalid_value"), Some(name), message))
        }
        _ => {
            let message = format!(
                "Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {limit} instead."
            );
            Err(Refusal::invalid(
                Some("integer_below_min_value"),
                Some(name),
                message,
            ))
        }
    }
}

fn stop_sequences(value: &Value) -> Result<Vec<String>, Refusal> {
    let wrong = || wrong_type("stop", "a string or an array of strings", value);
    let sequences = match value {
        Value::String(sequence) => vec![sequence.clone()],
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<_, _>>()?,
        _ => return Err(wrong()),
    };
    if sequences.len() > 4 {
        let message = format!(
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length {} instead.",
            sequences.len()
        );
        return Err(Refusal::invalid(
            Some("array_above_max_length"),
            Some("stop"),
            message,
        ));
    }
    Ok(sequences
        .into_iter()
        .filter(|sequence| !sequence.is_empty())
        .collect())
}

/// A sampling parameter, one without effect here, or one that the service does not know.
fn check_number(name: &str, value: &Value) -> Result<(), Refusal> {
    let Some((_, least, most)) = RANGES.iter().find(|(known, ..)| *known == name) else {
        if WITHOUT_EFFECT.contains(&name) {
            return Ok(());
        }
        let message = format!("Unrecognized request argument supplied: {name}");
        return Err(Refusal::invalid(None, Some(name), message));
    };
    let number = value
        .as_f64()
        .ok_or_else(|| wrong_type(name, "a decimal", value))?;
    let (code, problem) = if number < *least {
        (
            "decimal_below_min_value",
            format!("decimal below minimum value. Expected a value >= {least}"),
        )
    } else if number > *most {
        (
            "decimal_above_max_value",
            format!("decimal above maximum value. Expected a value <= {most}"),
        )
    } else {
        return Ok(());
    };
    Err(Refusal::invalid(
        Some(code),
        Some(name),
        format!("Invalid '{name}': {problem}, but got {number} instead."),
    ))
}
