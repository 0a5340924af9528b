//! What providers answer beside the resources they keep: names that are free, soft-deleted
//! resources, quotas, models.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::id::{Target, place};
use super::operation::Effect;
use super::router::method;
use super::state::{Deleted, State};
use super::wire::{Ask, Refusal, Reply, page};
use super::{Plane, account, catalog, provider, service};

/// `None` for what the store answers.
pub(super) fn answer(
    plane: &mut Plane,
    now: Timestamp,
    ask: &Ask,
    target: &Target,
) -> Option<Result<Reply, Refusal>> {
    let types: Vec<String> = target
        .types
        .iter()
        .map(|kind| kind.to_lowercase())
        .collect();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let size = plane.state.settings.page;
    let list = |items: Vec<Value>| Some(Ok(page(ask, items, size, false)));
    match (
        target.namespace.to_lowercase().as_str(),
        types.as_slice(),
        target.names.len(),
    ) {
        ("microsoft.apimanagement", ["checknameavailability"], 0) => {
            Some(free_service(&plane.state, ask))
        }
        ("microsoft.apimanagement", ["deletedservices"], 0) => list(
            gone(&plane.state, service::KIND, None)
                .into_iter()
                .map(gone_service)
                .collect(),
        ),
        ("microsoft.apimanagement", ["locations", "deletedservices"], 2) => Some(gone_one(
            plane,
            now,
            ask,
            service::KIND,
            target,
            gone_service,
        )),
        ("microsoft.cognitiveservices", ["deletedaccounts"], 0) => list(
            gone(&plane.state, account::KIND, None)
                .into_iter()
                .map(account::gone_value)
                .collect(),
        ),
        ("microsoft.cognitiveservices", ["locations", "resourcegroups", "deletedaccounts"], 3) => {
            Some(gone_one(
                plane,
                now,
                ask,
                account::KIND,
                target,
                account::gone_value,
            ))
        }
        ("microsoft.cognitiveservices", ["checkdomainavailability"], 0) => {
            Some(free_domain(&plane.state, ask))
        }
        ("microsoft.cognitiveservices", ["locations", what @ ("usages" | "models")], 1) => {
            Some(in_region(&plane.state, ask, &target.names[0], what))
        }
        ("microsoft.cognitiveservices", ["accounts", what @ ("usages" | "models" | "skus")], 1) => {
            Some(of_account(&plane.state, ask, target, what))
        }
        _ => None,
    }
}

fn free_service(state: &State, ask: &Ask) -> Result<Reply, Refusal> {
    let body = ask.json()?;
    let name = body["name"].as_str().unwrap_or_default();
    let fits = (1..=50).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.ends_with(|letter: char| letter.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let there = state
        .services()
        .any(|entry| entry.name().eq_ignore_ascii_case(name));
    let was = gone(state, service::KIND, Some(name));
    let (reason, message) = if !fits {
        ("Invalid", "The name must begin with a letter, end with a letter or digit, and hold letters, digits and hyphens only.".to_owned())
    } else if there {
        (
            "AlreadyExists",
            format!("{name} is already in use. Please select a different name."),
        )
    } else if !was.is_empty() {
        (
            "AlreadyExists",
            format!(
                "Api service {name} was soft-deleted. Purge or undelete it to use the name again."
            ),
        )
    } else {
        ("Valid", String::new())
    };
    Ok(Reply::json(
        200,
        json!({"nameAvailable": reason == "Valid", "reason": reason, "message": message}),
    ))
}

fn free_domain(state: &State, ask: &Ask) -> Result<Reply, Refusal> {
    let body = ask.json()?;
    let name = body["subdomainName"].as_str().unwrap_or_default();
    let taken = account::taken(state, name, "");
    let mut answer = json!({
        "isSubdomainAvailable": !taken,
        "subdomainName": name,
        "type": body["type"],
    });
    if taken {
        answer["reason"] = json!(format!(
            "Sub domain name '{name}' is already used. Please pick a different name."
        ));
    }
    Ok(Reply::json(200, answer))
}

/// Soft-deleted resources of a kind, of all names or of one.
fn gone<'s>(state: &'s State, kind: &str, name: Option<&str>) -> Vec<&'s Deleted> {
    let all = state.deleted.values();
    all.filter(|gone| gone.entry.kind.eq_ignore_ascii_case(kind))
        .filter(|gone| name.is_none_or(|name| gone.entry.name().eq_ignore_ascii_case(name)))
        .collect()
}

