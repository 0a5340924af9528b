//! Resource groups.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::catalog;
use super::state::State;
use super::wire::Refusal;

pub(super) const KIND: &str = "Microsoft.Resources/resourceGroups";

pub(super) fn id(subscription: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

/// Makes a group or changes its tags; true when it is new.
///
/// # Errors
///
/// When name or location cannot be.
pub(super) fn write(
    state: &mut State,
    subscription: &str,
    name: &str,
    body: &Value,
) -> Result<bool, Refusal> {
    state.subscribed(subscription)?;
    let fits = name.len() <= 90
        && !name.ends_with('.')
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || "-_.()".contains(letter));
    if !fits {
        let message = format!(
            "The provided resource group name '{name}' has these invalid characters or is too long. The name can only be a letter, digit, '-', '.', '(', ')' or '_'."
        );
        return Err(Refusal::new(400, "InvalidResourceGroup", message));
    }
    let old = state.find(&id(subscription, name)).cloned();
    if old
        .as_ref()
        .is_some_and(|old| old.provisioning() == "Deleting")
    {
        let message = format!(
            "The resource group '{name}' is in deprovisioning state and cannot perform this operation."
        );
        return Err(Refusal::new(409, "ResourceGroupBeingDeleted", message));
    }
    let lies = old.as_ref().and_then(|old| old.value["location"].as_str());
    let wanted = body["location"].as_str().or(lies).ok_or_else(|| {
        let message = "The location property is required for this definition.";
        Refusal::new(400, "LocationRequired", message)
    })?;
    let location = catalog::region(wanted).ok_or_else(|| {
        let message =
            format!("The provided location '{wanted}' is not available for resource group.");
        Refusal::new(400, "LocationNotAvailableForResourceGroup", message)
    })?;
    if lies.is_some_and(|lies| lies != location) {
        let message = format!(
            "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
            lies.unwrap_or_default()
        );
        return Err(Refusal::new(409, "InvalidResourceGroupLocation", message));
    }
    let id = old.as_ref().map_or_else(
        || id(&state.settings.subscription, name),
        |old| old.id.clone(),
    );
    let mut value = json!({
        "id": id,
        "name": old.as_ref().map_or(name, |old| old.name()),
        "type": KIND,
        "location": location,
        "properties": {"provisioningState": "Succeeded"},
    });
    for member in ["tags", "managedBy"] {
        if !body[member].is_null() {
            value[member] = body[member].clone();
        }
    }
    state.put(&id, KIND, value, Map::new());
    Ok(old.is_none())
}

/// Removes a group with everything in it.
pub(super) fn remove(state: &mut State, now: Timestamp, id: &str) {
    let below = format!("{}/", id.to_lowercase());
    let mut tops: Vec<String> = state.below(&below).map(|(key, _)| key.clone()).collect();
    // Those above take theirs with them.
    tops.sort_by_key(String::len);
    for key in tops {
        state.remove(now, &key);
    }
    state.take(id);
}
