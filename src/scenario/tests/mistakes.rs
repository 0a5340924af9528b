use std::fmt::Write;

use crate::base::render;

use super::{minimal, parse};

/// All mistakes of a text, one line each, without the file name.
fn mistakes(text: &str) -> Vec<String> {
    let problems = parse(text).expect_err("the text has mistakes");
    problems
        .iter()
        .map(|problem| problem.one_line().replace("dir/test file.yaml:", ""))
        .collect()
}

#[test]
fn mistakes_of_form_have_place_and_hint() {
    let texts = [
        minimal("sed: 7\n"),
        minimal("").replace("prompt: hi", "promt: hi"),
        minimal("model: { temperature: 1 }\n"),
        minimal("seed: 1\nseed: 2\n"),
        minimal("").replace("prompt: hi", "prompt: hi, stream: yes"),
        minimal("").replace("prompt: hi", "prompt: [hi]"),
        "callers: many\n".to_owned(),
        "callers:\n  - one\n".to_owned(),
        minimal("subscriptions: [[a]]\n"),
        minimal("subscriptions: [7]\n"),
        minimal("model: *fast\n"),
        minimal("---\nname: second\n"),
        "callers: [\n".to_owned(),
        "name: a: b\n".to_owned(),
        "- one\n".to_owned(),
        String::new(),
    ];
    let shown: Vec<String> = texts
        .iter()
        .map(|text| render(&parse(text).unwrap_err(), false))
        .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}

#[test]
fn mistakes_of_meaning_are_reported_together() {
    let text = r#"
name: a/b
tier: consumption
seed: -1
start: tomorrow
model: { spread: 20, tokens-per-second: 0 }
subscriptions:
  - team-a
  - { id: team-a, key-env: A, key-file: b }
callers:
  - name: quiet
    subscription: team-b
    request: { prompt: "", max-tokens: 0, stream-usage: true, headers: { host: x, "bad name": y } }
    arrivals:
      - { rate: 12 rps, for: 1m }
      - { rate: 30/min }
      - { count: 5 }
      - { rate: 0/s, for: 1m }
      - { pause: 5s, for: 5s }
      - { for: 5s }
      - { count: 5, rate: 3/s, for: 5s }
      - { from: 3/s, for: 5x }
    max-attempts: 3
  - { name: quiet, subscription: { team-a: 0 }, request: { prompt: a, prompts: [b] }, arrivals: [{ pause: 1s }] }
thresholds:
  - "throttled_ratio{callers=quite} == 0%"
  - "throttled < many"
  - 'p95(ttft) < 800'
"#;
    insta::assert_snapshot!(render(&parse(text).unwrap_err(), false));
}

#[test]
fn mistakes_in_every_feature_are_reported_together() {
    let text = r#"
urls: plain
key-header: "a b"
warm-up: soon
budget: { requests: 0, money: -1, tokens: many, time: 0s }
subscriptions: [{ id: a, key-state: x, key-azure: y }]
callers:
  - name: loop
    request: { prompt-tokens: { from: 9, to: 3 }, prompt: hi, max-tokens: { median: 4 }, stream: often }
    callers: 0
    think-time: { from: 1s }
    for: 10s
    on-429: { wait: honor-retry-after, first: 1s }
    on-403: { max-attempts: 3 }
    on-5xx: { wait: exponential, factor: 0.5, jitter: 2 }
    on-failure: honor-retry-after
  - { name: endless, request: { prompt: hi }, callers: 3 }
  - { name: both, request: { prompt: hi }, callers: 3, for: 1s, trace: x.csv }
  - name: open
    request: { prompt: "{{ who }}", variables: { whom: [a] }, dataset-order: random, tools: [5], parameters: { stream: true } }
    think-time: 1s
    arrivals:
      - { steps: [], for: 1s }
      - { rate: 1/s, spike: 2 tokens/s, peak: 1s, for: 5s }
      - { rate: 1/s, spike: 2/s, peak: 5s, for: 5s }
      - { from: 1/s, to: 5, for: 5s, peak: 1s }
      - { rate: 1/s, for: 1s, spacing: gamma }
      - { rate: 1/s, for: 1s, burstiness: 2 }
      - { rate: 5 tokens, for: 1s }
  - name: traced
    request: { prompt: hi, variables: { v: [] } }
    trace: { speed: 0, subscriptions: { x: b } }
  - name: vectors
    request: { route: embeddings, prompt: hi, system: s, max-tokens: 5, stream: true, images: [{ detail: low }] }
    arrivals: [{ count: 1, for: 1s }]
thresholds:
  - { rule: "failed < 5", after: 5s }
  - { rule: "failed", abort-early: true }
  - { abort-early: true }
"#;
    insta::assert_snapshot!(render(&parse(text).unwrap_err(), false));
}

