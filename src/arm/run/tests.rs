use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::arm::fixtures::{Memory, play, request, template};

fn plain(name: &str, extra: &Value) -> Value {
    let mut resource = json!({"type": "Test.X/things", "apiVersion": "2024-01-01", "name": name});
    for (key, value) in extra.as_object().unwrap() {
        resource[key] = value.clone();
    }
    resource
}

/// The transcript of deploying these resources.
fn deploy(resources: &Value) -> String {
    let request = request(template(&json!({"resources": resources})), json!({}));
    play(&request, &mut Memory::default()).1
}

#[test]
fn resources_go_in_the_order_of_their_dependencies() {
    assert_snapshot!(deploy(&json!([
        plain(
            "c",
            &json!({"dependsOn": ["b", "[resourceId('Test.X/things', 'a')]"]})
        ),
        plain("b", &json!({"dependsOn": ["Test.X/things/a"]})),
        plain("a", &json!({"location": "[resourceGroup().location]"})),
        plain("off", &json!({"condition": "[equals(1, 2)]"})),
        plain("after-off", &json!({"dependsOn": ["off"]})),
        plain(
            "implicit",
            &json!({"properties": {"state": "[reference('c').provisioningState]"}})
        ),
    ])));
}

#[test]
fn serial_loops_go_batch_by_batch() {
    assert_snapshot!(deploy(&json!([
        plain(
            "[concat('n', copyIndex())]",
            &json!({
                "copy": {"name": "loop", "count": 5, "mode": "serial", "batchSize": 2},
                "properties": {"n": "[copyIndex(1)]"},
            })
        ),
        plain("last", &json!({"dependsOn": ["loop"]})),
    ])));
}

#[test]
fn children_and_extensions_have_their_ids() {
    assert_snapshot!(deploy(&json!([
        plain("parent", &json!({"resources": [
            {"type": "children", "apiVersion": "1", "name": "child", "dependsOn": ["parent"]},
        ]})),
        {"type": "Test.Y/extensions", "apiVersion": "1", "name": "ext", "scope": "Test.X/things/parent",
         "dependsOn": ["parent"]},
        {"type": "Test.Y/extensions", "apiVersion": "1", "name": "ext2",
         "scope": "[resourceId('Test.X/things', 'parent')]"},
        {"type": "Test.X/things/providers/locks", "apiVersion": "1", "name": "parent/Test.Z/lock"},
    ])));
}

#[test]
fn a_failure_stops_what_depends_on_it_and_nothing_else() {
    let mut store = Memory::default();
    let request = request(
        template(&json!({"resources": [
            plain("broken", &json!({})),
            plain("behind", &json!({"dependsOn": ["broken"]})),
            plain("beside", &json!({})),
            plain("missing-reference", &json!({
                "properties": {"x": "[reference(resourceId('Test.X/things', 'nobody'), '1').x]"},
            })),
        ]})),
        json!({}),
    );
    let (run, told) = play(&request, &mut store);
    assert_snapshot!(told);
    let root = &run.deployments()[0];
    assert_eq!(root.state(), "Failed");
    assert_eq!(root.failed().len(), 2);
    assert_eq!(root.resources().as_array().unwrap().len(), 1);
}

