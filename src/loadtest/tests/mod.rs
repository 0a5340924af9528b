//! One plan against a server that answers by script, in real time on loopback.

mod hardship;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::{Batch, Ended, LoadTest, Stop, Tally, run};
use crate::base::{Live, Moment, Secret, Source};
use crate::clock::Clock;
use crate::http::Endpoint;
use crate::results::{Failure, HeaderNames, Outcome, Record, TokensBy};
use crate::scenario::{Meter, Scenario};

/// What the server does with one request.
#[derive(Debug, Clone)]
enum Act {
    /// Sends these bytes as they are.
    Say(String),
    /// Sends these bytes so many times, or until nobody takes them.
    Repeat(Vec<u8>, usize),
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

/// The acts that are left, one list for each request.
type Script = Rc<RefCell<std::vec::IntoIter<Vec<Act>>>>;

/// Answers each request, on whatever connection it comes, with the next acts of a script.
async fn serve(listener: TcpListener, script: Vec<Vec<Act>>, greets: bool) {
    let script: Script = Rc::new(RefCell::new(script.into_iter()));
    while let Ok((stream, _)) = listener.accept().await {
        tokio::task::spawn_local(converse(stream, Rc::clone(&script), greets));
    }
}

async fn converse(mut stream: TcpStream, script: Script, greets: bool) {
    while greets || read_request(&mut stream).await {
        let Some(acts) = script.borrow_mut().next() else {
            // Whoever still waits for an answer shall find the connection open.
            return std::future::pending().await;
        };
        for act in acts {
            // Whoever gave up reads no more.
            let told = match act {
                Act::Say(text) => stream.write_all(text.as_bytes()).await,
                Act::Repeat(bytes, times) => {
                    let mut told = Ok(());
                    for _ in 0..times {
                        told = told.and(stream.write_all(&bytes).await);
                    }
                    told
                }
                Act::Wait(millis) => {
                    let after = Moment::from_micros(millis * 1_000);
                    Clock::start().sleep_until(after).await;
                    Ok(())
                }
                Act::Close => return,
            };
            if told.is_err() {
                return;
            }
        }
    }
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

/// A run and all that it left.
struct Played {
    ended: Ended,
    records: Vec<Record>,
    tally: Tally,
}

/// How a run is played.
#[derive(Clone)]
struct Way {
    scheme: &'static str,
    /// The server talks before it is asked.
    greets: bool,
    workers: usize,
    most_connections: usize,
    /// What it is told, and when.
    told: Vec<(Duration, Stop)>,
}

impl Default for Way {
    fn default() -> Way {
        Way {
            scheme: "http",
            greets: false,
            workers: 1,
            most_connections: 100,
            told: Vec::new(),
        }
    }
}

fn play(yaml: &str, script: Vec<Vec<Act>>) -> Vec<Record> {
    let played = play_so(yaml, script, Way::default());
    assert!(played.ended.complete);
    played.records
}

fn play_so(yaml: &str, script: Vec<Vec<Act>>, way: Way) -> Played {
    let scenario = Scenario::parse(&Source::new("test.yaml", yaml)).unwrap();
    let subscriptions = scenario.subscriptions.len();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (batches, received) = mpsc::channel();
    let ended = LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{}://{}", way.scheme, listener.local_addr().unwrap());
        tokio::task::spawn_local(serve(listener, script, way.greets));
        let names = HeaderNames {
            remaining: Some("x-left".to_owned()),
            ..HeaderNames::default()
        };
        let test = LoadTest {
            plan: scenario.plan(),
            meter: Meter::new(&scenario, |_| None).unwrap(),
            live: Live::new(&scenario.aborts, None, false),
            endpoint: Endpoint::parse(&url).unwrap(),
            key_header: "api-key".to_owned(),
            keys: vec![Secret::new("secret")],
            names,
            clock: Clock::start(),
            scenario,
            workers: way.workers,
            most_connections: way.most_connections,
        };
        let clock = test.clock;
        let (stop, stopped) = watch::channel(Stop::No);
        let telling = async {
            for (after, what) in way.told {
                clock.sleep_until(Moment::at(after)).await;
                stop.send_replace(what);
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = run(test, batches, stopped) => ended.unwrap(),
            () = telling => unreachable!("it waits for ever"),
        }
    });
    let mut records = Vec::new();
    let mut tally = Tally::new(subscriptions);
    let mut counted = 0;
    for Batch {
        lines,
        counts,
        tally: more,
    } in received
    {
        let lines = String::from_utf8(lines).unwrap();
        records.extend(
            lines
                .lines()
                .map(|line| serde_json::from_str::<Record>(line).unwrap()),
        );
        counted += counts.requests;
        tally.add(&more.unwrap_or_else(|| Box::new(Tally::new(subscriptions))));
    }
    assert_eq!(counted, records.len() as u64, "what is counted is recorded");
    Played {
        ended,
        records,
        tally,
    }
}

fn scenario(callers: &str) -> String {
    format!("request-timeout: 10s\ncallers:\n{callers}")
}

#[test]
fn an_answer_is_recorded_with_all_it_says() {
    let yaml =
        scenario("  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 2, for: 1s }] }");
    let records = play(&yaml, vec![ok(), ok()]);
    assert_eq!(records.len(), 2);
    for record in &records {
        assert_eq!(record.outcome(), Outcome::Passed);
        assert_eq!(
            (record.prompt_tokens, record.completion_tokens),
            (Some(8), Some(32))
        );
        assert_eq!(record.tokens_by, Some(TokensBy::Reported));
        assert!(record.sent_bytes > Some(20) && record.received_bytes > Some(20));
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
    let records = play(&yaml, vec![throttled(), throttled(), ok()]);
    let attempts: Vec<(u32, Option<u16>)> = records
        .iter()
        .map(|record| (record.attempt, record.status))
        .collect();
    assert_eq!(attempts, [(1, Some(429)), (2, Some(429)), (3, Some(200))]);
    assert!(records[1].sent_us >= records[1].waited_until_us.unwrap());
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 10ms }] }",
    );
    let records = play(&yaml, vec![throttled()]);
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
    let records = play(&yaml, vec![whole]);
    assert_eq!(records[0].outcome(), Outcome::Passed, "{:?}", records[0]);
    assert!(
        records[0].first_token_us.unwrap() - records[0].sent_us >= 60_000,
        "the role chunk is no token"
    );
    assert_eq!(
        (records[0].prompt_tokens, records[0].completion_tokens),
        (Some(8), Some(1))
    );
    assert_eq!(records[0].tokens_by, Some(TokensBy::Counted));

    let cut = vec![stream_head(), event(DELTA), Act::Wait(20), Act::Close];
    let records = play(&yaml, vec![cut]);
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
    let records = play(&yaml, vec![vec![Act::Wait(60_000)]]);
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
    let records = play(&yaml, script);
    assert_eq!(records.len(), 2);
    let mut failures: Vec<Option<Failure>> = records.iter().map(|record| record.failure).collect();
    failures.sort();
    assert_eq!(failures, [Some(Failure::Broken), Some(Failure::Malformed)]);
}

