//! API Management services.

use serde_json::{Map, Value, json};

use super::provider::Draft;
use super::state::State;
use super::wire::Refusal;
use crate::base::Tier;

pub(super) const KIND: &str = "Microsoft.ApiManagement/service";

/// The policy of all APIs that a new service has.
pub(super) const DEFAULT_POLICY: &str = "<policies>\r\n\t<inbound />\r\n\t<backend>\r\n\t\t<forward-request />\r\n\t</backend>\r\n\t<outbound />\r\n\t<on-error />\r\n</policies>";

const SKUS: [&str; 8] = [
    "Developer",
    "Basic",
    "Standard",
    "Premium",
    "Consumption",
    "BasicV2",
    "StandardV2",
    "PremiumV2",
];

pub(super) fn shape(state: &mut State, draft: &mut Draft) -> Result<(), Refusal> {
    let name = draft.target.name().to_owned();
    let restore = draft.property("restore").as_bool() == Some(true);
    if draft.old.is_none() {
        available(state, draft, &name, restore)?;
    }
    if restore && draft.old.is_none() {
        return bring_back(state, draft);
    }
    let sku = draft.body["sku"]["name"].as_str().unwrap_or_default();
    let Some(sku) = SKUS.iter().find(|known| known.eq_ignore_ascii_case(sku)) else {
        let message = format!("The sku name '{sku}' is not one of {}.", SKUS.join(", "));
        return Err(invalid("sku.name", &message));
    };
    for needed in ["publisherEmail", "publisherName"] {
        if draft.property(needed).as_str().is_none_or(str::is_empty) {
            let message = format!("Parameter '{needed}' is required.");
            return Err(invalid(needed, &message));
        }
    }
    draft.value["sku"] =
        json!({"name": sku, "capacity": draft.body["sku"]["capacity"].as_u64().unwrap_or(1)});
    identity(state, draft);
    facts(state, draft, &name);
    if let Some(shown) = draft.value["properties"].as_object_mut() {
        shown.remove("restore");
    }
    let moved = draft
        .old
        .as_ref()
        .is_none_or(|old| old.value["sku"] != draft.value["sku"]);
    if moved {
        draft.lasts = state.settings.pace.service;
    }
    Ok(())
}

/// # Errors
///
/// When somebody has the name, or had it and may come back.
fn available(state: &State, draft: &Draft, name: &str, restore: bool) -> Result<(), Refusal> {
    if let Some(other) = state
        .services()
        .find(|other| other.name().eq_ignore_ascii_case(name))
    {
        let message = format!("Api service already exists: {}", other.name());
        return Err(Refusal::new(409, "ServiceAlreadyExists", message));
    }
    let gone = state.deleted.values().find(|gone| {
        gone.entry.kind.eq_ignore_ascii_case(KIND) && gone.entry.name().eq_ignore_ascii_case(name)
    });
    match (gone, restore) {
        (None, false) => Ok(()),
        (Some(gone), true) if gone.entry.id.eq_ignore_ascii_case(&draft.id) => Ok(()),
        (Some(_), _) => {
            let message = format!(
                "Api service {name} was soft-deleted. In order to create the new service with the same name, you have to either undelete the service or purge it. See https://aka.ms/apimsoftdelete."
            );
            Err(Refusal::new(
                409,
                "ServiceAlreadyExistsInSoftDeletedState",
                message,
            ))
        }
        (None, true) => {
            let message = format!(
                "Api service {name} was not found among the soft-deleted services and cannot be restored."
            );
            Err(Refusal::new(400, "ServiceUndeleteNotPossible", message))
        }
    }
}

/// Everything that the service had when it was deleted.
fn bring_back(state: &mut State, draft: &mut Draft) -> Result<(), Refusal> {
    let Some(gone) = state.deleted.remove(&draft.id.to_lowercase()) else {
        return Err(invalid("restore", "There is nothing to restore."));
    };
    draft.value = gone.entry.value;
    draft.hidden = gone.entry.hidden;
    draft.lasts = state.settings.pace.service;
    draft.set("provisioningState", "Succeeded");
    for child in gone.children {
        state.put(&child.id, &child.kind, child.value, child.hidden);
    }
    Ok(())
}

/// The identity with its ids, which stay what they were.
pub(super) fn identity(state: &State, draft: &mut Draft) {
    let kind = draft.body["identity"]["type"]
        .as_str()
        .unwrap_or("None")
        .to_owned();
    if !kind.contains("SystemAssigned") {
        return;
    }
    draft.value["identity"]["type"] = kind.into();
    draft.value["identity"]["principalId"] = state.guid(&format!("principal {}", draft.id)).into();
    draft.value["identity"]["tenantId"] = state.settings.tenant.clone().into();
}

