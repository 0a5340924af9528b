//! Who may do what: role definitions, assignments at a scope, permissions of the caller. Whoever
//! has a token is the owner of everything here.

use serde_json::{Value, json};

use super::filter::Filter;
use super::id::Target;
use super::state::State;
use super::wire::{Ask, Refusal, Reply, page};

/// Roles that exist from the beginning: name, GUID, actions, data actions.
const ROLES: [(&str, &str, &str, &str); 6] = [
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "*", ""),
    (
        "Contributor",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "*",
        "",
    ),
    (
        "Reader",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "*/read",
        "",
    ),
    (
        "User Access Administrator",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "Microsoft.Authorization/*",
        "",
    ),
    (
        "Cognitive Services OpenAI User",
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
        "Microsoft.CognitiveServices/*/read",
        "Microsoft.CognitiveServices/accounts/OpenAI/*/action",
    ),
    (
        "Azure Event Hubs Data Sender",
        "2b629674-e913-4c01-ae53-ef4638d8f975",
        "Microsoft.EventHub/*/eventhubs/read",
        "Microsoft.EventHub/*/send/action",
    ),
];

/// `None` for what the store answers as everything else.
pub(super) fn answer(state: &State, ask: &Ask, target: &Target) -> Option<Result<Reply, Refusal>> {
    if ask.method != "GET" || target.namespace != "Microsoft.Authorization" {
        return None;
    }
    match (target.types[0].as_str(), target.names.first()) {
        ("permissions", None) => Some(Ok(Reply::json(
            200,
            json!({"value": [{"actions": ["*"], "notActions": [], "dataActions": ["*"], "notDataActions": []}]}),
        ))),
        ("roleDefinitions", name) => Some(definitions(state, ask, name)),
        ("roleAssignments", None) => Some(assignments(state, ask, &target.scope)),
        _ => None,
    }
}

fn definitions(state: &State, ask: &Ask, name: Option<&String>) -> Result<Reply, Refusal> {
    let subscription = &state.settings.subscription;
    let definition = |(role, id, actions, data): &(&str, &str, &str, &str)| {
        let list = |text: &str| {
            if text.is_empty() {
                json!([])
            } else {
                json!([text])
            }
        };
        json!({
            "id": format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}"),
            "name": id,
            "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": role,
                "type": "BuiltInRole",
                "description": role,
                "assignableScopes": ["/"],
                "permissions": [{"actions": list(actions), "notActions": [], "dataActions": list(data), "notDataActions": []}],
            },
        })
    };
    let mut all = ROLES.iter().map(definition);
    if let Some(name) = name {
        let found = all.find(|value| {
            value["name"]
                .as_str()
                .is_some_and(|id| id.eq_ignore_ascii_case(name))
        });
        let found = found.ok_or_else(|| {
            let message = format!("The specified role definition with ID '{name}' does not exist.");
            Refusal::new(404, "RoleDefinitionDoesNotExist", message)
        })?;
        return Ok(Reply::json(200, found));
    }
    let filter = Filter::read(ask.parameter("$filter").as_deref())?;
    let all: Vec<Value> = all.filter(|value| filter.fits(value)).collect();
    Ok(page(ask, all, state.settings.page, false))
}

/// Assignments at a scope, at what is above it and, unless `atScope()` says no, at what is below.
fn assignments(state: &State, ask: &Ask, scope: &str) -> Result<Reply, Refusal> {
    let filter = Filter::read(ask.parameter("$filter").as_deref())?;
    let here = format!("{}/", scope.to_lowercase());
    let found = state
        .of_kind("Microsoft.Authorization/roleAssignments")
        .filter(|entry| {
            let there = format!("{}/", entry.text("scope").to_lowercase());
            here.starts_with(&there) || !filter.has("atscope") && there.starts_with(&here)
        })
        .map(|entry| entry.value.clone())
        .filter(|value| filter.fits(value));
    Ok(page(ask, found.collect(), state.settings.page, false))
}
