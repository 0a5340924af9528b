//! One plan against a server that answers by script, in real time on loopback.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use super::{Ended, LoadTest, run};
use crate::base::{Live, Secret, Source};
use crate::clock::Clock;
use crate::http::Endpoint;
use crate::results::{Failure, HeaderNames, Outcome, Record};
use crate::scenario::{Meter, Scenario};

/// What the server does with one request.
#[derive(Debug, Clone)]
enum Act {
    /// Sends these bytes as they are.
    Say(String),
    Wait(u64),
    Close,
}

fn ok() -> Vec<Act> {
    let body = r#"{"usage":{"prompt_tokens":8,"completion_tokens":32}}"#;
    vec![Act::Say(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nx-left: 460\r\n\r\n{body}",
        body.len()
    ))]
}

fn throttled() -> Vec<Act> {
    vec![Act::Say(
        "HTTP/1.1 429 Too Many\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".to_owned(),
    )]
}

fn stream_head() -> Act {
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    Act::Say(head.to_owned())
}

fn event(data: &str) -> Act {
    let event = format!("data: {data}\n\n");
    Act::Say(format!("{:x}\r\n{event}\r\n", event.len()))
}

/// Answers requests one after another with the acts of a script, over as many connections as
/// callers open.
async fn serve(listener: TcpListener, script: Vec<Vec<Act>>) {
    let mut script = script.into_iter();
    let mut connections: Vec<TcpStream> = Vec::new();
    while script.len() > 0 {
        let mut stream = match connections.pop() {
            Some(stream) => stream,
            None => listener.accept().await.unwrap().0,
        };
        if !read_request(&mut stream).await {
            continue;
        }
        let mut open = true;
        for act in script.next().unwrap() {
            match act {
                Act::Say(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                Act::Wait(millis) => {
                    Clock::start()
                        .sleep_until(crate::base::Moment::from_micros(millis * 1_000))
                        .await;
                }
                Act::Close => open = false,
            }
        }
        if open {
            connections.push(stream);
        }
    }
    // Whoever still waits for an answer shall find the connection open.
    std::future::pending::<()>().await;
}

async fn read_request(stream: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            return false;
        }
        seen.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&seen);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            assert!(head.contains("api-key: secret"), "{head}");
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap();
            if body.len() >= length.parse::<usize>().unwrap() {
                return true;
            }
        }
    }
}

fn play(yaml: &str, script: Vec<Vec<Act>>, stop_after: Option<Duration>) -> (Ended, Vec<Record>) {
    let scenario = Scenario::parse(&Source::new("test.yaml", yaml)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::task::spawn_local(serve(listener, script));
        let names = HeaderNames {
            remaining: Some("x-left".to_owned()),
            ..HeaderNames::default()
        };
        let test = LoadTest {
            plan: scenario.plan(),
            endpoint: Endpoint::parse(&url).unwrap(),
            key_header: "api-key".to_owned(),
            keys: vec![Secret::new("secret")],
            names,
            clock: Clock::start(),
            meter: Meter::new(&scenario, |_| None).unwrap(),
            live: Live::new(&scenario.aborts, None, false),
            scenario,
        };
        let clock = test.clock;
        let (records, mut received) = mpsc::channel(64);
        let (stop, stopped) = watch::channel(false);
        let stopping = async {
            if let Some(after) = stop_after {
                clock.sleep_until(crate::base::Moment::at(after)).await;
                stop.send_replace(true);
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = run(test, records, stopped) => ended.unwrap(),
            () = stopping => unreachable!("it waits for ever"),
        };
        let mut all = Vec::new();
        while let Some(record) = received.recv().await {
            all.push(record);
        }
        (ended, all)
    })
}

fn scenario(callers: &str) -> String {
    format!("request-timeout: 10s\ncallers:\n{callers}")
}

