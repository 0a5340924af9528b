use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Plane, read_faults};
use super::{GROUP, Local, settings};
use crate::base::Source;

const MAIN: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Resources/deployments/main";

/// The template that ships in the binary.
fn stock() -> Value {
    let compiled = crate::bicep::compile(crate::bicep::STOCK_TEMPLATE, &crate::bicep::Stock);
    compiled.unwrap().template
}

fn body(template: &Value) -> Value {
    json!({"properties": {"mode": "Incremental", "template": template, "parameters": {}}})
}

fn simple(resources: &Value) -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": resources,
    })
}

fn vault(name: &str) -> Value {
    json!({"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": name, "location": "westeurope", "properties": {}})
}

fn changes(local: &mut Local, template: &Value) -> Vec<String> {
    let reply = local.ask("POST", &format!("{MAIN}/whatIf"), &body(template), &[]);
    assert_eq!((reply.status, &reply.body), (202, &None));
    let link = reply
        .headers
        .iter()
        .find(|(name, _)| *name == "location")
        .unwrap();
    let link = link.1.replace("http://local", "");
    local.settle();
    let answer = local.get(&link);
    let changes = answer["properties"]["changes"].as_array().unwrap();
    let shown = |change: &Value| {
        let id = change["resourceId"].as_str().unwrap();
        let id = id.rsplit_once("/providers/").map_or(id, |(_, tail)| tail);
        format!("{} {id}", change["changeType"].as_str().unwrap())
    };
    changes.iter().map(shown).collect()
}

#[test]
fn the_stock_template_deploys_and_a_second_time_changes_nothing() {
    let template = stock();
    let mut local = Local::with(Duration::from_secs(4), None);
    let before = changes(&mut local, &template);
    assert!(
        before
            .iter()
            .all(|line| line.starts_with("Create ") || line.starts_with("Unsupported ")),
        "{before:#?}"
    );
    let reply = local.ask("PUT", MAIN, &body(&template), &[]);
    assert_eq!(reply.status, 201, "{:?}", reply.body);
    let link = reply
        .headers
        .iter()
        .find(|(name, _)| *name == "azure-asyncoperation")
        .unwrap();
    let status = link.1.replace("http://local", "");
    assert_eq!(local.get(&status)["status"], "Running");
    assert!(
        local
            .told("PUT", MAIN, body(&template))
            .contains("DeploymentActive")
    );
    local.settle();
    assert_eq!(
        local.get(&status),
        json!({"status": "Succeeded"}),
        "{}",
        local.get(MAIN)
    );
    let made = local.get(MAIN);
    assert_eq!(
        made["properties"]["outputs"]["gatewayUrl"]["value"],
        "http://127.0.0.1:1"
    );

    let operations = local.get(&format!("{GROUP}/deployments/main/operations?$top=3"));
    assert_eq!(operations["value"].as_array().unwrap().len(), 3);
    let nested = local.get(&format!(
        "{GROUP}/providers/Microsoft.Resources/deployments/apimon-api/operations"
    ));
    assert_eq!(
        nested["value"][0]["properties"]["provisioningState"],
        "Succeeded"
    );

    let after = changes(&mut local, &template);
    // A secret that no answer shows looks like a change to what-if, in Azure as well.
    let noise: Vec<&String> = after
        .iter()
        .filter(|line| !line.starts_with("NoChange "))
        .collect();
    assert_eq!(noise.len(), 1, "{noise:#?}");
    assert!(
        noise[0].contains("application-insights-connection-string"),
        "{noise:#?}"
    );
    let etag = |local: &mut Local| {
        let name = local.get(MAIN)["properties"]["outputs"]["apiManagementId"]["value"]
            .as_str()
            .unwrap()
            .to_owned();
        let reply = local.ask(
            "GET",
            &format!("{name}/apis/azure-openai/policies/policy"),
            &Value::Null,
            &[],
        );
        reply.headers[0].1.clone()
    };
    let before = etag(&mut local);
    local.ok("PUT", MAIN, body(&template));
    local.settle();
    assert_eq!(etag(&mut local), before);
}

