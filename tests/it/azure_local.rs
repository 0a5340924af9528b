//! The local Azure over the wire: its endpoint, its tokens, the gateways of its services, and what
//! outlives the process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::builder::{Folder, apimon, repository};

/// `apimon emulate` with its management endpoint, killed when dropped.
struct LocalAzure {
    child: Child,
    address: String,
    subscription: String,
    token: String,
}

impl LocalAzure {
    fn start(folder: &Folder, arguments: &[&str]) -> LocalAzure {
        let policy = repository("policies/token-limit.xml");
        let mut all = vec![
            "emulate",
            "--quiet",
            "--provisioning",
            "0",
            "--policy",
            &policy,
        ];
        all.extend(arguments);
        let mut child = apimon(folder, &all).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut local = LocalAzure {
            child,
            address: String::new(),
            subscription: String::new(),
            token: String::new(),
        };
        for line in lines {
            let line = line.unwrap();
            let (name, value) = line.split_once('=').unwrap();
            match name {
                "AZURE_RESOURCE_MANAGER_URL" => value
                    .strip_prefix("http://")
                    .unwrap()
                    .clone_into(&mut local.address),
                "AZURE_SUBSCRIPTION_ID" => {
                    value.clone_into(&mut local.subscription);
                    break;
                }
                _ => {}
            }
        }
        let path = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com";
        let (status, body) =
            ask(&local.address, "GET", path, "X-IDENTITY-HEADER: x\r\n", "").unwrap();
        assert_eq!(status, 200);
        body["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut local.token);
        local
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let path = format!(
            "/subscriptions/{}{path}?api-version=2024-05-01",
            self.subscription
        );
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = format!("Authorization: Bearer {}\r\n", self.token);
        ask(&self.address, method, &path, &headers, &body).expect("an answer")
    }

    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }
}

