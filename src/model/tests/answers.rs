use super::*;
use crate::base::{Seed, Tokens};
use crate::tokens::pieces;
use crate::tokens::words::{OPENERS, WORDS};
use crate::tokens::{StreamReader, Usage, count};

#[test]
fn a_whole_answer_is_as_the_service_writes_it() {
    insta::assert_snapshot!(show(&ask(&[], &hello())));
}

#[test]
fn a_stream_is_as_the_service_writes_it() {
    let mut body = hello_with("stream", json!(true));
    body["max_tokens"] = json!(3);
    insta::assert_snapshot!("stream_without_usage", show(&ask(&[], &body)));
    body["stream_options"] = json!({"include_usage": true});
    insta::assert_snapshot!("stream_with_usage", show(&ask(&[], &body)));
}

#[test]
fn an_ordered_error_is_as_the_service_writes_it() {
    insta::assert_snapshot!(show(&ask(
        &[
            ("X-Simulate-Status", "429"),
            ("x-ms-client-request-id", "abc")
        ],
        &hello()
    )));
}

#[test]
fn every_word_is_one_token_where_it_may_stand() {
    for word in OPENERS.iter().chain(&WORDS) {
        assert_eq!(count(word), Tokens(1), "{word:?}");
    }
    for word in OPENERS {
        assert_eq!(
            count(word.trim_start()),
            Tokens(1),
            "{word:?} at the start of the text"
        );
    }
}

#[test]
fn a_text_has_as_many_tokens_as_asked_for() {
    for seed in 0..5 {
        for tokens in 0..=200 {
            for cut in [false, true] {
                let text = pieces(&mut Seed::new(seed), tokens, cut).concat();
                assert_eq!(count(&text), Tokens(tokens), "{text}");
            }
        }
    }
}

#[test]
fn usage_content_and_prompt_agree() {
    for length in [1, 2, 3, 17, 200] {
        let answer = ask(
            &[("x-simulate-completion-tokens", &length.to_string())],
            &hello(),
        );
        let body = parsed(&answer);
        let usage = Usage::of_body(whole(&answer).1.as_bytes());
        assert_eq!(usage, answer.usage);
        assert_eq!(
            usage.map(|usage| (usage.prompt, usage.completion)),
            Some((Tokens(13), Tokens(length)))
        );
        assert_eq!(body["usage"]["total_tokens"], json!(13 + length));
        assert_eq!(
            count(body["choices"][0]["message"]["content"].as_str().unwrap()),
            Tokens(length)
        );
    }
}

#[test]
fn the_stream_and_the_whole_answer_say_the_same() {
    let mut body = hello_with("stream", json!(true));
    body["stream_options"] = json!({"include_usage": true});
    let id = [("x-ms-client-request-id", "same")];
    let streamed = ask(&id, &body);
    let spoken = ask(&id, &hello());
    let mut reader = StreamReader::new();
    for piece in stream(&streamed) {
        reader.push(&piece.bytes);
    }
    assert!(reader.finished());
    assert_eq!(reader.malformed(), 0);
    assert_eq!(
        reader.content(),
        parsed(&spoken)["choices"][0]["message"]["content"]
    );
    assert_eq!(
        (reader.usage(), reader.usage()),
        (streamed.usage, spoken.usage)
    );
    assert_eq!(
        Some(reader.completion_estimate()),
        spoken.usage.map(|usage| usage.completion)
    );
    assert_eq!(stream(&streamed).last().unwrap().after, whole(&spoken).0);
}

#[test]
fn usage_is_in_a_stream_only_when_asked_for() {
    let mut body = hello_with("stream", json!(true));
    for (options, mentioned) in [
        (json!(null), false),
        (json!({}), false),
        (json!({"include_usage": true}), true),
    ] {
        body["stream_options"] = options;
        let answer = ask(&[], &body);
        assert_eq!(text_of(stream(&answer)).contains("usage"), mentioned);
        assert!(answer.usage.is_some());
    }
}

#[test]
fn pieces_come_at_the_pace_of_the_settings() {
    let settings = ModelSettings {
        tokens_per_second: 3.0,
        spread: 0.0,
        ..ModelSettings::default()
    };
    let mut body = hello_with("stream", json!(true));
    body["max_tokens"] = json!(3);
    let answer = ask_at(PATH, &settings, &[], &body.to_string());
    let moments: Vec<u128> = stream(&answer)
        .iter()
        .map(|piece| piece.after.as_nanos())
        .collect();
    let (first, second, third) = (300_000_000, 633_333_333, 966_666_666);
    // Prompt filter, role, three tokens, the reason to finish, the end.
    assert_eq!(moments, [first, first, first, second, third, third, third]);
}

#[test]
fn lengths_and_speeds_stray_within_the_spread() {
    let settings = ModelSettings {
        completion_tokens: 100,
        ..ModelSettings::default()
    };
    let mut lengths = Vec::new();
    for id in 0..400 {
        let answer = ask_at(
            PATH,
            &settings,
            &[("x-ms-client-request-id", &id.to_string())],
            &hello().to_string(),
        );
        let length = answer.usage.unwrap().completion.0;
        let after = whole(&answer).0.as_secs_f64();
        let tokens = f64::from(u32::try_from(length - 1).unwrap());
        assert!(
            after >= 0.24 + tokens / 120.0 - 1e-6 && after <= 0.36 + tokens / 80.0 + 1e-6,
            "{length} in {after}"
        );
        lengths.push(length);
    }
    assert!(
        lengths.iter().all(|length| (80..=120).contains(length)),
        "{lengths:?}"
    );
    assert!(
        lengths.iter().any(|length| *length < 85) && lengths.iter().any(|length| *length > 115)
    );
    let mean = lengths.iter().sum::<u64>() as f64 / lengths.len() as f64;
    assert!((mean - 100.0).abs() < 2.0, "{mean}");
}

