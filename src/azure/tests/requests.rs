use std::io::Write;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;

use super::stub::{Reply, Stub, reply, transport};
use crate::azure::transport::{Request, Trace};
use crate::azure::{AzureError, segment};

#[tokio::test]
async fn a_read_is_asked_again_until_it_has_an_answer() {
    let stub = Stub::start().await;
    stub.on(
        "GET /thing",
        [
            reply(429, "{}").with("retry-after", "30"),
            reply(500, "oh"),
            Reply::Drop,
            reply(200, r#"{"name":"thing"}"#),
        ],
    );
    let client = stub.client();
    let started = client.session().transport().pace().now();
    let value = client.get("/thing", "1").await.unwrap();
    assert_eq!(value["name"], "thing");
    let ids: Vec<_> = stub
        .asked()
        .iter()
        .map(|asked| asked.headers["x-ms-client-request-id"].clone())
        .collect();
    assert_eq!(ids.len(), 4);
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "one request has one id: {ids:?}"
    );
    let waited = client.session().transport().pace().now().since(started);
    assert!(
        waited.as_secs() >= 30,
        "Retry-After is respected: {waited:?}"
    );
}

#[tokio::test]
async fn a_post_is_not_asked_twice_when_it_may_have_arrived() {
    let stub = Stub::start().await;
    stub.on("POST /do", [Reply::Drop, reply(200, "{}")]);
    stub.on("POST /busy", [reply(500, ""), reply(200, "{}")]);
    stub.on("POST /full", [reply(429, ""), reply(200, "{}")]);
    stub.on("POST /ask", [Reply::Drop, reply(200, "{}")]);
    let client = stub.client();
    let dropped = client.post("/do", "1", None).await.unwrap_err();
    assert!(
        matches!(dropped, AzureError::Silent { attempts: 1, .. }),
        "{dropped}"
    );
    assert_eq!(
        client.post("/busy", "1", None).await.unwrap_err().status(),
        Some(500)
    );
    assert!(client.post("/full", "1", None).await.is_ok());
    assert!(client.ask("/ask", "1", None).await.is_ok());
    assert_eq!(
        stub.lines(),
        [
            "POST /do",
            "POST /busy",
            "POST /full",
            "POST /full",
            "POST /ask",
            "POST /ask"
        ]
    );
}

#[tokio::test]
async fn silence_ends_with_what_broke() {
    let stub = Stub::start().await;
    stub.on("GET /thing", [Reply::Drop]);
    let error = stub.client().get("/thing", "1").await.unwrap_err();
    let AzureError::Silent {
        operation,
        attempts,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((operation.as_str(), *attempts), ("GET /thing", 8));
}

#[tokio::test]
async fn credentials_leave_for_no_other_host() {
    let stub = Stub::start().await;
    let other = Stub::start().await;
    stub.on(
        "GET /list",
        [reply(
            200,
            &format!(r#"{{"value":[1],"nextLink":"{}/next"}}"#, other.url()),
        )],
    );
    stub.on(
        "PUT /slow",
        [reply(201, "{}").with("azure-asyncoperation", &format!("{}/status", other.url()))],
    );
    let client = stub.client();
    let paged = client.list("/list", "1", &[]).await;
    // A path that is a whole URL is another host as well.
    let path = client.get(&format!("{}/x", other.url()), "1").await;
    let mut slow = client.put("/slow", "1", &json!({})).await.unwrap();
    let polled = slow.look(&client).await;
    for error in [
        paged.map(|_| ()).unwrap_err(),
        path.map(|_| ()).unwrap_err(),
        polled.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, AzureError::ForeignHost { .. }), "{error}");
    }
    assert!(other.asked().is_empty(), "{:?}", other.lines());
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    for url in [
        "http://management.azure.com/",
        "http://169.254.169.254/",
        "http://10.0.0.1/",
        "ftp://localhost/",
    ] {
        let request = Request::new(Method::GET, url.parse().unwrap());
        let error = transport(None).send(&request).await.unwrap_err();
        assert!(
            matches!(error, AzureError::PlainHttp { .. }),
            "{url}: {error}"
        );
    }
}

#[tokio::test]
async fn pages_are_read_to_the_last() {
    let stub = Stub::start().await;
    stub.on(
        "GET /list",
        [reply(
            200,
            r#"{"value":[1,2],"nextLink":"{stub}/more?page=2"}"#,
        )],
    );
    stub.on("GET /more", [reply(200, r#"{"value":[3],"nextLink":""}"#)]);
    assert_eq!(
        stub.client().list("/list", "1", &[]).await.unwrap(),
        [1, 2, 3]
    );
    stub.on(
        "GET /round",
        [reply(200, r#"{"value":[],"nextLink":"{stub}/round"}"#)],
    );
    let error = stub.client().list("/round", "1", &[]).await.unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_replaced() {
    let stub = Stub::start().await;
    let expired = reply(
        401,
        r#"{"error":{"code":"ExpiredAuthenticationToken","message":"expired"}}"#,
    );
    stub.on("GET /thing", [expired.clone(), reply(200, "{}")]);
    stub.on("GET /never", [expired]);
    let client = stub.client();
    client.get("/thing", "1").await.unwrap();
    let error = client.get("/never", "1").await.unwrap_err();
    assert!(
        error.refusal().unwrap().is("ExpiredAuthenticationToken"),
        "{error}"
    );
    assert_eq!(
        stub.lines()
            .iter()
            .filter(|line| line.ends_with("/never"))
            .count(),
        4
    );
}

#[tokio::test]
async fn what_is_not_there() {
    let stub = Stub::start().await;
    stub.on("HEAD /here", [reply(204, "")]);
    stub.on("HEAD /forbidden", [reply(403, "")]);
    let client = stub.client();
    assert!(client.exists("/here", "1").await.unwrap());
    assert!(!client.exists("/gone", "1").await.unwrap());
    assert_eq!(
        client.exists("/forbidden", "1").await.unwrap_err().status(),
        Some(403)
    );
    assert_eq!(client.find("/gone", "1").await.unwrap(), None);
    client.delete("/gone", "1", &[]).await.unwrap();
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_trace_tells_every_attempt_and_no_secret() {
    let stub = Stub::start().await;
    stub.on(
        "POST /listSecrets",
        [
            reply(
                503,
                r#"{"error":{"code":"Busy","message":"planted-message"}}"#,
            )
            .with("retry-after", "1"),
            reply(200, r#"{"primaryKey":"planted-key"}"#)
                .with("x-ms-request-id", "r-1")
                .with("set-cookie", "planted-cookie"),
        ],
    );
    let lines = Lines::default();
    let client = stub.traced(Some(Trace::new(Box::new(lines.clone()))));
    let body = json!({ "value": "planted-value" });
    client.ask("/listSecrets", "1", Some(&body)).await.unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("planted"), "{text}");
    let told: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), 2);
    assert_eq!(
        (
            &told[0]["status"],
            &told[0]["code"],
            &told[0]["retry_in_ms"]
        ),
        (&json!(503), &json!("Busy"), &json!(1_000))
    );
    assert_eq!(told[1]["response_headers"]["x-ms-request-id"], "r-1");
    assert!(
        told[1]["url"]
            .as_str()
            .unwrap()
            .ends_with("/listSecrets?api-version=1")
    );
}

#[test]
fn names_become_segments() {
    assert_eq!(segment("rg-1_(a).b~c"), "rg-1_(a).b~c");
    assert_eq!(segment("a/b ?#é"), "a%2Fb%20%3F%23%C3%A9");
}