#[test]
fn an_answer_is_recorded_with_all_it_says() {
    let yaml =
        scenario("  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 2, for: 1s }] }");
    let (ended, records) = play(&yaml, vec![ok(), ok()], None);
    assert_eq!((ended, records.len()), (Ended::Complete, 2));
    for record in &records {
        assert_eq!(record.outcome(), Outcome::Passed);
        assert_eq!(
            (record.prompt_tokens, record.completion_tokens),
            (Some(8), Some(32))
        );
        assert_eq!(
            (record.remaining_tokens, record.planned_prompt_tokens),
            (Some(460), 8)
        );
        assert!(record.scheduled_us <= record.sent_us, "{record:?}");
        assert!(
            record.sent_us <= record.first_token_us.unwrap()
                && record.first_token_us.unwrap() <= record.done_us
        );
    }
}

#[test]
fn a_polite_caller_comes_back_and_an_ignorant_one_does_not() {
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 10ms }], on-429: honor-retry-after, max-attempts: 3 }",
    );
    let (_, records) = play(&yaml, vec![throttled(), throttled(), ok()], None);
    let attempts: Vec<(u32, Option<u16>)> = records
        .iter()
        .map(|record| (record.attempt, record.status))
        .collect();
    assert_eq!(attempts, [(1, Some(429)), (2, Some(429)), (3, Some(200))]);
    assert!(records[1].sent_us >= records[1].waited_until_us.unwrap());
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 10ms }] }",
    );
    let (_, records) = play(&yaml, vec![throttled()], None);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].retry_after_s, Some(0));
}

const ROLE: &str = r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
const DELTA: &str = r#"{"choices":[{"delta":{"content":"Hi"}}]}"#;

#[test]
fn the_first_token_is_content_and_a_broken_stream_is_a_failure() {
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello, stream: true }, arrivals: [{ count: 1, for: 10ms }] }",
    );
    let end = Act::Say("0\r\n\r\n".to_owned());
    let whole = vec![
        stream_head(),
        event(ROLE),
        Act::Wait(60),
        event(DELTA),
        event("[DONE]"),
        end,
    ];
    let (_, records) = play(&yaml, vec![whole], None);
    assert_eq!(records[0].outcome(), Outcome::Passed, "{:?}", records[0]);
    assert!(
        records[0].first_token_us.unwrap() - records[0].sent_us >= 60_000,
        "the role chunk is no token"
    );
    assert_eq!(
        (records[0].prompt_tokens, records[0].completion_tokens),
        (None, Some(1))
    );

    let cut = vec![stream_head(), event(DELTA), Act::Wait(20), Act::Close];
    let (_, records) = play(&yaml, vec![cut], None);
    assert_eq!(records[0].failure, Some(Failure::Broken));
    assert_eq!(records[0].outcome(), Outcome::Failed);
    assert_eq!(records[0].completion_tokens, Some(1), "what came is kept");
}

#[test]
fn silence_ends_at_the_time_limit() {
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 10ms }] }",
    );
    let yaml = yaml.replace("10s", "500ms");
    let (ended, records) = play(&yaml, vec![vec![Act::Wait(60_000)]], None);
    assert_eq!(ended, Ended::Complete);
    assert_eq!(records[0].failure, Some(Failure::Timeout));
    assert!(records[0].done_us - records[0].sent_us >= 490_000);
}

#[test]
fn nobody_there_is_a_failure_and_not_an_end() {
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 2, for: 10ms }] }",
    );
    let script = vec![
        vec![Act::Close],
        vec![Act::Say("nonsense\r\n\r\n".to_owned()), Act::Close],
    ];
    let (ended, records) = play(&yaml, script, None);
    assert_eq!((ended, records.len()), (Ended::Complete, 2));
    let mut failures: Vec<Option<Failure>> = records.iter().map(|record| record.failure).collect();
    failures.sort();
    assert_eq!(failures, [Some(Failure::Broken), Some(Failure::Malformed)]);
}

#[test]
fn an_interrupted_run_keeps_what_was_measured() {
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 100, for: 100s }] }",
    );
    let (ended, records) = play(
        &yaml,
        vec![ok(), vec![Act::Wait(60_000)]],
        Some(Duration::from_millis(1_600)),
    );
    assert_eq!(ended, Ended::Interrupted);
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].outcome(), Outcome::Passed);
    assert_eq!(records[1].failure, Some(Failure::Interrupted));
}
