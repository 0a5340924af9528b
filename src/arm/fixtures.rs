//! A subscription in memory, and a driver that performs what a run asks for.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::run::{Event, Mode, Outcome, Request, Run, Store, public_cloud};
use super::{ArmError, Place};

/// Resources by id in small letters. Ids that hold `broken` refuse to be written.
#[derive(Debug, Default, Clone)]
pub(super) struct Memory {
    pub(super) resources: BTreeMap<String, Value>,
}

impl Store for Memory {
    fn resource(&self, id: &str, _: Option<&str>) -> Option<Value> {
        self.resources.get(&id.to_lowercase()).cloned()
    }

    fn list(&self, id: &str, action: &str, _: &str, _: Option<&Value>) -> Result<Value, ArmError> {
        if !self.resources.contains_key(&id.to_lowercase()) {
            return Err(ArmError::new("ResourceNotFound", format!("no `{id}`")));
        }
        match action {
            "listKeys" => Ok(json!({"key1": "key-of-the-account"})),
            _ => Err(ArmError::new("NotFound", format!("no `{action}`"))),
        }
    }

    fn group(&self, subscription: &str, name: &str) -> Option<Value> {
        (name != "missing").then(|| {
            json!({
                "id": format!("/subscriptions/{subscription}/resourceGroups/{name}"),
                "name": name,
                "type": "Microsoft.Resources/resourceGroups",
                "location": "westeurope",
                "properties": {"provisioningState": "Succeeded"},
            })
        })
    }

    fn subscription(&self, id: &str) -> Option<Value> {
        Some(json!({
            "id": format!("/subscriptions/{id}"), "subscriptionId": id,
            "tenantId": "t", "displayName": "test",
        }))
    }

    fn group_resources(&self, subscription: &str, group: &str) -> Vec<Value> {
        let scope = format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/");
        self.resources
            .iter()
            .filter(|(id, _)| {
                id.strip_prefix(&scope)
                    .is_some_and(|tail| tail.split('/').count() == 3)
            })
            .map(|(_, resource)| resource.clone())
            .collect()
    }
}

impl Memory {
    /// Writes a resource as its provider would: with an identity and a provisioning state.
    pub(super) fn put(&mut self, id: &str, resource_type: &str, body: &Value) {
        let mut resource = body.clone();
        resource["id"] = json!(id);
        resource["name"] = json!(id.rsplit('/').next());
        resource["type"] = json!(resource_type);
        if resource["properties"].is_null() {
            resource["properties"] = json!({});
        }
        resource["properties"]["provisioningState"] = json!("Succeeded");
        if resource["identity"]["type"] == "SystemAssigned" {
            resource["identity"]["principalId"] = json!("11111111-2222-3333-4444-555555555555");
        }
        match resource_type {
            "Microsoft.CognitiveServices/accounts" => {
                resource["properties"]["endpoint"] = json!("https://account.openai.azure.com/");
            }
            "Microsoft.ApiManagement/service" => {
                resource["properties"]["gatewayUrl"] = json!("https://gateway.azure-api.net");
            }
            "Microsoft.OperationalInsights/workspaces" => {
                resource["properties"]["customerId"] = json!("customer");
            }
            "Microsoft.EventHub/namespaces" => {
                resource["properties"]["serviceBusEndpoint"] =
                    json!("https://events.servicebus.windows.net:443/");
            }
            "Microsoft.Insights/components" => {
                resource["properties"]["ConnectionString"] = json!("InstrumentationKey=ikey");
            }
            _ => {}
        }
        self.resources.insert(id.to_lowercase(), resource);
    }
}

/// A deployment named `main` into group `g`.
pub(super) fn request(template: Value, parameters: Value) -> Request {
    Request {
        name: "main".to_owned(),
        place: Place::Group {
            subscription: "s".to_owned(),
            group: "g".to_owned(),
        },
        location: None,
        mode: Mode::Incremental,
        template,
        parameters,
        now: "2026-03-04T05:06:07Z".parse().unwrap(),
        seed: 1,
        tenant: "t".to_owned(),
        cloud: public_cloud(),
        deployer: json!({"objectId": "o", "tenantId": "t"}),
    }
}

/// A template with the members that every template has.
pub(super) fn template(members: &Value) -> Value {
    let mut whole = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [],
    });
    for (key, value) in members.as_object().unwrap() {
        whole[key] = value.clone();
    }
    whole
}

/// Plays a run to its end, all steps that are ready at once in one round, and tells it as text.
pub(super) fn play(request: &Request, store: &mut Memory) -> (Run, String) {
    let mut run = Run::start(request, store).unwrap_or_else(|error| panic!("{error:#?}"));
    let mut told = String::new();
    for round in 1.. {
        let events = run.advance(store);
        if events.is_empty() {
            break;
        }
        writeln!(told, "round {round}").unwrap();
        for event in events {
            tell(&event, &mut run, store, &mut told);
        }
    }
    match run.outcome() {
        Some(Outcome::Succeeded) => {}
        Some(outcome) => writeln!(told, "{outcome:?}").unwrap(),
        None => told.push_str("stuck\n"),
    }
    (run, told)
}

fn tell(event: &Event, run: &mut Run, store: &mut Memory, told: &mut String) {
    match event {
        Event::Put(step) => {
            let short = step
                .resource_id
                .replace("/subscriptions/s/resourceGroups/g/providers/", "");
            writeln!(told, "  put {short} {}", step.shown()).unwrap();
            let result = if step.resource_id.contains("broken") {
                Err(ArmError::new("Conflict", "it is broken"))
            } else {
                store.put(&step.resource_id, &step.resource_type, &step.body);
                Ok(())
            };
            run.finish(step.id, result);
        }
        Event::Delete { id, resource_id } => {
            writeln!(told, "  delete {resource_id}").unwrap();
            store.resources.remove(&resource_id.to_lowercase());
            run.finish(*id, Ok(()));
        }
        Event::Began { deployment } => {
            writeln!(told, "  began {}", run.deployments()[*deployment].name).unwrap();
        }
        Event::Ended { deployment } => {
            let deployment = &run.deployments()[*deployment];
            writeln!(told, "  {} {}", deployment.state(), deployment.name).unwrap();
        }
        Event::Failed {
            resource_id, error, ..
        } => writeln!(told, "  failed {resource_id} {error}").unwrap(),
    }
}