/// What the service tells about itself.
fn facts(state: &State, draft: &mut Draft, name: &str) {
    let host = name.to_lowercase();
    let old = draft.old.clone();
    let kept = |property: &str| {
        old.as_ref()
            .map(|old| old.value["properties"][property].clone())
    };
    let created = kept("createdAtUtc").unwrap_or_else(|| json!(draft.now.to_string()));
    draft.set("provisioningState", "Succeeded");
    draft.set("targetProvisioningState", "");
    draft.set("createdAtUtc", created);
    draft.default(
        "notificationSenderEmail",
        "apimgmt-noreply@mail.windowsazure.com",
    );
    draft.default("virtualNetworkType", "None");
    draft.default("publicNetworkAccess", "Enabled");
    draft.default("disableGateway", false);
    draft.default("natGatewayState", "Unsupported");
    draft.default("enableClientCertificate", false);
    draft.default("customProperties", json!({}));
    draft.default("certificates", json!([]));
    let v2 = draft.value["sku"]["name"]
        .as_str()
        .is_some_and(|sku| sku.ends_with("V2"));
    draft.default(
        "platformVersion",
        if v2 { "undetermined" } else { "stv2.1" },
    );
    draft.default(
        "developerPortalStatus",
        if v2 { "Disabled" } else { "Enabled" },
    );
    draft.set(
        "managementApiUrl",
        format!("https://{host}.management.azure-api.net"),
    );
    draft.set(
        "hostnameConfigurations",
        json!([{
            "type": "Proxy",
            "hostName": format!("{host}.azure-api.net"),
            "negotiateClientCertificate": false,
            "defaultSslBinding": true,
            "certificateSource": "BuiltIn",
        }]),
    );
    // Known once the gateway listens.
    if let Some(url) = kept("gatewayUrl").filter(|url| !url.is_null()) {
        draft.set("gatewayUrl", url);
    }
    draft.value["systemData"] = json!({"createdAt": draft.value["properties"]["createdAtUtc"]});
    let etag = json!(super::state::etag(state.counter + 1).trim_matches('"'));
    draft.value["etag"] = old.map_or(etag, |old| old.value["etag"].clone());
}

/// What a new service holds from the beginning.
pub(super) fn furnish(state: &mut State, id: &str) {
    if state.find(&format!("{id}/subscriptions/master")).is_some() {
        return;
    }
    let mut hidden = Map::new();
    hidden.insert("value".into(), DEFAULT_POLICY.into());
    hidden.insert("format".into(), "rawxml".into());
    let policy = child(id, "policies", "policy", &json!({}));
    state.put(
        &format!("{id}/policies/policy"),
        "Microsoft.ApiManagement/service/policies",
        policy,
        hidden,
    );
    let master = child(
        id,
        "subscriptions",
        "master",
        &json!({
            "scope": format!("{id}/"),
            "displayName": "Built-in all-access subscription",
            "state": "active",
            "allowTracing": true,
        }),
    );
    let key = format!("{id}/subscriptions/master");
    let mut hidden = Map::new();
    for name in ["primaryKey", "secondaryKey"] {
        hidden.insert(name.into(), state.hex(&format!("{key} {name}"), 2).into());
    }
    state.put(
        &key,
        "Microsoft.ApiManagement/service/subscriptions",
        master,
        hidden,
    );
    for (name, words) in [
        ("administrators", "Administrators"),
        ("developers", "Developers"),
        ("guests", "Guests"),
    ] {
        let group = child(
            id,
            "groups",
            name,
            &json!({"displayName": words, "builtIn": true, "type": "system"}),
        );
        state.put(
            &format!("{id}/groups/{name}"),
            "Microsoft.ApiManagement/service/groups",
            group,
            Map::new(),
        );
    }
}

fn child(service: &str, kind: &str, name: &str, properties: &Value) -> Value {
    json!({
        "id": format!("{service}/{kind}/{name}"),
        "type": format!("{KIND}/{kind}"),
        "name": name,
        "properties": properties,
    })
}

/// The tier of the local gateway that stands for a service.
pub(super) fn tier(value: &Value) -> Tier {
    let sku = value["sku"]["name"].as_str().unwrap_or_default();
    // Consumption counts as the classic tiers do; its policies were checked when they came.
    Tier::from_name(&sku.to_lowercase()).unwrap_or(Tier::Basic)
}

/// A property that cannot be as it is, in API Management's form.
pub(super) fn invalid(target: &str, message: &str) -> Refusal {
    let detail = crate::arm::ArmError::new("ValidationError", message).target(target);
    let error = crate::arm::ArmError::new(
        "ValidationError",
        "One or more fields contain incorrect values:",
    );
    Refusal::of(400, error.detail(detail))
}
