//! What can be asked of a resource with `POST`: keys, values of secrets, new keys.

use serde_json::{Value, json};

use super::provider;
use super::state::State;
use super::wire::Refusal;

/// An action that changes nothing, such as `listKeys`.
///
/// # Errors
///
/// When the resource is not there, or has no such action.
pub(super) fn read(
    state: &State,
    id: &str,
    action: &str,
    _: Option<&Value>,
) -> Result<Value, Refusal> {
    let Some(entry) = state.find(id) else {
        return Err(provider::missing(state, id));
    };
    let secrets = |names: &[&str]| {
        let pairs = names
            .iter()
            .map(|name| ((*name).to_owned(), json!(entry.secret(name))));
        Value::Object(pairs.collect())
    };
    let kind = entry.kind.to_lowercase();
    let asked = action.to_lowercase();
    match (kind.as_str(), asked.as_str()) {
        ("microsoft.apimanagement/service/subscriptions", "listsecrets") => {
            Ok(secrets(&["primaryKey", "secondaryKey"]))
        }
        ("microsoft.apimanagement/service/namedvalues", "listvalue") => {
            let hidden = entry.secret("value");
            let value = if hidden.is_empty() {
                entry.text("value")
            } else {
                hidden
            };
            Ok(json!({"value": value}))
        }
        ("microsoft.cognitiveservices/accounts", "listkeys") => {
            if entry.value["properties"]["disableLocalAuth"].as_bool() == Some(true) {
                let message = "Failed to list key. disableLocalAuth is set to be true";
                return Err(Refusal::new(400, "BadRequest", message));
            }
            Ok(secrets(&["key1", "key2"]))
        }
        ("microsoft.operationalinsights/workspaces", "listkeys" | "sharedkeys") => {
            Ok(secrets(&["primarySharedKey", "secondarySharedKey"]))
        }
        _ => Err(unknown(&entry.kind, action)),
    }
}

/// An action that changes something; `None` stands for an answer without a body.
///
/// # Errors
///
/// As of [`read`].
pub(super) fn change(
    state: &mut State,
    id: &str,
    action: &str,
    body: &Value,
) -> Result<Option<Value>, Refusal> {
    let Some(entry) = state.find(id).cloned() else {
        return Err(provider::missing(state, id));
    };
    let kind = entry.kind.to_lowercase();
    let name = match (kind.as_str(), action.to_lowercase().as_str()) {
        ("microsoft.apimanagement/service/subscriptions", "regenerateprimarykey") => "primaryKey",
        ("microsoft.apimanagement/service/subscriptions", "regeneratesecondarykey") => {
            "secondaryKey"
        }
        ("microsoft.cognitiveservices/accounts", "regeneratekey") => {
            match body["keyName"]
                .as_str()
                .unwrap_or_default()
                .to_lowercase()
                .as_str()
            {
                "key1" => "key1",
                "key2" => "key2",
                other => {
                    let message = format!("The key name '{other}' is neither 'Key1' nor 'Key2'.");
                    return Err(Refusal::new(400, "InvalidKeyName", message));
                }
            }
        }
        _ => return read(state, id, action, Some(body)).map(Some),
    };
    let number = state.next();
    let key = state.hex(&format!("{} {name} {number}", entry.id), 2);
    let mut hidden = entry.hidden;
    hidden.insert(name.into(), key.into());
    state.put(&entry.id, &entry.kind, entry.value, hidden);
    if kind == "microsoft.cognitiveservices/accounts" {
        return read(state, id, "listKeys", None).map(Some);
    }
    Ok(None)
}

fn unknown(kind: &str, action: &str) -> Refusal {
    let message = format!("The local Azure knows no action '{action}' of '{kind}'.");
    Refusal::new(404, "NotFound", message)
}