#[test]
fn a_failing_step_is_told_where_it_is_looked_for() {
    let mut local = Local::with(Duration::from_secs(1), None);
    let assignment = json!({
        "type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "x",
        "properties": {"roleDefinitionId": "r"},
    });
    let template = simple(&json!([vault("one"), assignment]));
    local.ok("PUT", MAIN, body(&template));
    local.settle();
    let made = local.get(MAIN);
    assert_eq!(made["properties"]["provisioningState"], "Failed");
    assert_eq!(made["properties"]["error"]["code"], "DeploymentFailed");
    assert_eq!(
        made["properties"]["error"]["details"][0]["code"],
        "BadRequestFormat"
    );
    let operations = local.get(&format!("{MAIN}/operations"));
    let states: Vec<&str> = operations["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["properties"]["provisioningState"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["Succeeded", "Failed"]);
    assert_eq!(
        operations["value"][1]["properties"]["statusMessage"]["error"]["code"],
        "BadRequestFormat"
    );
}

#[test]
fn quota_is_asked_before_anything_is_deployed() {
    let mut local = Local::new();
    let account = json!({"type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "ai", "location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {}});
    let model = |name: &str| {
        json!({
            "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": format!("ai/{name}"),
            "sku": {"name": "GlobalStandard", "capacity": 1_500},
            "properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini"}},
            "dependsOn": ["[resourceId('Microsoft.CognitiveServices/accounts', 'ai')]"],
        })
    };
    let template = simple(&json!([account, model("a"), model("b")]));
    let told = local.told("POST", &format!("{MAIN}/validate"), body(&template));
    assert!(
        told.contains("InvalidTemplateDeployment") && told.contains("InsufficientQuota"),
        "{told}"
    );
    assert!(
        local
            .told("GET", MAIN, Value::Null)
            .contains("DeploymentNotFound")
    );
}

#[test]
fn a_cancelled_deployment_starts_nothing_more() {
    let faults = read_faults(&Source::new(
        "f",
        "rules:\n- { fault: slow-operation, route: PUT */vaults/one, by: 5s }",
    ))
    .unwrap();
    let mut local = Local::with(Duration::ZERO, Some(faults));
    let mut second = vault("two");
    second["dependsOn"] = json!(["[resourceId('Microsoft.KeyVault/vaults', 'one')]"]);
    local.ok("PUT", MAIN, body(&simple(&json!([vault("one"), second]))));
    while local.plane.advance(local.now) {}
    assert_eq!(
        local.get(MAIN)["properties"]["provisioningState"],
        "Running"
    );
    assert_eq!(
        local
            .ask("POST", &format!("{MAIN}/cancel"), &Value::Null, &[])
            .status,
        204
    );
    local.settle();
    assert_eq!(
        local.get(MAIN)["properties"]["provisioningState"],
        "Canceled"
    );
    assert_eq!(
        local.get(&format!("{GROUP}/resources"))["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn what_was_under_way_goes_on_after_a_restart() {
    let mut local = Local::with(Duration::from_secs(4), None);
    local.ok("PUT", MAIN, body(&stock()));
    while local.plane.advance(local.now) {}
    let text = local.plane.unsaved().unwrap();
    let plane = Plane::restore(settings(Duration::from_secs(4)), None, &text).unwrap();
    let mut local = Local {
        plane,
        now: local.now,
    };
    assert_ne!(
        local.get(MAIN)["properties"]["provisioningState"],
        "Succeeded"
    );
    local.settle();
    assert_eq!(
        local.get(MAIN)["properties"]["provisioningState"],
        "Succeeded",
        "{}",
        local.get(MAIN)
    );
}

#[test]
fn a_subscription_deployment_makes_groups() {
    let mut local = Local::new();
    let group = json!({"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-11-01", "name": "made", "location": "westeurope"});
    let mut template = simple(&json!([group]));
    template["$schema"] = json!(
        "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
    );
    let mut body = body(&template);
    let id = "/subscriptions/s/providers/Microsoft.Resources/deployments/up";
    assert!(
        local
            .told("PUT", id, body.clone())
            .contains("'location' property must be specified")
    );
    body["location"] = json!("westeurope");
    local.ok("PUT", id, body);
    local.settle();
    assert_eq!(
        local.get("/subscriptions/s/resourceGroups/made")["location"],
        "westeurope"
    );
}
