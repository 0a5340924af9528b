//! What an API Management service holds: APIs, products, subscriptions, and the rest.

use serde_json::{Value, json};

use super::id::Target;
use super::provider::Draft;
use super::service::invalid;
use super::state::State;
use super::wire::Refusal;
use super::{config, policy};

/// Types below a service that are kept.
const KINDS: [&str; 26] = [
    "apis",
    "apis/diagnostics",
    "apis/operations",
    "apis/operations/policies",
    "apis/policies",
    "apis/releases",
    "apis/schemas",
    "apis/tags",
    "apiVersionSets",
    "backends",
    "caches",
    "diagnostics",
    "groups",
    "groups/users",
    "loggers",
    "namedValues",
    "policies",
    "policyFragments",
    "products",
    "products/apis",
    "products/groups",
    "products/policies",
    "schemas",
    "subscriptions",
    "tags",
    "users",
];

pub(super) fn shape(state: &mut State, draft: &mut Draft) -> Result<(), Refusal> {
    let kind = draft.target.types[1..].join("/");
    if !KINDS.contains(&kind.as_str()) {
        let message = format!(
            "The resource type '{kind}' of 'Microsoft.ApiManagement/service' is not known to the local Azure."
        );
        return Err(Refusal::new(400, "InvalidResourceType", message));
    }
    match kind.as_str() {
        "apis" => api(state, draft)?,
        "apis/operations" => operation(draft)?,
        "namedValues" => named_value(draft)?,
        "subscriptions" => subscription(state, draft)?,
        "products" => product(draft)?,
        "products/apis" | "products/groups" => link(state, draft)?,
        "loggers" => logger(draft)?,
        "diagnostics" | "apis/diagnostics" => diagnostic(state, draft)?,
        "policyFragments" => policy::fragment(draft)?,
        _ if kind.ends_with("policies") => policy::document(state, draft)?,
        _ => {}
    }
    // What others refer to: the whole must still stand with it.
    if matches!(
        kind.as_str(),
        "namedValues" | "policyFragments" | "backends"
    ) || kind.ends_with("policies")
    {
        let mut next = state.clone();
        let kind = draft.target.kind();
        next.put(&draft.id, &kind, draft.value.clone(), draft.hidden.clone());
        config::check(&next, &service_id(&draft.target))?;
    }
    Ok(())
}

/// Id of the service that a child belongs to.
pub(super) fn service_id(target: &Target) -> String {
    Target {
        types: target.types[..1].to_vec(),
        names: target.names[..1].to_vec(),
        ..target.clone()
    }
    .id()
}

fn needed(draft: &Draft, name: &str) -> Result<String, Refusal> {
    match draft.property(name).as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(invalid(name, &format!("Parameter '{name}' is required."))),
    }
}

fn api(state: &State, draft: &mut Draft) -> Result<(), Refusal> {
    if !draft.property("format").is_null() || !draft.property("value").is_null() {
        let message =
            "The local Azure imports no API definitions; create the operations one by one.";
        return Err(invalid("format", message));
    }
    let path = draft.property("path").as_str();
    let Some(path) = path.map(|path| path.trim_matches('/').to_owned()) else {
        return Err(invalid("path", "Parameter 'path' is required."));
    };
    needed(draft, "displayName")?;
    let service = service_id(&draft.target);
    let twin = state.children(&service, "apis").into_iter().find(|other| {
        !other.id.eq_ignore_ascii_case(&draft.id)
            && other.text("path").eq_ignore_ascii_case(&path)
            && other.value["properties"]["apiVersion"] == draft.value["properties"]["apiVersion"]
    });
    if let Some(twin) = twin {
        let message = format!(
            "Cannot create API '{}' with the same Path '{path}' and Name as API '{}'.",
            draft.target.name(),
            twin.name()
        );
        return Err(invalid("path", &message));
    }
    draft.set("path", path);
    draft.default("apiRevision", "1");
    draft.default("isCurrent", true);
    draft.default("subscriptionRequired", true);
    draft.default("protocols", json!(["https"]));
    draft.default("type", "http");
    draft.default(
        "subscriptionKeyParameterNames",
        json!({"header": "Ocp-Apim-Subscription-Key", "query": "subscription-key"}),
    );
    draft.default(
        "authenticationSettings",
        json!({"oAuth2AuthenticationSettings": [], "openidAuthenticationSettings": []}),
    );
    draft.set("provisioningState", "Succeeded");
    Ok(())
}

