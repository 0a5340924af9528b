//! Policies that wait and repeat, in virtual time: what a caller of a simulated run sees.

use crate::builder::{Folder, apimon, records, transcript};

const SCENARIO: &str = "
name: course
seed: 3
policy: policy.xml
model: { time-to-first-token: 1s, tokens-per-second: 10, completion-tokens: 20, spread: 0% }
subscriptions: [one]
callers:
  - name: whole
    subscription: one
    request: { prompt: Hello }
    arrivals: [{ count: 1, for: 1s }]
  - name: streamed
    subscription: one
    request: { prompt: Hello, stream: true }
    start: 100s
    arrivals: [{ count: 1, for: 1s }]
";

/// Three tries, ten seconds apart; then a request to the model that takes its time.
const POLICY: &str = r#"<policies>
  <inbound><base /><set-variable name="tries" value="@(0)" /></inbound>
  <backend>
    <retry condition="@((int)context.Variables["tries"] < 3)" count="5" interval="10">
      <set-variable name="tries" value="@((int)context.Variables["tries"] + 1)" />
      <forward-request buffer-request-body="true" />
    </retry>
  </backend>
  <outbound>
    <base />
    <send-request mode="copy" response-variable-name="again">
      <set-url>https://model.local/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21</set-url>
      <set-header name="x-simulate-latency"><value>@(context.Request.Body.As<string>(preserveContent: true).Contains("stream") ? "7.9s" : "2.9s")</value></set-header>
    </send-request>
    <send-request response-variable-name="far" ignore-error="true"><set-url>http://127.0.0.1:1/</set-url></send-request>
  </outbound>
</policies>"#;

#[test]
fn waits_and_requests_of_a_policy_take_their_time_and_keep_the_stream() {
    let folder = Folder::new("course-simulated");
    folder.write("course.yaml", SCENARIO);
    folder.write("policy.xml", POLICY);
    let output = apimon(&folder, &["simulate", "course.yaml"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", transcript(&output, &folder));
    let records = records(&folder.run());
    let took = |caller: &str, field: &str| {
        let record = records.iter().find(|record| record["caller"] == caller);
        let record = record.unwrap_or_else(|| panic!("{records:?}"));
        let micros = |field: &str| record[field].as_u64().unwrap_or_else(|| panic!("{record}"));
        micros(field) - micros("sent_us")
    };
    // Two waits and four whole answers of 2.9 seconds.
    assert_eq!(took("whole", "done_us"), 31_600_000);
    // A stream's head is there at once, so its tries cost only the waits; a slow
    // request after it keeps the stream back until it is answered.
    assert_eq!(took("streamed", "done_us"), 27_900_000);
    for record in &records {
        assert_eq!(
            (&record["status"], &record["completion_tokens"]),
            (&200.into(), &20.into())
        );
    }
}