/// Two levels, inner and outer scope, outputs on the way up and parameters on the way down.
fn nested_template() -> Value {
    let inner = template(&json!({
        "parameters": {"name": {"type": "string"}, "secret": {"type": "securestring"}},
        "variables": {"full": "[concat('inner-', parameters('name'))]"},
        "resources": [plain("[variables('full')]", &json!({
            "properties": {"password": "[parameters('secret')]", "where": "[deployment().name]"},
        }))],
        "outputs": {
            "id": {"type": "string", "value": "[resourceId('Test.X/things', variables('full'))]"},
            "secret": {"type": "securestring", "value": "[parameters('secret')]"},
            "told": {"type": "string", "value": "[concat('x', parameters('secret'))]"},
        },
    }));
    let outer = template(&json!({
        "resources": [plain("[concat('outer-', parameters('name'))]", &json!({
            "properties": {"where": "[deployment().name]"},
        }))],
    }));
    let nested = |name: &str, scope: &str, template: &Value, extra: Value| {
        let mut one = json!({
            "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": name,
            "properties": {"mode": "Incremental", "template": template,
                "expressionEvaluationOptions": {"scope": scope}},
        });
        if scope == "inner" {
            one["properties"]["parameters"] = json!({
                "name": {"value": "[parameters('name')]"},
                "secret": {"value": "[parameters('password')]"},
            });
        }
        for (key, value) in extra.as_object().unwrap() {
            one[key] = value.clone();
        }
        one
    };
    template(&json!({
        "parameters": {
            "name": {"type": "string", "defaultValue": "n"},
            "password": {"type": "securestring"},
        },
        "resources": [
            nested("in", "inner", &inner, json!({})),
            nested("out", "outer", &outer, json!({"dependsOn": ["in"]})),
            nested("else", "inner", &inner, json!({"subscriptionId": "s2", "resourceGroup": "g2"})),
            plain("user", &json!({"properties": {
                "id": "[reference('in').outputs.id.value]",
                "secret": "[listOutputsWithSecureValues('in', '2022-09-01').secret]",
            }})),
        ],
        "outputs": {
            "id": {"type": "string", "value": "[reference('in').outputs.id.value]"},
            "told": {"type": "string", "value": "[reference('in').outputs.told.value]"},
            "password": {"type": "securestring", "value": "[parameters('password')]"},
            "names": {"type": "array", "copy": {"count": 2, "input": "[concat(parameters('name'), copyIndex())]"}},
            "absent": {"type": "string", "condition": false, "value": "[parameters('none')]"},
        },
    }))
}

#[test]
fn nested_deployments_are_part_of_the_run() {
    let mut store = Memory::default();
    let request = request(
        nested_template(),
        json!({"password": {"value": "pa55word"}}),
    );
    let (run, told) = play(&request, &mut store);
    assert_snapshot!(told);
    let root = &run.deployments()[0];
    assert_eq!(
        root.outputs(),
        json!({
            "id": {"type": "String", "value": "/subscriptions/s/resourceGroups/g/providers/Test.X/things/inner-n"},
            "told": {"type": "String"},
            "password": {"type": "SecureString"},
            "names": {"type": "Array", "value": ["n0", "n1"]},
        })
    );
    assert_eq!(
        root.parameters(),
        json!({"name": {"type": "String", "value": "n"}, "password": {"type": "SecureString"}})
    );
    let user = "/subscriptions/s/resourcegroups/g/providers/test.x/things/user";
    assert_eq!(store.resources[user]["properties"]["secret"], "pa55word");
    // The only way to the secret is the body of a step.
    let shown = format!(
        "{told}{run:?}{request:?}{:?}",
        run.deployments()
            .iter()
            .map(|one| {
                format!(
                    "{}{}{}{}",
                    one.outputs(),
                    one.parameters(),
                    one.dependencies(),
                    one.providers()
                )
            })
            .collect::<Vec<_>>()
    );
    assert!(!shown.contains("pa55word"), "{shown}");
}

#[test]
fn symbolic_names_loops_and_existing_resources() {
    let mut store = Memory::default();
    store.put(
        "/subscriptions/s/resourceGroups/g/providers/Test.X/things/old",
        "Test.X/things",
        &json!({"properties": {"colour": "blue"}}),
    );
    let request = request(
        template(&json!({
            "languageVersion": "2.0",
            "resources": {
                "old": plain("old", &json!({"existing": true})),
                "many": plain("[format('m{0}', copyIndex())]", &json!({
                    "copy": {"name": "many", "count": "[length(range(0, 2))]"},
                    "dependsOn": ["old"],
                })),
                "one": plain("one", &json!({
                    "properties": {
                        "colour": "[reference('old').colour]",
                        "second": "[reference('many[1]', '2024-01-01', 'full').name]",
                    },
                    "dependsOn": ["many"],
                })),
            },
            "outputs": {"all": {"type": "array", "value": "[map(references('many', 'full'), lambda('x', lambdaVariables('x').name))]"}},
        })),
        json!({}),
    );
    let (run, told) = play(&request, &mut store);
    assert_snapshot!(told);
    assert_eq!(
        run.deployments()[0].outputs()["all"]["value"],
        json!(["m0", "m1"])
    );
}