const ONE_A_SECOND: &str =
    "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 100, for: 100s }] }";

#[test]
fn a_run_that_is_told_to_stop_waits_for_what_is_under_way() {
    let slow: Vec<Act> = [Act::Wait(400)].into_iter().chain(ok()).collect();
    let way = Way {
        told: vec![(Duration::from_millis(1_200), Stop::Drain)],
        ..Way::default()
    };
    let Played { ended, records, .. } = play_so(&scenario(ONE_A_SECOND), vec![ok(), slow], way);
    assert!(!ended.complete);
    assert_eq!(records.len(), 2);
    assert!(
        records
            .iter()
            .all(|record| record.outcome() == Outcome::Passed)
    );
}

#[test]
fn a_run_that_is_stopped_at_once_keeps_what_was_measured() {
    let way = Way {
        told: vec![
            (Duration::from_millis(1_300), Stop::Drain),
            (Duration::from_millis(1_600), Stop::Now),
        ],
        workers: 2,
        ..Way::default()
    };
    let script = vec![ok(), vec![Act::Wait(60_000)]];
    let Played { ended, records, .. } = play_so(&scenario(ONE_A_SECOND), script, way);
    assert!(!ended.complete);
    assert_eq!(records.len(), 2);
    let mut failures: Vec<Option<Failure>> = records.iter().map(|record| record.failure).collect();
    failures.sort();
    assert_eq!(failures, [None, Some(Failure::Interrupted)]);
}

#[test]
fn workers_share_the_plan_and_nothing_is_lost() {
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 60, for: 300ms }] }",
    );
    let way = Way {
        workers: 3,
        ..Way::default()
    };
    let Played {
        ended,
        mut records,
        tally,
    } = play_so(&yaml, vec![ok(); 60], way);
    assert!(ended.complete && ended.connections_at_once >= 1);
    records.sort_by_key(|record| record.arrival);
    let arrivals: Vec<u64> = records.iter().map(|record| record.arrival).collect();
    assert_eq!(arrivals, (0..60).collect::<Vec<u64>>());
    assert_eq!((tally.latency.len(), tally.lateness.len()), (60, 60));
    assert_eq!(tally.subscriptions[0].prompt_tokens, 60 * 8);
    assert!(tally.connections >= 1);
}

#[test]
fn what_finds_no_connection_is_recorded_as_not_sent() {
    let yaml = scenario(
        "  - { name: a, request: { prompt: Hello }, arrivals: [{ count: 3, for: 30ms }] }",
    );
    let way = Way {
        most_connections: 1,
        ..Way::default()
    };
    let slow: Vec<Act> = [Act::Wait(500)].into_iter().chain(ok()).collect();
    let Played { records, tally, .. } = play_so(&yaml, vec![slow], way);
    assert_eq!(records.len(), 3);
    let refused = records
        .iter()
        .filter(|record| record.failure == Some(Failure::NoConnection));
    assert_eq!(refused.count(), 2);
    assert_eq!(tally.failures[&Failure::NoConnection].0, 2);
    assert_eq!(tally.connections, 1);
}