#[test]
fn names_are_unique_and_parts_are_there() {
    assert_eq!(mistakes("name: x\n"), ["1:1: a scenario needs `callers`"]);
    assert_eq!(mistakes("callers: []\n"), ["1:10: nobody calls"]);
    let text = "callers:\n  - {}\n";
    let needs = ["`name`", "`request`", "`arrivals`, `callers` or `trace`"]
        .map(|key| format!("2:5: a caller needs {key}"));
    assert_eq!(mistakes(text), needs);
    let one = "  - { name: one, request: { prompt: hi }, arrivals: [{ count: 1, for: 1s }] }\n";
    assert_eq!(
        mistakes(&format!("callers:\n{one}{one}")),
        ["3:13: caller `one` is there twice"]
    );
    assert_eq!(
        mistakes(&minimal("subscriptions: [a, b, a]\n")),
        ["3:23: subscription `a` is there twice"]
    );
    assert_eq!(
        mistakes(&minimal("").replace("prompt: hi", "stream: true")),
        ["2:27: a request needs `prompt`"]
    );
}

#[test]
fn one_mistake_is_one_diagnostic() {
    // Neither the caller nor the threshold is blamed for the subscription's variable.
    let text = minimal("subscriptions: [{ id: a, key-env: \"%\" }]\nthresholds: [\"passed{subscriptions=a} > 0\"]\n")
        .replace("name: one", "name: one, subscription: a");
    assert_eq!(
        mistakes(&text),
        ["3:35: this is not the name of an environment variable"]
    );
    // Nor the threshold for its caller.
    let text =
        minimal("thresholds: [\"passed{callers=one} > 0\"]\n").replace("count: 1", "count: x");
    assert_eq!(mistakes(&text), ["2:63: `x` is not a whole number"]);
}

#[test]
fn rates_say_what_they_should_be() {
    for (written, hint) in [
        ("12 rps", "write `12/s` or `720/min`"),
        ("12rpm", "write `12/min`"),
        ("12/m", "write `12/min`"),
        ("12 per hour", "write `12/h`"),
        ("12", "write `12/s`, `12/min` or `12/h`"),
        ("fast", "write a rate such as `12/s` or `30/min`"),
    ] {
        let text = minimal("").replace("count: 1", &format!("rate: {written}"));
        let problems = parse(&text).unwrap_err();
        assert_eq!(problems[0].hints, [hint], "{written}");
    }
    for written in ["nan/s", "inf/s", "-1/s", "2000000/s", "1//s"] {
        assert!(
            parse(&minimal("").replace("count: 1", &format!("rate: {written}"))).is_err(),
            "{written}"
        );
    }
}

#[test]
fn a_plan_has_an_upper_bound() {
    let text = minimal("").replace("count: 1, for: 1s", "rate: 1000/s, for: 90m");
    assert_eq!(
        mistakes(&text),
        ["2:53: the plan has 5,400,000 arrivals here already"]
    );
    let half = text.replace("90m", "45m");
    assert!(parse(&half).is_ok());
    let twice = half.clone() + &half.replace("callers:\n", "").replace("one", "two");
    assert_eq!(
        mistakes(&twice),
        ["3:53: the plan has 5,400,000 arrivals here already"]
    );
}

#[test]
fn keys_are_refused_and_never_shown() {
    for text in [
        minimal("subscriptions: [{ id: a, key: 5ecre7, key-env: B }]\n"),
        minimal("subscriptions:\n  - id: a\n    key: '5ecre7, with more 5ecre7'\n"),
        minimal("subscriptions: [{ id: a, api-key: 5ecre7 }]\n"),
        minimal("").replace("prompt: hi", "prompt: hi, headers: { api-key: 5ecre7 }"),
        minimal("").replace(
            "prompt: hi",
            "prompt: hi, headers: { \"Authorization\": Bearer 5ecre7 }",
        ),
    ] {
        let problems = parse(&text).unwrap_err();
        assert!(
            !render(&problems, false).contains("5ecre7"),
            "{}",
            render(&problems, false)
        );
        assert!(!format!("{problems:?}").contains("5ecre7"));
    }
    let text = minimal("subscriptions: [{ id: a, key: 5ecre7 }]\n");
    insta::assert_snapshot!(render(&parse(&text).unwrap_err(), false));
}

#[test]
fn aliases_point_to_what_has_to_be_mended() {
    let text = "x-stages: &stages\n  - { count: none, for: 1s }\ncallers:\n  - { name: one, request: { prompt: hi }, arrivals: *stages }\n";
    assert_eq!(mistakes(text), ["2:14: `none` is not a whole number"]);
}

#[test]
fn a_byte_order_mark_moves_no_place() {
    let text = format!("\u{feff}{}", minimal("tier: huge\n"));
    let problems = parse(&text).unwrap_err();
    assert_eq!(
        &problems[0].source.text[problems[0].span.start..problems[0].span.end],
        "huge"
    );
}

#[test]
fn alias_bombs_are_refused_quickly() {
    let mut text = "x-0: &a0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n".to_owned();
    for level in 1..9 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "x-{level}: &a{level} [{list}]").unwrap();
    }
    assert_eq!(parse(&(text + &minimal(""))).unwrap_err().len(), 1);
}
