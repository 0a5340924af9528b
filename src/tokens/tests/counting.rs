use serde_json::{Value, json};

use crate::base::Tokens;
use crate::tokens::{Usage, count, load, prompt_estimate};

fn check_estimate(tokens: u64, body: &Value) {
    assert_eq!(prompt_estimate(body), Tokens(tokens), "{body}");
}

#[test]
fn texts_count_as_the_published_encoder_counts_them() {
    load();
    for (tokens, text) in [
        (0, ""),
        (1, "hello"),
        (2, "hello world"),
        (6, "antidisestablishmentarianism"),
    ] {
        assert_eq!(count(text), Tokens(tokens), "{text}");
    }
    assert!(
        count("<|endoftext|>") > Tokens(1),
        "a control token in a text is plain text"
    );
}

#[test]
fn chat_prompts_estimate_as_openai_publishes_it() {
    check_estimate(
        8,
        &json!({"messages": [{"role": "user", "content": "Hello"}]}),
    );
    check_estimate(
        13,
        &json!({"messages": [{"role": "user", "content": "Say hello in 50 words"}]}),
    );
    check_estimate(
        31,
        &json!({"messages": [
            {"role": "system", "content": "You are a sarcastic, unhelpful assistant."},
            {"role": "user", "content": "Can you tell me the time, please?"},
        ]}),
    );
}

#[test]
fn names_in_messages_cost_one_token_more() {
    let example =
        |name: &str, content: &str| json!({"role": "system", "name": name, "content": content});
    check_estimate(
        124,
        &json!({"messages": [
            {"role": "system", "content": "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."},
            example("example_user", "New synergies will help drive top-line growth."),
            example("example_assistant", "Things working well together will increase revenue."),
            example("example_user", "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."),
            example("example_assistant", "Let's talk later when we're less busy about how to do better."),
            {"role": "user", "content": "This late pivot means we don't have time to boil the ocean for the client deliverable."},
        ]}),
    );
}

fn weather() -> Value {
    json!({
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {"type": "object", "required": ["location"], "properties": {
            "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
            "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]},
        }},
    })
}

#[test]
fn functions_estimate_as_openai_publishes_it_in_each_of_their_shapes() {
    let messages = json!([
        {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ]);
    // OpenAI's published count for gpt-4o and gpt-4o-mini.
    check_estimate(
        101,
        &json!({"messages": messages, "tools": [{"type": "function", "function": weather()}]}),
    );
    check_estimate(
        101,
        &json!({"messages": messages, "functions": [weather()]}),
    );
    let mut flat = weather();
    flat["type"] = json!("function");
    check_estimate(101, &json!({"input": messages, "tools": [flat]}));
    let bare = prompt_estimate(&json!({"messages": messages}));
    let search = json!({"messages": messages, "tools": [{"type": "web_search"}]});
    assert_eq!(
        prompt_estimate(&search),
        bare,
        "tools without a declaration of ours to count"
    );
}

#[test]
fn parts_images_and_calls_count() {
    let part = json!({"type": "text", "text": "Hello"});
    let image = json!({"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}});
    check_estimate(
        8,
        &json!({"messages": [{"role": "user", "content": [part]}]}),
    );
    check_estimate(
        8 + 2 * 1_200,
        &json!({"messages": [{"role": "user", "content": [part, image, image]}]}),
    );
    // assistant 1, f 1, {} 1; wrapping 3 + 3.
    let call =
        json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    check_estimate(
        9,
        &json!({"messages": [{"role": "assistant", "content": null, "tool_calls": [call]}]}),
    );
}

#[test]
fn other_routes_estimate_by_their_own_shapes() {
    check_estimate(8, &json!({"model": "gpt-4o-mini", "input": "Hello"}));
    check_estimate(
        8,
        &json!({"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}]}),
    );
    check_estimate(13, &json!({"input": "Hello", "instructions": "Hello"}));
    check_estimate(1, &json!({"input": "Hello"}));
    check_estimate(
        1,
        &json!({"model": "text-embedding-3-small", "input": "Hello"}),
    );
    check_estimate(
        1,
        &json!({"model": "vectors", "input": "Hello", "encoding_format": "base64"}),
    );
    check_estimate(3, &json!({"input": ["Hello", "hello world"]}));
    check_estimate(3, &json!({"input": [[1, 2], [3]]}));
    check_estimate(2, &json!({"prompt": "hello world"}));
    check_estimate(3, &json!({"prompt": ["Hello", "hello world"]}));
    for nothing in [
        json!(null),
        json!({}),
        json!([1]),
        json!({"messages": "x"}),
        json!({"input": null}),
    ] {
        check_estimate(0, &nothing);
    }
}

#[test]
fn usage_is_read_from_each_shape_that_reports_it() {
    let of = |body: Value| Usage::of_body(body.to_string().as_bytes());
    let usage = of(json!({"usage": {
        "prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27,
        "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2},
    }, "choices": [{"message": {"content": "\"usage\":{\"prompt_tokens\":1}"}}]}))
    .unwrap();
    let expected = Usage {
        prompt: Tokens(20),
        completion: Tokens(7),
        cached_prompt: Some(Tokens(4)),
        reasoning: Some(Tokens(2)),
    };
    assert_eq!(usage, expected);
    assert_eq!(usage.total(), Tokens(27));
    let responses = json!({"usage": {
        "input_tokens": 20, "output_tokens": 7,
        "input_tokens_details": {"cached_tokens": 4}, "output_tokens_details": {"reasoning_tokens": 2},
    }});
    assert_eq!(of(responses), Some(expected));
    let embeddings = of(json!({"usage": {"prompt_tokens": 5, "total_tokens": 5}})).unwrap();
    assert_eq!(
        (embeddings.total(), embeddings.reasoning),
        (Tokens(5), None)
    );
    for nothing in [
        json!({}),
        json!({"usage": null}),
        json!({"usage": {}}),
        json!({"usage": {"prompt_tokens": -1}}),
    ] {
        assert_eq!(of(nothing), None);
    }
    assert_eq!(Usage::of_body(b"{\"usage\""), None);
}