impl Drop for LocalAzure {
    fn drop(&mut self) {
        // `kill` is SIGKILL: nothing is tidied up.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// One request on a connection of its own; `None` when the connection ends without an answer.
fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}

const SERVICE: &str = "/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim";

/// A service with one API that answers by itself.
fn furnish(local: &LocalAzure) -> String {
    local.ok(
        "PUT",
        "/resourceGroups/g",
        &json!({"location": "westeurope"}),
    );
    let service = json!({
        "location": "westeurope", "sku": {"name": "BasicV2", "capacity": 1},
        "properties": {"publisherEmail": "a@b.c", "publisherName": "me"},
    });
    local.ok("PUT", SERVICE, &service);
    let api =
        json!({"properties": {"displayName": "A", "path": "a", "subscriptionRequired": false}});
    local.ok("PUT", &format!("{SERVICE}/apis/a"), &api);
    let operation =
        json!({"properties": {"displayName": "O", "method": "GET", "urlTemplate": "/o"}});
    local.ok("PUT", &format!("{SERVICE}/apis/a/operations/o"), &operation);
    let found = local.ok("GET", SERVICE, &Value::Null);
    let url = found["properties"]["gatewayUrl"].as_str().unwrap();
    url.strip_prefix("http://").unwrap().to_owned()
}

fn put_policy(local: &LocalAzure, status: u16) {
    let text = format!(
        "<policies><inbound><return-response><set-status code=\"{status}\" /></return-response></inbound></policies>"
    );
    let body = json!({"properties": {"format": "rawxml", "value": text}});
    local.ok("PUT", &format!("{SERVICE}/apis/a/policies/policy"), &body);
}

#[test]
fn a_policy_changes_the_gateway_of_its_service_at_once() {
    let folder = Folder::new("azure-policy");
    let local = LocalAzure::start(&folder, &[]);
    let gateway = furnish(&local);
    for status in [418, 204] {
        put_policy(&local, status);
        assert_eq!(ask(&gateway, "GET", "/a/o", "", "").unwrap().0, status);
    }
    local.ok("DELETE", SERVICE, &Value::Null);
    assert!(
        TcpStream::connect(&gateway).is_err(),
        "the gateway went with its service"
    );
}

#[test]
fn nobody_comes_in_without_a_token_that_counts() {
    let folder = Folder::new("azure-tokens");
    let local = LocalAzure::start(&folder, &[]);
    for (headers, code) in [
        (String::new(), "AuthenticationFailed"),
        (
            "Authorization: Bearer x.y.z\r\n".to_owned(),
            "InvalidAuthenticationToken",
        ),
        (
            format!("Authorization: Bearer {}x\r\n", local.token),
            "InvalidAuthenticationToken",
        ),
        (
            "Authorization: Basic eDp5\r\n".to_owned(),
            "InvalidAuthenticationToken",
        ),
    ] {
        let (status, body) = ask(
            &local.address,
            "GET",
            "/subscriptions?api-version=x",
            &headers,
            "",
        )
        .unwrap();
        assert_eq!((status, &body["error"]["code"]), (401, &json!(code)));
    }
    let path = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net";
    let (_, other) = ask(&local.address, "GET", path, "X-IDENTITY-HEADER: x\r\n", "").unwrap();
    let headers = format!(
        "Authorization: Bearer {}\r\n",
        other["access_token"].as_str().unwrap()
    );
    let (status, body) = ask(
        &local.address,
        "GET",
        "/subscriptions?api-version=x",
        &headers,
        "",
    )
    .unwrap();
    assert_eq!(
        (status, &body["error"]["code"]),
        (401, &json!("InvalidAuthenticationTokenAudience"))
    );
    // What needs no token: where things are, and how tokens are had.
    let (status, cloud) = ask(
        &local.address,
        "GET",
        "/metadata/endpoints?api-version=2022-09-01",
        "",
        "",
    )
    .unwrap();
    assert_eq!((status, cloud.is_object()), (200, true));
    let form = "grant_type=client_credentials&client_id=app&client_secret=s&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
    let (status, token) = ask(
        &local.address,
        "POST",
        "/common/oauth2/v2.0/token",
        "",
        form,
    )
    .unwrap();
    assert_eq!((status, &token["token_type"]), (200, &json!("Bearer")));
    let (status, refused) = ask(
        &local.address,
        "POST",
        "/nobody/oauth2/v2.0/token",
        "",
        form,
    )
    .unwrap();
    assert_eq!((status, &refused["error_codes"]), (400, &json!([90_002])));
}

#[test]
fn what_was_answered_outlives_a_kill() {
    let folder = Folder::new("azure-kill");
    let (gateway, key) = {
        let local = LocalAzure::start(&folder, &["--data", "state"]);
        let gateway = furnish(&local);
        put_policy(&local, 418);
        let path = format!("{SERVICE}/subscriptions/master/listSecrets");
        (gateway, local.ok("POST", &path, &Value::Null))
    };
    let local = LocalAzure::start(&folder, &["--data", "state"]);
    let path = format!("{SERVICE}/subscriptions/master/listSecrets");
    assert_eq!(local.ok("POST", &path, &Value::Null), key);
    let found = local.ok("GET", SERVICE, &Value::Null);
    let url = found["properties"]["gatewayUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    let now = url.strip_prefix("http://").unwrap();
    assert_eq!(
        ask(now, "GET", "/a/o", "", "").unwrap().0,
        418,
        "was at {gateway}"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(folder.path().join("state/azure.json"))
            .unwrap()
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn faults_strike_as_planned() {
    let folder = Folder::new("azure-faults");
    folder.write(
        "faults.yaml",
        "rules:\n- { fault: throttle, route: 'GET */resourcegroups/a', times: 1 }\n- { fault: drop, route: 'GET */resourcegroups/b', times: 1 }\n- { fault: drop-after, route: 'PUT */resourcegroups/c', times: 1 }\n",
    );
    let local = LocalAzure::start(&folder, &["--faults", "faults.yaml"]);
    assert_eq!(local.ask("GET", "/resourceGroups/a", &Value::Null).0, 429);
    assert_eq!(local.ask("GET", "/resourceGroups/a", &Value::Null).0, 404);
    let raw = |method: &str, name: &str| {
        let path = format!(
            "/subscriptions/{}/resourceGroups/{name}?api-version=x",
            local.subscription
        );
        let headers = format!("Authorization: Bearer {}\r\n", local.token);
        ask(
            &local.address,
            method,
            &path,
            &headers,
            "{\"location\": \"westeurope\"}",
        )
    };
    assert_eq!(raw("GET", "b"), None);
    assert_eq!(raw("PUT", "c"), None);
    assert_eq!(
        local.ask("GET", "/resourceGroups/c", &Value::Null).0,
        200,
        "it was done nevertheless"
    );
}
