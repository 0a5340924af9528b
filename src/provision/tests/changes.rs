use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::provision::{Changes, Look};

const GROUP: &str = "/subscriptions/s/resourceGroups/g";

fn answer() -> Value {
    let service = format!("{GROUP}/providers/Microsoft.ApiManagement/service/x");
    let account = format!("{GROUP}/providers/Microsoft.CognitiveServices/accounts/a");
    let policy = "<policies>\r\n  <inbound>\r\n    <llm-token-limit tokens-per-minute=\"500\" />\r\n  </inbound>\r\n</policies>";
    json!({"status": "Succeeded", "properties": {"changes": [
        {"resourceId": format!("{service}/apis/openai/policies/policy"), "changeType": "Modify", "delta": [
            {"path": "properties.value", "propertyChangeType": "Modify", "before": policy,
             "after": policy.replace("500", "800").replace('\r', "")}]},
        {"resourceId": service, "changeType": "NoChange"},
        {"resourceId": format!("{service}/namedValues/tpm"), "changeType": "Modify", "delta": [
            {"path": "properties.value", "propertyChangeType": "Modify", "before": "500", "after": "800"}]},
        {"resourceId": format!("{service}/namedValues/key"), "changeType": "Modify",
         "after": {"properties": {"secret": true}}, "delta": [
            {"path": "properties.value", "propertyChangeType": "Modify", "before": "planted", "after": "planted too"}]},
        {"resourceId": format!("{service}/loggers/l"), "changeType": "Modify", "delta": [
            {"path": "properties.credentials", "propertyChangeType": "Modify",
             "before": {"connectionString": "planted"}, "after": {"connectionString": "planted"}},
            {"path": "properties.provisioningState", "propertyChangeType": "NoEffect", "before": "a", "after": "b"},
            {"path": "properties.rules", "propertyChangeType": "Array", "children": [
                {"path": "1", "propertyChangeType": "Create", "after": {"port": 443}},
                {"path": "0", "propertyChangeType": "Modify", "children": [
                    {"path": "port", "propertyChangeType": "Delete", "before": 80}]}]}]},
        {"resourceId": account, "changeType": "Create",
         "after": {"sku": {"name": "S0"}, "location": "westeurope", "kind": "OpenAI"}},
        {"resourceId": format!("{account}/deployments/gpt-4o-mini"), "changeType": "Create",
         "after": {"sku": {"name": "GlobalStandard", "capacity": 50},
                   "properties": {"model": {"name": "gpt-4o-mini", "version": "2024-07-18"}}}},
        {"resourceId": format!("{account}/providers/Microsoft.Authorization/roleAssignments/r"), "changeType": "Unsupported",
         "unsupportedReason": "The name is known only when the deployment runs."},
        {"resourceId": format!("{GROUP}/providers/Microsoft.Insights/components/old"), "changeType": "Ignore"},
        {"resourceId": format!("{GROUP}/providers/Microsoft.Insights/components/older"), "changeType": "Delete"},
    ], "potentialChanges": [
        {"resourceId": format!("{GROUP}/providers/Microsoft.EventHub/namespaces/n"), "changeType": "Create"}],
    "diagnostics": [{"level": "Warning", "code": "NestedDeploymentShortCircuited", "message": "A nested deployment got short-circuited"}]}})
}

#[test]
fn changes_are_a_tree_with_their_properties() {
    let changes = Changes::read(&answer()).unwrap();
    let tree = changes.tree(Look { colour: false });
    assert!(!tree.contains("planted"), "{tree}");
    assert_snapshot!(format!("{tree}\n{}", changes.count()));
    assert!(!changes.nothing());
}

#[test]
fn colours_are_by_kind_and_only_when_asked_for() {
    let changes = Changes::read(&answer()).unwrap();
    let colours = changes.tree(Look { colour: true });
    assert!(colours.contains("\u{1b}[32m+ Microsoft.CognitiveServices/accounts a"));
    let plain = changes.tree(Look { colour: false });
    assert!(!plain.contains('\u{1b}'));
}

/// Azure never answers the value of a secret, so what-if calls it new each time.
#[test]
fn a_secret_that_cannot_be_compared_is_no_change() {
    let id = format!("{GROUP}/providers/Microsoft.ApiManagement/service/x/namedValues/n");
    let named_value = |kind: &str, before: Value| {
        let answer = json!({"changes": [{"resourceId": id, "changeType": "Modify",
            "after": {"properties": {"secret": true}}, "delta": [
                {"path": "properties.value", "propertyChangeType": kind, "before": before, "after": "planted"}]}]});
        Changes::read(&answer).unwrap().nothing()
    };
    assert!(named_value("Create", Value::Null));
    assert!(!named_value("Modify", json!("other")));
}

#[test]
fn nothing_changes() {
    let id = format!("{GROUP}/providers/Microsoft.Insights/components/c");
    for (list, count) in [
        (json!([]), "nothing to deploy"),
        (
            json!([{"resourceId": id, "changeType": "NoChange"}]),
            "nothing changes: 1 unchanged",
        ),
        (
            json!([{"resourceId": id, "changeType": "Create"}]),
            "1 to create",
        ),
    ] {
        let changes = Changes::read(&json!({"properties": {"changes": list}})).unwrap();
        assert_eq!(changes.count(), count);
        assert_eq!(changes.nothing(), count != "1 to create");
    }
    assert_eq!(Changes::read(&json!({"status": "Running"})), None);
}
