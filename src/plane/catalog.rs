//! What Azure offers here: regions, providers, models and their quotas.

use serde_json::{Value, json};

use super::id::Target;
use super::state::State;
use super::wire::Refusal;

/// Name and display name.
pub(super) const REGIONS: [(&str, &str); 10] = [
    ("westeurope", "West Europe"),
    ("northeurope", "North Europe"),
    ("swedencentral", "Sweden Central"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("uksouth", "UK South"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("westus", "West US"),
    ("westus3", "West US 3"),
];

/// Namespaces, and their types that can be made.
const PROVIDERS: [(&str, &[&str]); 10] = [
    (
        "Microsoft.ApiManagement",
        &["service", "deletedServices", "checkNameAvailability"],
    ),
    (
        "Microsoft.Authorization",
        &["roleAssignments", "roleDefinitions", "permissions"],
    ),
    (
        "Microsoft.CognitiveServices",
        &[
            "accounts",
            "accounts/deployments",
            "deletedAccounts",
            "locations/usages",
            "locations/models",
            "checkDomainAvailability",
        ],
    ),
    (
        "Microsoft.EventHub",
        &["namespaces", "namespaces/eventhubs"],
    ),
    (
        "Microsoft.Insights",
        &[
            "components",
            "diagnosticSettings",
            "metrics",
            "metricDefinitions",
        ],
    ),
    ("Microsoft.KeyVault", &["vaults"]),
    ("Microsoft.ManagedIdentity", &["userAssignedIdentities"]),
    ("Microsoft.OperationalInsights", &["workspaces"]),
    (
        "Microsoft.Resources",
        &["deployments", "resourceGroups", "tags"],
    ),
    ("Microsoft.Storage", &["storageAccounts"]),
];

/// A model that accounts can deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Last day of inference, as the service tells it.
    pub(super) retires: &'static str,
    pub(super) default: bool,
    /// What it is asked for.
    pub(super) capability: &'static str,
    /// Requests in ten seconds for each thousand tokens in a minute.
    pub(super) requests: u64,
}

/// Retirement dates are those that the service told when this list was made.
pub(super) const MODELS: [Model; 7] = [
    Model {
        name: "gpt-4o-mini",
        version: "2024-07-18",
        retires: "2027-03-31T00:00:00Z",
        default: true,
        capability: "chatCompletion",
        requests: 1,
    },
    Model {
        name: "gpt-4o",
        version: "2024-11-20",
        retires: "2027-03-31T00:00:00Z",
        default: true,
        capability: "chatCompletion",
        requests: 1,
    },
    Model {
        name: "gpt-4.1",
        version: "2025-04-14",
        retires: "2027-04-14T00:00:00Z",
        default: true,
        capability: "chatCompletion",
        requests: 1,
    },
    Model {
        name: "gpt-4.1-mini",
        version: "2025-04-14",
        retires: "2027-04-14T00:00:00Z",
        default: true,
        capability: "chatCompletion",
        requests: 1,
    },
    Model {
        name: "gpt-35-turbo",
        version: "0125",
        retires: "2027-02-28T00:00:00Z",
        default: true,
        capability: "chatCompletion",
        requests: 1,
    },
    Model {
        name: "text-embedding-3-small",
        version: "1",
        retires: "2027-04-14T00:00:00Z",
        default: true,
        capability: "embeddings",
        requests: 1,
    },
    Model {
        name: "text-embedding-3-large",
        version: "1",
        retires: "2027-04-14T00:00:00Z",
        default: true,
        capability: "embeddings",
        requests: 1,
    },
];

/// How a model is sold: name, and the subscription's quota in thousands of tokens per minute.
pub(super) const SKUS: [(&str, u64); 3] = [
    ("GlobalStandard", 2_000),
    ("DataZoneStandard", 1_000),
    ("Standard", 300),
];

/// The name of a region, given by name or display name.
pub(super) fn region(text: &str) -> Option<&'static str> {
    let plain = text.replace(' ', "").to_lowercase();
    let found = REGIONS.iter().find(|(name, _)| *name == plain);
    found.map(|(name, _)| *name)
}

/// # Errors
///
/// When nobody here answers for the namespace.
pub(super) fn provider(state: &State, target: &Target) -> Result<(), Refusal> {
    let name = &target.namespace;
    if !PROVIDERS
        .iter()
        .any(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        let message = format!("The resource namespace '{name}' is invalid.");
        return Err(Refusal::new(404, "InvalidResourceNamespace", message));
    }
    if state.unregistered.contains(&name.to_lowercase()) {
        let message = format!(
            "The subscription is not registered to use namespace '{name}'. See https://aka.ms/rps-not-found for how to register subscriptions."
        );
        return Err(Refusal::new(
            409,
            "MissingSubscriptionRegistration",
            message,
        ));
    }
    Ok(())
}

