//! `deploy` and `destroy` as a user runs them, against the local Azure.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::builder::{Folder, apimon, repository};

/// `apimon emulate` in a folder, where other commands find it.
struct LocalAzure {
    child: Child,
    url: String,
    identity: String,
    subscription: String,
}

impl LocalAzure {
    fn start(folder: &Folder, provisioning: &str) -> LocalAzure {
        let policy = repository("policies/token-limit.xml");
        let arguments = [
            "emulate",
            "--policy",
            &policy,
            "--provisioning",
            provisioning,
            "--quiet",
        ];
        let mut child = apimon(folder, &arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut value = |name: &str| loop {
            let line = lines.next().expect("it announces itself").unwrap();
            if let Some(value) = line.strip_prefix(&format!("{name}=")) {
                return value.to_owned();
            }
        };
        let url = value("AZURE_RESOURCE_MANAGER_URL");
        let identity = value("IDENTITY_ENDPOINT");
        let subscription = value("AZURE_SUBSCRIPTION_ID");
        LocalAzure {
            child,
            url,
            identity,
            subscription,
        }
    }

    /// Calls the management endpoint as any client does.
    fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let token = http(
            &self.identity,
            "GET",
            "?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com",
            "X-IDENTITY-HEADER: x\r\n",
            "",
        );
        let token: Value = serde_json::from_str(&token.1).unwrap();
        let headers = format!(
            "Authorization: Bearer {}\r\nContent-Type: application/json\r\n",
            token["access_token"].as_str().unwrap()
        );
        let (_, body) = http(&self.url, method, path, &headers, body);
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    fn group(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/apimon", self.subscription)
    }
}

impl Drop for LocalAzure {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Status line and body.
fn http(base: &str, method: &str, path: &str, headers: &str, body: &str) -> (String, String) {
    let rest = base.strip_prefix("http://").unwrap();
    let (host, prefix) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(host, path)| {
            (host, format!("/{path}"))
        });
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "{method} {prefix}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked {
        unchunked(body)
    } else {
        body.to_owned()
    };
    (head.lines().next().unwrap().to_owned(), body)
}

