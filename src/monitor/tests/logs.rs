use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{at, store};
use crate::monitor::{Dialect, Sources, query};

fn of(service: &str) -> Sources {
    let services = vec![service.to_owned()];
    Sources {
        gateway: services.clone(),
        llm: services.clone(),
        metrics: services,
    }
}

fn ask(dialect: Dialect, text: &str) -> String {
    let body = json!({ "query": text, "timespan": "PT1H", "workspaces": null });
    let reply = query(&store(), &of("Contoso"), dialect, &body, at(600));
    if reply.status != 200 {
        let inner = &reply.body["error"]["innererror"];
        return format!(
            "{}: {}\n",
            inner["code"].as_str().unwrap(),
            inner["message"].as_str().unwrap()
        );
    }
    let table = &reply.body["tables"][0];
    let mut out = String::new();
    for column in table["columns"].as_array().unwrap() {
        let (name, kind) = (
            column["name"].as_str().unwrap(),
            column["type"].as_str().unwrap(),
        );
        write!(out, "{name}:{kind}  ").unwrap();
    }
    for row in table["rows"].as_array().unwrap() {
        let cells: Vec<String> = row
            .as_array()
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect();
        write!(out, "\n{}", cells.join("  ")).unwrap();
    }
    out + "\n"
}

#[test]
fn the_queries_that_reports_send_are_answered() {
    let answers = [
        "ApiManagementGatewayLlmLog | where TimeGenerated > ago(1h) and TotalTokens > 0
         | join kind=inner (ApiManagementGatewayLogs | project CorrelationId, ApimSubscriptionId, ApiId, ResponseCode) on CorrelationId
         | summarize Prompt=sum(PromptTokens), Completion=sum(CompletionTokens), Total=sum(TotalTokens), Requests=count()
             by ApimSubscriptionId, DeploymentName, bin(TimeGenerated, 1m)",
        "ApiManagementGatewayLogs\n|summarize count() by ResponseCode|order by ResponseCode asc",
        "ApiManagementGatewayLogs | where ResponseCode == 429 // refused
         | summarize Requests = count(), First = min(TimeGenerated) by LastErrorReason, bin(TimeGenerated, 5m)",
        "AppMetrics | where Name == 'Total Tokens' | summarize sum(Sum) by tostring(Properties['Subscription ID'])",
        "AppMetrics | where Name in~ ('total tokens') and isnotempty(Properties) | extend Who = tostring(Properties[\"Subscription ID\"]), Twice = Sum * 2
         | project Who, Twice | top 2 by Twice",
        "ApiManagementGatewayLogs | summarize percentile(TotalTime, 50), avg(TotalTime), max(TotalTime), dcount(ApimSubscriptionId), countif(ResponseCode >= 400)",
        "ApiManagementGatewayLogs | where TimeGenerated between (datetime(2026-01-01T12:00:10Z) .. datetime(2026-01-01 12:01:00)) | count",
        "ApiManagementGatewayLogs | where LastErrorMessage contains 'token LIMIT' and Region !contains 'west' | take 1 | project TimeGenerated, ApimSubscriptionId, BackendTime, IsRequestSuccess",
        "ApiManagementGatewayLogs | where ResponseCode == 999 | summarize sum(TotalTime) by ApiId",
    ]
    .map(|text| format!("{text}\n\n{}", ask(Dialect::Workspace, text)))
    .join("\n");
    insta::assert_snapshot!(answers);
}

#[test]
fn application_insights_has_its_own_names() {
    let answer = ask(
        Dialect::Component,
        "customMetrics | where name == 'Total Tokens' | extend d=parse_json(customDimensions) | summarize sum(value) by tostring(d['Subscription ID'])",
    );
    assert_eq!(
        answer,
        "d_Subscription ID:string  sum_value:real  \n\"gold\"  200.0\n\"silver\"  100.0\n"
    );
}

#[test]
fn what_is_not_answered_is_refused_by_name() {
    let answers = [
        "ApiManagementGatewayLogs | make-series count() on TimeGenerated step 1m",
        "ApiManagementGatewayLogs | summarize make_list(ApiId)",
        "ApiManagementGatewayLogs | extend x = geo_distance_2points(1, 2)",
        "ApiManagementGatewayLogs | join (AppMetrics) on CorrelationId",
        "AzureDiagnostics | take 5",
        "customMetrics | take 5",
        "let x = 5; AppMetrics",
        "AppMetrics | where Nome == 'x'",
        "AppMetrics | where Name > 5",
        "AppMetrics | where Name == 'x",
        "AppMetrics | where (Name == 'x'",
        "AppMetrics | take",
        "AppMetrics | summarize Name",
        "AppMetrics | summarize percentile(Sum, 101)",
        "AppMetrics where",
        "AppMetrics | where TimeGenerated > ago(5fortnights)",
    ]
    .map(|text| format!("{text}\n    {}", ask(Dialect::Workspace, text)))
    .concat();
    insta::assert_snapshot!(answers);
    let deep = format!(
        "AppMetrics | where {}1{} == 1",
        "(".repeat(5_000),
        ")".repeat(5_000)
    );
    assert!(ask(Dialect::Workspace, &deep).contains("nested too deeply"));
    let negative = format!("AppMetrics | where 1 == {}1", "-".repeat(5_000));
    assert!(ask(Dialect::Workspace, &negative).starts_with("SyntaxError"));
}

#[test]
fn only_calls_of_the_span_and_of_the_services_are_seen() {
    let count = |service: &str, timespan: &str, now: u32| {
        let body = json!({ "query": "ApiManagementGatewayLogs | count", "timespan": timespan });
        let reply = query(&store(), &of(service), Dialect::Workspace, &body, at(now));
        reply.body["tables"][0]["rows"][0][0].as_i64().unwrap()
    };
    assert_eq!(count("contoso", "PT1H", 600), 5);
    assert_eq!(count("contoso", "PT60.0S", 120), 1);
    assert_eq!(
        count("contoso", "2026-01-01T12:00:00Z/2026-01-01T12:00:30Z", 600),
        3
    );
    assert_eq!(count("other", "PT1H", 600), 0);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, cases: 300, ..Default::default() })]
    #[test]
    fn any_text_gets_an_answer(text in "(AppMetrics|ApiManagementGatewayLogs|[a-z]{1,5})( *[|] *(where|extend|project|summarize|top|order by)? *[A-Za-z0-9'\"().,=<>+*/ \\[\\]!~-]{0,40}){0,3}") {
        let _answer = ask(Dialect::Workspace, &text);
    }
}
