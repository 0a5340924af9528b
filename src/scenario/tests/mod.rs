mod mistakes;
mod mutated;
mod read;
mod schema;

use crate::base::{Diagnostic, Source};

use super::Scenario;

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
thresholds:
  - "throttled_ratio{callers=short} == 0%"
  - p95(ttft) < 800ms
"#;

fn parse(text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    Scenario::parse(&Source::new("dir/test file.yaml", text))
}

/// A scenario that is right, with `extra` lines at its end.
fn minimal(extra: &str) -> String {
    format!(
        "callers:\n  - {{ name: one, request: {{ prompt: hi }}, arrivals: [{{ count: 1, for: 1s }}] }}\n{extra}"
    )
}
