use std::collections::BTreeMap;
use std::time::Duration;

use super::super::amount::{Amount, Pause};
use super::super::model::*;
use super::super::reaction::{Backoff, Reaction, Wait};
use super::super::request::{Prompts, RequestSpec, Route};
use super::super::schedule::{LoopSpec, Schedule, Spacing, Stage, Unit};
use super::{FULL, minimal, parse};
use crate::base::{Money, Tier};

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
    let (state, azure) = (
        KeyReference::State("apim-key".to_owned()),
        KeyReference::Azure("team-e".to_owned()),
    );
    assert_eq!(
        keys,
        [
            ("team-a", &KeyReference::Local),
            ("Team B", &env),
            ("team-c", &file),
            ("team-d", &state),
            ("team-e", &azure)
        ]
    );
    assert_eq!(scenario.thresholds.len(), 4);
    let [abort] = scenario.aborts.as_slice() else {
        panic!("one rule ends the run")
    };
    assert_eq!(abort.rule, scenario.thresholds[2]);
    assert_eq!(abort.after, Duration::from_secs(10));
    assert_eq!(scenario.urls, Urls::OpenAi);
    assert_eq!(scenario.api_version.as_deref(), Some("2025-01-01"));
    assert!(scenario.key_header.bearer && scenario.key_header.name == "Authorization");
    assert_eq!(scenario.warm_up, Duration::from_secs(2));
    let budget = &scenario.budget;
    assert_eq!(
        (budget.requests, budget.tokens),
        (Some(1_000), Some(50_000))
    );
    assert_eq!(budget.money, Some(Money::from_nanos(250_000_000)));
    assert_eq!(budget.time, Some(Duration::from_mins(10)));
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
    assert_eq!(weighted.start, Duration::from_mins(1));
    let polite = Reaction {
        wait: Wait::HonorRetryAfter,
        max_attempts: 3,
        give_up_after: None,
    };
    assert_eq!(weighted.reactions.on_429, polite);
    let RequestSpec {
        prompts: Prompts::Texts(prompts),
        headers,
        ..
    } = &weighted.request
    else {
        panic!("texts")
    };
    assert_eq!(prompts.len(), 2);
    assert!(weighted.request.system.is_some() && weighted.request.stream_usage);
    assert_eq!(weighted.request.max_tokens, Some(Amount::Fixed(5)));
    assert!((weighted.request.stream - 1.0).abs() < 1e-9);
    let expected = [("x-team", "blue"), ("x-n", "5")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(*headers, expected);
    let flow = |from, to, seconds, spacing| Stage::Flow {
        from,
        to,
        unit: Unit::Requests,
        span: Duration::from_secs(seconds),
        spacing,
    };
    let stages = vec![
        Stage::Count {
            count: 20,
            span: Duration::from_secs(5),
        },
        Stage::Pause {
            span: Duration::from_secs(20),
        },
        flow(0.5, 0.5, 120, Spacing::Poisson),
        flow(0.1, 2.0, 60, Spacing::Even),
    ];
    assert_eq!(weighted.schedule, Schedule::Stages(stages));
    assert_eq!(
        callers[1].subscriptions,
        [Share {
            subscription: 0,
            weight: 1
        }]
    );
    let ignored = callers[1].reactions.on_429;
    assert_eq!((ignored.wait, ignored.max_attempts), (Wait::Ignore, 1));
}

#[test]
fn closed_loops_reactions_and_tokens_are_read() {
    let Scenario { callers, .. } = parse(FULL).unwrap();
    let looped = &callers[2];
    let spec = LoopSpec {
        callers: 3,
        think: Pause::Mean(Duration::from_secs(1)),
        span: Some(Duration::from_secs(30)),
        requests: Some(4),
        ramp_up: Duration::from_secs(3),
    };
    assert_eq!(looped.schedule, Schedule::Loop(spec));
    let backoff = Backoff {
        first: Duration::from_secs(1),
        factor: 1.5,
        most: Duration::from_mins(1),
        jitter: 0.0,
    };
    let on_429 = Reaction {
        wait: Wait::Exponential(backoff),
        max_attempts: 9,
        give_up_after: Some(Duration::from_mins(5)),
    };
    assert_eq!(looped.reactions.on_429, on_429);
    assert_eq!(looped.reactions.on_403.wait, Wait::HonorRetryAfter);
    let default = Wait::Exponential(Backoff::DEFAULT);
    assert_eq!(looped.reactions.on_5xx.wait, default);
    assert_eq!(looped.reactions.on_failure.max_attempts, 5);
    let request = &looped.request;
    assert_eq!(request.route, Route::Responses);
    assert_eq!(request.variables[0].1, ["hi", "7"]);
    assert_eq!(request.images.len(), 2);
    assert_eq!(request.images[1].detail.as_deref(), Some("high"));
    assert_eq!(request.tools.len(), 1);
    assert_eq!(request.parameters["nested"]["a"][1], true);
    assert!((request.stream - 0.25).abs() < 1e-9);
    let Schedule::Stages(stages) = &callers[3].schedule else {
        panic!("stages")
    };
    let shown: Vec<String> = stages
        .iter()
        .map(|stage| match *stage {
            Stage::Flow {
                from,
                unit,
                span,
                spacing,
                ..
            } => format!("{from} {unit:?} {span:?} {spacing:?}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "10 Tokens 10s Gamma { burstiness: 4.0 }",
            "1 Requests 2s Even",
            "2 Requests 2s Even",
            "1 Requests 4s Even",
            "5 Requests 2s Even",
            "1 Requests 4s Even",
        ]
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
