use serde_json::{Value, json};

use super::{ACCOUNT, GROUP, Local, SERVICE, account, model, service};

#[test]
#[expect(clippy::too_many_lines, reason = "a table of refusals")]
fn what_azure_refuses_is_refused_in_its_words() {
    let mut local = Local::furnished();
    let other = |path: &str| format!("{GROUP}/providers/{path}");
    local.ok("PUT", &format!("{ACCOUNT}/deployments/m"), model(1_900));
    let api = |path: &str| json!({"properties": {"displayName": "A", "path": path}});
    local.ok("PUT", &format!("{SERVICE}/apis/a"), api("a"));
    let mut told = String::new();
    for (method, path, body) in [
        (
            "GET",
            "/subscriptions/other/resourceGroups".to_owned(),
            Value::Null,
        ),
        ("GET", "/nowhere".to_owned(), Value::Null),
        (
            "GET",
            "/subscriptions/s/resourceGroups/none".to_owned(),
            Value::Null,
        ),
        (
            "PUT",
            "/subscriptions/s/resourceGroups/x".to_owned(),
            json!({"location": "the moon"}),
        ),
        ("PUT", GROUP.to_owned(), json!({"location": "eastus"})),
        ("GET", other("Microsoft.Nothing/x/y"), Value::Null),
        (
            "PUT",
            "/subscriptions/s/resourceGroups/none/providers/Microsoft.KeyVault/vaults/v".to_owned(),
            json!({"location": "westeurope"}),
        ),
        ("PUT", other("Microsoft.KeyVault/vaults/v"), json!({})),
        (
            "PUT",
            SERVICE.to_owned(),
            json!({"location": "eastus", "sku": {"name": "BasicV2"}}),
        ),
        (
            "PUT",
            other("Microsoft.ApiManagement/service/b"),
            json!({"location": "westeurope", "sku": {"name": "Huge"}}),
        ),
        (
            "PUT",
            other("Microsoft.ApiManagement/service/b"),
            json!({"location": "westeurope", "sku": {"name": "BasicV2"}}),
        ),
        ("GET", format!("{SERVICE}/apis/none"), Value::Null),
        (
            "PUT",
            format!("{SERVICE}/apis/none/operations/o"),
            json!({"properties": {}}),
        ),
        ("PUT", format!("{SERVICE}/apis/b"), api("A")),
        (
            "PUT",
            format!("{SERVICE}/apis/b"),
            json!({"properties": {"format": "openapi", "value": "{}", "path": "b"}}),
        ),
        (
            "PUT",
            format!("{SERVICE}/apis/a/operations/o"),
            json!({"properties": {"displayName": "O", "method": "GET", "urlTemplate": "/{id}"}}),
        ),
        (
            "PUT",
            format!("{SERVICE}/wonders/w"),
            json!({"properties": {}}),
        ),
        (
            "PUT",
            format!("{SERVICE}/namedValues/n"),
            json!({"properties": {"displayName": "n", "secret": true}}),
        ),
        (
            "PUT",
            format!("{SERVICE}/backends/b"),
            json!({"properties": {"protocol": "soap", "url": "https://x"}}),
        ),
        (
            "PUT",
            format!("{SERVICE}/subscriptions/s"),
            json!({"properties": {"displayName": "s", "scope": "/products/none"}}),
        ),
        (
            "PUT",
            format!("{SERVICE}/diagnostics/applicationinsights"),
            json!({"properties": {"loggerId": "/loggers/none"}}),
        ),
        ("POST", format!("{SERVICE}/wonder"), Value::Null),
        (
            "GET",
            format!("{SERVICE}/apis?$filter=name gt 'a'"),
            Value::Null,
        ),
        (
            "PUT",
            other("Microsoft.CognitiveServices/accounts/b"),
            account(),
        ),
        ("PUT", format!("{ACCOUNT}/deployments/m2"), model(200)),
        (
            "PUT",
            format!("{ACCOUNT}/deployments/m2"),
            json!({"sku": {"name": "GlobalStandard", "capacity": 1}, "properties": {"model": {"format": "OpenAI", "name": "gpt-9"}}}),
        ),
        (
            "PUT",
            format!("{ACCOUNT}/deployments/m2"),
            json!({"sku": {"name": "Free", "capacity": 1}, "properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini"}}}),
        ),
        (
            "PUT",
            other("Microsoft.Resources/deployments/d"),
            json!({"properties": {"mode": "Incremental"}}),
        ),
        (
            "PUT",
            other("Microsoft.Resources/deployments/d"),
            json!({"properties": {"mode": "Incremental", "templateLink": {"uri": "https://x"}}}),
        ),
        (
            "POST",
            other("Microsoft.Resources/deployments/d/cancel"),
            Value::Null,
        ),
    ] {
        told += &local.told(method, &path, body);
    }
    local.ok(
        "POST",
        "/subscriptions/s/providers/Microsoft.KeyVault/unregister",
        Value::Null,
    );
    told += &local.told(
        "PUT",
        &other("Microsoft.KeyVault/vaults/v"),
        json!({"location": "westeurope"}),
    );
    insta::assert_snapshot!(told);
}

#[test]
fn a_key_that_takes_tokens_only_lists_no_keys() {
    let mut local = Local::new();
    let mut body = account();
    body["properties"]["disableLocalAuth"] = json!(true);
    local.ok("PUT", ACCOUNT, body);
    let told = local.told("POST", &format!("{ACCOUNT}/listKeys"), Value::Null);
    assert!(
        told.contains("disableLocalAuth is set to be true"),
        "{told}"
    );
}

#[test]
fn paths_are_read_without_regard_to_case_and_lists_come_in_pages() {
    let mut local = Local::furnished();
    for name in ["a", "b", "c", "d"] {
        let body = json!({"properties": {"displayName": name, "path": name}});
        local.ok("PUT", &format!("{SERVICE}/apis/{name}"), body);
    }
    let small = SERVICE.to_lowercase();
    let first = local.get(&format!("{small}/APIS?api-version=x"));
    assert_eq!(first["count"], 4);
    let link = first["nextLink"]
        .as_str()
        .unwrap()
        .replace("http://local", "")
        .replace("%24", "$");
    let second = local.get(&link);
    let names = |page: &Value| -> Vec<String> {
        let items = page["value"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        (names(&first), names(&second)),
        (
            vec!["a".into(), "b".into(), "c".into()],
            vec!["d".to_owned()]
        )
    );
    assert_eq!(second["nextLink"], Value::Null);
    assert_eq!(first["value"][0]["id"], format!("{SERVICE}/apis/a"));
    let top = local.get(&format!("{SERVICE}/apis?$top=1&$skip=2"));
    assert_eq!(names(&top), ["c"]);
}

#[test]
fn a_name_belongs_to_one_service_only() {
    let mut local = Local::furnished();
    local.ok(
        "PUT",
        "/subscriptions/s/resourceGroups/h",
        json!({"location": "westeurope"}),
    );
    let twin = SERVICE.replace("/g/", "/h/");
    assert!(
        local
            .told("PUT", &twin, service())
            .contains("ServiceAlreadyExists")
    );
    let check = "/subscriptions/s/providers/Microsoft.ApiManagement/checkNameAvailability";
    assert_eq!(
        local.ok("POST", check, json!({"name": "apim"}))["reason"],
        "AlreadyExists"
    );
    assert_eq!(
        local.ok("POST", check, json!({"name": "9"}))["reason"],
        "Invalid"
    );
    assert_eq!(
        local.ok("POST", check, json!({"name": "free"}))["nameAvailable"],
        true
    );
}
