use super::suite;

const TEXT: &str = r#"
policy: |
  <policies>
    <inbound>
      <set-variable name="who" value="@(context.Subscription.Id)" />
      <choose><when condition="@(context.Variables.ContainsKey("who"))"><trace source="mine" severity="information"><message>here</message><metadata name="a" value="b" /></trace></when></choose>
      <authentication-managed-identity resource="https://a" />
      <set-backend-service backend-id="m" />
    </inbound>
    <outbound><set-variable id="bad" name="x" value="@(context.Variables["none"])" /></outbound>
    <on-error><set-header name="x-reason"><value>@(context.LastError.Reason)</value></set-header></on-error>
  </policies>
backends: { m: { url: "https://m.example/openai" } }
backend: { latency: 250ms }
tests:
  - name: traced
    steps: [ { expect: { status: 500 } } ]
"#;

#[test]
fn a_trace_has_the_inspector_s_shape() {
    let outcomes = suite(TEXT).run(&|_| true, true);
    let (1, 1, trace) = &outcomes[0].traces[0] else {
        panic!("{outcomes:?}")
    };
    insta::assert_snapshot!(format!("{trace:#}"));
}

#[test]
fn nothing_is_traced_unless_asked_for() {
    let outcomes = suite(TEXT).run(&|_| true, false);
    assert!(outcomes[0].passed());
    assert!(outcomes[0].traces.is_empty());
}
