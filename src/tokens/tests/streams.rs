use proptest::prelude::*;
use serde_json::{Value, json};

use crate::base::Tokens;
use crate::tokens::chunk::{Chunk, StreamError, skim};
use crate::tokens::lines::LINE_LIMIT;
use crate::tokens::stream::{Progress, TEXT_LIMIT};
use crate::tokens::{StreamReader, Usage, count};

/// All that a reader says at the end, and what its pieces said together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    content: String,
    estimate: Tokens,
    usage: Option<Usage>,
    error: Option<StreamError>,
    finished: bool,
    malformed: u32,
    any_content: bool,
    events: u32,
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut reader = StreamReader::new();
    let mut outcome = Outcome::default();
    let mut done = false;
    for piece in pieces {
        let progress = reader.push(piece);
        outcome.any_content |= progress.content;
        outcome.events += progress.events;
        done |= progress.done;
    }
    assert_eq!(done, reader.finished());
    outcome.content = reader.content().to_owned();
    outcome.estimate = reader.completion_estimate();
    outcome.usage = reader.usage();
    outcome.error = reader.error().cloned();
    outcome.finished = reader.finished();
    outcome.malformed = reader.malformed();
    outcome
}

/// The obvious reader: the whole text at once, every event through the JSON parser.
fn read_whole(bytes: &[u8]) -> Outcome {
    let text = std::str::from_utf8(bytes)
        .unwrap()
        .trim_start_matches('\u{feff}');
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut outcome = Outcome::default();
    let mut aside = String::new();
    let (whole, _unfinished) = text.rsplit_once("\n\n").unwrap_or_default();
    for block in whole.split("\n\n") {
        let fields: Vec<(&str, &str)> = block
            .split('\n')
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .collect();
        let field = |wanted: &'static str| {
            let found = fields.iter().filter(move |(name, _)| *name == wanted);
            found
                .map(|(_, value)| value.strip_prefix(' ').unwrap_or(value))
                .collect::<Vec<&str>>()
        };
        let data = field("data").join("\n");
        if data.is_empty() {
            continue;
        }
        outcome.events += 1;
        if data == "[DONE]" {
            outcome.finished = true;
            continue;
        }
        let Some(chunk) = Chunk::parse(data.as_bytes(), field("event").last() == Some(&"error"))
        else {
            outcome.malformed += 1;
            continue;
        };
        outcome.any_content |= !(chunk.content.is_empty() && chunk.aside.is_empty());
        outcome.content += &chunk.content;
        aside += &chunk.aside;
        outcome.usage = chunk.usage.or(outcome.usage);
        outcome.error = outcome.error.or(chunk.error);
        outcome.finished |= chunk.last;
    }
    outcome.estimate = count(&outcome.content) + count(&aside);
    outcome
}

fn delta(delta: &Value) -> Value {
    json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": delta, "finish_reason": null, "logprobs": null}], "usage": null})
}

/// Events as servers send them, and some that no server should.
fn event() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        Just(String::new()),
        "[ a-z]{0,8}",
        "[\"\\\\\n:{},é日🦀]{0,6}",
        Just("{\"delta\":{\"content\":\"trap\"},\"usage\":{\"prompt_tokens\":1}}".to_owned()),
    ];
    let json = prop_oneof![
        6 => text.clone().prop_map(|text| delta(&json!({"content": text}))),
        1 => text.clone().prop_map(|text| delta(&json!({"role": "assistant", "content": text, "refusal": null}))),
        1 => text.clone().prop_map(|text| delta(&json!({"reasoning_content": text}))),
        1 => text.clone().prop_map(|text| delta(&json!({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}))),
        1 => text.clone().prop_map(|text| json!({"choices": [{"delta": {"content": text}, "logprobs": {"content": [{"token": text}]}}]})),
        1 => text.clone().prop_map(|text| json!({"type": "response.output_text.delta", "delta": text})),
        1 => (0..9_u64).prop_map(|n| json!({"choices": [], "usage": {"prompt_tokens": n, "completion_tokens": n}})),
        1 => text.prop_map(|text| json!({"error": {"code": "429", "message": text}})),
    ];
    let line = prop_oneof![
        8 => json.clone().prop_map(|json| format!("data: {json}")),
        1 => json.clone().prop_map(|json| format!("event: error\ndata:{json}")),
        1 => json.clone().prop_map(|json| format!("data: {}", format!("{json:#}").replace('\n', "\ndata: "))),
        1 => json.prop_map(|json| format!("id: 7\ndata: {json}").replace("\":", "\" : ")),
        1 => Just("data: [DONE]".to_owned()),
        1 => Just(": keep-alive".to_owned()),
        1 => Just("retry: 3000\ndata".to_owned()),
        1 => Just("data: {\"choices\":[{\"delta\":{\"content\":7}}]}".to_owned()),
        1 => Just("data: not json, \u{feff}".to_owned()),
    ];
    (
        line,
        prop_oneof![3 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r")],
    )
        .prop_map(|(line, end)| format!("{line}\n\n").replace('\n', end))
}

proptest! {
    #[test]
    fn pieces_of_any_size_read_as_the_whole(
        events in prop::collection::vec(event(), 0..12),
        mark in any::<bool>(),
        unfinished in prop_oneof![Just(""), Just("data: {\"choices\":[{\"delta\":{\"content\":\"lost\"}}]}\n")],
        cuts in prop::collection::vec(1..40_usize, 1..40),
    ) {
        let text = format!("{}{}{unfinished}", if mark { "\u{feff}" } else { "" }, events.concat());
        let mut pieces = Vec::new();
        let mut rest = text.as_bytes();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, tail) = rest.split_at(rest.len().min(*cut));
            pieces.push(piece);
            rest = tail;
        }
        let expected = read_whole(text.as_bytes());
        prop_assert_eq!(&read(pieces), &expected);
        prop_assert_eq!(&read([text.as_bytes()]), &expected);
    }

    #[test]
    fn any_bytes_at_all_are_survived(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20)) {
        read(pieces.iter().map(Vec::as_slice));
    }
}

