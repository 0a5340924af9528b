use std::fmt::Write;
use std::time::Duration;

use proptest::prelude::*;

use crate::base::{Moment, Seed, Shard, Source, Tokens};
use crate::tokens;

use super::super::model::Scenario;
use super::super::schedule::{Schedule, Spacing, Stage, Unit};
use super::*;

const BURST: &str = include_str!("../../../scenarios/burst.yaml");

fn scenario(callers: &str) -> Scenario {
    let text = format!("subscriptions: [a, b]\ncallers:\n{callers}");
    match Scenario::parse(&Source::new("test.yaml", text)) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{}", crate::base::render(&problems, false)),
    }
}

/// A scenario of one caller with these stages.
fn staged(stages: &str) -> Scenario {
    scenario(&format!(
        "  - {{ name: one, request: {{ prompt: hi }}, arrivals: [{stages}] }}\n"
    ))
}

/// Seconds at which the stages' arrivals are due.
fn due(stages: &str) -> Vec<f64> {
    staged(stages)
        .plan()
        .arrivals
        .iter()
        .map(|arrival| arrival.at.since_start().as_secs_f64())
        .collect()
}

#[test]
fn a_count_is_spread_evenly_from_the_beginning() {
    assert_eq!(due("{ count: 4, for: 2s }"), [0.0, 0.5, 1.0, 1.5]);
    assert_eq!(due("{ count: 3, for: 0s }"), [0.0, 0.0, 0.0]);
    assert_eq!(
        due("{ count: 3, for: 1s }"),
        [0.0, 0.333_333, 0.666_667],
        "whole microseconds"
    );
}

#[test]
fn a_constant_rate_fills_its_time_and_not_its_end() {
    assert_eq!(due("{ rate: 30/min, for: 6s }"), [0.0, 2.0, 4.0]);
    assert_eq!(due("{ rate: 30/min, for: 7s }"), [0.0, 2.0, 4.0, 6.0]);
    assert_eq!(
        due("{ rate: 7/min, for: 1m }").len(),
        7,
        "7/60 × 60 is above 7 in binary"
    );
    assert_eq!(due("{ rate: 0.5/h, for: 1h }"), [0.0]);
}

#[test]
fn a_ramp_puts_arrivals_where_its_integral_is_whole() {
    // From 1/s to 3/s in 4 s: t + t²/4 = n.
    let expected: Vec<f64> = (0..8)
        .map(|n| 2.0 * (f64::from(n) + 1.0).sqrt() - 2.0)
        .collect();
    for (actual, expected) in due("{ from: 1/s, to: 3/s, for: 4s }").iter().zip(&expected) {
        assert!((actual - expected).abs() <= 5e-7, "{actual} {expected}");
    }
    // Down to nothing: 2t - t²/4 = n, so n = 3 is at 2 s.
    assert_eq!(
        due("{ from: 2/s, to: 0/s, for: 4s }"),
        [0.0, 0.535_898, 1.171_573, 2.0]
    );
    // Up from nothing: t²/4 = n.
    assert_eq!(
        due("{ from: 0/s, to: 2/s, for: 4s }"),
        [0.0, 2.0, 2.828_427, 3.464_102]
    );
}

#[test]
fn stages_follow_one_another_and_pauses_count() {
    let scenario = scenario(
        "  - { name: one, request: { prompt: hi }, start: 10s, arrivals: [{ count: 2, for: 4s }, { pause: 5s }, { rate: 1/s, for: 2s }] }\n",
    );
    let plan = scenario.plan();
    let at: Vec<u64> = plan
        .arrivals
        .iter()
        .map(|arrival| arrival.at.as_micros() / 1_000_000)
        .collect();
    assert_eq!(at, [10, 12, 19, 20]);
    assert_eq!(plan.end, Moment::from_micros(21_000_000));
}

#[test]
fn poisson_arrivals_have_the_rate_and_the_spread_of_their_kind() {
    let due = due("{ rate: 50/s, for: 400s, spacing: poisson }");
    assert!((19_500..20_500).contains(&due.len()), "{}", due.len());
    let gaps: Vec<f64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let count = gaps.len() as f64;
    let mean = gaps.iter().sum::<f64>() / count;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
    let variation = variance.sqrt() / mean;
    assert!((variation - 1.0).abs() < 0.03, "{variation}");
}

