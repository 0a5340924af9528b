use serde_json::{Value, json};

use super::super::plan::Plan;
use super::super::{Scenario, plan::Arrival};
use super::planned;
use crate::base::Tokens;
use crate::tokens;

fn bodies(callers: &str) -> (Scenario, Plan, Vec<Value>) {
    let (scenario, plan) = planned(callers);
    let bodies = plan
        .arrivals
        .iter()
        .map(|arrival| serde_json::from_str(&scenario.body(arrival)).unwrap());
    let bodies = bodies.collect();
    (scenario, plan, bodies)
}

fn said(body: &Value) -> &str {
    body["messages"][0]["content"].as_str().unwrap()
}

#[test]
fn a_generated_prompt_has_exactly_the_length_that_was_asked_for() {
    for length in [1, 8, 9, 100, 5_000] {
        let (_, plan, bodies) = bodies(&format!(
            "  - {{ name: one, request: {{ prompt-tokens: {length} }}, arrivals: [{{ count: 2, for: 1s }}] }}\n"
        ));
        // The wrapping alone is seven, and a prompt says at least one word.
        let expected = Tokens(length.max(8));
        for (arrival, body) in plan.arrivals.iter().zip(&bodies) {
            assert_eq!(tokens::prompt_estimate(body), expected);
            assert_eq!(arrival.prompt_tokens, expected);
        }
        if length > 8 {
            assert_ne!(said(&bodies[0]), said(&bodies[1]), "none is in a cache");
        }
    }
}

#[test]
fn drawn_lengths_keep_their_bounds_and_their_median() {
    let (_, plan, _) = bodies(
        "  - { name: even, request: { prompt-tokens: { from: 20, to: 40 }, max-tokens: { from: 5, to: 6 } }, arrivals: [{ count: 400, for: 1s }] }\n",
    );
    let lengths: Vec<u64> = plan
        .arrivals
        .iter()
        .map(|arrival| arrival.prompt_tokens.0)
        .collect();
    assert_eq!(lengths.iter().min(), Some(&20));
    assert_eq!(lengths.iter().max(), Some(&40));
    let most: Vec<_> = plan
        .arrivals
        .iter()
        .map(|arrival| arrival.content.max_tokens.unwrap())
        .collect();
    assert!(
        most.contains(&5) && most.contains(&6) && most.iter().all(|most| (5..=6).contains(most))
    );
    let (_, plan, _) = bodies(
        "  - { name: real, request: { prompt-tokens: { median: 200, p95: 1000 } }, arrivals: [{ count: 2000, for: 1s }] }\n",
    );
    let mut lengths: Vec<u64> = plan
        .arrivals
        .iter()
        .map(|arrival| arrival.prompt_tokens.0)
        .collect();
    lengths.sort_unstable();
    assert!((180..220).contains(&lengths[1_000]), "{}", lengths[1_000]);
    assert!((850..1_150).contains(&lengths[1_900]), "{}", lengths[1_900]);
}

#[test]
fn a_variable_is_one_choice_wherever_it_stands() {
    let (_, _, bodies) = bodies(
        "  - { name: one, request: { system: \"{{ a }}\", prompt: \"{{ a }}{{ b }}{{a}}\", variables: { a: [x, y], b: [1, 2] } }, arrivals: [{ count: 50, for: 1s }] }\n",
    );
    let mut seen = std::collections::BTreeSet::new();
    for body in &bodies {
        let system = said(body);
        let user = body["messages"][1]["content"].as_str().unwrap();
        assert_eq!((&user[..1], &user[2..]), (system, system));
        seen.insert(user.to_owned());
    }
    assert_eq!(
        seen.into_iter().collect::<Vec<_>>(),
        ["x1x", "x2x", "y1y", "y2y"]
    );
}

