use std::time::Duration;

use serde_json::{Value, json};

use super::super::Plane;
use super::{ACCOUNT, GROUP, Local, SERVICE, account, model, service, settings};

#[test]
fn a_service_takes_its_time_and_says_so() {
    let mut local = Local::with(Duration::from_secs(8), None);
    let reply = local.ask("PUT", SERVICE, &service(), &[]);
    assert_eq!(reply.status, 201);
    assert_eq!(
        reply.body.unwrap()["properties"]["provisioningState"],
        "Activating"
    );
    let link = |name: &str| {
        let found = reply.headers.iter().find(|(known, _)| *known == name);
        found.unwrap().1.replace("http://local", "")
    };
    let (status, result) = (link("azure-asyncoperation"), link("location"));
    assert_eq!(link("retry-after"), "1");
    assert_eq!(local.get(&status)["status"], "InProgress");
    let waiting = local.ask("GET", &result, &Value::Null, &[]);
    assert_eq!((waiting.status, waiting.body), (202, None));
    local.settle();
    assert_eq!(local.now, "2026-03-04T05:06:15Z".parse().unwrap());
    assert_eq!(local.get(&status)["status"], "Succeeded");
    assert_eq!(
        local.get(&result)["properties"]["provisioningState"],
        "Succeeded"
    );
    assert_eq!(
        local.get(SERVICE)["properties"]["gatewayUrl"],
        "http://127.0.0.1:1"
    );
    // The same again changes nothing and takes no time.
    let again = local.ask("PUT", SERVICE, &service(), &[]);
    assert_eq!((again.status, again.headers.len()), (200, 1));
}

#[test]
fn what_was_deleted_comes_back_or_is_purged() {
    let mut local = Local::furnished();
    local.ok("PUT", &format!("{ACCOUNT}/deployments/m"), model(10));
    let key = local.ok(
        "POST",
        &format!("{SERVICE}/subscriptions/master/listSecrets"),
        Value::Null,
    );
    local.ok("DELETE", GROUP, Value::Null);
    assert_eq!(
        local.get(GROUP)["properties"]["provisioningState"],
        "Deleting"
    );
    local.settle();
    assert_eq!(local.ask("HEAD", GROUP, &Value::Null, &[]).status, 404);

    local.ok("PUT", GROUP, json!({"location": "westeurope"}));
    let mut told = local.told("PUT", SERVICE, service());
    told += &local.told("PUT", ACCOUNT, account());
    assert!(
        told.contains("ServiceAlreadyExistsInSoftDeletedState"),
        "{told}"
    );
    assert!(told.contains("FlagMustBeSetForRestore"), "{told}");
    // Its quota is still taken.
    let usages =
        "/subscriptions/s/providers/Microsoft.CognitiveServices/locations/westeurope/usages?$top=1";
    assert_eq!(local.get(usages)["value"][0]["currentValue"], 10);

    let mut back = service();
    back["properties"]["restore"] = json!(true);
    local.ok("PUT", SERVICE, back);
    local.settle();
    let same = local.ok(
        "POST",
        &format!("{SERVICE}/subscriptions/master/listSecrets"),
        Value::Null,
    );
    assert_eq!(same, key);

    let gone = "/subscriptions/s/providers/Microsoft.CognitiveServices/locations/westeurope/resourceGroups/g/deletedAccounts/ai";
    assert_eq!(local.get(gone)["name"], "ai");
    local.ok("DELETE", gone, Value::Null);
    local.ok("PUT", ACCOUNT, account());
    assert_eq!(local.get(usages)["value"][0]["currentValue"], 0);
    assert_eq!(local.ask("DELETE", gone, &Value::Null, &[]).status, 204);
}

#[test]
fn keys_are_asked_for_and_never_shown() {
    let mut local = Local::furnished();
    let body = json!({"properties": {"displayName": "s", "scope": "/apis", "state": "active", "primaryKey": "planted-key"}});
    let made = local.ok("PUT", &format!("{SERVICE}/subscriptions/s"), body);
    let named =
        json!({"properties": {"displayName": "n", "value": "planted-value", "secret": true}});
    let named = local.ok("PUT", &format!("{SERVICE}/namedValues/n"), named);
    let logger = json!({"properties": {"loggerType": "applicationInsights", "credentials": {"connectionString": "planted-string"}}});
    let logger = local.ok("PUT", &format!("{SERVICE}/loggers/l"), logger);
    let lists = ["subscriptions", "namedValues", "loggers"]
        .map(|kind| local.get(&format!("{SERVICE}/{kind}")));
    let shown = format!("{made}{named}{logger}{lists:?}");
    assert!(!shown.contains("planted"), "{shown}");
    let id = format!("{SERVICE}/subscriptions/s");
    assert_eq!(
        local.ok("POST", &format!("{id}/listSecrets"), Value::Null)["primaryKey"],
        "planted-key"
    );
    assert_eq!(
        local.ok(
            "POST",
            &format!("{SERVICE}/namedValues/n/listValue"),
            Value::Null
        )["value"],
        "planted-value"
    );
    // A change that says nothing of the keys keeps them.
    local.ok(
        "PATCH",
        &id,
        json!({"properties": {"displayName": "other"}}),
    );
    assert_eq!(
        local.ok("POST", &format!("{id}/listSecrets"), Value::Null)["primaryKey"],
        "planted-key"
    );
    local.ok("POST", &format!("{id}/regeneratePrimaryKey"), Value::Null);
    assert_ne!(
        local.ok("POST", &format!("{id}/listSecrets"), Value::Null)["primaryKey"],
        "planted-key"
    );
}