#[test]
fn complete_deployments_delete_what_they_do_not_name() {
    let mut store = Memory::default();
    for name in ["kept", "gone"] {
        store.put(
            &format!("/subscriptions/s/resourceGroups/g/providers/Test.X/things/{name}"),
            "Test.X/things",
            &json!({}),
        );
    }
    let mut request = request(
        template(&json!({"resources": [plain("kept", &json!({}))]})),
        json!({}),
    );
    request.mode = Mode::Complete;
    let (_, told) = play(&request, &mut store);
    assert_snapshot!(told);
    assert_eq!(store.resources.len(), 1);
}

#[test]
fn a_cancelled_run_starts_nothing_more() {
    let store = Memory::default();
    let request = request(
        template(&json!({"resources": [
            plain("a", &json!({})), plain("b", &json!({"dependsOn": ["a"]})),
        ]})),
        json!({}),
    );
    let mut run = Run::start(&request, &store).unwrap();
    let events = run.advance(&store);
    let [Event::Put(step)] = events.as_slice() else {
        panic!("{events:?}");
    };
    run.cancel();
    assert_eq!(run.advance(&store), []);
    run.finish(step.id, Ok(()));
    let events = run.advance(&store);
    assert_eq!(events, [Event::Ended { deployment: 0 }]);
    assert_eq!(run.outcome(), Some(&Outcome::Canceled));
}

#[test]
fn outputs_that_fail_are_named() {
    let request = request(
        template(&json!({"outputs": {
            "wrong": {"type": "int", "value": "text"},
            "broken": {"type": "string", "value": "[createObject('a', 1).b]"},
            "fine": {"type": "bool", "value": true},
        }})),
        json!({}),
    );
    let (run, _) = play(&request, &mut Memory::default());
    let Some(Outcome::Failed(error)) = run.outcome() else {
        panic!("{:?}", run.outcome());
    };
    assert_snapshot!(serde_json::to_string_pretty(&error.wire()).unwrap());
}

/// The shape of the shipped template: modules, loops, an extension, outputs of outputs.
#[test]
fn a_gateway_with_all_its_modules_is_deployed_and_a_second_time_unchanged() {
    let whole: Value = serde_json::from_str(include_str!("../fixtures/gateway.json")).unwrap();
    let request = request(whole, json!({}));
    let mut store = Memory::default();
    assert_eq!(validate(&request, &store).unwrap().resources.len(), 20);
    let (run, told) = play(&request, &mut store);
    assert_snapshot!("gateway", told);
    assert_snapshot!(
        "gateway_outputs",
        serde_json::to_string_pretty(&run.deployments()[0].outputs()).unwrap()
    );
    let again = crate::arm::what_if(&request, &store, crate::arm::Format::FullResourcePayloads)
        .unwrap()
        .wire();
    let changes = again["properties"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 20);
    for change in changes {
        assert_eq!(change["changeType"], "NoChange", "{change:#}");
    }
}