fn one(request: &str, more: &str) -> (Scenario, Arrival, Value) {
    let text = format!(
        "{more}callers:\n  - {{ name: one, request: {{ {request} }}, arrivals: [{{ count: 1, for: 1s }}] }}\n"
    );
    let scenario = super::parse(&text).unwrap();
    let arrival = scenario.plan().arrivals.remove(0);
    let body = serde_json::from_str(&scenario.body(&arrival)).unwrap();
    (scenario, arrival, body)
}

#[test]
fn bodies_have_the_form_of_their_route() {
    let tool = "tools: [{ type: function, function: { name: f } }]";
    let function = json!({ "type": "function", "function": { "name": "f" } });
    for (request, more, expected) in [
        (
            format!(
                "system: s, prompt: hi, max-tokens: 5, stream: true, stream-usage: true, parameters: {{ temperature: 0.5 }}, {tool}"
            ),
            "",
            json!({
                "messages": [{ "role": "system", "content": "s" }, { "role": "user", "content": "hi" }],
                "max_tokens": 5, "stream": true, "stream_options": { "include_usage": true },
                "tools": [function], "temperature": 0.5,
            }),
        ),
        (
            format!("route: responses, system: s, prompt: hi, max-tokens: 5, stream: true, {tool}"),
            "",
            json!({
                "model": "gpt-4o-mini", "instructions": "s", "input": "hi", "max_output_tokens": 5,
                "stream": true, "tools": [{ "type": "function", "name": "f" }],
            }),
        ),
        (
            "route: embeddings, prompt: hi".to_owned(),
            "",
            json!({ "input": "hi" }),
        ),
        (
            "route: embeddings, deployment: text-embedding-3-small, prompt: hi".to_owned(),
            "urls: openai\n",
            json!({ "model": "text-embedding-3-small", "input": "hi" }),
        ),
        (
            "prompt: hi, images: [{ source: \"https://a/b.png\", detail: low }]".to_owned(),
            "",
            json!({ "messages": [{ "role": "user", "content": [
                { "type": "text", "text": "hi" },
                { "type": "image_url", "image_url": { "url": "https://a/b.png", "detail": "low" } },
            ] }] }),
        ),
        (
            "route: responses, prompt: hi, images: [\"https://a/b.png\"]".to_owned(),
            "",
            json!({ "model": "gpt-4o-mini", "input": [{ "role": "user", "content": [
                { "type": "input_text", "text": "hi" },
                { "type": "input_image", "image_url": "https://a/b.png" },
            ] }] }),
        ),
    ] {
        let (_, _, body) = one(&request, more);
        assert_eq!(body, expected, "{request}");
    }
}

#[test]
fn paths_and_headers_are_those_of_the_route_and_the_target() {
    for (request, more, path) in [
        (
            "prompt: hi",
            "",
            "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21",
        ),
        (
            "prompt: hi, deployment: d",
            "api-version: v\n",
            "/openai/deployments/d/chat/completions?api-version=v",
        ),
        (
            "route: responses, prompt: hi",
            "",
            "/openai/responses?api-version=2025-04-01-preview",
        ),
        (
            "route: embeddings, prompt: hi",
            "",
            "/openai/deployments/gpt-4o-mini/embeddings?api-version=2024-10-21",
        ),
        ("prompt: hi", "urls: openai\n", "/v1/chat/completions"),
        (
            "route: embeddings, prompt: hi",
            "urls: openai\n",
            "/v1/embeddings",
        ),
    ] {
        let (scenario, arrival, _) = one(request, more);
        assert_eq!(scenario.call(&arrival, 1).path_and_query, path);
    }
    let (mut scenario, arrival, _) = one(
        "prompt: hi, completion-tokens: 9, headers: { x-a: b }",
        "seed: 3\n",
    );
    let names = |scenario: &Scenario| {
        let headers = scenario.call(&arrival, 2).headers;
        headers
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
    };
    let id = "x-ms-client-request-id=apimon-3-0-2";
    assert_eq!(
        names(&scenario),
        [id, "Content-Type=application/json", "x-a=b"]
    );
    scenario.orders_lengths = true;
    assert!(names(&scenario).contains(&"x-simulate-completion-tokens=9".to_owned()));
}
