//! Servers that are broken, hostile or speak something else: each ends in a record and a line.

use super::*;

const ONE: &str =
    "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 10ms }] }";
const ONE_STREAM: &str = "  - { name: a, request: { prompt: Hello, stream: true }, arrivals: [{ count: 1, for: 10ms }] }";

/// The one record of a run, and what is said of it.
fn one(callers: &str, script: Vec<Act>, way: Way) -> (Record, String) {
    let Played {
        mut records, tally, ..
    } = play_so(&scenario(callers), vec![script], way);
    assert_eq!(records.len(), 1);
    let said = tally.failures.into_values().map(|(_, detail)| detail);
    let unread = tally.unread.into_keys().map(str::to_owned);
    (records.remove(0), said.chain(unread).collect())
}

#[test]
fn a_server_that_speaks_no_tls_is_no_connection() {
    crate::http::install_crypto();
    let way = Way {
        scheme: "https",
        greets: true,
        ..Way::default()
    };
    let act = Act::Say("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_owned());
    let yaml = scenario(ONE).replace("10s", "5s");
    let script = vec![vec![act, Act::Wait(200), Act::Close]];
    let Played { records, tally, .. } = play_so(&yaml, script, way);
    assert_eq!(records[0].failure, Some(Failure::Connect));
    assert!(records[0].connect_us.is_none(), "no connection was opened");
    let (_, detail) = &tally.failures[&Failure::Connect];
    assert!(
        detail.contains("cannot connect to `https://127.0.0.1"),
        "{detail}"
    );
}

#[test]
fn a_server_of_http_2_alone_is_said_to_be_one() {
    // SETTINGS, then GOAWAY because of what it did not understand.
    let frames = "\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\x01";
    let (record, said) = one(
        ONE,
        vec![Act::Say(frames.to_owned()), Act::Close],
        Way::default(),
    );
    assert_eq!(record.failure, Some(Failure::Malformed));
    assert!(said.contains("not HTTP/1.1"), "{said}");
}

#[test]
fn a_compressed_answer_counts_without_tokens() {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot really";
    let (record, said) = one(
        ONE,
        vec![Act::Say(head[..head.len() - 1].to_owned())],
        Way::default(),
    );
    assert_eq!(
        (record.outcome(), record.tokens_by),
        (Outcome::Passed, None)
    );
    assert_eq!(record.received_bytes, Some(9));
    assert_eq!(said, "is compressed");
}

#[test]
fn a_hundred_megabytes_are_read_and_not_kept() {
    const MEGABYTES: usize = 100;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        MEGABYTES << 20
    );
    let script = vec![Act::Say(head), Act::Repeat(vec![b' '; 1 << 20], MEGABYTES)];
    let (record, said) = one(ONE, script, Way::default());
    assert_eq!(record.outcome(), Outcome::Passed);
    assert_eq!(record.received_bytes, Some((MEGABYTES << 20) as u64));
    assert_eq!(record.tokens_by, None);
    assert_eq!(said, "is longer than 4 MiB");
}

#[test]
fn a_stream_of_nonsense_is_broken() {
    let end = Act::Say("0\r\n\r\n".to_owned());
    let script = vec![stream_head(), event("{not json"), event("\u{1f4a5}"), end];
    let (record, said) = one(ONE_STREAM, script, Way::default());
    assert_eq!(
        (record.failure, record.status),
        (Some(Failure::Broken), Some(200))
    );
    assert_eq!(record.content_events, Some(0));
    assert!(said.contains("without `[DONE]`"), "{said}");
}

#[test]
fn throttling_inside_a_stream_is_throttling() {
    let error = r#"{"error":{"code":"429","message":"Token limit is exceeded"}}"#;
    let end = Act::Say("0\r\n\r\n".to_owned());
    let script = vec![stream_head(), event(DELTA), event(error), end];
    let (record, _) = one(ONE_STREAM, script, Way::default());
    assert_eq!(record.outcome(), Outcome::Throttled);
    assert!(record.in_stream && record.status == Some(429));
}

#[test]
fn a_stream_that_never_ends_is_given_up() {
    let yaml = scenario(ONE_STREAM).replace("10s", "600ms");
    let script = vec![
        stream_head(),
        event(DELTA),
        Act::Wait(100),
        event(DELTA),
        Act::Wait(60_000),
    ];
    let records = play(&yaml, vec![script]);
    assert_eq!(records[0].failure, Some(Failure::Timeout));
    assert!(records[0].first_token_us.is_some() && records[0].last_token_us.is_some());
}

#[test]
fn times_between_tokens_are_summed_up() {
    let end = Act::Say("0\r\n\r\n".to_owned());
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":3}}"#;
    let script = vec![
        stream_head(),
        event(ROLE),
        event(DELTA),
        Act::Wait(40),
        event(DELTA),
        Act::Wait(90),
        event(DELTA),
        event(usage),
        event("[DONE]"),
        end,
    ];
    let (record, _) = one(ONE_STREAM, script, Way::default());
    assert_eq!(record.outcome(), Outcome::Passed, "{record:?}");
    assert_eq!(
        (record.content_events, record.completion_tokens),
        (Some(3), Some(3))
    );
    assert_eq!(record.tokens_by, Some(TokensBy::Reported));
    assert!(record.itl_p50_us >= Some(40_000), "{record:?}");
    assert!(record.itl_max_us >= Some(90_000) && record.itl_p99_us == record.itl_max_us);
}
