//! What the gateway of a service is configured with: from its resources to what the engine runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::policy::{Surroundings, compile, source};
use super::service::{self, invalid};
use super::state::{Entry, State};
use super::wire::Refusal;
use crate::base::{Secret, Seed};
use crate::engine::{
    ApiConfig, Backends, Behaviour, NamedBackend, OperationConfig, ProductConfig, Service,
};
use crate::model::{Account, ModelSettings};
use crate::policy::Policy;
use crate::policy::context::{Api, Deployment, Operation, Product, Subscription};

/// Accounts by their host, in small letters.
pub(crate) type Accounts = BTreeMap<String, Account>;

/// Roles that may call models: Cognitive Services OpenAI User, Cognitive Services OpenAI
/// Contributor, Cognitive Services User.
const CALLERS: [&str; 3] = [
    "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "a001fd3d-188f-4b5d-821b-7da978bf7442",
    "a97b65f3-24c7-4388-baec-2e87135dc908",
];

/// # Errors
///
/// When the resources of a service do not fit each other.
pub(super) fn check(state: &State, service: &str) -> Result<(), Refusal> {
    build(state, service, Timestamp::UNIX_EPOCH).map(|_| ())
}

/// The configuration of one service; `started` is the UTC time of moment zero.
pub(super) fn build(state: &State, id: &str, started: Timestamp) -> Result<Service, Refusal> {
    let Some(entry) = state.find(id) else {
        return Err(super::provider::missing(state, id));
    };
    let id = &entry.id;
    let surroundings = Surroundings::of(state, id);
    let policy = |owner: &str| -> Result<Option<Policy>, Refusal> {
        let found = state.find(&format!("{owner}/policies/policy"));
        found
            .map(|found| compile(&source(found), &surroundings))
            .transpose()
    };
    let mut apis = Vec::new();
    for api in state.children(id, "apis") {
        if api.value["properties"]["isCurrent"].as_bool() == Some(false) {
            continue;
        }
        let mut operations = Vec::new();
        for operation in state.children(&api.id, "operations") {
            operations.push(OperationConfig {
                operation: Arc::new(self::operation(operation)),
                policy: policy(&operation.id)?,
            });
        }
        let mut config = self::api(api, policy(&api.id)?, operations);
        config.opened_by = Some(opened_by(state, id, api));
        apis.push(config);
    }
    let mut products = Vec::new();
    for product in state.children(id, "products") {
        products.push(ProductConfig {
            product: Product {
                id: product.name().to_owned(),
                name: product.text("displayName").to_owned(),
            },
            policy: policy(&product.id)?,
        });
    }
    let region = entry.value["location"].as_str().unwrap_or_default();
    Ok(Service {
        deployment: Arc::new(Deployment {
            service_name: entry.name().to_owned(),
            region: region.to_owned(),
            gateway_id: "managed".to_owned(),
        }),
        behaviour: Behaviour::of(service::tier(&entry.value)),
        started,
        seed: Seed::new(state.settings.seed).derive(id),
        global: policy(id)?,
        products,
        apis,
        subscriptions: subscriptions(state, id),
        credentials: state.settings.credentials.clone(),
        backends: backends(state, id, &surroundings)?,
    })
}

fn operation(entry: &Entry) -> Operation {
    Operation {
        id: entry.name().to_owned(),
        name: entry.text("displayName").to_owned(),
        method: entry.text("method").to_owned(),
        url_template: entry.text("urlTemplate").to_owned(),
    }
}

fn api(entry: &Entry, policy: Option<Policy>, operations: Vec<OperationConfig>) -> ApiConfig {
    let properties = &entry.value["properties"];
    let names = &properties["subscriptionKeyParameterNames"];
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    // Without `;rev=2`.
    let id = entry.name().split(';').next().unwrap_or_default();
    ApiConfig {
        api: Arc::new(Api {
            id: id.to_owned(),
            name: entry.text("displayName").to_owned(),
            path: entry.text("path").to_owned(),
            revision: entry.text("apiRevision").to_owned(),
            version: text(&properties["apiVersion"]),
            service_url: text(&properties["serviceUrl"]),
        }),
        workspace: None,
        opened_by: None,
        subscription_required: properties["subscriptionRequired"].as_bool() != Some(false),
        key_header: text(&names["header"])
            .unwrap_or_else(|| "Ocp-Apim-Subscription-Key".to_owned()),
        key_query: text(&names["query"]).unwrap_or_else(|| "subscription-key".to_owned()),
        policy,
        operations,
    }
}

