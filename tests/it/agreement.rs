//! One scenario, simulated and played for real through the local gateway: the same decisions.

use serde_json::Value;

use crate::builder::{Folder, apimon, records, repository, transcript};

/// Six hundred tokens per minute are ten a second. Requests are half a second apart, take 40
/// milliseconds and cost about 160 tokens, so that a slow machine's milliseconds never decide: every
/// answer has long been settled when the next request comes, and the level is always more than ten
/// tokens, a second's worth, away from where a decision would tip.
const SCENARIO: &str = "
name: agreement
seed: 11
named-values: { tpm: 600 }
model: { time-to-first-token: 20ms, tokens-per-second: 8000, completion-tokens: 150, spread: 5% }
subscriptions: [loud, quiet]
callers:
  - name: loud
    subscription: loud
    request: { prompt: Say hello in 50 words, max-tokens: 200 }
    arrivals: [{ count: 8, for: 4s }]
  - name: polite
    subscription: loud
    request: { prompt: Say hello in 50 words, max-tokens: 200, stream: true, stream-usage: true }
    start: 2250ms
    arrivals: [{ count: 1, for: 100ms }]
    on-429: honor-retry-after
    max-attempts: 1
  - name: quiet
    subscription: quiet
    request: { prompt: Say hello in 50 words, max-tokens: 200, stream: true }
    start: 130ms
    arrivals: [{ count: 4, for: 2800ms }]
thresholds: ['throttled_ratio{callers=quiet} == 0%', 'throttled > 2']
";

#[test]
fn a_simulated_and_a_measured_run_decide_alike() {
    let folder = Folder::new("agreement");
    folder.write("agreement.yaml", SCENARIO);
    let policy = repository("policies/token-limit.xml");
    let mut runs = Vec::new();
    for command in ["simulate", "loadtest"] {
        let out = format!("out-{command}");
        let output = apimon(
            &folder,
            &[
                command,
                "agreement.yaml",
                "--policy",
                &policy,
                "--out",
                &out,
            ],
        )
        .output()
        .unwrap();
        assert!(output.status.success(), "{}", transcript(&output, &folder));
        let run = std::fs::read_dir(folder.path().join(out))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        runs.push(by_arrival(records(&run)));
    }
    let [simulated, measured] = runs.as_slice() else {
        panic!("two runs")
    };
    assert_eq!(simulated.len(), 13);
    assert_eq!(simulated.len(), measured.len());
    assert!(
        simulated.iter().any(|record| record["status"] == 429)
            && simulated.iter().any(|record| record["status"] == 200)
    );
    for (one, other) in simulated.iter().zip(measured) {
        for field in [
            "arrival",
            "attempt",
            "caller",
            "subscription",
            "scheduled_us",
            "status",
            "prompt_tokens",
            "completion_tokens",
            "consumed_tokens",
            "reason",
            "planned_prompt_tokens",
        ] {
            assert_eq!(
                one[field], other[field],
                "{field}\nsimulated {one}\nmeasured  {other}"
            );
        }
        // A real answer comes some milliseconds later, at ten tokens a second.
        near(one, other, "remaining_tokens", 5);
        near(one, other, "retry_after_s", 1);
    }
}

fn by_arrival(mut records: Vec<Value>) -> Vec<Value> {
    records.sort_by_key(|record| (record["arrival"].as_u64(), record["attempt"].as_u64()));
    records
}

fn near(one: &Value, other: &Value, field: &str, tolerance: u64) {
    match (one[field].as_u64(), other[field].as_u64()) {
        (Some(left), Some(right)) => {
            assert!(left.abs_diff(right) <= tolerance, "{field}: {one} {other}");
        }
        (left, right) => assert_eq!(left, right, "{field}: {one} {other}"),
    }
}
