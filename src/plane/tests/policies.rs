use serde_json::{Value, json};

use super::{Local, SERVICE};

const POLICY: &str = r#"<policies>
  <inbound>
    <base />
    <set-variable name="x" value="@(context.Request.Headers.GetValueOrDefault("a", "") == "" && 1 < 2)" />
    <llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="{{tpm}}" estimate-prompt-tokens="true" />
  </inbound>
</policies>"#;

fn with_api() -> (Local, String) {
    let mut local = Local::furnished();
    let body = json!({"properties": {"displayName": "A", "path": "a"}});
    local.ok("PUT", &format!("{SERVICE}/apis/a"), body);
    let named = json!({"properties": {"displayName": "tpm", "value": "500"}});
    local.ok("PUT", &format!("{SERVICE}/namedValues/tpm"), named);
    (local, format!("{SERVICE}/apis/a/policies/policy"))
}

fn raw(text: &str) -> Value {
    json!({"properties": {"format": "rawxml", "value": text}})
}

#[test]
fn a_policy_comes_back_raw_as_it_was_and_as_xml_indented() {
    let (mut local, id) = with_api();
    local.ok("PUT", &id, raw(POLICY));
    let shown = local.get(&format!("{id}?format=rawxml"));
    assert_eq!(
        shown["properties"],
        json!({"format": "rawxml", "value": POLICY})
    );
    let indented = local.get(&id)["properties"]["value"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(indented.contains("\r\n\t\t<base />\r\n"), "{indented}");
    assert!(indented.contains("&amp;&amp; 1 &lt; 2"), "{indented}");
    // What is sent as XML may be asked for raw.
    local.ok(
        "PUT",
        &id,
        json!({"properties": {"format": "xml", "value": indented}}),
    );
    let back = local.get(&format!("{id}?format=rawxml"))["properties"]["value"].clone();
    assert!(back.as_str().unwrap().contains("&& 1 < 2"), "{back}");
}

#[test]
fn etags_guard_a_policy() {
    let (mut local, id) = with_api();
    let etag = |reply: &super::super::Reply| {
        reply
            .headers
            .iter()
            .find(|(name, _)| *name == "etag")
            .unwrap()
            .1
            .clone()
    };
    let first = local.ask("PUT", &id, &raw(POLICY), &[("if-match", "*")]);
    assert_eq!(first.status, 201);
    let tag = etag(&first);
    assert!(tag.starts_with('"') && tag.ends_with("=\""), "{tag}");
    let same = local.ask("PUT", &id, &raw(POLICY), &[]);
    assert_eq!((same.status, etag(&same)), (200, tag.clone()));
    let changed = local.ask("PUT", &id, &raw("<policies />"), &[("if-match", &tag)]);
    assert_eq!(changed.status, 200);
    assert_ne!(etag(&changed), tag);
    assert_eq!(
        local
            .ask("PUT", &id, &raw(POLICY), &[("if-match", &tag)])
            .status,
        412
    );
    assert_eq!(
        local
            .ask("DELETE", &id, &Value::Null, &[("if-match", &tag)])
            .status,
        412
    );
    assert_eq!(
        local
            .ask("DELETE", &id, &Value::Null, &[("if-match", "*")])
            .status,
        200
    );
    assert_eq!(local.ask("DELETE", &id, &Value::Null, &[]).status, 204);
    assert_eq!(local.ask("GET", &id, &Value::Null, &[]).status, 404);
}

#[test]
fn a_bad_policy_is_refused_at_its_place() {
    let (mut local, id) = with_api();
    let mut told = String::new();
    for text in [
        POLICY.replace("tokens-per-minute=", "tokens-per-minut="),
        POLICY.replace("{{tpm}}", "{{tpn}}"),
        POLICY.replace("<base />", "<set-backend-service backend-id=\"none\" />"),
        POLICY.replace("<base />", "<include-fragment fragment-id=\"none\" />"),
        POLICY.replace("<base />", "<bse />"),
        POLICY.replace("</inbound>", ""),
    ] {
        told += &local.told("PUT", &id, raw(&text));
    }
    told += &local.told(
        "PUT",
        &id,
        json!({"properties": {"format": "xml", "value": POLICY}}),
    );
    told += &local.told(
        "PUT",
        &id,
        json!({"properties": {"format": "rawxml-link", "value": "https://x"}}),
    );
    told += &local.told("PUT", &id.replace("/policy", "/other"), raw(POLICY));
    insta::assert_snapshot!(told);
}

#[test]
fn what_policies_name_stays_as_long_as_they_do() {
    let (mut local, id) = with_api();
    let fragment = |text: &str| json!({"properties": {"format": "rawxml", "value": text}});
    let shared = format!("{SERVICE}/policyFragments/shared");
    local.ok(
        "PUT",
        &shared,
        fragment("<fragment><set-variable name=\"y\" value=\"1\" /></fragment>"),
    );
    let text = POLICY.replace("<base />", "<include-fragment fragment-id=\"shared\" />");
    local.ok("PUT", &id, raw(&text));
    let mut told = local.told("DELETE", &format!("{SERVICE}/namedValues/tpm"), Value::Null);
    told += &local.told("DELETE", &shared, Value::Null);
    let value = |text: &str| json!({"properties": {"displayName": "tpm", "value": text}});
    told += &local.told("PUT", &format!("{SERVICE}/namedValues/tpm"), value("many"));
    told += &local.told("PUT", &format!("{SERVICE}/namedValues/tpm"), value("900"));
    told += &local.told(
        "PUT",
        &shared,
        fragment("<fragment><no-such-thing /></fragment>"),
    );
    told += &local.told("DELETE", &id, Value::Null);
    told += &local.told("DELETE", &shared, Value::Null);
    insta::assert_snapshot!(told);
}
