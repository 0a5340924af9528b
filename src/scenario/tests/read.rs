use std::collections::BTreeMap;
use std::time::Duration;

use super::super::model::*;
use super::{FULL, minimal, parse};
use crate::base::Tier;

#[test]
fn everything_that_is_written_is_read() {
    let scenario = parse(FULL).unwrap();
    assert_eq!((scenario.name.as_str(), scenario.seed_number), ("full", 7));
    assert_eq!(scenario.tier, Tier::StandardV2);
    assert_eq!(scenario.start.to_string(), "2026-02-03T04:05:06Z");
    let named: BTreeMap<String, String> = [("tpm", "500"), ("exact", "1.50"), ("text", "{{x}}")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    assert_eq!(scenario.named_values, named);
    assert_eq!(
        (scenario.deployment.as_str(), scenario.request_timeout),
        ("gpt-4o", Duration::from_secs(90))
    );
    let model = ModelSpec {
        time_to_first_token: Duration::from_millis(1_500),
        tokens_per_second: 12.5,
        completion_tokens: 1_000,
        spread: 0.125,
    };
    assert_eq!(scenario.model, model);
    let keys: Vec<_> = scenario
        .subscriptions
        .iter()
        .map(|known| (known.name.as_str(), &known.key))
        .collect();
    let (env, file) = (
        KeyReference::Env("TEAM_B_KEY".to_owned()),
        KeyReference::File("keys/c".to_owned()),
    );
    assert_eq!(
        keys,
        [
            ("team-a", &KeyReference::Local),
            ("Team B", &env),
            ("team-c", &file)
        ]
    );
    assert_eq!(scenario.thresholds.len(), 2);
}

#[test]
fn callers_are_read() {
    let Scenario { callers, .. } = parse(FULL).unwrap();
    let weighted = &callers[0];
    let shares: Vec<_> = weighted
        .subscriptions
        .iter()
        .map(|share| (share.subscription, share.weight))
        .collect();
    assert_eq!(shares, [(2, 3), (0, 1)]);
    assert_eq!(
        (weighted.start, weighted.on_429, weighted.max_attempts),
        (Duration::from_mins(1), OnThrottle::HonorRetryAfter, 3)
    );
    let request = RequestSpec {
        prompts: vec!["a".to_owned(), "b".to_owned()],
        system: Some("s".to_owned()),
        max_tokens: Some(5),
        stream: true,
        stream_usage: true,
        headers: vec![
            ("x-team".to_owned(), "blue".to_owned()),
            ("x-n".to_owned(), "5".to_owned()),
        ],
    };
    assert_eq!(weighted.request, request);
    let stages = [
        Stage::Count {
            count: 20,
            span: Duration::from_secs(5),
        },
        Stage::Pause {
            span: Duration::from_secs(20),
        },
        Stage::Flow {
            from: 0.5,
            to: 0.5,
            span: Duration::from_mins(2),
            spacing: Spacing::Poisson,
        },
        Stage::Flow {
            from: 0.1,
            to: 2.0,
            span: Duration::from_mins(1),
            spacing: Spacing::Even,
        },
    ];
    assert_eq!(weighted.stages, stages);
    assert_eq!(
        callers[1].subscriptions,
        [Share {
            subscription: 0,
            weight: 1
        }]
    );
    assert_eq!(
        (callers[1].on_429, callers[1].max_attempts),
        (OnThrottle::Ignore, 1)
    );
}

#[test]
fn what_is_left_out_has_a_default() {
    let scenario = parse(&minimal("")).unwrap();
    assert_eq!(scenario.name, "test-file");
    assert_eq!((scenario.seed_number, scenario.tier), (1, Tier::BasicV2));
    assert_eq!(scenario.start.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(
        (scenario.deployment.as_str(), scenario.request_timeout),
        ("gpt-4o-mini", Duration::from_mins(1))
    );
    assert_eq!(scenario.model, ModelSpec::default());
    assert_eq!(scenario.subscriptions[0].id, "default");
    assert_eq!((scenario.policy, scenario.description), (None, None));
}
