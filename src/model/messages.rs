//! The conversation in a request body, checked as the service checks it.

use serde_json::{Map, Value};

use super::refusal::{Refusal, missing, wrong_type};

pub(super) fn check_messages(fields: &Map<String, Value>) -> Result<(), Refusal> {
    let messages = match fields.get("messages") {
        None | Some(Value::Null) => return Err(missing("messages")),
        Some(Value::Array(messages)) => messages,
        Some(other) => return Err(wrong_type("messages", "an array of objects", other)),
    };
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
        return Err(Refusal::invalid(
            Some("empty_array"),
            Some("messages"),
            message,
        ));
    }
    for (index, message) in messages.iter().enumerate() {
        check_message(&format!("messages[{index}]"), message)?;
    }
    Ok(())
}

fn check_message(place: &str, message: &Value) -> Result<(), Refusal> {
    const ROLES: [&str; 6] = [
        "system",
        "assistant",
        "user",
        "function",
        "tool",
        "developer",
    ];
    let Some(fields) = message.as_object() else {
        return Err(wrong_type(place, "an object", message));
    };
    let role_place = format!("{place}.role");
    let role = fields.get("role").ok_or_else(|| missing(&role_place))?;
    let role = role
        .as_str()
        .ok_or_else(|| wrong_type(&role_place, "a string", role))?;
    if !ROLES.contains(&role) {
        let list = ROLES.map(|role| format!("'{role}'")).join(", ");
        let message = format!("Invalid value: '{role}'. Supported values are: {list}.");
        return Err(Refusal::invalid(
            Some("invalid_value"),
            Some(&role_place),
            message,
        ));
    }
    let content_place = format!("{place}.content");
    match fields.get("content") {
        Some(Value::String(_)) => Ok(()),
        // An assistant that called a tool said nothing besides.
        None | Some(Value::Null) if role == "assistant" => Ok(()),
        None => Err(missing(&content_place)),
        Some(Value::Array(parts)) => check_parts(&content_place, parts),
        Some(other) => Err(wrong_type(
            &content_place,
            "a string or an array of objects",
            other,
        )),
    }
}

fn check_parts(place: &str, parts: &[Value]) -> Result<(), Refusal> {
    for (index, part) in parts.iter().enumerate() {
        let place = format!("{place}[{index}].type");
        match part.get("type").and_then(Value::as_str) {
            Some("text" | "image_url" | "refusal") => {}
            Some(_) => return Err(Refusal::not_simulated(&place, "reads text and images")),
            None => return Err(missing(&place)),
        }
    }
    Ok(())
}