fn operation(draft: &mut Draft) -> Result<(), Refusal> {
    needed(draft, "displayName")?;
    needed(draft, "method")?;
    let template = needed(draft, "urlTemplate")?;
    let declared: Vec<String> =
        draft
            .property("templateParameters")
            .as_array()
            .map_or_else(Vec::new, |all| {
                let names = all.iter().filter_map(|one| one["name"].as_str());
                names.map(str::to_owned).collect()
            });
    let used = template
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next());
    for name in used {
        let name = name.trim_start_matches('*');
        if !declared.iter().any(|known| known == name) {
            let message = "All template parameters used in the UriTemplate must be defined in the Operation, please ensure all parameters are defined.";
            return Err(invalid("templateParameters", message));
        }
    }
    draft.default("templateParameters", json!([]));
    draft.default("responses", json!([]));
    Ok(())
}

fn named_value(draft: &mut Draft) -> Result<(), Refusal> {
    needed(draft, "displayName")?;
    if draft.property("keyVault").is_object() {
        let message = "The local Azure reads no Key Vault; give the value itself.";
        return Err(invalid("keyVault", message));
    }
    let kept = draft
        .old
        .as_ref()
        .is_some_and(|old| !old.hidden.is_empty() || !old.text("value").is_empty());
    match draft.property("value").as_str() {
        Some(value) if value.chars().count() > 4_096 => {
            return Err(invalid(
                "value",
                "Named value must not be longer than 4096 characters.",
            ));
        }
        Some("") => return Err(invalid("value", "Value is required.")),
        None if !kept => return Err(invalid("value", "Value is required.")),
        _ => {}
    }
    let secret = draft.property("secret").as_bool() == Some(true);
    draft.default("secret", false);
    if secret {
        draft.hide("value");
    } else if draft.property("value").is_null()
        && let Some(old) = &draft.old
    {
        let value = old.value["properties"]["value"].clone();
        draft.set("value", value);
    }
    draft.default("tags", json!([]));
    draft.set("provisioningState", "Succeeded");
    Ok(())
}

fn product(draft: &mut Draft) -> Result<(), Refusal> {
    needed(draft, "displayName")?;
    draft.default("subscriptionRequired", true);
    draft.default("approvalRequired", false);
    draft.default("state", "notPublished");
    draft.default("description", "");
    Ok(())
}

/// What a product holds: the link shows what it leads to.
fn link(state: &State, draft: &mut Draft) -> Result<(), Refusal> {
    let kind = draft.target.types.last().map_or("", String::as_str);
    let led = format!(
        "{}/{kind}/{}",
        service_id(&draft.target),
        draft.target.name()
    );
    let Some(led) = state.find(&led) else {
        return Err(missing(
            state,
            &Target::of_id(&led).unwrap_or(draft.target.clone()),
        ));
    };
    draft.value["properties"] = led.value["properties"].clone();
    Ok(())
}

fn logger(draft: &mut Draft) -> Result<(), Refusal> {
    let kind = needed(draft, "loggerType")?;
    let known = ["applicationInsights", "azureEventHub", "azureMonitor"];
    if !known.iter().any(|known| known.eq_ignore_ascii_case(&kind)) {
        let message = format!("Logger type '{kind}' is not one of {}.", known.join(", "));
        return Err(invalid("loggerType", &message));
    }
    if kind != "azureMonitor" && !draft.property("credentials").is_object() {
        return Err(invalid("credentials", "Credentials are required."));
    }
    // A credential that stands for a named value is shown, any other is not.
    let given = draft.property("credentials").clone();
    if let Some(map) = given.as_object() {
        let open = ["name", "endpointAddress", "identityClientId"];
        let shown = map.iter().map(|(name, value)| {
            let refers = value.as_str().is_some_and(|text| text.starts_with("{{"));
            let shown = if refers || open.contains(&name.as_str()) {
                value.clone()
            } else {
                json!(format!(
                    "{{{{Logger-Credentials--{}}}}}",
                    draft.target.name()
                ))
            };
            (name.clone(), shown)
        });
        let shown: Value = shown.collect::<serde_json::Map<String, Value>>().into();
        draft.hidden.insert("credentials".into(), given.clone());
        draft.set("credentials", shown);
    }
    draft.default("isBuffered", true);
    Ok(())
}

