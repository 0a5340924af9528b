use std::time::Duration;

use serde_json::json;

use super::stub::{Reply, Stub, reply};
use crate::azure::{AzureError, GroupId, LongRunning};

const HOUR: Duration = Duration::from_hours(1);

fn group() -> GroupId {
    GroupId {
        subscription: "s".to_owned(),
        name: "g".to_owned(),
    }
}

const DEPLOYMENT: &str =
    "/subscriptions/s/resourcegroups/g/providers/Microsoft.Resources/deployments/d";

#[tokio::test]
async fn a_status_is_asked_and_then_the_result() {
    let stub = Stub::start().await;
    let put = format!("PUT {DEPLOYMENT}");
    let get = format!("GET {DEPLOYMENT}");
    stub.on(
        &put,
        [
            reply(201, r#"{"properties":{"provisioningState":"Accepted"}}"#)
                .with("azure-asyncoperation", "{stub}/op/1?t=sig")
                .with("retry-after", "15"),
        ],
    );
    stub.on(
        "GET /op/1",
        [
            reply(200, r#"{"status":"Running"}"#),
            Reply::Drop,
            reply(429, ""),
            reply(200, r#"{"status":"succeeded"}"#),
        ],
    );
    stub.on(
        &get,
        [reply(
            200,
            r#"{"properties":{"outputs":{"a":{"value":1}}}}"#,
        )],
    );
    let client = stub.client();
    let running = client
        .create_deployment(&group(), "d", &json!({}))
        .await
        .unwrap();
    assert_eq!(running.wait(), Duration::from_secs(15));
    let ended = running.ended(&client, HOUR).await.unwrap();
    assert_eq!(ended["properties"]["outputs"]["a"]["value"], 1);
    let lines = stub.lines();
    assert_eq!(lines.first(), Some(&put));
    assert_eq!(lines.last(), Some(&get));
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("PUT")).count(),
        1,
        "{lines:?}"
    );
    assert!(
        stub.asked()[1].line.contains("t=sig"),
        "the place to ask is taken as it is"
    );
}

#[tokio::test]
async fn a_location_may_move_and_answers_202_until_it_ends() {
    let stub = Stub::start().await;
    stub.on(
        &format!("POST {DEPLOYMENT}/whatIf"),
        [reply(202, "").with("location", "/ask/1")],
    );
    stub.on(
        "GET /ask/1",
        [reply(202, "").with("location", "{stub}/ask/2")],
    );
    stub.on(
        "GET /ask/2",
        [
            reply(202, ""),
            reply(200, r#"{"status":"Succeeded","properties":{"changes":[]}}"#),
        ],
    );
    let answer = stub
        .client()
        .what_if(&group(), "d", &json!({}))
        .await
        .unwrap();
    assert_eq!(answer["properties"]["changes"], json!([]));
    assert_eq!(
        stub.lines()[1..],
        ["GET /ask/1", "GET /ask/2", "GET /ask/2"]
    );
}

#[tokio::test]
async fn a_resource_tells_its_own_state() {
    let stub = Stub::start().await;
    stub.on(
        "PUT /r",
        [reply(
            201,
            r#"{"properties":{"provisioningState":"Creating"}}"#,
        )],
    );
    stub.on(
        "GET /r",
        [
            reply(200, r#"{"properties":{"provisioningState":"Creating"}}"#),
            reply(
                200,
                r#"{"properties":{"provisioningState":"Succeeded"},"name":"r"}"#,
            ),
        ],
    );
    let client = stub.client();
    let running = client.put("/r", "1", &json!({})).await.unwrap();
    assert_eq!(running.ended(&client, HOUR).await.unwrap()["name"], "r");
    // An answer that is final needs no further question.
    stub.on(
        "PUT /policy",
        [reply(201, r#"{"properties":{"value":"<a/>"}}"#)],
    );
    let asked = stub.asked().len();
    let put = client.put("/policy", "1", &json!({})).await.unwrap();
    assert_eq!(
        put.ended(&client, HOUR).await.unwrap()["properties"]["value"],
        "<a/>"
    );
    assert_eq!(stub.asked().len(), asked + 1);
}

#[tokio::test]
async fn a_failure_keeps_azure_s_own_words() {
    let stub = Stub::start().await;
    stub.on(
        "PUT /r",
        [reply(201, "{}").with("azure-asyncoperation", "/op")],
    );
    let failed = r#"{"status":"Failed","error":{"code":"InsufficientQuota","message":"needs 8 new capacity"}}"#;
    stub.on("GET /op", [reply(200, failed)]);
    stub.on(
        "PUT /now",
        [reply(
            200,
            r#"{"properties":{"provisioningState":"Failed"}}"#,
        )],
    );
    let client = stub.client();
    let running = client.put("/r", "1", &json!({})).await.unwrap();
    let error = running.ended(&client, HOUR).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(
        refusal.innermost().to_string(),
        "InsufficientQuota: needs 8 new capacity"
    );
    assert_eq!(refusal.operation, "PUT /r");
    assert!(
        client
            .put("/now", "1", &json!({}))
            .await
            .unwrap_err()
            .refusal()
            .unwrap()
            .is("Failed")
    );
}

#[tokio::test]
async fn a_deletion_ends_when_the_thing_is_gone() {
    let stub = Stub::start().await;
    let group = group();
    stub.on(
        &format!("DELETE {}", group.path()),
        [reply(202, "").with("location", "/gone")],
    );
    stub.on("GET /gone", [reply(202, ""), reply(404, "{}")]);
    let client = stub.client();
    let running = client.delete_group(&group).await.unwrap();
    assert_eq!(running.ended(&client, HOUR).await.unwrap(), json!(null));
}

#[tokio::test]
async fn an_operation_without_end_is_given_up() {
    let stub = Stub::start().await;
    stub.on("PUT /r", [reply(202, "").with("location", "/op")]);
    stub.on("GET /op", [reply(202, "").with("retry-after", "60")]);
    let client = stub.client();
    let running = client.put("/r", "1", &json!({})).await.unwrap();
    let error = running
        .ended(&client, Duration::from_mins(10))
        .await
        .unwrap_err();
    assert!(matches!(error, AzureError::Unfinished { .. }), "{error}");
    assert_eq!(
        stub.lines()
            .iter()
            .filter(|line| *line == "GET /op")
            .count(),
        10
    );
}

#[tokio::test]
async fn a_deployment_under_way_can_be_joined_and_stopped() {
    let stub = Stub::start().await;
    let get = format!("GET {DEPLOYMENT}");
    stub.on(&get, [
        reply(200, r#"{"properties":{"provisioningState":"Running"}}"#),
        reply(200, r#"{"properties":{"provisioningState":"Canceled","error":{"code":"DeploymentCanceled","message":"stopped"}}}"#),
    ]);
    stub.on(
        &format!("POST {DEPLOYMENT}/cancel"),
        [reply(204, ""), reply(409, "{}")],
    );
    let client = stub.client();
    assert!(client.cancel_deployment(&group(), "d").await.unwrap());
    assert!(!client.cancel_deployment(&group(), "d").await.unwrap());
    let joined: LongRunning = client.join_deployment(&group(), "d").unwrap();
    let error = joined.ended(&client, HOUR).await.unwrap_err();
    assert!(error.refusal().unwrap().is("DeploymentCanceled"), "{error}");
}