/// Ids of the subscriptions that open an API: its own, those of products that hold it, and those
/// of all APIs.
fn opened_by(state: &State, service: &str, api: &Entry) -> BTreeSet<String> {
    let mine = state.children(service, "subscriptions").into_iter();
    let opens = mine.filter(|subscription| {
        let scope = subscription.text("scope").trim_end_matches('/');
        let all = scope.eq_ignore_ascii_case(service)
            || scope.eq_ignore_ascii_case(&format!("{service}/apis"));
        let link = format!("{scope}/apis/{}", api.name());
        all || scope.eq_ignore_ascii_case(&api.id)
            || scope.contains("/products/") && state.find(&link).is_some()
    });
    opens
        .map(|subscription| subscription.name().to_owned())
        .collect()
}

/// Active subscriptions, once for each of their keys.
fn subscriptions(state: &State, service: &str) -> Vec<Arc<Subscription>> {
    let mut all = Vec::new();
    for entry in state.children(service, "subscriptions") {
        if entry.text("state") != "active" {
            continue;
        }
        let scope = entry.text("scope");
        let product = scope
            .rsplit_once("/products/")
            .map(|(_, name)| name.to_owned());
        for name in ["primaryKey", "secondaryKey"] {
            all.push(Arc::new(Subscription {
                id: entry.name().to_owned(),
                name: entry.text("displayName").to_owned(),
                key: Secret::new(entry.secret(name)),
                product: product.clone(),
            }));
        }
    }
    all
}

fn backends(
    state: &State,
    service: &str,
    surroundings: &Surroundings,
) -> Result<Backends, Refusal> {
    let mut backends = Backends::default();
    for entry in state.children(service, "backends") {
        let named = NamedBackend::from_arm(
            entry.name(),
            &entry.value["properties"],
            &surroundings.values,
        );
        let named =
            named.map_err(|mistake| invalid("properties", &mistake.what.replace('`', "'")))?;
        backends.add(named);
    }
    backends
        .check()
        .map_err(|mistake| invalid("pool", &mistake.what.replace('`', "'")))?;
    Ok(backends)
}

/// What stands behind the gateway of a service: every account, and whether the service may call it.
pub(super) fn accounts(state: &State, service: &str) -> Accounts {
    let principal = state
        .find(service)
        .map(|entry| entry.value["identity"]["principalId"].clone());
    let mut all = Accounts::new();
    for account in state.of_kind("Microsoft.CognitiveServices/accounts") {
        let endpoint = account.text("endpoint");
        let host = endpoint
            .trim_start_matches("https://")
            .trim_end_matches('/');
        let deployments = state.children(&account.id, "deployments").into_iter();
        let ready = deployments.filter(|entry| entry.provisioning() == "Succeeded");
        let models = ready.map(|entry| (entry.name().to_lowercase(), model(state, entry)));
        let keys = if account.value["properties"]["disableLocalAuth"].as_bool() == Some(true) {
            Vec::new()
        } else {
            ["key1", "key2"]
                .map(|name| Secret::new(account.secret(name)))
                .to_vec()
        };
        let identity = principal.as_ref().and_then(Value::as_str);
        let trusted = identity.is_some_and(|identity| may_call(state, identity, &account.id));
        let account = Account {
            models: models.collect(),
            keys,
            trusted,
        };
        all.insert(host.to_lowercase(), account);
    }
    all
}

fn model(state: &State, entry: &Entry) -> ModelSettings {
    let model = &entry.value["properties"]["model"];
    let text = |name: &str| model[name].as_str().unwrap_or_default().to_owned();
    ModelSettings {
        name: text("name"),
        version: text("version"),
        seed: state.seed("model"),
        ..ModelSettings::default()
    }
}

/// Whether an identity has a role by which it may call models of the account.
fn may_call(state: &State, principal: &str, account: &str) -> bool {
    let account = format!("{}/", account.to_lowercase());
    state
        .of_kind("Microsoft.Authorization/roleAssignments")
        .any(|entry| {
            let scope = format!("{}/", entry.text("scope").to_lowercase());
            let role = entry.text("roleDefinitionId").to_lowercase();
            entry.text("principalId").eq_ignore_ascii_case(principal)
                && account.starts_with(&scope)
                && CALLERS.iter().any(|caller| role.ends_with(caller))
        })
}
