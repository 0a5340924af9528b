use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::arm::fixtures::{Memory, play, request, template};
use crate::arm::run::{Mode, Request};

fn shown(request: &Request, store: &Memory) -> String {
    let found = what_if(request, store, Format::FullResourcePayloads)
        .unwrap_or_else(|error| panic!("{error:#?}"));
    serde_json::to_string_pretty(&found.wire()["properties"]["changes"]).unwrap()
}

/// Resource id and kind of each change.
fn kinds(request: &Request, store: &Memory) -> Vec<String> {
    let found = what_if(request, store, Format::FullResourcePayloads)
        .unwrap_or_else(|error| panic!("{error:#?}"));
    let wire = found.wire();
    wire["properties"]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let id = change["resourceId"].as_str().unwrap();
            format!(
                "{} {}",
                change["changeType"].as_str().unwrap(),
                id.rsplit('/').next().unwrap()
            )
        })
        .collect()
}

fn example(colour: &str) -> Value {
    template(&json!({
        "parameters": {"password": {"type": "securestring", "defaultValue": "pa55word"}},
        "resources": [
            {
                "type": "Test.X/things", "apiVersion": "1", "name": "t", "location": "West Europe",
                "tags": {"owner": "me"},
                "properties": {
                    "colour": colour,
                    "password": "[parameters('password')]",
                    "nothing": null,
                    "provisioningState": "Failed",
                    "rules": [{"name": "a", "port": 80}, {"name": "b", "port": 443}],
                    "ids": ["[resourceId('Test.X/things', 'T')]"],
                },
            },
            {
                "type": "Test.X/things", "apiVersion": "1", "name": "u",
                "properties": {
                    "colour": "[reference('t').colour]",
                    "later": "[reference(resourceId('Test.X/things', 'none'), '1').x]",
                    "key": "[listKeys('t', '1').key1]",
                },
            },
        ],
    }))
}

#[test]
fn changes_are_told_property_by_property() {
    let mut store = Memory::default();
    let first = request(example("blue"), json!({}));
    assert_eq!(kinds(&first, &store), ["Create t", "Create u"]);
    store.put(
        "/subscriptions/s/resourceGroups/g/providers/Test.X/things/t",
        "Test.X/things",
        &json!({
            "location": "westeurope",
            "tags": {"owner": "me", "old": "yes"},
            "properties": {
                "colour": "blue", "password": "other", "madeByService": 1,
                "rules": [{"name": "a", "port": 80, "priority": 1}],
                "ids": ["/subscriptions/s/resourcegroups/g/providers/test.x/things/t"],
            },
        }),
    );
    store.put(
        "/subscriptions/s/resourceGroups/g/providers/Test.X/things/beside",
        "Test.X/things",
        &json!({}),
    );
    let text = shown(&request(example("red"), json!({})), &store);
    assert!(
        !text.contains("pa55word") && !text.contains("key-of-the-account"),
        "{text}"
    );
    assert_snapshot!(text);
}

#[test]
fn a_second_deployment_changes_nothing() {
    let mut store = Memory::default();
    let nested = json!({"resources": [
        {"type": "Test.X/things", "apiVersion": "1", "name": "t", "identity": {"type": "SystemAssigned"}},
        {
            "type": "Microsoft.Resources/deployments", "apiVersion": "1", "name": "n", "dependsOn": ["t"],
            "properties": {
                "mode": "Incremental",
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": {"who": {"value": "[reference('t', '1', 'full').identity.principalId]"}},
                "template": template(&json!({
                    "parameters": {"who": {"type": "string"}},
                    "resources": [{
                        "type": "Test.X/roles", "apiVersion": "1", "name": "[guid(parameters('who'))]",
                        "properties": {"who": "[parameters('who')]"},
                    }],
                })),
            },
        },
    ]});
    let request = request(template(&nested), json!({}));
    let before = kinds(&request, &store);
    assert_eq!(before[0], "Create t");
    // Its name is not known while there is no identity.
    assert!(before[1].starts_with("Unsupported "), "{before:?}");
    play(&request, &mut store);
    let after = kinds(&request, &store);
    assert_eq!(after.len(), 2);
    assert!(
        after.iter().all(|one| one.starts_with("NoChange ")),
        "{after:?}"
    );
}

#[test]
fn complete_deployments_tell_what_they_delete() {
    let mut store = Memory::default();
    store.put(
        "/subscriptions/s/resourceGroups/g/providers/Test.X/things/beside",
        "Test.X/things",
        &json!({}),
    );
    let mut request = request(template(&json!({})), json!({}));
    assert_eq!(kinds(&request, &store), ["Ignore beside"]);
    request.mode = Mode::Complete;
    assert_eq!(kinds(&request, &store), ["Delete beside"]);
    let ids = what_if(&request, &store, Format::ResourceIdOnly).unwrap();
    assert_eq!(ids.wire()["properties"]["changes"][0].get("before"), None);
}
