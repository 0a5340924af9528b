//! Model deployments of an account: what can be deployed, and how much of it.

use serde_json::json;

use super::catalog;
use super::provider::Draft;
use super::state::{Entry, State};
use super::wire::Refusal;

pub(super) fn shape(state: &mut State, draft: &mut Draft) -> Result<(), Refusal> {
    let model = draft.property("model").clone();
    let text = |name: &str| model[name].as_str().unwrap_or_default().to_owned();
    let (name, version) = (text("name"), text("version"));
    let known = catalog::MODELS.iter().find(|known| {
        known.name == name
            && (version.is_empty() || known.version == version)
            && text("format") == "OpenAI"
    });
    let Some(known) = known else {
        let message = format!(
            "The model 'Format: {}, Name: {name}, Version: {version}' of account deployment is not supported.",
            text("format")
        );
        return Err(Refusal::new(400, "DeploymentModelNotSupported", message));
    };
    let sku = draft.body["sku"]["name"]
        .as_str()
        .unwrap_or("Standard")
        .to_owned();
    let Some((sku, limit)) = catalog::SKUS.iter().find(|(known, _)| *known == sku) else {
        let message = format!(
            "The specified SKU '{sku}' of account deployment is not supported by the model '{name}' version '{}'.",
            known.version
        );
        return Err(Refusal::new(400, "InvalidResourceProperties", message));
    };
    let capacity = match &draft.body["sku"]["capacity"] {
        serde_json::Value::Null => 1,
        capacity => whole(capacity)
            // The Azure CLI sends a text.
            .filter(|capacity| *capacity > 0)
            .ok_or_else(|| {
                let message = "The capacity should be greater than zero.";
                Refusal::new(400, "InvalidCapacity", message)
            })?,
    };
    let region = account_region(state, draft);
    let usage = catalog::usage_name(sku, &name);
    let used = catalog::used(state, &region, &usage, Some(&draft.id));
    if used + capacity > *limit {
        let words = catalog::quota_words(&name, sku);
        let message = format!(
            "This operation require {capacity} new capacity in quota {words}, which is bigger than the current available capacity {}. The current quota usage is {used} and the quota limit is {limit} for quota {words}.",
            limit.saturating_sub(used)
        );
        return Err(Refusal::new(400, "InsufficientQuota", message));
    }
    draft.value["sku"] = json!({"name": sku, "capacity": capacity});
    draft.set(
        "model",
        json!({"format": "OpenAI", "name": name, "version": known.version}),
    );
    draft.default("versionUpgradeOption", "OnceNewDefaultVersionAvailable");
    draft.default("raiPolicyName", "Microsoft.DefaultV2");
    draft.set("currentCapacity", capacity);
    draft.set("capabilities", json!({known.capability: "true"}));
    draft.set("rateLimits", catalog::rate_limits(known, capacity));
    draft.set("provisioningState", "Succeeded");
    let etag = json!(super::state::etag(state.counter + 1));
    draft.value["etag"] = etag;
    draft.hidden.insert("region".into(), region.into());
    draft.hidden.insert("usage".into(), usage.into());
    unchanged(draft);
    if draft
        .old
        .as_ref()
        .is_none_or(|old| old.value != draft.value)
    {
        draft.lasts = state.settings.pace.model;
    }
    Ok(())
}

/// A number, or a text that is one.
fn whole(value: &serde_json::Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// The same again is no change, and keeps its `etag`.
fn unchanged(draft: &mut Draft) {
    let Some(old) = &draft.old else { return };
    let mut value = draft.value.clone();
    value["etag"] = old.value["etag"].clone();
    if value == old.value {
        draft.value = value;
    }
}

fn account_region(state: &State, draft: &Draft) -> String {
    let account: Option<&Entry> = draft
        .target
        .parent()
        .and_then(|parent| state.find(&parent.id()));
    let location = account.and_then(|account| account.value["location"].as_str());
    location
        .and_then(catalog::region)
        .unwrap_or("westeurope")
        .to_owned()
}
