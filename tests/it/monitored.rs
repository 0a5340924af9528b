//! Azure Monitor of the local Azure, from a deployed service's calls to a report about them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::builder::{Folder, apimon, repository, transcript};

/// The local Azure, running until dropped.
struct LocalAzure {
    child: Child,
    variables: Vec<(String, String)>,
    token: String,
}

impl LocalAzure {
    fn start(folder: &Folder) -> LocalAzure {
        let policy = repository("policies/token-limit.xml");
        let arguments = [
            "emulate",
            "--quiet",
            "--policy",
            &policy,
            "--provisioning",
            "1ms",
        ];
        let mut child = apimon(folder, &arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut variables = Vec::new();
        for line in lines {
            let line = line.unwrap();
            let (name, value) = line.split_once('=').unwrap();
            variables.push((name.to_owned(), value.to_owned()));
            if name == "AZURE_SUBSCRIPTION_ID" {
                break;
            }
        }
        let mut azure = LocalAzure {
            child,
            variables,
            token: String::new(),
        };
        let resource = "resource=https://management.azure.com&api-version=2019-08-01";
        let path = format!("/msi/token?{resource}");
        let (_, answer) = azure.send("GET", &path, "X-IDENTITY-HEADER: local\r\n", "");
        answer["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut azure.token);
        azure
    }

    fn variable(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("no {name}")).1
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let url = self.variable("AZURE_RESOURCE_MANAGER_URL");
        let (status, body) = send(url, method, path, headers, body);
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let headers = format!(
            "Authorization: Bearer {}\r\nContent-Type: application/json\r\n",
            self.token
        );
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, answer) = self.send(method, path, &headers, &text);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    fn put(&self, path: &str, body: &Value) -> String {
        let id = format!("{}{path}", self.group());
        self.ask("PUT", &format!("{id}?api-version=2024-05-01"), body);
        id
    }

    fn group(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/watched",
            self.variable("AZURE_SUBSCRIPTION_ID")
        )
    }
}

