use super::*;
use crate::base::Tokens;

#[test]
fn orders_that_cannot_be_followed_are_refused_by_name() {
    for (header, value) in [
        ("x-simulate-status", "418"),
        ("x-simulate-fault", "fire"),
        ("x-simulate-prompt-tokens", "-1"),
        ("x-simulate-completion-tokens", "many"),
        ("x-simulate-latency", "soon"),
        ("x-simulate-usage", "maybe"),
        ("x-simulate-stream-error", "x"),
        ("x-simulate-stream-error", "4"),
    ] {
        let answer = ask(&[(header, value)], &hello());
        assert_eq!(answer.status, 400, "{header}: {value}");
        assert!(whole(&answer).1.contains(header), "{}", whole(&answer).1);
    }
}

#[test]
fn routes_are_those_of_the_service() {
    let named = hello_with("model", json!("gpt-4o-mini")).to_string();
    let status = |path: &str, body: &str| ask_at(path, &ModelSettings::default(), &[], body).status;
    for path in [
        PATH,
        "/deployments/any/chat/completions",
        "/openai/v1/chat/completions",
        "/v1/chat/completions",
        "/a/v1/chat/completions",
    ] {
        assert_eq!(status(path, &named), 200, "{path}");
    }
    assert_eq!(
        status("/v1/chat/completions", &hello().to_string()),
        400,
        "there the body names the model"
    );
    for (expected, path) in [
        (404, "/"),
        (404, "/chat/completions"),
        (404, "/openai/deployments/m/chat"),
        (400, "/openai/v1/responses"),
        (404, "/openai/models"),
        (400, "/openai/deployments/m/embeddings"),
        (400, "/openai/deployments/m/completions"),
    ] {
        assert_eq!(status(path, &named), expected, "{path}");
    }
    let lost = ask_at("/x", &ModelSettings::default(), &[], &named);
    assert_eq!(
        whole(&lost).1,
        r#"{"error":{"code":"404","message":"Resource not found"}}"#
    );
}

#[test]
fn bodies_are_refused_by_parameter() {
    let message = |message: Value| json!({"messages": [message]});
    let user = |content: Value| message(json!({"role": "user", "content": content}));
    let cases = [
        (json!({}), "messages"),
        (json!({"messages": "hi"}), "messages"),
        (json!({"messages": []}), "messages"),
        (message(json!("hi")), "messages[0]"),
        (message(json!({"content": "hi"})), "messages[0].role"),
        (
            message(json!({"role": "king", "content": "hi"})),
            "messages[0].role",
        ),
        (message(json!({"role": "user"})), "messages[0].content"),
        (user(json!(7)), "messages[0].content"),
        (user(json!([{"text": "hi"}])), "messages[0].content[0].type"),
        (
            user(json!([{"type": "input_audio"}])),
            "messages[0].content[0].type",
        ),
        (user(json!("word ".repeat(130_000))), "messages"),
        (hello_with("n", json!(2)), "n"),
        (hello_with("logprobs", json!(true)), "logprobs"),
        (hello_with("top_logprobs", json!(2)), "top_logprobs"),
        (hello_with("tools", json!({})), "tools"),
        (hello_with("tool_choice", json!("required")), "tool_choice"),
        (
            hello_with("response_format", json!({"type": "json_object"})),
            "response_format",
        ),
        (hello_with("modalities", json!(["audio"])), "modalities"),
        (
            hello_with("reasoning_effort", json!("low")),
            "reasoning_effort",
        ),
        (hello_with("max_tokens", json!(0)), "max_tokens"),
        (hello_with("max_tokens", json!(20_000)), "max_tokens"),
        (
            hello_with("max_completion_tokens", json!("5")),
            "max_completion_tokens",
        ),
        (hello_with("stream", json!("yes")), "stream"),
        (
            hello_with("stream_options", json!({"include_usage": true})),
            "stream_options",
        ),
        (hello_with("stop", json!(["a", "b", "c", "d", "e"])), "stop"),
        (hello_with("stop", json!([1])), "stop"),
        (hello_with("temperature", json!(3)), "temperature"),
        (hello_with("top_p", json!(-0.5)), "top_p"),
        (
            hello_with("presence_penalty", json!("high")),
            "presence_penalty",
        ),
    ];
    for (body, param) in cases {
        let answer = ask(&[], &body);
        let error = &parsed(&answer)["error"];
        assert_eq!(answer.status, 400, "{error}");
        assert_eq!(
            (&error["param"], &error["type"]),
            (&json!(param), &json!("invalid_request_error")),
            "{error}"
        );
    }
    let mut both = hello_with("max_tokens", json!(5));
    both["max_completion_tokens"] = json!(5);
    assert_eq!(
        parsed(&ask(&[], &both))["error"]["code"],
        "invalid_parameter_combination"
    );
    for broken in ["", "{", "[]", "\"x\""] {
        let answer = ask_at(PATH, &ModelSettings::default(), &[], broken);
        assert_eq!(
            (answer.status, &parsed(&answer)["error"]["param"]),
            (400, &Value::Null),
            "{broken}"
        );
    }
}

#[test]
fn parameters_that_change_nothing_are_taken() {
    let mut body = hello();
    let others = json!({
        "temperature": 0.5, "top_p": 1, "presence_penalty": 0, "frequency_penalty": -2, "n": 1, "seed": 7, "user": "me",
        "logprobs": false, "top_logprobs": null, "stop": null, "logit_bias": {}, "tool_choice": "auto",
        "tools": [{"type": "function", "function": {"name": "f"}}], "response_format": {"type": "text"}, "stream": false,
        "stream_options": null, "max_tokens": null, "max_completion_tokens": 9, "modalities": ["text"],
    });
    body.as_object_mut()
        .unwrap()
        .extend(others.as_object().unwrap().clone());
    let answer = ask(&[], &body);
    assert_eq!(answer.status, 200, "{}", whole(&answer).1);
    assert!(
        answer.usage.unwrap().prompt > Tokens(13),
        "the declared function counts"
    );
}
