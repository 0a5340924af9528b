mod budget;
mod content;
mod files;
mod loops;
mod mistakes;
mod mutated;
mod reaction;
mod read;
mod schema;
mod shipped;

use crate::base::{Diagnostic, Source};

use super::Scenario;
use super::plan::Plan;

const SHIPPED: [(&str, &str); 4] = [
    (
        "scenarios/burst.yaml",
        include_str!("../../../scenarios/burst.yaml"),
    ),
    (
        "scenarios/sawtooth.yaml",
        include_str!("../../../scenarios/sawtooth.yaml"),
    ),
    (
        "scenarios/streaming.yaml",
        include_str!("../../../scenarios/streaming.yaml"),
    ),
    (
        "scenarios/two-subscriptions.yaml",
        include_str!("../../../scenarios/two-subscriptions.yaml"),
    ),
];

const FULL: &str = r#"
name: full
description: everything at once
seed: 7
policy: ../policies/token-limit.xml
tier: standardv2
start: 2026-02-03T04:05:06Z
named-values: { tpm: 500, exact: 1.50, text: "{{x}}" }
deployment: gpt-4o
urls: openai
api-version: 2025-01-01
key-header: Authorization
warm-up: 2s
budget: { requests: 1_000, tokens: 50000, money: 0.25, time: 10m }
request-timeout: 90
model:
  time-to-first-token: 1.5s
  tokens-per-second: 12.5
  completion-tokens: 1_000
  spread: 12.5%
subscriptions:
  - team-a
  - { id: team-b, name: Team B, key-env: TEAM_B_KEY }
  - { id: team-c, key-file: keys/c }
  - { id: team-d, key-state: apim-key }
  - { id: team-e, key-azure: team-e }
x-anchor: &small { max-tokens: 5 }
callers:
  - name: weighted
    subscription: { team-c: 3, team-a: 1 }
    request: { <<: *small, prompts: [a, b], system: s, stream: true, stream-usage: true, headers: { x-team: blue, x-n: 5 } }
    start: 1m
    arrivals:
      - { count: 20, for: 5s }
      - { pause: 20s }
      - { rate: 30/min, for: 2m, spacing: poisson }
      - { from: 6/min, to: 2/s, for: 1m }
    on-429: honor-retry-after
    max-attempts: 3
  - { name: short, request: { prompt: hi }, arrivals: [{ count: 1, for: 0s }] }
  - name: looped
    request:
      route: responses
      deployment: gpt-4.1
      prompt: "{{ greeting }} {{greeting}}"
      variables: { greeting: [hi, 7] }
      stream: 25%
      tools: [{ type: function, function: { name: f } }]
      images: [https://example.com/a.png, { source: "data:image/png;base64,AA", detail: high }]
      parameters: { temperature: 0.5, nested: { a: [1, true, null] } }
      completion-tokens: { median: 50, p95: 200 }
      max-tokens: { from: 10, to: 20 }
    callers: 3
    think-time: { mean: 1s }
    for: 30s
    requests: 4
    ramp-up: 3s
    on-429: { wait: exponential, first: 1s, factor: 1.5, most: 1m, jitter: 0%, max-attempts: 9, give-up-after: 5m }
    on-403: { wait: honor-retry-after }
    on-5xx: exponential
    on-failure: { wait: exponential }
  - name: tokens
    request: { route: embeddings, prompt-tokens: 12 }
    arrivals:
      - { rate: 600 tokens/min, for: 10s, spacing: gamma, burstiness: 4 }
      - { steps: [1/s, 2/s], for: 4s }
      - { rate: 1/s, spike: 5/s, peak: 2s, for: 10s }
thresholds:
  - "throttled_ratio{callers=short} == 0%"
  - p95(ttft) < 800ms
  - { rule: "failed_ratio < 5%", abort-early: true, after: 10s }
  - { rule: "requests > 1" }
"#;

fn parse(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    Scenario::parse(&Source::new("dir/test file.yaml", text))
}

/// A scenario of these groups, and its plan.
fn planned(callers: &str) -> (Scenario, Plan) {
    let text = format!("subscriptions: [a, b]\ncallers:\n{callers}");
    match parse(&text) {
        Ok(scenario) => {
            let plan = scenario.plan();
            (scenario, plan)
        }
        Err(problems) => panic!("{}", crate::base::render(&problems, false)),
    }
}

/// A scenario that is right, with `extra` lines at its end.
fn minimal(extra: &str) -> String {
    format!(
        "callers:\n  - {{ name: one, request: {{ prompt: hi }}, arrivals: [{{ count: 1, for: 1s }}] }}\n{extra}"
    )
}