#[test]
fn the_quick_look_reads_common_events_and_leaves_the_others_to_the_parser() {
    let quick = |text: &'static str| skim(text.as_bytes());
    let azure = r#"{"choices":[{"content_filter_results":{"hate":{"filtered":false}},"delta":{"content":" día"},"finish_reason":null,"index":0,"logprobs":null}],"model":"m","usage":null}"#;
    assert_eq!(quick(azure), Some(" día"));
    assert_eq!(
        quick(r#"{"choices":[{"delta":{"content":"","refusal":null,"role":"assistant"}}]}"#),
        Some("")
    );
    assert_eq!(
        quick(r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#),
        Some("")
    );
    for other in [
        r#"{"choices":[{"delta":{"content":"a\n"}}]}"#,
        r#"{"choices":[{"delta": {"content":"a"}}]}"#,
        r#"{"choices":[{"delta":{"content" :"a"}}]}"#,
        r#"{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":1}}"#,
        r#"{"choices":[{"delta":{"reasoning":"a"}}]}"#,
        r#"{"error":{"message":"no"}}"#,
        r#"{"choices":[{"delta":{"content":"#,
        "[1]",
    ] {
        assert_eq!(quick(other), None, "{other}");
    }
}

#[test]
fn errors_inside_a_stream_are_told_apart() {
    let cases = [
        (true, r#"{"error":{"code":"429","message":"slow down"}}"#),
        (true, r#"{"error":{"code":429,"message":"slow down"}}"#),
        (
            true,
            r#"{"error":{"code":"rate_limit_exceeded","message":"slow down"}}"#,
        ),
        (
            true,
            r#"{"error":{"type":"rate_limit_error","message":"slow down"}}"#,
        ),
        (
            true,
            r#"{"error":{"code":null,"message":"Rate limit is exceeded. Try again in 3 seconds."}}"#,
        ),
        (
            true,
            r#"{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"m"}}}"#,
        ),
        (
            true,
            r#"{"type":"error","code":"rate_limit_exceeded","message":"m"}"#,
        ),
        (
            false,
            r#"{"error":{"code":"server_error","message":"The server had an error"}}"#,
        ),
        (false, r#"{"error":"gone"}"#),
    ];
    for (throttled, data) in cases {
        let mut reader = StreamReader::new();
        reader.push(format!("data: {data}\n\n").as_bytes());
        let error = reader.error().unwrap_or_else(|| panic!("{data}"));
        assert_eq!(error.throttled, throttled, "{data}");
        assert!(!error.message.is_empty(), "{data}");
    }
    let mut reader = StreamReader::new();
    reader.push(b"event: error\ndata: { \"statusCode\": 429, \"message\": \"m\" }\n\ndata: {\"error\":null}\n\n");
    let expected = StreamError {
        code: Some("429".to_owned()),
        message: "m".to_owned(),
        throttled: true,
    };
    assert_eq!(reader.error(), Some(&expected));
}

#[test]
fn content_shows_in_the_piece_that_ends_its_event() {
    let mut reader = StreamReader::new();
    let role = reader
        .push(b"data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
    assert_eq!(
        role,
        Progress {
            content: false,
            content_events: 0,
            events: 1,
            done: false
        }
    );
    assert_eq!(
        reader.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi"),
        Progress::default()
    );
    assert_eq!(
        reader.push(b"\"}}]}\n\n: ping\n\n"),
        Progress {
            content: true,
            content_events: 1,
            events: 1,
            done: false
        }
    );
    assert_eq!(
        reader.push(b"data: [DONE]\r\n\r"),
        Progress {
            content: false,
            content_events: 0,
            events: 1,
            done: true
        }
    );
    assert_eq!(
        (reader.content(), reader.completion_estimate()),
        ("Hi", Tokens(1))
    );
}

#[test]
fn a_line_without_end_is_dropped_and_the_next_event_is_read() {
    let mut stream = b"data: ".to_vec();
    stream.resize(LINE_LIMIT + 1, b'x');
    stream.extend_from_slice(b"\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"ok\"}}]}\n\n");
    for size in [stream.len(), 5_000] {
        let outcome = read(stream.chunks(size));
        assert_eq!(
            (outcome.content.as_str(), outcome.malformed, outcome.events),
            ("ok", 1, 2)
        );
    }
    // Exactly at the limit a line is still a line.
    let padding = " ".repeat(LINE_LIMIT - "data: {}".len());
    let outcome = read([format!("data: {{{padding}}}\n\n").as_bytes()]);
    assert_eq!((outcome.malformed, outcome.events), (0, 1));
}

#[test]
fn an_event_of_many_lines_is_bounded_too() {
    let line = format!("data: {}\n", " ".repeat(LINE_LIMIT / 2));
    let outcome = read([
        line.as_bytes(),
        line.as_bytes(),
        line.as_bytes(),
        b"data: {}\n\ndata: {}\n\n",
    ]);
    assert_eq!((outcome.malformed, outcome.events), (1, 2));
}

#[test]
fn text_beyond_the_limit_is_counted_and_not_kept() {
    let words = " hello".repeat(10_000);
    let event = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{words}\"}}}}]}}\n\n");
    let mut reader = StreamReader::new();
    for _ in 0..30 {
        reader.push(event.as_bytes());
    }
    assert!(reader.content().len() <= TEXT_LIMIT);
    assert_eq!(reader.completion_estimate(), Tokens(300_000));
}