#[test]
fn gamma_arrivals_have_the_burstiness_that_was_asked_for() {
    for burstiness in [0.25, 1.0, 6.0] {
        let due = due(&format!(
            "{{ rate: 50/s, for: 400s, spacing: gamma, burstiness: {burstiness} }}"
        ));
        assert!((19_000..21_000).contains(&due.len()), "{}", due.len());
        let gaps: Vec<f64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let count = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / count;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / count;
        let measured = variance / (mean * mean);
        assert!((measured / burstiness - 1.0).abs() < 0.1, "{measured}");
    }
}

#[test]
fn stages_in_tokens_pay_for_what_comes() {
    let plan = scenario(
        "  - { name: one, request: { prompt-tokens: 100, completion-tokens: 50 }, arrivals: [{ rate: 30000 tokens/min, for: 3s }] }\n",
    )
    .plan();
    let at: Vec<u64> = plan
        .arrivals
        .iter()
        .map(|arrival| arrival.at.as_micros())
        .collect();
    let expected: Vec<u64> = (0..10).map(|number| number * 300_000).collect();
    assert_eq!(at, expected, "150 tokens a request, 500 a second");
    for spacing in ["even", "poisson"] {
        let plan = scenario(&format!(
            "  - {{ name: one, request: {{ prompt-tokens: {{ from: 20, to: 400 }}, completion-tokens: 40 }}, arrivals: [{{ rate: 1000000 tokens/min, for: 60s, spacing: {spacing} }}] }}\n"
        ))
        .plan();
        let tokens: u64 = plan.arrivals.iter().map(|arrival| arrival.tokens().0).sum();
        assert!((950_000..1_050_000).contains(&tokens), "{spacing} {tokens}");
    }
}

#[test]
fn a_poisson_ramp_calls_more_often_later() {
    let due = due("{ from: 0/s, to: 100/s, for: 100s, spacing: poisson }");
    let first_half = due.iter().filter(|at| **at < 50.0).count() as f64;
    let share = first_half / due.len() as f64;
    assert!((share - 0.25).abs() < 0.03, "{share}");
    assert!(due.is_sorted() && due.iter().all(|at| *at <= 100.0));
}

const POISSON: &str = "  - name: first
    request: { prompts: [one, two, three, four] }
    subscription: { a: 3, b: 1 }
    arrivals: [{ rate: 20/s, for: 100s, spacing: poisson }]
";

#[test]
fn the_same_text_gives_the_same_plan() {
    assert_eq!(scenario(POISSON).plan(), scenario(POISSON).plan());
    let mut other = scenario(POISSON);
    other.seed = Seed::new(2);
    assert_ne!(other.plan(), scenario(POISSON).plan());
}

#[test]
fn another_caller_does_not_move_the_first_ones_arrivals() {
    let second = POISSON.replace("first", "second");
    let of_first = |scenario: &Scenario| -> Vec<_> {
        let index = scenario
            .callers
            .iter()
            .position(|caller| caller.name == "first");
        let own = scenario
            .plan()
            .arrivals
            .into_iter()
            .filter(|arrival| Some(arrival.caller) == index);
        own.map(|arrival| (arrival.at, arrival.subscription, arrival.content))
            .collect()
    };
    let alone = of_first(&scenario(POISSON));
    assert_eq!(of_first(&scenario(&format!("{second}{POISSON}"))), alone);
    assert!(alone.len() > 1_000);
}

#[test]
fn subscriptions_and_prompts_are_picked_by_weight() {
    let plan = scenario(POISSON).plan();
    let share = |belongs: &dyn Fn(&Arrival) -> bool| {
        plan.arrivals
            .iter()
            .filter(|arrival| belongs(arrival))
            .count() as f64
            / plan.arrivals.len() as f64
    };
    assert!((share(&|arrival| arrival.subscription == 0) - 0.75).abs() < 0.04);
    for prompt in 0..4 {
        assert!((share(&|arrival| arrival.content.prompt == prompt) - 0.25).abs() < 0.04);
    }
}

#[test]
fn arrivals_are_numbered_by_time_and_then_by_caller() {
    let scenario = scenario(
        "  - { name: late, request: { prompt: hi }, start: 1s, arrivals: [{ count: 2, for: 2s }] }
  - { name: early, request: { prompt: hi }, arrivals: [{ count: 3, for: 3s }] }
",
    );
    let order: Vec<_> = scenario
        .plan()
        .arrivals
        .iter()
        .map(|arrival| (arrival.number, arrival.caller))
        .collect();
    assert_eq!(order, [(0, 1), (1, 0), (2, 1), (3, 0), (4, 1)]);
}