fn unchunked(mut text: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        text = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = apimon(folder, arguments);
    for name in [
        "AZURE_SUBSCRIPTION_ID",
        "AZURE_RESOURCE_GROUP",
        "AZURE_LOCATION",
        "AZURE_APIM_NAME",
        "AZURE_AUTHORITY_HOST",
        "AZURE_RESOURCE_MANAGER_URL",
        "AZURE_TENANT_ID",
        "GITHUB_OUTPUT",
    ] {
        command.env_remove(name);
    }
    command
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn state(folder: &Folder) -> PathBuf {
    folder.path().join(".apimon/local.json")
}

#[test]
fn from_nothing_to_an_answer_of_the_gateway_and_back() {
    let folder = Folder::new("deploy");
    let azure = LocalAzure::start(&folder, "20ms");

    let plan = run(&folder, &["deploy", "--plan"]);
    assert_eq!(plan.status.code(), Some(0), "{}", said(&plan));
    assert!(
        out(&plan).contains("+ Microsoft.ApiManagement/service"),
        "{}",
        out(&plan)
    );
    assert!(
        out(&plan)
            .trim_end()
            .ends_with("23 to create, 1 not foreseeable"),
        "{}",
        out(&plan)
    );
    assert!(!state(&folder).exists(), "a plan leaves nothing");
    assert!(
        azure.call(
            "GET",
            &format!("{}?api-version=2024-11-01", azure.group()),
            ""
        )["error"]
            .is_object()
    );

    let piped = run(&folder, &["deploy"]);
    assert_eq!(piped.status.code(), Some(2), "{}", said(&piped));
    assert!(said(&piped).contains("--yes"), "{}", said(&piped));

    let outputs = folder.path().join("outputs.env");
    let github = folder.path().join("github");
    let deployed = command(&folder, &["deploy", "--yes", "--output-env", "outputs.env"])
        .env("GITHUB_OUTPUT", &github)
        .output()
        .unwrap();
    assert_eq!(deployed.status.code(), Some(0), "{}", said(&deployed));
    assert!(said(&deployed).contains("succeeded"), "{}", said(&deployed));
    let lines = std::fs::read_to_string(outputs).unwrap();
    let value = |name: &str| {
        let line = lines
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {lines}"))
            .to_owned()
    };
    assert_eq!(value("TPM"), "500");
    assert!(
        std::fs::read_to_string(github)
            .unwrap()
            .contains("gatewayUrl=http")
    );
    mode_is_private(&state(&folder));

    let keys = azure.call(
        "POST",
        &format!(
            "{}/providers/Microsoft.ApiManagement/service/{}/subscriptions/demo/listSecrets?api-version=2024-05-01",
            azure.group(),
            value("AZURE_APIM_NAME")
        ),
        "",
    );
    let key = keys["primaryKey"]
        .as_str()
        .unwrap_or_else(|| panic!("{keys}"));
    let chat = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
    let hello = r#"{"messages":[{"role":"user","content":"Hello"}]}"#;
    let headers = format!("api-key: {key}\r\nContent-Type: application/json\r\n");
    let (status, body) = http(&value("APIM_GATEWAY_URL"), "POST", chat, &headers, hello);
    assert!(status.contains("200"), "{status} {body}");
    for text in [
        lines.clone(),
        said(&deployed),
        out(&deployed),
        std::fs::read_to_string(state(&folder)).unwrap(),
    ] {
        assert!(!text.contains(key), "a key is nowhere");
    }

    let again = run(&folder, &["deploy", "--yes", "--format", "json"]);
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    assert!(said(&again).contains("nothing changes"), "{}", said(&again));
    let json: Value = serde_json::from_str(&out(&again)).unwrap();
    assert_eq!(json["tpm"], 500);

    let changed = run(&folder, &["deploy", "--plan", "-p", "tpm=800"]);
    assert!(out(&changed).contains("1 to modify"), "{}", out(&changed));

    let kept = run(&folder, &["destroy"]);
    assert_eq!(kept.status.code(), Some(2), "{}", said(&kept));
    let gone = run(&folder, &["destroy", "--yes"]);
    assert_eq!(gone.status.code(), Some(0), "{}", said(&gone));
    assert!(
        said(&gone).contains("purging API Management service"),
        "{}",
        said(&gone)
    );
    assert!(!state(&folder).exists());
    let twice = run(&folder, &["destroy", "--yes"]);
    assert_eq!(twice.status.code(), Some(0), "{}", said(&twice));
    assert!(
        said(&twice).contains("there is no resource group"),
        "{}",
        said(&twice)
    );
}

#[cfg(unix)]
fn mode_is_private(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(not(unix))]
fn mode_is_private(path: &std::path::Path) {
    assert!(path.exists());
}

#[test]
fn what_is_soft_deleted_stops_is_restored_or_is_purged() {
    let folder = Folder::new("deploy-twins");
    let _azure = LocalAzure::start(&folder, "20ms");
    let deployed = run(&folder, &["deploy", "--yes", "--quiet"]);
    assert_eq!(deployed.status.code(), Some(0), "{}", said(&deployed));
    let gone = run(&folder, &["destroy", "--yes", "--keep-soft-deleted"]);
    assert_eq!(gone.status.code(), Some(0), "{}", said(&gone));

    let stopped = run(&folder, &["deploy", "--yes"]);
    assert_eq!(stopped.status.code(), Some(3), "{}", said(&stopped));
    assert!(
        said(&stopped).contains("--soft-deleted purge"),
        "{}",
        said(&stopped)
    );

    let restored = run(&folder, &["deploy", "--yes", "--soft-deleted", "restore"]);
    assert_eq!(restored.status.code(), Some(0), "{}", said(&restored));
    assert!(
        said(&restored).contains("deploying once more"),
        "{}",
        said(&restored)
    );

    let gone = run(&folder, &["destroy", "--yes", "--keep-soft-deleted"]);
    assert_eq!(gone.status.code(), Some(0), "{}", said(&gone));
    let purged = run(&folder, &["deploy", "--yes", "--soft-deleted", "purge"]);
    assert_eq!(purged.status.code(), Some(0), "{}", said(&purged));
    assert!(said(&purged).contains("purging"), "{}", said(&purged));
}

#[test]
fn a_deployment_that_would_fail_says_so_before_it_begins() {
    let folder = Folder::new("deploy-quota");
    let azure = LocalAzure::start(&folder, "20ms");
    let bad = run(
        &folder,
        &[
            "deploy",
            "--yes",
            "-p",
            "modelCapacity=1000000",
            "-p",
            "adminKey=x",
        ],
    );
    assert_eq!(bad.status.code(), Some(2), "{}", said(&bad));
    let bad = run(&folder, &["deploy", "--yes", "-p", "modelCapacity=1000000"]);
    assert_eq!(bad.status.code(), Some(3), "{}", said(&bad));
    assert!(said(&bad).contains("-p modelCapacity="), "{}", said(&bad));
    assert!(
        azure.call(
            "GET",
            &format!("{}?api-version=2024-11-01", azure.group()),
            ""
        )["error"]
            .is_object()
    );
}

#[test]
fn a_deployment_that_fails_shows_resource_error_and_remedy() {
    let folder = Folder::new("deploy-fails");
    let _azure = LocalAzure::start(&folder, "20ms");
    let template = folder.write(
        "bad.bicep",
        "resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {\n  name: 'failing-account'\n  location: resourceGroup().location\n  kind: 'OpenAI'\n  sku: {\n    name: 'S0'\n  }\n  properties: {\n    customSubDomainName: 'failing-account'\n  }\n}\n\nresource policy 'Microsoft.ApiManagement/service/apis@2024-05-01' = {\n  name: 'missing/api'\n  properties: {\n    displayName: 'a'\n    path: 'a'\n  }\n}\n",
    );
    let failed = run(
        &folder,
        &[
            "deploy",
            "--yes",
            "--template",
            &template.display().to_string(),
        ],
    );
    assert_eq!(failed.status.code(), Some(3), "{}", said(&failed));
    assert!(
        said(&failed).contains("Microsoft.ApiManagement/service/apis `missing/api`"),
        "{}",
        said(&failed)
    );
    let state = std::fs::read_to_string(state(&folder)).unwrap();
    assert!(state.contains("\"failed\""), "{state}");
}

#[test]
fn a_second_deploy_joins_the_first() {
    let folder = Folder::new("deploy-joins");
    let _azure = LocalAzure::start(&folder, "5s");
    let first = command(&folder, &["deploy", "--yes", "--on-interrupt", "leave"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = first;
    let mut lines = BufReader::new(first.stderr.take().unwrap()).lines();
    // As soon as something runs, there is something to join.
    let begun = lines.any(|line| line.unwrap().starts_with("running"));
    assert!(begun);
    let second = run(&folder, &["deploy", "--yes"]);
    assert_eq!(second.status.code(), Some(0), "{}", said(&second));
    assert!(
        said(&second).contains("joining deployment `apimon`"),
        "{}",
        said(&second)
    );
    for line in lines {
        line.unwrap();
    }
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn without_anything_configured_a_local_azure_comes_and_goes() {
    let folder = Folder::new("deploy-alone");
    let deployed = run(&folder, &["deploy", "--yes"]);
    assert_eq!(deployed.status.code(), Some(0), "{}", said(&deployed));
    assert!(out(&deployed).contains("gatewayUrl"), "{}", out(&deployed));
    assert!(
        said(&deployed).contains("ends with it"),
        "{}",
        said(&deployed)
    );
    assert!(!state(&folder).exists());
    let destroyed = run(&folder, &["destroy", "--yes"]);
    assert_eq!(destroyed.status.code(), Some(0), "{}", said(&destroyed));
}

#[test]
fn secrets_are_nowhere() {
    let folder = Folder::new("deploy-secrets");
    let azure = LocalAzure::start(&folder, "20ms");
    let template = folder.write(
        "secret.bicep",
        "@secure()\nparam adminKey string\n\nresource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {\n  name: 'with-a-secret'\n  location: resourceGroup().location\n  tags: {\n    secret: adminKey\n  }\n}\n\n@secure()\noutput shown string = adminKey\noutput copyOfKey string = adminKey\n",
    );
    let template = template.display().to_string();
    let deployed = command(
        &folder,
        &[
            "deploy",
            "--yes",
            "--template",
            &template,
            "-p",
            "adminKey=@env:PLANTED",
            "--trace",
            "trace.jsonl",
            "--output-env",
            "out.env",
        ],
    )
    .env("PLANTED", "planted-7f3a")
    .output()
    .unwrap();
    assert_eq!(deployed.status.code(), Some(0), "{}", said(&deployed));
    let token = azure.call(
        "GET",
        &format!("{}?api-version=2024-11-01", azure.group()),
        "",
    );
    assert!(token["id"].is_string());
    let mut texts = vec![said(&deployed), out(&deployed)];
    for name in ["trace.jsonl", "out.env", ".apimon/local.json"] {
        texts.push(std::fs::read_to_string(folder.path().join(name)).unwrap());
    }
    for text in texts {
        assert!(!text.contains("planted-7f3a"), "{text}");
        assert!(!text.contains("Bearer"), "{text}");
    }
    assert!(
        said(&deployed).contains("`copyOfKey`"),
        "{}",
        said(&deployed)
    );
    let argument = run(
        &folder,
        &[
            "deploy",
            "--yes",
            "--template",
            &template,
            "-p",
            "adminKey=planted-7f3a",
        ],
    );
    assert_eq!(argument.status.code(), Some(2));
    assert!(
        !said(&argument).contains("planted-7f3a"),
        "{}",
        said(&argument)
    );
}