#[test]
fn a_subscription_gets_a_group_and_what_goes_into_it() {
    let inner = template(&json!({
        "resources": [plain("inside", &json!({"location": "[resourceGroup().location]"}))],
        "outputs": {"id": {"type": "string", "value": "[resourceId('Test.X/things', 'inside')]"}},
    }));
    let mut request = request(
        template(&json!({
            "resources": [
                {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-03-01", "name": "new",
                 "location": "[deployment().location]"},
                {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "in-it",
                 "resourceGroup": "new",
                 "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'new')]"],
                 "properties": {"mode": "Incremental", "template": inner,
                    "expressionEvaluationOptions": {"scope": "inner"}}},
                {"type": "Test.X/locks", "apiVersion": "1", "name": "everywhere"},
                {"type": "Test.X/locks", "apiVersion": "1", "name": "above", "scope": "/"},
            ],
            "outputs": {"id": {"type": "string", "value":
                "[reference(extensionResourceId(subscriptionResourceId('Microsoft.Resources/resourceGroups', 'new'), 'Microsoft.Resources/deployments', 'in-it'), '2022-09-01').outputs.id.value]"}},
        })),
        json!({}),
    );
    request.place = crate::arm::Place::Subscription {
        subscription: "s".to_owned(),
    };
    request.location = Some("westeurope".to_owned());
    let (run, told) = play(&request, &mut Memory::default());
    assert_snapshot!(told);
    assert_eq!(
        run.deployments()[0].outputs()["id"]["value"],
        "/subscriptions/s/resourceGroups/new/providers/Test.X/things/inside"
    );
    assert_eq!(
        run.deployments()[0].id,
        "/subscriptions/s/providers/Microsoft.Resources/deployments/main"
    );
}

/// The local Azure keeps a run behind a lock and drives it from many tasks.
#[test]
fn a_run_can_be_sent() {
    fn sent<T: Send>(_: &T) {}
    let request = request(template(&json!({})), json!({}));
    sent(&Run::start(&request, &Memory::default()).unwrap());
}

#[test]
fn what_a_get_of_the_deployment_tells() {
    let request = request(
        template(&json!({"resources": [
            plain("a", &json!({"location": "westeurope"})),
            plain("b", &json!({"dependsOn": ["a"]})),
        ]})),
        json!({}),
    );
    let (run, _) = play(&request, &mut Memory::default());
    let root = &run.deployments()[0];
    let id =
        |name: &str| format!("/subscriptions/s/resourceGroups/g/providers/Test.X/things/{name}");
    assert_eq!(
        root.dependencies(),
        json!([{
            "id": id("b"), "resourceType": "Test.X/things", "resourceName": "b",
            "dependsOn": [{"id": id("a"), "resourceType": "Test.X/things", "resourceName": "a"}],
        }])
    );
    assert_eq!(
        root.providers(),
        json!([{"namespace": "Test.X", "resourceTypes": [
            {"resourceType": "things", "locations": ["westeurope"]},
            {"resourceType": "things", "locations": [null]},
        ]}])
    );
    assert_eq!(root.resources(), json!([{"id": id("a")}, {"id": id("b")}]));
    assert_eq!(
        (root.state(), root.mode(), root.parent()),
        ("Succeeded", "Incremental", None)
    );
}

/// The template that ships, compiled from Bicep: both sides of the check are ours, so a mistake
/// of either shows here.
#[test]
fn the_shipped_template_is_deployed_and_a_second_time_unchanged() {
    let compiled = crate::bicep::compile(crate::bicep::STOCK_TEMPLATE, &crate::bicep::Stock)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    for (name, parameters) in [
        ("shipped", json!({})),
        (
            "shipped_with_event_hub",
            json!({"deployEventHub": {"value": true}, "logMessages": {"value": true},
                "apiManagementSku": {"value": "Developer"}, "subscriptionNames": {"value": ["one"]}}),
        ),
    ] {
        let request = request(compiled.template.clone(), parameters);
        let mut store = Memory::default();
        let planned = validate(&request, &store).unwrap().resources.len();
        let (run, told) = play(&request, &mut store);
        assert_eq!(run.outcome(), Some(&Outcome::Succeeded), "{told}");
        assert_eq!(store.resources.len(), planned);
        assert_snapshot!(name, names(&told));
        let outputs = serde_json::to_string_pretty(&run.deployments()[0].outputs()).unwrap();
        assert_snapshot!(format!("{name}_outputs"), outputs);
        let again = crate::arm::what_if(&request, &store, crate::arm::Format::FullResourcePayloads);
        for change in again.unwrap().wire()["properties"]["changes"]
            .as_array()
            .unwrap()
        {
            assert_eq!(change["changeType"], "NoChange", "{change:#}");
        }
    }
}

/// A transcript without bodies: they belong to the template, which may change.
fn names(told: &str) -> String {
    let lines = told
        .lines()
        .map(|line| line.split(" {").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}
