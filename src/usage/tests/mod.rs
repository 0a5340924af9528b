use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::AnswerError;
use super::{Metrics, Places, Rows, Topic, Usage, Window, WindowError, collect, questions};
use crate::monitor::{Call, Dialect, Kind, Resource, Sources, Store, list, query};

mod against_local_azure;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window() -> Window {
    let now = at("2026-01-01T13:00:00Z");
    Window::new(at("2026-01-01T12:00:00Z"), at("2026-01-01T12:04:00Z"), now).unwrap()
}

fn places() -> Places {
    Places {
        service: Some(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/a"
                .to_owned(),
        ),
        account: Some(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/o"
                .to_owned(),
        ),
        component: Some(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/i"
                .to_owned(),
        ),
        workspace: Some("00000000-0000-0000-0000-000000000001".to_owned()),
        namespace: "API Management".to_owned(),
    }
}

#[test]
fn windows_are_whole_minutes_that_one_answer_holds() {
    let now = at("2026-01-01T12:00:30Z");
    let window = |hours: u64| {
        let from = now - Duration::from_hours(hours);
        Window::new(from, now, now).map(|window| (window.grain(), window.count()))
    };
    assert_eq!(window(1), Ok(("PT1M", 60)));
    assert_eq!(window(24), Ok(("PT1M", 1_440)));
    assert_eq!(window(25), Ok(("PT5M", 300)));
    assert_eq!(window(24 * 7), Ok(("PT15M", 672)));
    assert_eq!(window(24 * 90), Ok(("PT6H", 360)));
    assert_eq!(window(24 * 94), Err(WindowError::TooOld));
    let later = now + Duration::from_mins(1);
    assert_eq!(
        Window::new(later, later + Duration::from_mins(1), now),
        Err(WindowError::Future)
    );
    assert_eq!(Window::new(now, now, now), Err(WindowError::Empty));
    // A window of this very minute still has one interval, and all of it is uncertain.
    let short = Window::new(now - Duration::from_secs(5), later, now).unwrap();
    assert_eq!((short.count(), short.uncertain()), (1, true));
    assert_eq!(short.place(short.from - Duration::from_secs(1)), None);
    assert_eq!(short.place(short.to), None);
}

#[test]
fn every_split_names_the_number_of_series() {
    let (metrics, logs) = questions(&places(), &window());
    let mut text = String::new();
    for question in &metrics {
        let parameters = question
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let parameters: Vec<String> = parameters.collect();
        let parameters = parameters.join("\n  ");
        write!(
            text,
            "{:?} {}\n  {parameters}\n",
            question.topic, question.path
        )
        .unwrap();
        let named = |name: &str| question.parameters.iter().any(|(known, _)| *known == name);
        assert_eq!(named("$filter"), named("top"), "{:?}", question.topic);
    }
    for question in &logs {
        let (span, query) = (&question.timespan, &question.query);
        write!(text, "{:?} {span}\n  {query}\n", question.topic).unwrap();
    }
    insta::assert_snapshot!(text);
    assert_eq!(
        questions(&Places::default(), &window()),
        (Vec::new(), Vec::new())
    );
}

/// The documented form of an answer, with its traps: lower-cased names, intervals that have only a
/// time, an interval that is not the one asked for.
fn documented() -> Value {
    let point = |minute: u32, total: Option<f64>| {
        let time = format!("2026-01-01T12:{minute:02}:00Z");
        total.map_or(
            json!({ "timeStamp": time }),
            |total| json!({ "timeStamp": time, "total": total }),
        )
    };
    let series = |code: &str, data: [Option<f64>; 4]| {
        json!({
            "metadatavalues": [{
                "name": { "value": "gatewayresponsecode", "localizedValue": "gatewayresponsecode" },
                "value": code
            }],
            "data": (0..4).zip(data).map(|(minute, total)| point(minute, total)).collect::<Vec<_>>()
        })
    };
    json!({
        "cost": 598, "timespan": "2026-01-01T12:00:00Z/2026-01-01T12:04:00Z", "interval": "PT1M",
        "namespace": "Microsoft.ApiManagement/service", "resourceregion": "swedencentral",
        "value": [{
            "id": "/subscriptions/s/metrics/Requests", "type": "Microsoft.Insights/metrics",
            "name": { "value": "Requests", "localizedValue": "Requests" },
            "displayDescription": "Gateway request metrics", "unit": "Count", "errorCode": "Success",
            "timeseries": [
                series("200", [Some(7.0), None, Some(2.0), None]),
                series("429", [None, None, Some(3.0), None]),
            ]
        }]
    })
}

fn of(metrics: Vec<(Topic, Value)>, logs: Vec<(Topic, Value)>) -> Usage {
    let metrics = metrics
        .into_iter()
        .map(|(topic, body)| (topic, Metrics::decode(&body)));
    let logs = logs
        .into_iter()
        .map(|(topic, body)| (topic, Rows::decode(&body)));
    collect(
        "contoso".to_owned(),
        window(),
        Some(500),
        metrics.collect(),
        logs.collect(),
    )
}