impl Drop for LocalAzure {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn send(url: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

const POLICY: &str = r#"<policies><inbound><base />
  <llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="100" estimate-prompt-tokens="false" />
  <set-header name="api-key" exists-action="override"><value>ACCOUNT-KEY</value></set-header>
  <llm-emit-token-metric namespace="team"><dimension name="Subscription ID" /></llm-emit-token-metric>
</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#;

/// A service as `deploy` makes it, with everything that sends and keeps telemetry.
fn deploy(azure: &LocalAzure) -> String {
    let providers = "/providers";
    azure.put("", &json!({ "location": "swedencentral" }));
    let workspace = azure.put(
        &format!("{providers}/Microsoft.OperationalInsights/workspaces/logs"),
        &json!({ "location": "swedencentral", "properties": {} }),
    );
    let component = azure.put(
        &format!("{providers}/Microsoft.Insights/components/insights"),
        &json!({ "location": "swedencentral", "kind": "web", "properties": {
            "Application_Type": "web", "WorkspaceResourceId": workspace,
            "CustomMetricsOptedInType": "WithDimensions" } }),
    );
    let account = "/providers/Microsoft.CognitiveServices/accounts/watchedai";
    let account_id = azure.put(
        account,
        &json!({ "location": "swedencentral", "kind": "OpenAI", "sku": { "name": "S0" },
        "properties": { "customSubDomainName": "watchedai" } }),
    );
    let keys = azure.ask(
        "POST",
        &format!("{account_id}/listKeys?api-version=2024-10-01"),
        &Value::Null,
    );
    let policy = POLICY.replace("ACCOUNT-KEY", keys["key1"].as_str().unwrap());
    azure.put(&format!("{account}/deployments/gpt-4o-mini"), &json!({
        "sku": { "name": "GlobalStandard", "capacity": 10 },
        "properties": { "model": { "format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18" } } }));
    let service = "/providers/Microsoft.ApiManagement/service/watchedapim";
    let id = azure.put(
        service,
        &json!({ "location": "swedencentral", "sku": { "name": "BasicV2", "capacity": 1 },
        "properties": { "publisherEmail": "a@example.com", "publisherName": "a" } }),
    );
    let api = format!("{service}/apis/openai");
    azure.put(&api, &json!({ "properties": { "displayName": "Azure OpenAI", "path": "openai", "protocols": ["https"],
        "serviceUrl": "https://watchedai.openai.azure.com/openai", "subscriptionRequired": true,
        "subscriptionKeyParameterNames": { "header": "api-key", "query": "api-key" } } }));
    azure.put(&format!("{api}/operations/chat-completions"), &json!({ "properties": { "displayName": "chat",
        "method": "POST", "urlTemplate": "/deployments/{deployment-id}/chat/completions",
        "templateParameters": [{ "name": "deployment-id", "type": "string", "required": true }] } }));
    azure.put(
        &format!("{api}/policies/policy"),
        &json!({ "properties": { "format": "rawxml", "value": policy } }),
    );
    let logger = azure.put(
        &format!("{service}/loggers/insights"),
        &json!({ "properties": {
        "loggerType": "applicationInsights", "resourceId": component,
        "credentials": { "instrumentationKey": "00000000-0000-0000-0000-000000000000" } } }),
    );
    let monitor = azure.put(
        &format!("{service}/loggers/azuremonitor"),
        &json!({ "properties": { "loggerType": "azureMonitor" } }),
    );
    azure.put(
        &format!("{api}/diagnostics/applicationinsights"),
        &json!({ "properties": { "loggerId": logger, "metrics": true } }),
    );
    azure.put(&format!("{api}/diagnostics/azuremonitor"),
        &json!({ "properties": { "loggerId": monitor, "largeLanguageModel": { "logs": "enabled" } } }));
    azure.put(&format!("{service}/providers/Microsoft.Insights/diagnosticSettings/all"), &json!({ "properties": {
        "workspaceId": workspace, "logs": [
            { "category": "GatewayLogs", "enabled": true }, { "category": "GatewayLlmLogs", "enabled": true }] } }));
    for name in ["gold", "silver"] {
        azure.put(
            &format!("{service}/subscriptions/{name}"),
            &json!({ "properties": { "displayName": name, "scope": "/apis", "state": "active" } }),
        );
    }
    id
}

fn call(azure: &LocalAzure, service: &str, name: &str, tokens: u32) -> u16 {
    let keys = azure.ask(
        "POST",
        &format!("{service}/subscriptions/{name}/listSecrets?api-version=2024-05-01"),
        &Value::Null,
    );
    let properties = azure.ask(
        "GET",
        &format!("{service}?api-version=2024-05-01"),
        &Value::Null,
    );
    let gateway = properties["properties"]["gatewayUrl"].as_str().unwrap();
    let headers = format!(
        "api-key: {}\r\nContent-Type: application/json\r\nx-simulate-latency: 1ms\r\nx-simulate-prompt-tokens: 10\r\n\
         x-simulate-completion-tokens: {tokens}\r\n",
        keys["primaryKey"].as_str().unwrap()
    );
    let body = r#"{"messages":[{"role":"user","content":"Hello"}]}"#;
    let path = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21";
    send(gateway, "POST", path, &headers, body).0
}

fn report(azure: &LocalAzure, folder: &Folder, more: &[&str]) -> std::process::Output {
    let arguments: Vec<&str> = ["report", "--since", "10m"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    ask(azure, folder, &arguments)
}

/// A command that works in this local Azure, as if it was a real one.
fn ask(azure: &LocalAzure, folder: &Folder, arguments: &[&str]) -> std::process::Output {
    let mut all = arguments.to_vec();
    all.extend([
        "--target",
        "azure",
        "--resource-group",
        "watched",
        "--metric-namespace",
        "team",
    ]);
    let mut command = apimon(folder, &all);
    for (name, value) in &azure.variables {
        if !name.starts_with("APIM_") {
            command.env(name, value);
        }
    }
    command.output().unwrap()
}

#[test]
fn what_a_deployed_gateway_served_is_reported_from_every_source() {
    let folder = Folder::new("monitored");
    let azure = LocalAzure::start(&folder);
    let service = deploy(&azure);
    let statuses = [
        call(&azure, &service, "gold", 990),
        call(&azure, &service, "gold", 990),
        call(&azure, &service, "silver", 20),
    ];
    assert_eq!(statuses, [200, 429, 200]);
    let output = report(&azure, &folder, &["--format", "json", "--tpm", "100"]);
    assert!(output.status.success(), "{}", transcript(&output, &folder));
    let usage: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(usage["service"], "watchedapim");
    assert_eq!(usage["requests"], 3);
    assert_eq!(usage["throttled"], 1);
    assert_eq!(usage["tokens"], 1_030);
    assert_eq!(usage["tokenSource"], "LLM logs in Log Analytics");
    assert_eq!(usage["reasons"]["OpenAITokenLimitExceeded"], 1);
    assert_eq!(usage["models"][0]["generatedTokens"], 1_010);
    assert_eq!(usage["subscriptions"][0]["id"], "gold");
    assert_eq!(usage["subscriptions"][0]["requests"], 2);
    assert_eq!(usage["subscriptions"][0]["throttled"], 1);
    assert_eq!(usage["missing"], json!([]), "every source answers");

    // The component's own metrics, as a client asks that encodes the time twice.
    let path = format!(
        "{}/providers/Microsoft.Insights/components/insights/providers/microsoft.insights/metrics",
        azure.group()
    );
    let parameters = "api-version=2018-01-01&metricnames=Total%20Tokens&metricnamespace=team&interval=FULL&aggregation=total\
                      &timespan=2020-01-01T00%253A00%253A00Z/2100-01-01T00%253A00%253A00Z&%24filter=%27Subscription%20ID%27%20eq%20%27silver%27";
    let answer = azure.ask("GET", &format!("{path}?{parameters}"), &Value::Null);
    assert_eq!(
        answer["value"][0]["timeseries"][0]["data"][0]["total"],
        30.0
    );

    let output = ask(&azure, &folder, &["watch", "--count", "1", "--tpm", "100"]);
    let text = transcript(&output, &folder);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("silver 30 of 100") && text.contains("(0 min old)"),
        "{text}"
    );

    let output = report(&azure, &folder, &["--usage-out", "usage"]);
    let text = transcript(&output, &folder);
    assert!(
        output.status.success() && text.contains("watchedapim: 3 requests"),
        "{text}"
    );
    for name in [
        "usage.html",
        "usage.csv",
        "usage.md",
        "usage.json",
        "usage-tokens.svg",
    ] {
        assert!(folder.path().join("usage").join(name).exists(), "{name}");
    }
    for (format, holds) in [
        ("csv", "time,measure,name,value"),
        ("md", "## Usage: watchedapim"),
        ("html", "<!doctype html>"),
        ("svg", "<svg "),
    ] {
        let output = report(&azure, &folder, &["--format", format]);
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(holds),
            "{format}"
        );
    }
    let output = report(&azure, &folder, &["--format", "junit"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_azure_lacks_is_said() {
    let folder = Folder::new("monitored-not");
    let azure = LocalAzure::start(&folder);
    azure.put("", &json!({ "location": "swedencentral" }));
    let output = report(&azure, &folder, &[]);
    let text = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("has no API Management service"), "{text}");
    let output = apimon(&folder, &["report", "--from", "soon"])
        .output()
        .unwrap();
    let text = transcript(&output, &folder);
    assert!(text.contains("`--from soon` is not a time"), "{text}");
    let output = apimon(&folder, &["report"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
