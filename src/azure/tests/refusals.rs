use bytes::Bytes;

use crate::azure::Refusal;
use crate::azure::transport::Answer;

fn refusal(status: u16, body: &str) -> Refusal {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("x-ms-request-id", "r-1".parse().unwrap());
    let answer = Answer {
        status,
        headers,
        body: Bytes::from(body.to_owned()),
    };
    Refusal::of_answer("PUT /x", &answer)
}

#[test]
fn every_form_of_an_error_is_read() {
    let nested = r#"{"error":{"code":"DeploymentFailed","message":"At least one resource deployment operation failed.","details":[{"code":"Conflict","message":"{\r\n  \"error\": {\r\n    \"code\": \"FlagMustBeSetForRestore\",\r\n    \"message\": \"An existing resource has been soft-deleted.\"\r\n  }\r\n}"}]}}"#;
    for (status, body, innermost) in [
        (400, r#"{"error":{"code":"A","message":"m"}}"#, "A: m"),
        (
            400,
            r#"{"code":"BadRequest","message":"Invalid time grain"}"#,
            "BadRequest: Invalid time grain",
        ),
        (
            400,
            r#"{"error":{"code":"ValidationError","message":"One or more fields contain incorrect values:","details":[{"code":"ValidationError","target":"policy","message":"Error in element 'llm-token-limit' on line 3, column 6: bad"}]}}"#,
            "ValidationError: Error in element 'llm-token-limit' on line 3, column 6: bad (at `policy`)",
        ),
        (
            409,
            nested,
            "FlagMustBeSetForRestore: An existing resource has been soft-deleted.",
        ),
        (
            400,
            r#"{"error":{"code":"Outer","message":"o","innererror":{"code":"Inner","message":"i"}}}"#,
            "Inner: i",
        ),
        (502, "<html>planted</html>", "BadGateway"),
        (503, "try later\nmore", "ServiceUnavailable: try later"),
        (404, "", "NotFound"),
        (400, r#"{"error":"invalid_request"}"#, "BadRequest"),
    ] {
        assert_eq!(
            refusal(status, body).innermost().to_string(),
            innermost,
            "{body}"
        );
    }
}

#[test]
fn a_refusal_says_what_was_asked_and_how_support_finds_it() {
    let body =
        r#"{"error":{"code":"Outer","message":"o","details":[{"code":"Inner","message":"i"}]}}"#;
    let refusal = refusal(409, body);
    assert_eq!(
        refusal.to_string(),
        "`PUT /x` was refused with 409: Outer: o\n  because Inner: i\n  request id r-1"
    );
    assert!(refusal.is("inner") && refusal.is("OUTER") && !refusal.is("Other"));
}

#[test]
fn a_hostile_nest_is_cut() {
    let mut body = r#"{"code":"deep","message":"d"}"#.to_owned();
    for _ in 0..60 {
        body = format!(r#"{{"code":"c","message":"m","innererror":{body}}}"#);
    }
    assert!(!refusal(400, &body).is("deep"));
}
