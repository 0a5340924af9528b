//! What a run of tests reports: failures, coverage, JUnit.

use super::super::{StepFailure, junit};
use super::suite;

const TEXT: &str = r#"
policy: |
  <policies>
    <inbound>
      <llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="100"
                       estimate-prompt-tokens="false" remaining-tokens-header-name="r" />
      <choose>
        <when condition="@(context.Request.Method == "PUT")">
          <set-variable name="never" value="@(1 + 1)" />
        </when>
        <otherwise><set-variable name="always" value="x" /></otherwise>
      </choose>
    </inbound>
    <backend><forward-request /></backend>
    <on-error><return-response><set-status code="418" /></return-response></on-error>
  </policies>
tests:
  - name: all is well
    steps: [{ expect: { status: 200, variables: { always: x, never: null } } }]
  - name: what is <wrong>
    steps:
      - at: 1s
        repeat: { times: 2 }
        backend: { prompt-tokens: 10, completion-tokens: 140 }
        expect: { status: [200, 200], headers: { r: 1 }, backend-called: true, metrics: { Total Tokens: 150 } }
      - { subscription: null, expect: { status: 200, backend-request: { path: /x }, body: { a: 1 } } }
      - { at: 9s, request: { method: PUT }, expect: { status: 404, body-contains: nothing } }
"#;

#[test]
fn a_failure_says_what_came_how_counters_stood_and_who_decided() {
    let outcomes = suite(TEXT).run(&|_| true, false);
    insta::assert_debug_snapshot!(outcomes);
}

#[test]
fn what_no_test_ran_is_named() {
    let suite = suite(TEXT);
    let gaps = |wanted: &str| {
        let _outcomes = suite.run(&|name| name == wanted, false);
        let gaps = suite.coverage().gaps();
        let gaps = gaps
            .iter()
            .map(|gap| format!("{}: {}", gap.place, gap.what));
        gaps.collect::<Vec<_>>().join("\n")
    };
    let none = gaps("no such test");
    let one = gaps("all is well");
    let both = gaps("what is <wrong>");
    let lcov = suite.coverage().lcov(&|_| true);
    insta::assert_snapshot!(format!("{none}\n----\n{one}\n----\n{both}\n----\n{lcov}"));
}

#[test]
fn a_document_of_two_files_is_covered_by_both() {
    let mut one = suite(TEXT);
    let _first = one.run(&|name| name == "all is well", false);
    let mut coverage = one.coverage();
    one = suite(TEXT);
    let _second = one.run(&|name| name != "all is well", false);
    let before = coverage.gaps().len();
    coverage.merge(one.coverage());
    assert!(coverage.gaps().len() < before);
    assert_eq!(coverage.shares().len(), 1);
}

#[test]
fn junit_is_well_formed_whatever_tests_are_called() {
    let outcomes = suite(&TEXT.replace("all is well", "\"a \\u0001 & b\"")).run(&|_| true, false);
    let describe = |failure: &StepFailure| format!("step {} ]]> \u{0}", failure.step);
    let text = junit(&[("f<1>.test.yaml".to_owned(), outcomes)], &describe);
    insta::assert_snapshot!(text);
}

/// What the XSD that CI servers share for JUnit reports asks for: names, counts, and nothing else.
#[test]
fn junit_has_the_common_shape() {
    let outcomes = suite(TEXT).run(&|_| true, false);
    let files = [
        ("a.test.yaml".to_owned(), outcomes.clone()),
        ("b".to_owned(), outcomes),
    ];
    let text = junit(&files, &|_| "why".to_owned());
    let document = roxmltree::Document::parse(&text).unwrap();
    let known = |name: &str| -> (&[&str], &[&str], &[&str]) {
        let counts = &["name", "tests", "failures", "errors"];
        // Required, allowed besides, children.
        match name {
            "testsuites" => (counts, &["time", "disabled"], &["testsuite"]),
            "testsuite" => (counts, &["skipped", "time", "timestamp"], &["testcase"]),
            "testcase" => (
                &["name", "classname"],
                &["time"],
                &["failure", "error", "skipped"],
            ),
            "failure" => (&["type", "message"], &[], &[]),
            other => panic!("`{other}` is not of JUnit"),
        }
    };
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let (required, allowed, children) = known(node.tag_name().name());
        for name in required {
            assert!(node.has_attribute(*name), "{node:?} lacks {name}");
        }
        for attribute in node.attributes() {
            let name = attribute.name();
            assert!(
                required.contains(&name) || allowed.contains(&name),
                "{node:?} has {name}"
            );
        }
        for child in node.children().filter(roxmltree::Node::is_element) {
            assert!(
                children.contains(&child.tag_name().name()),
                "{child:?} in {node:?}"
            );
        }
        let count = |name: &str| {
            node.descendants()
                .filter(|child| child.has_tag_name(name))
                .count()
        };
        for (attribute, counted) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
        ] {
            if let Some(said) = node.attribute(attribute) {
                assert_eq!(said, count(counted).to_string(), "{attribute} of {node:?}");
            }
        }
    }
}

#[test]
fn steps_of_one_moment_run_in_order_and_concurrent_runs_together() {
    let text = r#"
policy: |
  <policies>
    <inbound><llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="false" remaining-tokens-header-name="r" /></inbound>
  </policies>
backend: { prompt-tokens: 1, completion-tokens: 59, latency: 1s }
tests:
  - name: in turn, each run sees what the ones before it spent only when they are answered
    steps:
      - { at: 0s, repeat: { times: 150 }, expect: { status: 200 } }
      - { at: 1s, expect: { status: 429 } }
  - name: answers of the same moment come before the next step
    steps:
      - { at: 0s, backend: { latency: 0s }, repeat: { times: 3 }, expect: { status: [200, 200, 429] } }
      - { at: 0s, backend: { latency: 0s }, expect: { status: 429 } }
  - name: together
    steps:
      - { at: 0s, backend: { latency: 0s }, repeat: { times: 3, concurrent: true }, expect: { status: 200, headers: { r: [40, 0, 0] } } }
"#;
    let outcomes = suite(text).run(&|_| true, false);
    assert!(outcomes.iter().all(super::Outcome::passed), "{outcomes:#?}");
}

#[test]
fn the_backend_answers_as_the_test_says() {
    let text = r#"
policy: <policies />
backend: { headers: { x-of-file: a, x-both: a } }
tests:
  - name: answers
    steps:
      - { backend: { status: 418, headers: { X-Both: b } }, expect: { status: 418, headers: { x-of-file: a, x-both: b }, body: { error: { code: "418", message: ordered by the test } } } }
      - { backend: { body: { usage: { prompt_tokens: 1 } } }, expect: { status: 200, body: '{"usage":{"prompt_tokens":1}}' } }
      - { backend: { status: 204 }, expect: { status: 204, body: "" } }
      - { backend: { status: 429 }, expect: { status: 429, body-contains: error } }
      - { backend: { status: 503, body: down, headers: { Content-Type: text/plain } }, expect: { status: 503, body: down, headers: { Content-Type: text/plain } } }
      - { backend: { fault: reset }, expect: { status: 500, backend-called: true } }
      - { request: { body: [1, 2], headers: { x-mine: 1 } }, expect: { status: 400, backend-request: { headers: { x-mine: "1" }, body-contains: "[1,2]" } } }
"#;
    let outcomes = suite(text).run(&|_| true, false);
    assert!(outcomes.iter().all(super::Outcome::passed), "{outcomes:#?}");
}
