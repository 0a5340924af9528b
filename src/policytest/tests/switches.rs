//! Inferred behaviour changes what it says it changes, and the default is the other thing.

use crate::base::{Source, render};

use super::super::{Outcome, Suite, TestFile};

/// A policy, and what is expected of it by default and with the switch.
struct Case {
    switch: (&'static str, &'static str),
    policy: &'static str,
    steps: &'static str,
    /// Stands for `WHAT` in the steps: by default, with the switch.
    what: (&'static str, &'static str),
}

const CASES: [Case; 4] = [
    Case {
        switch: ("no-usage", "refunded"),
        policy: r#"<llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" remaining-tokens-header-name="r" />"#,
        steps: "- { request: { prompt-tokens: 40 }, backend: { usage: false }, expect: { status: 200, headers: { r: WHAT } } }",
        what: ("60", "100"),
    },
    Case {
        switch: ("no-usage", "refunded"),
        policy: r#"<llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" />"#,
        steps: "- { request: { prompt-tokens: 100 }, backend: { fault: refused }, expect: { status: 500 } }
      - { request: { prompt-tokens: 1 }, expect: { status: WHAT } }",
        what: ("429", "200"),
    },
    Case {
        switch: ("will-exceed-wait", "exact"),
        policy: r#"<llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" />"#,
        steps: r#"- { request: { prompt-tokens: 50 }, backend: { prompt-tokens: 50, completion-tokens: 0 } }
      - { request: { prompt-tokens: 55 }, expect: { status: 429, headers: { Retry-After: WHAT } } }
      - { request: { prompt-tokens: 101 }, expect: { status: 429, headers: { Retry-After: "60" } } }"#,
        what: ("\"60\"", "\"3\""),
    },
    Case {
        switch: ("limit-order", "quota"),
        policy: r#"<llm-token-limit counter-key="k" tokens-per-minute="10" token-quota="10" token-quota-period="Hourly" estimate-prompt-tokens="false" />"#,
        steps: "- { backend: { prompt-tokens: 10, completion-tokens: 10 }, expect: { status: 200 } }
      - { expect: { status: WHAT } }",
        what: ("429", "403"),
    },
];

#[test]
fn a_switch_changes_what_it_says() {
    for case in CASES {
        let run = |switched: bool| {
            let what = if switched { case.what.1 } else { case.what.0 };
            let steps = case.steps.replace("WHAT", what);
            let text = format!(
                "policy: |\n  <policies><inbound>{}</inbound></policies>\ntests:\n  - name: it\n    steps:\n      {steps}\n",
                case.policy
            );
            let source = Source::new("t.test.yaml", text);
            let mut load = |name: &str| Err(format!("there is no `{name}`"));
            let suite = TestFile::parse(&source).and_then(|file| {
                Suite::prepare(file, &mut load, &|mut behaviour| {
                    let (name, value) = case.switch;
                    assert!(!switched || behaviour.set(name, value));
                    behaviour
                })
            });
            match suite {
                Ok(suite) => suite.run(&|_| true, false),
                Err(problems) => panic!("{}", render(&problems, false)),
            }
        };
        for switched in [false, true] {
            let outcomes = run(switched);
            let (name, value) = case.switch;
            assert!(
                outcomes.iter().all(Outcome::passed),
                "{name}={value} {switched}: {outcomes:#?}"
            );
        }
    }
}