#[test]
fn the_documented_answer_is_read() {
    let usage = of(vec![(Topic::Codes, documented())], Vec::new());
    assert_eq!(usage.codes[&200], [7, 0, 2, 0]);
    assert_eq!(usage.codes[&429], [0, 0, 3, 0]);
    assert_eq!((usage.requests(), usage.with_status(429..=429)), (12, 3));
    assert_eq!(usage.missing, []);
}

#[test]
fn an_adjusted_interval_and_a_full_answer_are_told() {
    let mut answer = documented();
    answer["interval"] = json!("PT5M");
    let usage = of(vec![(Topic::Codes, answer)], Vec::new());
    assert_eq!(
        usage.missing[0].why,
        "Azure answered in intervals of 5 min instead of 1 min"
    );
    let mut answer = documented();
    let line = answer["value"][0]["timeseries"][0].clone();
    answer["value"][0]["timeseries"] = vec![line; 1_000].into();
    let usage = of(vec![(Topic::Codes, answer)], Vec::new());
    assert_eq!(
        usage.missing[0].why,
        "more than 1000 series; the smallest are left out"
    );
}

#[test]
fn refusals_are_read_in_both_shapes() {
    for (body, expected) in [
        (
            json!({ "code": "BadRequest", "message": "Invalid time grain duration: PT3H" }),
            "BadRequest: Invalid time grain duration: PT3H",
        ),
        (
            json!({ "error": { "code": "AuthorizationFailed", "message": "The client does not have authorization" } }),
            "AuthorizationFailed: The client does not have authorization",
        ),
        (
            json!({ "error": { "code": "BadArgumentError", "message": "The request had some invalid properties",
                "innererror": { "code": "SyntaxError", "message": "A recognition error occurred." } } }),
            "SyntaxError: A recognition error occurred.",
        ),
        (
            json!({ "nothing": 1 }),
            "the answer is not of the form that the API documents: no `value`",
        ),
        (
            json!([]),
            "the answer is not of the form that the API documents: no `value`",
        ),
        (
            json!({ "value": [{ "timeseries": [] }] }),
            "the answer is not of the form that the API documents: a metric without a name",
        ),
    ] {
        assert_eq!(
            Metrics::decode(&body).unwrap_err().to_string(),
            expected,
            "{body}"
        );
    }
    let failed = json!({ "value": [{ "name": { "value": "Requests" }, "errorCode": "InternalServerError",
        "errorMessage": "try again", "timeseries": [] }] });
    assert_eq!(
        Metrics::decode(&failed),
        Err(AnswerError::Refused {
            code: "InternalServerError".to_owned(),
            message: "try again".to_owned()
        })
    );
}

#[test]
fn a_source_that_is_not_there_is_one_sentence() {
    let refusal = json!({ "error": { "code": "AuthorizationFailed", "message": "no" } });
    let topics = [Topic::Codes, Topic::Reasons, Topic::Durations];
    let usage = of(
        topics.map(|topic| (topic, refusal.clone())).into(),
        Vec::new(),
    );
    assert_eq!(usage.missing.len(), 1);
    assert_eq!(usage.missing[0].topic.source(), "metrics of API Management");
    assert_eq!(usage.missing[0].why, "AuthorizationFailed: no");
}

#[test]
fn rows_of_logs_are_summed_and_partial_answers_told() {
    let columns: Vec<Value> = [
        "ApimSubscriptionId",
        "TimeGenerated",
        "Prompt",
        "Completion",
        "Total",
        "Requests",
    ]
    .iter()
    .map(|name| json!({ "name": name, "type": "string" }))
    .collect();
    let body = json!({
        "tables": [{ "name": "PrimaryResult", "columns": columns, "rows": [
            ["gold", "2026-01-01T12:01:00Z", 10, 20, 30, 1],
            ["gold", "2026-01-01T12:02:00Z", 1.0, 2.0, 3.0, 1],
            // A bin that begins before the window.
            ["silver", "2026-01-01T11:59:00Z", 5, 5, 10, 2],
            [null, "2026-01-01T12:01:00Z", 1, 1, 2, 1],
        ] }],
        "error": { "code": "PartialError", "message": "There were some errors when processing your query." }
    });
    let usage = of(Vec::new(), vec![(Topic::LogTokens, body)]);
    let rows: Vec<(&str, u64, &[u64])> = usage
        .subscriptions
        .iter()
        .map(|row| (row.id.as_str(), row.total(), row.tokens.as_slice()))
        .collect();
    assert_eq!(
        rows,
        [
            ("gold", 33, &[0, 30, 3, 0][..]),
            ("silver", 10, &[10, 0, 0, 0]),
            ("none", 2, &[0, 2, 0, 0]),
        ]
    );
    assert!(
        usage.missing[0]
            .why
            .starts_with("the answer is not complete: PartialError")
    );
}
