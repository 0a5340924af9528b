use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Source, State, draw, line, page};
use crate::monitor::{CodeNow, CounterNow, ErrorNow, LatencyNow, Now, SubscriptionNow};

fn source(delay: Option<&str>) -> Source {
    Source {
        name: "local gateway at http://127.0.0.1:4000".to_owned(),
        delay: delay.map(str::to_owned),
        interval: "1s".to_owned(),
    }
}

fn counter(key: &str, limit: Option<u64>, used: u64) -> CounterNow {
    CounterNow {
        key: key.to_owned(),
        limit,
        used,
        overshoot: u64::from(limit.is_some_and(|limit| used > limit)) * 7,
    }
}

fn busy() -> Now {
    let row = |id: &str, tokens, requests, throttled| SubscriptionNow {
        id: id.to_owned(),
        requests,
        throttled,
        tokens,
    };
    let error = |second: u32, status, subscription: Option<&str>, reason: Option<&str>| ErrorNow {
        at: format!("2026-01-01T12:00:{second:02}.123Z"),
        status,
        subscription: subscription.map(str::to_owned),
        reason: reason.map(str::to_owned),
    };
    Now {
        at: "2026-01-01T12:00:59.5Z".to_owned(),
        window_seconds: 60,
        counters: vec![
            counter("gold", Some(5_000), 420),
            counter("silver", Some(500), 546),
            counter("bronze", Some(500), 450),
        ],
        codes: vec![
            CodeNow {
                status: 200,
                requests: 10,
            },
            CodeNow {
                status: 429,
                requests: 3,
            },
        ],
        subscriptions: vec![row("silver", 546, 9, 3), row("gold", 420, 4, 0)],
        latency: Some(LatencyNow {
            requests: 10,
            average_ms: 900.0,
            max_ms: 1_300.0,
            p50_ms: Some(812.4),
            p95_ms: Some(1_204.0),
        }),
        errors: vec![
            error(58, 429, Some("silver"), Some("TokenLimitExceeded")),
            error(40, 401, None, Some("SubscriptionKeyInvalid")),
            error(12, 500, Some("gold"), None),
        ],
    }
}

fn screen(state: &State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state, true)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = (0..height).map(|y| {
        let row: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        row.trim_end().to_owned() + "\n"
    });
    rows.collect()
}

fn states() -> Vec<(&'static str, State)> {
    let mut running = State::new(source(None));
    for tokens in [100, 300, 966] {
        let mut now = busy();
        now.subscriptions[0].tokens = tokens - now.subscriptions[1].tokens.min(tokens);
        running.refresh(now);
    }
    let mut silent = running.clone();
    silent.source = source(Some("up to 5 minutes old"));
    silent.silent("no answer from `127.0.0.1:4000`".to_owned());
    let mut crowded = State::new(source(None));
    let mut now = busy();
    now.counters = (0..200)
        .map(|number| {
            counter(
                &format!("subscription-with-a-long-name-{number}"),
                Some(500),
                number * 3,
            )
        })
        .collect();
    now.counters
        .push(counter("\u{202e}evil\u{1b}[2J", None, 12));
    now.latency = now.latency.map(|latency| LatencyNow {
        p50_ms: None,
        p95_ms: None,
        ..latency
    });
    crowded.refresh(now);
    vec![
        ("before the first refresh", State::new(source(None))),
        ("running", running),
        ("silent", silent),
        ("crowded", crowded),
    ]
}

#[test]
fn every_state_fits_a_classic_terminal() {
    for (name, state) in states() {
        let screen = screen(&state, 80, 24);
        insta::assert_snapshot!(name.replace(' ', "-"), screen);
        assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'));
    }
}

#[test]
fn any_size_is_drawn() {
    for (_, state) in states() {
        for (width, height) in [(1, 1), (10, 5), (40, 10), (200, 60)] {
            screen(&state, width, height);
        }
    }
}

#[test]
fn a_pipe_gets_a_line() {
    let lines: Vec<String> = states().iter().map(|(_, state)| line(state)).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_page_refreshes_itself_and_holds_no_markup_of_the_data() {
    let mut state = State::new(source(None));
    let mut now = busy();
    now.counters[0].key = "<script>alert('x')</script>\" onload=\"".to_owned();
    now.errors[0].reason = Some("<img src=x onerror=alert(1)>".to_owned());
    state.refresh(now);
    let page = page(&state, 30);
    insta::assert_snapshot!(page.split("</style>").nth(1).unwrap());
    assert!(page.contains("<meta http-equiv=\"refresh\" content=\"30\">"));
    assert!(!page.contains("<script") && !page.contains("<img"));
}
