use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{at, store};
use crate::monitor::{Kind, Reply, Resource, batch, definitions, list, namespaces};

fn service() -> Resource {
    Resource {
        id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/Contoso"
            .to_owned(),
        region: "swedencentral".to_owned(),
        kind: Kind::Service("Contoso".to_owned()),
    }
}

fn account() -> Resource {
    Resource {
        kind: Kind::Account("contoso-openai".to_owned()),
        ..service()
    }
}

fn component(with_dimensions: bool) -> Resource {
    Resource {
        kind: Kind::Component {
            services: vec!["contoso".to_owned()],
            with_dimensions,
        },
        ..service()
    }
}

/// `name=value` pairs, divided by `&`.
fn parameters(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

const SPAN: &str = "timespan=2026-01-01T12:00:00Z/2026-01-01T12:04:00Z&";

/// An answer in short: a line for each series, a dot for an interval without data.
fn short(reply: &Reply) -> String {
    if reply.status != 200 {
        return format!("{} {}", reply.status, reply.body);
    }
    let mut out = format!("every {}\n", reply.body["interval"].as_str().unwrap());
    for metric in reply.body["value"].as_array().unwrap() {
        for series in metric["timeseries"].as_array().unwrap() {
            write!(out, "{}", metric["name"]["value"].as_str().unwrap()).unwrap();
            for pair in series["metadatavalues"].as_array().unwrap() {
                let (name, value) = (&pair["name"]["value"], &pair["value"]);
                write!(
                    out,
                    " {}={}",
                    name.as_str().unwrap(),
                    value.as_str().unwrap()
                )
                .unwrap();
            }
            out.push(':');
            for point in series["data"].as_array().unwrap() {
                let values: Vec<String> = point
                    .as_object()
                    .unwrap()
                    .values()
                    .skip(1)
                    .map(Value::to_string)
                    .collect();
                out.push(' ');
                out.push_str(if values.is_empty() { "." } else { "" });
                out.push_str(&values.join("/"));
            }
            out.push('\n');
        }
    }
    out
}

fn ask(resource: &Resource, text: &str) -> String {
    short(&list(&store(), resource, &parameters(text), at(600)))
}

#[test]
fn the_answer_has_the_shape_that_azure_gives() {
    let asked = format!(
        "{SPAN}metricnames=Requests&interval=PT1M&aggregation=total&$filter=GatewayResponseCode eq '*'&top=100"
    );
    let reply = list(&store(), &service(), &parameters(&asked), at(600));
    insta::assert_snapshot!(format!("{:#}", reply.body));
}

#[test]
fn metrics_are_split_and_summed() {
    let ask_service = |text: &str| ask(&service(), &format!("{SPAN}{text}"));
    let answers = [
        "metricnames=Requests&interval=PT1M",
        "metricnames=requests&$filter=gatewayresponsecode eq '*'&orderby=total asc&top=5",
        "metricnames=Requests&$filter=GatewayResponseCode eq '*'&orderby=total desc&top=1",
        "metricnames=Requests&$filter=GatewayResponseCode eq '500'",
        "metricnames=Requests&$filter=LastErrorReason eq '*' and GatewayResponseCode eq '429'",
        "metricnames=Requests&$filter=LastErrorReason eq '*' and GatewayResponseCode eq '*'&rollupby=lasterrorreason",
        "metricnames=Duration,BackendDuration&interval=FULL&aggregation=average,minimum,maximum,count",
        "metricnames=Requests&interval=PT3M&AutoAdjustTimegrain=true",
        "metricnames=CpuPercent_Gateway&interval=PT1M",
        "interval=FULL",
    ]
    .map(|text| format!("{text}\n{}", ask_service(text)))
    .join("\n");
    insta::assert_snapshot!(answers);
}

#[test]
fn openai_and_custom_metrics_are_told_apart() {
    let tokens = "metricnames=ProcessedPromptTokens,GeneratedTokens,AzureOpenAIRequests,AzureOpenAITimeToResponse,AzureOpenAITokenPerSecond&interval=FULL&$filter=ModelDeploymentName eq '*'";
    let custom = "metricnames=Total%20Tokens&metricnamespace=LLM&interval=PT1M&aggregation=total&$filter='Subscription ID' eq '*'";
    let plain =
        "metricnames=Total Tokens&metricnamespace=llm&interval=FULL&aggregation=total,count";
    let answers = [
        ask(&account(), &format!("{SPAN}{tokens}")),
        ask(&component(true), &format!("{SPAN}{custom}")),
        ask(&component(false), &format!("{SPAN}{plain}")),
        ask(&component(false), &format!("{SPAN}{custom}")),
    ]
    .join("\n");
    insta::assert_snapshot!(answers);
}

#[test]
fn wrong_questions_are_refused_as_azure_does() {
    let answers = [
        "metricnames=Requests&interval=PT3H",
        "metricnames=Requests,Nothing&interval=PT1M",
        "metricnames=Requests&timespan=yesterday",
        "metricnames=Requests&aggregation=median",
        "metricnames=Requests&top=0",
        "metricnames=Duration&$filter=GatewayResponseCode eq '*'",
        "metricnames=Requests&$filter=ApiId eq 'a' or Location eq 'b'",
        "metricnames=Requests&interval=PT1M&timespan=P7D",
    ]
    .map(|text| format!("{text}\n{}\n", ask(&service(), text)))
    .join("\n");
    insta::assert_snapshot!(answers);
}

#[test]
fn several_resources_are_asked_at_once() {
    let asked = "starttime=2026-01-01T12:00:00Z&endtime=2026-01-01T12:04:00Z&metricnames=Requests&interval=FULL\
                 &metricnamespace=Microsoft.ApiManagement/service&aggregation=total";
    let ids = json!({ "resourceids": [service().id.to_lowercase()] });
    let ask = |body: &Value| batch(&store(), &[service()], &parameters(asked), body, at(600));
    insta::assert_snapshot!(format!("{:#}", ask(&ids).body));
    assert_eq!(
        ask(&json!({ "resourceids": ["/subscriptions/other"] })).body,
        json!({ "error": { "code": "BadRequest", "message": "Resource not found: /subscriptions/other" } })
    );
    assert_eq!(ask(&json!({})).status, 400);
}

#[test]
fn definitions_and_namespaces_are_listed() {
    let of_service = definitions(&store(), &service(), &[]);
    let names: Vec<&str> = of_service.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| metric["name"]["value"].as_str().unwrap())
        .collect();
    let expected = [
        "Requests",
        "Duration",
        "BackendDuration",
        "CpuPercent_Gateway",
        "MemoryPercent_Gateway",
    ];
    assert_eq!(names, expected);
    let custom = definitions(
        &store(),
        &component(true),
        &parameters("metricnamespace=llm"),
    );
    insta::assert_snapshot!(format!(
        "{:#}\n{:#}",
        custom.body["value"][0],
        namespaces(&store(), &component(true)).body
    ));
}
