//! What a policy may say, and what it is told when it says something else.

use std::collections::BTreeMap;

use super::{Kind, SectionName, parse};
use crate::base::{Severity, Source, render};

fn diagnostics(text: &str) -> String {
    let values = BTreeMap::from([("tpm".to_owned(), "500".to_owned())]);
    let (policy, diagnostics) = parse(&Source::new("policy.xml", text), &values);
    let failed = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(
        policy.is_none(),
        failed,
        "a policy with errors is not given out, one without is"
    );
    render(&diagnostics, false)
}

fn inbound(elements: &str) -> String {
    diagnostics(&format!(
        "<policies>\n  <inbound>\n    {elements}\n  </inbound>\n</policies>\n"
    ))
}

#[test]
fn the_shipped_policy_is_clean() {
    assert_eq!(
        diagnostics(include_str!("../../policies/token-limit.xml")),
        ""
    );
}

#[test]
fn every_element_of_the_shipped_policy_has_its_meaning() {
    let source = Source::new(
        "token-limit.xml",
        include_str!("../../policies/token-limit.xml"),
    );
    let values = BTreeMap::from([("tpm".to_owned(), "500".to_owned())]);
    let policy = parse(&source, &values).0.unwrap();
    let names: Vec<String> = SectionName::ALL
        .iter()
        .flat_map(|name| &policy.section(*name).unwrap().items)
        .map(|item| item.place.element.to_string())
        .collect();
    assert_eq!(
        names,
        [
            "base",
            "llm-token-limit",
            "llm-emit-token-metric",
            "authentication-managed-identity",
            "set-header",
            "set-backend-service",
            "forward-request",
            "base",
            "set-header",
            "base",
            "set-header",
            "set-header",
            "choose"
        ]
    );
    let limits = policy.token_limits();
    assert_eq!(limits.len(), 1);
    assert_eq!(limits[0].1.tokens_per_minute.unwrap().0, 500);
    assert_eq!(limits[0].0.id.as_deref(), Some("subscription-tpm"));
    assert_eq!(
        policy.reason_header().as_deref(),
        Some("x-apim-error-reason")
    );
}

#[test]
fn a_missing_section_is_told_from_an_empty_one() {
    let source = Source::new("p", "<policies><inbound></inbound></policies>");
    let policy = parse(&source, &BTreeMap::new()).0.unwrap();
    assert!(
        policy
            .section(SectionName::Inbound)
            .unwrap()
            .items
            .is_empty()
    );
    assert!(policy.section(SectionName::Backend).is_none());
}

#[test]
fn branches_nest() {
    let source = Source::new(
        "p",
        r#"<policies><outbound><choose>
             <when condition="@(true)"><choose><when condition="@(false)"><base /></when></choose></when>
             <otherwise><set-status code="500" reason="No" /></otherwise>
           </choose></outbound></policies>"#,
    );
    let policy = parse(&source, &BTreeMap::new()).0.unwrap();
    let [item] = policy
        .section(SectionName::Outbound)
        .unwrap()
        .items
        .as_slice()
    else {
        panic!("one element");
    };
    let Kind::Choose(branches) = &item.kind else {
        panic!("a choose")
    };
    assert_eq!(branches.len(), 2);
    assert!(matches!(branches[0].items[0].kind, Kind::Choose(_)));
}

#[test]
fn unknown_and_misplaced_elements_are_errors_with_a_way_out() {
    insta::assert_snapshot!(diagnostics(
        "<policies>
  <inbnd />
  <inbound>
    text
    <set-heder name=\"x\" />
    <cross-domain />
    <forward-request />
    <return-response><base /></return-response>
  </inbound>
  <inbound />
  <set-status code=\"1\" />
</policies>"
    ));
}

#[test]
fn mistakes_of_the_token_limit_are_told() {
    insta::assert_snapshot!(
        [
            "<llm-token-limit counter-key=\"k\" estimate-prompt-tokens=\"true\" />",
            "<llm-token-limit tokens-per-minute=\"100\" estimate-prompt-tokens=\"true\" />",
            "<llm-token-limit counter-key=\"k\" tokens-per-minute=\"{{tpn}}\" estimate-prompt-tokens=\"maybe\" />",
            "<llm-token-limit counter-key=\"k\" tokens-per-minute=\"0\" />",
            "<llm-token-limit counter-key=\"k\" token-quota=\"5\" estimate-prompt-tokens=\"true\" />",
            "<llm-token-limit counter-key=\"k\" token-quota=\"-5\" token-quota-period=\"Fortnightly\" estimate-prompt-tokens=\"true\" />",
            "<llm-token-limit counter-key=\"k\" tokens-per-minute=\"@(5)\" estimate-prompt-token=\"true\" consumed-tokens-header-name=\"x\" />",
            "<azure-openai-token-limit counter-key=\"k\" tokens-per-minute=\"{{tpm}}\" estimate-prompt-tokens=\"false\" />",
        ]
        .map(inbound)
        .join("\n\n----\n\n")
    );
}

#[test]
fn mistakes_of_other_elements_are_told() {
    insta::assert_snapshot!(
        [
            "<set-header name=\"x\" exists-action=\"replace\"><value>1</value></set-header>",
            "<set-header name=\"Content-Length\"><value>1</value></set-header><set-header name=\"y\" />",
            "<set-variable name=\"v\" value=\"@(1 +)\" />",
            "<set-variable value=\"1\" unknown=\"2\" />",
            "<choose><otherwise /><when condition=\"@(true)\" /><else /></choose>",
            "<set-backend-service base-url=\"https://a\" backend-id=\"b\" />",
            "<llm-emit-token-metric><dimension name=\"Team\" /></llm-emit-token-metric>",
            "<set-body template=\"liquid\">{{body.x | upcase}}</set-body>",
            "<return-response response-variable-name=\"r\"><set-status code=\"999\" /></return-response>",
        ]
        .map(inbound)
        .join("\n\n----\n\n")
    );
}