#[test]
fn an_answer_depends_on_seed_and_request_alone() {
    let settings = ModelSettings::default();
    let other_seed = ModelSettings {
        seed: Seed::new(1),
        ..ModelSettings::default()
    };
    let body = hello().to_string();
    let other_body = hello_with("user", json!("somebody")).to_string();
    let first = ask_at(PATH, &settings, &[], &body);
    let _ = ask_at(PATH, &settings, &[], &other_body);
    assert_eq!(ask_at(PATH, &settings, &[], &body), first);
    assert_ne!(
        whole(&ask_at(PATH, &other_seed, &[], &body)).1,
        whole(&first).1
    );
    assert_ne!(
        whole(&ask_at(PATH, &settings, &[], &other_body)).1,
        whole(&first).1
    );
    let named =
        |id: &str, body: &str| ask_at(PATH, &settings, &[("x-ms-client-request-id", id)], body);
    assert_eq!(
        named("a", &body),
        named("a", &other_body),
        "the caller's id stands for the request"
    );
    assert_ne!(named("a", &body), named("b", &body));
}

#[test]
fn limits_and_stop_sequences_end_the_text() {
    for name in ["max_tokens", "max_completion_tokens"] {
        let body = parsed(&ask(&[], &hello_with(name, json!(5))));
        assert_eq!(body["choices"][0]["finish_reason"], "length");
        assert_eq!(body["usage"]["completion_tokens"], 5);
    }
    let roomy = parsed(&ask(&[], &hello_with("max_tokens", json!(5_000))));
    assert_eq!(roomy["choices"][0]["finish_reason"], "stop");
    assert!(
        roomy["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .ends_with('.')
    );
    let stopped = parsed(&ask(
        &[("x-simulate-completion-tokens", "90")],
        &hello_with("stop", json!(["###", "."])),
    ));
    let text = stopped["choices"][0]["message"]["content"]
        .as_str()
        .unwrap();
    assert!(!text.is_empty() && !text.contains('.'), "{text}");
    assert_eq!(json!(count(text).0), stopped["usage"]["completion_tokens"]);
    assert_eq!(stopped["choices"][0]["finish_reason"], "stop");
}

#[test]
fn a_caller_orders_what_it_wants_to_see() {
    let answer = ask(
        &[
            ("x-simulate-prompt-tokens", "700"),
            ("x-simulate-completion-tokens", "30"),
        ],
        &hello(),
    );
    let usage = answer.usage.unwrap();
    assert_eq!((usage.prompt, usage.completion), (Tokens(700), Tokens(30)));
    for tokens in ["0", "1", "7", "60"] {
        let orders = [
            ("x-simulate-latency", "2s"),
            ("x-simulate-completion-tokens", tokens),
        ];
        assert_eq!(whole(&ask(&orders, &hello())).0, Duration::from_secs(2));
        let streamed = ask(&orders, &hello_with("stream", json!(true)));
        assert_eq!(
            stream(&streamed).last().unwrap().after,
            Duration::from_secs(2)
        );
        assert!(stream(&streamed).is_sorted_by_key(|piece| piece.after));
    }
    let hidden = ask(&[("x-simulate-usage", "false")], &hello());
    assert_eq!(
        (
            Usage::of_body(whole(&hidden).1.as_bytes()),
            hidden.usage.is_some()
        ),
        (None, true)
    );
    for (name, fault) in [
        ("refused", ModelFault::Refused),
        ("reset", ModelFault::Reset),
        ("timeout", ModelFault::Timeout),
    ] {
        let broken = ask(&[("x-simulate-fault", name)], &hello());
        assert_eq!(
            (broken.fault, broken.status, broken.usage),
            (Some(fault), 0, None)
        );
    }
    for status in [400, 401, 404, 429, 500, 503] {
        let refused = ask(
            &[
                ("x-simulate-status", &status.to_string()),
                ("x-simulate-latency", "50ms"),
            ],
            &hello(),
        );
        assert_eq!(
            (refused.status, refused.usage, whole(&refused).0),
            (status, None, Duration::from_millis(50))
        );
        assert!(
            parsed(&refused)["error"]["code"].is_string()
                && parsed(&refused)["error"]["message"].is_string()
        );
        assert_eq!(
            refused
                .headers
                .iter()
                .any(|(name, _)| *name == "retry-after-ms"),
            status == 429
        );
    }
}

#[test]
fn a_stream_breaks_off_where_it_is_told_to() {
    let answer = ask(
        &[("x-simulate-stream-error", "4")],
        &hello_with("stream", json!(true)),
    );
    let mut reader = StreamReader::new();
    reader.push(text_of(stream(&answer)).as_bytes());
    assert!(reader.error().is_some_and(|error| error.throttled));
    assert_eq!(
        (reader.finished(), reader.completion_estimate()),
        (false, Tokens(4))
    );
    assert_eq!(answer.usage.unwrap().completion, Tokens(4));
}

#[test]
fn settings_are_checked() {
    let speed = |tokens_per_second: f64| {
        ModelSettings {
            tokens_per_second,
            ..ModelSettings::default()
        }
        .check()
    };
    let spread = |spread: f64| {
        ModelSettings {
            spread,
            ..ModelSettings::default()
        }
        .check()
    };
    assert_eq!(
        (speed(100.0), speed(f64::INFINITY), spread(0.0), spread(1.0)),
        (Ok(()), Ok(()), Ok(()), Ok(()))
    );
    assert!(speed(0.0).is_err() && speed(-1.0).is_err() && speed(f64::NAN).is_err());
    assert!(spread(-0.1).is_err() && spread(1.1).is_err() && spread(f64::NAN).is_err());
}