/// All providers as `GET …/providers` answers them.
pub(super) fn providers(state: &State) -> Vec<Value> {
    let names = PROVIDERS.iter().map(|(name, _)| *name);
    names.filter_map(|name| registration(state, name)).collect()
}

/// One provider; `None` for a name that is none.
pub(super) fn registration(state: &State, name: &str) -> Option<Value> {
    let (name, types) = PROVIDERS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let registered = !state.unregistered.contains(&name.to_lowercase());
    let regions = REGIONS.map(|(_, display)| display);
    let types: Vec<Value> = types
        .iter()
        .map(|kind| {
            json!({
                "resourceType": kind,
                "locations": regions,
                "apiVersions": ["2024-11-01", "2024-10-01", "2024-06-01-preview", "2024-05-01", "2022-08-01"],
                "capabilities": "SupportsTags, SupportsLocation",
            })
        })
        .collect();
    Some(json!({
        "id": format!("/subscriptions/{}/providers/{name}", state.settings.subscription),
        "namespace": name,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": if registered { "Registered" } else { "NotRegistered" },
        "resourceTypes": types,
    }))
}

/// The regions as `GET …/locations` answers them.
pub(super) fn locations(state: &State) -> Vec<Value> {
    let subscription = &state.settings.subscription;
    let location = |(name, display): (&str, &str)| {
        json!({
            "id": format!("/subscriptions/{subscription}/locations/{name}"),
            "name": name,
            "type": "Region",
            "displayName": display,
            "regionalDisplayName": display,
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
        })
    };
    REGIONS.map(location).to_vec()
}

/// The name under which a quota is counted.
pub(super) fn usage_name(sku: &str, model: &str) -> String {
    format!("OpenAI.{sku}.{model}")
}

/// What a deployment of this capacity may be asked for, as the service records it.
pub(super) fn rate_limits(model: &Model, capacity: u64) -> Value {
    json!([
        {"key": "request", "renewalPeriod": 10, "count": model.requests * capacity},
        {"key": "token", "renewalPeriod": 60, "count": 1_000 * capacity},
    ])
}

/// A model as the lists of an account and of a region answer it.
pub(super) fn model_value(model: &Model) -> Value {
    let skus: Vec<Value> = SKUS
        .iter()
        .map(|(sku, quota)| {
            json!({
                "name": sku,
                "usageName": usage_name(sku, model.name),
                "deprecationDate": model.retires,
                "capacity": {"default": 10, "maximum": quota, "minimum": 1, "step": 1},
                "rateLimits": rate_limits(model, 1),
            })
        })
        .collect();
    json!({
        "format": "OpenAI",
        "name": model.name,
        "version": model.version,
        "isDefaultVersion": model.default,
        "skus": skus,
        "maxCapacity": 3,
        "capabilities": {model.capability: "true", "inference": "true"},
        "deprecation": {"inference": model.retires},
        "lifecycleStatus": "GenerallyAvailable",
        "systemData": {
            "createdBy": "Microsoft", "createdByType": "Application", "createdAt": "2024-07-18T00:00:00Z",
            "lastModifiedBy": "Microsoft", "lastModifiedByType": "Application", "lastModifiedAt": "2024-07-18T00:00:00Z",
        },
    })
}

/// Thousands of tokens per minute in use, by region and quota; those of deleted accounts count
/// until they are purged.
pub(super) fn used(state: &State, region_name: &str, usage: &str, but: Option<&str>) -> u64 {
    let kind = "Microsoft.CognitiveServices/accounts/deployments";
    let alive = state.of_kind(kind);
    let gone = state.deleted.values().flat_map(|deleted| &deleted.children);
    let all = alive.chain(gone.filter(|entry| entry.kind.eq_ignore_ascii_case(kind)));
    all.filter(|entry| but.is_none_or(|but| !but.eq_ignore_ascii_case(&entry.id)))
        .filter(|entry| entry.secret("region") == region_name && entry.secret("usage") == usage)
        .map(|entry| entry.value["sku"]["capacity"].as_u64().unwrap_or(0))
        .sum()
}

/// The quotas of a region.
pub(super) fn usages(state: &State, region_name: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for model in &MODELS {
        for (sku, limit) in SKUS {
            let name = usage_name(sku, model.name);
            all.push(json!({
                "name": {
                    "value": name,
                    "localizedValue": quota_words(model.name, sku),
                },
                "currentValue": used(state, region_name, &name, None),
                "limit": limit,
                "unit": "Count",
            }));
        }
    }
    all
}

/// A quota in the service's words.
pub(super) fn quota_words(model: &str, sku: &str) -> String {
    format!("Tokens Per Minute (thousands) - {model} - {sku}")
}