#[test]
fn prompt_tokens_are_those_of_the_body() {
    let scenario = scenario(
        "  - { name: one, request: { prompt: Hello }, arrivals: [{ count: 1, for: 1s }] }
  - { name: two, request: { prompt: Hello, system: Be brief }, start: 1s, arrivals: [{ count: 1, for: 1s }] }
",
    );
    for arrival in scenario.plan().arrivals {
        let body = serde_json::from_str(&scenario.body(&arrival)).unwrap();
        assert_eq!(arrival.prompt_tokens, tokens::prompt_estimate(&body));
    }
    assert_eq!(
        scenario.plan().arrivals[0].prompt_tokens,
        Tokens(8),
        "the published count of `Hello`"
    );
}

#[test]
fn bodies_are_ready_to_send() {
    let scenario = scenario(
        "  - { name: plain, request: { prompt: 'say \"hi\"' }, arrivals: [{ count: 1, for: 1s }] }
  - name: full
    request: { prompt: hi, system: Be brief, max-tokens: 9, stream: true, stream-usage: true }
    start: 1s
    arrivals: [{ count: 1, for: 1s }]
",
    );
    let bodies: Vec<String> = scenario
        .plan()
        .arrivals
        .iter()
        .map(|arrival| scenario.body(arrival))
        .collect();
    insta::assert_snapshot!(bodies.join("\n"));
}

#[test]
fn the_plan_of_the_burst() {
    let scenario = Scenario::parse(&Source::new("burst.yaml", BURST)).unwrap();
    let plan = scenario.plan();
    let mut text = String::new();
    for arrival in &plan.arrivals {
        let caller = &scenario.callers[arrival.caller];
        let subscription = &scenario.subscriptions[arrival.subscription].id;
        let at = crate::base::format_duration(arrival.at.since_start());
        writeln!(
            text,
            "{:>2} {at:>6} {} {subscription} {}",
            arrival.number, caller.name, arrival.prompt_tokens
        )
        .unwrap();
    }
    writeln!(
        text,
        "end {}",
        crate::base::format_duration(plan.end.since_start())
    )
    .unwrap();
    insta::assert_snapshot!(text);
}

proptest! {
    /// However a ramp goes: in order, inside its time, as many as its area, and each one where the
    /// integral is whole.
    #[test]
    fn ramps_keep_their_integral(from in 0.0..50.0_f64, to in 0.0..50.0_f64, seconds in 0.1..100.0_f64) {
        prop_assume!(from + to > 0.1);
        let span = Duration::from_secs_f64(seconds);
        let stage = Stage::Flow { from, to, unit: Unit::Requests, span, spacing: Spacing::Even };
        let mut scenario = staged("{ count: 1, for: 1s }");
        let schedule = Schedule::Stages(vec![stage]);
        let total = schedule.expected(&scenario.callers[0].request);
        scenario.callers[0].schedule = schedule;
        let plan = scenario.plan();
        prop_assert_eq!(plan.arrivals.len(), usize_of((total - 1e-9).ceil()));
        let mut before = 0.0;
        for (number, arrival) in (0_u32..).zip(&plan.arrivals) {
            let at = arrival.at.since_start().as_secs_f64();
            prop_assert!(at >= before && at <= seconds + 1e-6);
            before = at;
            let integral = from * at + (to - from) / seconds * at * at / 2.0;
            // A microsecond of rounding moves the integral by a microsecond of rate, and rounding
            // at the flat end of a ramp by a little more.
            prop_assert!((integral - f64::from(number)).abs() < 1e-3, "{} {}", integral, number);
        }
    }
}

fn usize_of(value: f64) -> usize {
    format!("{value:.0}").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shards_are_disjoint_and_together_the_plan(seed in 0_u64..1_000, of in 1_u64..12) {
        let mut scenario = scenario(
            "  - { name: one, subscription: { a: 1, b: 2 }, request: { prompts: [hi, ho] }, arrivals: [{ rate: 3/s, for: 5s, spacing: poisson }] }\n\
             \x20 - { name: two, subscription: a, request: { prompt: hi }, arrivals: [{ count: 9, for: 4s }] }\n",
        );
        scenario.seed = crate::base::Seed::new(seed);
        let plan = scenario.plan();
        let parts = (0..of).map(|index| plan.clone().shard(Shard::new(index, of).unwrap()));
        let parts: Vec<Plan> = parts.collect();
        let sizes = parts.iter().map(|part| part.arrivals.len());
        prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1, "equal shares");
        let mut arrivals: Vec<Arrival> =
            parts.into_iter().flat_map(|part| part.arrivals).collect();
        // No number twice: sorted, they are the plan, each exactly as it was.
        arrivals.sort_by_key(|arrival| arrival.number);
        prop_assert_eq!(arrivals, plan.arrivals);
    }
}