fn diagnostic(state: &State, draft: &mut Draft) -> Result<(), Refusal> {
    let logger = needed(draft, "loggerId")?;
    // A short form is allowed: `/loggers/name`.
    let id = if logger.starts_with("/loggers/") {
        format!("{}{logger}", service_id(&draft.target))
    } else {
        logger.clone()
    };
    if state.find(&id).is_none() {
        return Err(invalid(
            "loggerId",
            &format!("Logger '{logger}' not found."),
        ));
    }
    draft.set("loggerId", id);
    Ok(())
}

fn subscription(state: &State, draft: &mut Draft) -> Result<(), Refusal> {
    needed(draft, "displayName")?;
    let service = service_id(&draft.target);
    let scope = needed(draft, "scope")?;
    let tail = scope.to_lowercase();
    // Full ids and short forms such as `/products/p` and `/apis`.
    let tail = match tail.rsplit_once("/microsoft.apimanagement/service/") {
        Some((_, rest)) => rest
            .split_once('/')
            .map_or(String::new(), |(_, rest)| format!("/{rest}")),
        None => tail,
    };
    let tail = tail.trim_end_matches('/');
    let full = match tail {
        "" => format!("{service}/"),
        "/apis" => format!("{service}/apis"),
        _ => match state.find(&format!("{service}{tail}")) {
            Some(found) => found.id.clone(),
            None => return Err(invalid("scope", &format!("Scope '{scope}' not found."))),
        },
    };
    draft.set("scope", full);
    draft.default("state", "submitted");
    draft.default("allowTracing", false);
    let created = draft
        .old
        .as_ref()
        .map(|old| old.value["properties"]["createdDate"].clone());
    let created = created.unwrap_or_else(|| json!(draft.now.to_string()));
    draft.set("createdDate", created);
    for name in ["primaryKey", "secondaryKey"] {
        draft.hide(name);
        if !draft.hidden.contains_key(name) {
            let key = state.hex(&format!("{} {name}", draft.id), 2);
            draft.hidden.insert(name.into(), key.into());
        }
    }
    twin_key(state, &service, draft)
}

/// # Errors
///
/// When another subscription of the service has one of the keys.
fn twin_key(state: &State, service: &str, draft: &Draft) -> Result<(), Refusal> {
    let mine = [
        draft.hidden.get("primaryKey"),
        draft.hidden.get("secondaryKey"),
    ];
    let others = state.children(service, "subscriptions").into_iter();
    let twin = others
        .filter(|other| !other.id.eq_ignore_ascii_case(&draft.id))
        .any(|other| {
            ["primaryKey", "secondaryKey"]
                .iter()
                .any(|name| mine.contains(&other.hidden.get(*name)))
        });
    if twin {
        return Err(invalid(
            "primaryKey",
            "Subscription with the same primary or secondary key already exists.",
        ));
    }
    Ok(())
}

/// # Errors
///
/// When others still refer to it.
pub(super) fn removable(state: &State, id: &str) -> Result<(), Refusal> {
    let Some(target) = Target::of_id(id) else {
        return Ok(());
    };
    if target.namespace != "Microsoft.ApiManagement" || target.types.len() < 2 {
        return Ok(());
    }
    let mut next = state.clone();
    next.take(id);
    config::check(&next, &service_id(&target))
}

/// 404 as API Management says it.
pub(super) fn missing(state: &State, target: &Target) -> Refusal {
    let service = service_id(target);
    if state.find(&service).is_none() {
        return super::provider::missing(state, &service);
    }
    let what = match target.types.last().map_or("", String::as_str) {
        "apis" => "API",
        "operations" => "Operation",
        "policies" => "Policy",
        "products" => "Product",
        "subscriptions" => "Subscription",
        "namedValues" => "NamedValue",
        "backends" => "Backend",
        "loggers" => "Logger",
        "diagnostics" => "Diagnostic",
        "policyFragments" => "PolicyFragment",
        "groups" => "Group",
        "users" => "User",
        _ => "Resource",
    };
    Refusal::new(404, "ResourceNotFound", format!("{what} not found."))
}