#[test]
fn a_key_opens_what_its_scope_holds() {
    let mut local = Local::furnished();
    for name in ["a", "b"] {
        let body = json!({"properties": {"displayName": name, "path": name}});
        local.ok("PUT", &format!("{SERVICE}/apis/{name}"), body);
    }
    local.ok(
        "PUT",
        &format!("{SERVICE}/products/p"),
        json!({"properties": {"displayName": "p"}}),
    );
    local.ok("PUT", &format!("{SERVICE}/products/p/apis/a"), Value::Null);
    for (name, scope, state) in [
        ("by-product", "/products/p", "active"),
        ("by-api", "/apis/b", "active"),
        ("all", "/apis", "active"),
        ("asleep", "/apis", "suspended"),
    ] {
        let body = json!({"properties": {"displayName": name, "scope": scope, "state": state}});
        local.ok("PUT", &format!("{SERVICE}/subscriptions/{name}"), body);
    }
    let made = local
        .plane
        .configuration(SERVICE, local.now)
        .unwrap()
        .unwrap();
    let opened: Vec<(String, Vec<String>)> = made
        .apis
        .iter()
        .map(|api| {
            let mut ids: Vec<String> = api.opened_by.clone().unwrap().into_iter().collect();
            ids.retain(|id| made.subscriptions.iter().any(|known| known.id == *id));
            (api.api.id.clone(), ids)
        })
        .collect();
    assert_eq!(
        opened,
        [
            (
                "a".to_owned(),
                ["all", "by-product", "master"].map(str::to_owned).to_vec()
            ),
            (
                "b".to_owned(),
                ["all", "by-api", "master"].map(str::to_owned).to_vec()
            ),
        ]
    );
}

#[test]
fn a_role_lets_the_gateway_call_the_model() {
    let mut local = Local::furnished();
    local.ok("PUT", &format!("{ACCOUNT}/deployments/M"), model(1));
    local.settle();
    let trusted = |local: &Local| local.plane.accounts(SERVICE)["ai.openai.azure.com"].trusted;
    assert!(!trusted(&local));
    let principal = local.get(SERVICE)["identity"]["principalId"].clone();
    let role = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
    let body = json!({"properties": {"principalId": principal, "roleDefinitionId": role}});
    let id = format!("{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments");
    local.ok("PUT", &format!("{id}/one"), body.clone());
    assert!(trusted(&local));
    assert!(
        local.plane.accounts(SERVICE)["ai.openai.azure.com"]
            .models
            .contains_key("m")
    );
    assert!(
        local
            .told("PUT", &format!("{id}/two"), body)
            .contains("RoleAssignmentExists")
    );
    assert_eq!(
        local.get(&format!(
            "{GROUP}/providers/Microsoft.Authorization/roleAssignments"
        ))["value"][0]["name"],
        "one"
    );
    local.ok("DELETE", &format!("{id}/one"), Value::Null);
    assert!(!trusted(&local));
}

#[test]
fn what_is_kept_is_what_was() {
    let mut local = Local::with(Duration::from_secs(1), None);
    local.ok("PUT", SERVICE, service());
    local.settle();
    local.ok("PUT", ACCOUNT, account());
    let text = local.plane.unsaved().unwrap();
    assert_eq!(local.plane.unsaved(), None, "nothing happened since");
    let mut again = Plane::restore(settings(Duration::ZERO), None, &text).unwrap();
    assert!(again.changed().contains(&SERVICE.to_lowercase()));
    again.keep_again();
    assert_eq!(again.unsaved().unwrap(), text);
    // What was under way ends.
    let mut local = Local {
        plane: again,
        now: local.now,
    };
    local.settle();
    assert_eq!(
        local.get(ACCOUNT)["properties"]["provisioningState"],
        "Succeeded"
    );
    let other = text.replacen("\"format\":1", "\"format\":2", 1);
    assert!(Plane::restore(settings(Duration::ZERO), None, &other).is_err());
}
