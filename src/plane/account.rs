//! Accounts of Azure AI services, Azure OpenAI among them.

use serde_json::{Value, json};

use super::id::place;
use super::provider::Draft;
use super::service::identity;
use super::state::State;
use super::wire::Refusal;

pub(super) const KIND: &str = "Microsoft.CognitiveServices/accounts";

const KINDS: [&str; 3] = ["OpenAI", "AIServices", "CognitiveServices"];

pub(super) fn shape(state: &mut State, draft: &mut Draft) -> Result<(), Refusal> {
    let restore = draft.property("restore").as_bool() == Some(true);
    if draft.old.is_none() {
        match (
            state.deleted.contains_key(&draft.id.to_lowercase()),
            restore,
        ) {
            (true, true) => return bring_back(state, draft),
            (true, false) => {
                let message = format!(
                    "An existing resource with ID '{}' has been soft-deleted. To restore the resource, you must specify 'restore' to be 'true' in the property. If you don't want to restore existing resource, please purge it first.",
                    draft.id
                );
                return Err(Refusal::new(409, "FlagMustBeSetForRestore", message));
            }
            (false, true) => {
                let message =
                    "The account to restore was not found among the soft-deleted accounts.";
                return Err(Refusal::new(
                    404,
                    "CanNotRestoreANonExistingResource",
                    message,
                ));
            }
            (false, false) => {}
        }
    }
    let kind = draft.body["kind"].as_str().unwrap_or_default().to_owned();
    let old_kind = draft
        .old
        .as_ref()
        .and_then(|old| old.value["kind"].as_str());
    if !KINDS.contains(&kind.as_str()) && old_kind.is_none() {
        let message =
            format!("The account type '{kind}' is either invalid or unavailable in given region.");
        return Err(Refusal::new(400, "InvalidApiSetId", message));
    }
    if draft.body["sku"]["name"].as_str() != Some("S0") {
        let sku = draft.body["sku"]["name"].as_str().unwrap_or_default();
        let message = format!("The specified SKU '{sku}' is not supported for kind '{kind}'.");
        return Err(Refusal::new(400, "InvalidSkuId", message));
    }
    subdomain(state, draft)?;
    identity(state, draft);
    facts(state, draft);
    if draft.old.is_none() {
        draft.lasts = state.settings.pace.account;
    }
    Ok(())
}

/// # Errors
///
/// When the subdomain belongs to another account, deleted ones included.
fn subdomain(state: &State, draft: &Draft) -> Result<(), Refusal> {
    let Some(name) = draft.property("customSubDomainName").as_str() else {
        return Ok(());
    };
    if taken(state, name, &draft.id) {
        let message = format!(
            "Please pick a different name. The subdomain name '{name}' is not available as it's already used by a resource."
        );
        return Err(Refusal::new(409, "CustomDomainInUse", message));
    }
    Ok(())
}

/// Whether somebody but `id` has the subdomain.
pub(super) fn taken(state: &State, name: &str, id: &str) -> bool {
    let gone = state.deleted.values().map(|gone| &gone.entry);
    state
        .of_kind(KIND)
        .chain(gone)
        .filter(|other| !other.id.eq_ignore_ascii_case(id))
        .any(|other| other.text("customSubDomainName").eq_ignore_ascii_case(name))
}

fn bring_back(state: &mut State, draft: &mut Draft) -> Result<(), Refusal> {
    let Some(gone) = state.deleted.remove(&draft.id.to_lowercase()) else {
        return Err(Refusal::new(
            404,
            "ResourceNotFound",
            "There is nothing to restore.",
        ));
    };
    draft.value = gone.entry.value;
    draft.hidden = gone.entry.hidden;
    draft.set("provisioningState", "Succeeded");
    draft.lasts = state.settings.pace.account;
    for child in gone.children {
        state.put(&child.id, &child.kind, child.value, child.hidden);
    }
    Ok(())
}

fn facts(state: &State, draft: &mut Draft) {
    let id = draft.id.clone();
    let location = draft.body["location"]
        .as_str()
        .unwrap_or("westeurope")
        .to_owned();
    let region = super::catalog::region(&location).unwrap_or("westeurope");
    let endpoint = match draft.property("customSubDomainName").as_str() {
        Some(name) => format!("https://{}.openai.azure.com/", name.to_lowercase()),
        None => format!("https://{region}.api.cognitive.microsoft.com/"),
    };
    let created = draft
        .old
        .as_ref()
        .map(|old| old.value["properties"]["dateCreated"].clone());
    let created = created.unwrap_or_else(|| json!(draft.now.to_string()));
    draft.set("endpoint", endpoint.clone());
    draft.set(
        "endpoints",
        json!({"OpenAI Language Model Instance API": endpoint}),
    );
    draft.set("provisioningState", "Succeeded");
    draft.set("internalId", state.hex(&format!("internal {id}"), 2));
    draft.set("dateCreated", created);
    draft.set("isMigrated", false);
    draft.set("privateEndpointConnections", json!([]));
    draft.set("callRateLimit", json!({"rules": []}));
    draft.set(
        "capabilities",
        json!([{"name": "VirtualNetworks"}, {"name": "CustomerManagedKey"}]),
    );
    draft.default("publicNetworkAccess", "Enabled");
    if let Some(shown) = draft.value["properties"].as_object_mut() {
        shown.remove("restore");
    }
    if let Some(old) = &draft.old {
        for name in ["kind", "location"] {
            if draft.value[name].is_null() {
                draft.value[name] = old.value[name].clone();
            }
        }
        draft.hidden = old.hidden.clone();
    } else {
        for name in ["key1", "key2"] {
            let key = state.hex(&format!("{id} {name}"), 2);
            draft.hidden.insert(name.into(), key.into());
        }
    }
}

/// # Errors
///
/// When something in the account keeps it.
pub(super) fn deletable(state: &State, id: &str) -> Result<(), Refusal> {
    if state.children(id, "projects").is_empty() {
        return Ok(());
    }
    let message = "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: projects. Please delete all nested resources before deleting this resource.";
    Err(Refusal::new(409, "CannotDeleteResource", message))
}

/// A deleted account as the lists answer it.
pub(super) fn gone_value(gone: &super::state::Deleted) -> Value {
    let entry = &gone.entry;
    let (subscription, group) = place(&entry.id);
    let location = entry.value["location"].as_str().unwrap_or_default();
    let mut value = entry.value.clone();
    value["id"] = json!(format!(
        "/subscriptions/{}/providers/Microsoft.CognitiveServices/locations/{location}/resourceGroups/{}/deletedAccounts/{}",
        subscription.unwrap_or_default(),
        group.unwrap_or_default(),
        entry.name()
    ));
    value["type"] = json!("Microsoft.CognitiveServices/locations/resourceGroups/deletedAccounts");
    value["properties"]["deletionDate"] = json!(gone.at.to_string());
    let purge = gone.at.saturating_add(jiff::SignedDuration::from_hours(48));
    value["properties"]["scheduledPurgeDate"] =
        json!(purge.map_or_else(|_| String::new(), |at| at.to_string()));
    value
}