/// A deleted service as the lists answer it.
fn gone_service(gone: &Deleted) -> Value {
    let entry = &gone.entry;
    let subscription = place(&entry.id).0.unwrap_or_default();
    let location = &entry.value["location"];
    let region = location
        .as_str()
        .and_then(catalog::region)
        .unwrap_or("westeurope");
    let purge = gone.at.saturating_add(jiff::SignedDuration::from_hours(48));
    json!({
        "id": format!(
            "/subscriptions/{subscription}/providers/Microsoft.ApiManagement/locations/{region}/deletedservices/{}",
            entry.name()
        ),
        "name": entry.name(),
        "type": "Microsoft.ApiManagement/deletedservices",
        "location": location,
        "properties": {
            "serviceId": entry.id,
            "deletionDate": gone.at.to_string(),
            "scheduledPurgeDate": purge.map_or_else(|_| String::new(), |at| at.to_string()),
        },
    })
}

/// One soft-deleted resource: read, or purged.
fn gone_one(
    plane: &mut Plane,
    now: Timestamp,
    ask: &Ask,
    kind: &str,
    target: &Target,
    show: fn(&Deleted) -> Value,
) -> Result<Reply, Refusal> {
    let region = catalog::region(&target.names[0]);
    // Names of accounts are unique in their groups only.
    let group = (target.names.len() == 3).then(|| target.names[1].clone());
    let found = gone(&plane.state, kind, Some(target.name()))
        .into_iter()
        .find(|gone| {
            let lies = gone.entry.value["location"]
                .as_str()
                .and_then(catalog::region);
            let in_group = group.as_ref().is_none_or(|group| {
                place(&gone.entry.id)
                    .1
                    .is_some_and(|lies| lies.eq_ignore_ascii_case(group))
            });
            lies == region && in_group
        });
    let Some(found) = found else {
        if ask.method == "DELETE" {
            return Ok(Reply::empty(204));
        }
        let message = format!(
            "The soft-deleted resource '{}' was not found.",
            target.name()
        );
        return Err(Refusal::new(404, "ResourceNotFound", message));
    };
    match ask.method.as_str() {
        "GET" => Ok(Reply::json(200, show(found))),
        "DELETE" => {
            let id = found.entry.id.clone();
            plane.state.deleted.remove(&id.to_lowercase());
            let operation = plane.operate(now, &id, Effect::Nothing, Duration::ZERO);
            Ok(plane.accepted(ask, &operation, &ask.api_version(), true))
        }
        _ => Err(method(ask)),
    }
}

fn in_region(state: &State, ask: &Ask, region: &str, what: &str) -> Result<Reply, Refusal> {
    let Some(region) = catalog::region(region) else {
        let message = format!("The location '{region}' is not available.");
        return Err(Refusal::new(400, "InvalidLocation", message));
    };
    let items = match what {
        "usages" => catalog::usages(state, region),
        _ => catalog::MODELS
            .iter()
            .map(|model| json!({"kind": "OpenAI", "skuName": "S0", "model": catalog::model_value(model)}))
            .collect(),
    };
    Ok(page(ask, items, state.settings.page, false))
}

fn of_account(state: &State, ask: &Ask, target: &Target, what: &str) -> Result<Reply, Refusal> {
    let owner = target
        .parent()
        .map(|parent| parent.id())
        .unwrap_or_default();
    let account = state
        .find(&owner)
        .ok_or_else(|| provider::missing(state, &owner))?;
    let region = account.value["location"]
        .as_str()
        .and_then(catalog::region)
        .unwrap_or("westeurope");
    let items = match what {
        "models" => catalog::MODELS.iter().map(catalog::model_value).collect(),
        "usages" => catalog::usages(state, region),
        _ => {
            vec![json!({"resourceType": account::KIND, "sku": {"name": "S0", "tier": "Standard"}})]
        }
    };
    Ok(page(ask, items, state.settings.page, false))
}
