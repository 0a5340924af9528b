use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{usage_charts, usage_csv, usage_html, usage_json, usage_markdown, usage_tables};
use crate::usage::{
    Amounts, Level, Missing, SubscriptionUsage, TokenSource, Topic, Usage, Window, collect,
};

fn window(minutes: u64, still_going_on: bool) -> Window {
    let from: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
    let to = from + Duration::from_secs(minutes * 60);
    let now = to + Duration::from_secs(if still_going_on { 0 } else { 3_600 });
    Window::new(from, to, now).unwrap()
}

fn empty(minutes: u64) -> Usage {
    collect(
        "contoso".to_owned(),
        window(minutes, false),
        None,
        Vec::new(),
        Vec::new(),
    )
}

/// A morning: calm, a burst that is throttled, calm again; with the last minutes uncertain.
fn morning(minutes: u64, subscriptions: u64) -> Usage {
    let window = window(minutes, true);
    let count = window.count();
    let wave = |place: usize, of: u64| (place as u64 * 37 + of * 53) % 41;
    let burst = |place: usize| place * 3 > count && place * 2 < count;
    let mut codes: BTreeMap<u16, Vec<u64>> = BTreeMap::new();
    codes.insert(
        200,
        (0..count).map(|place| 8 + wave(place, 1) / 8).collect(),
    );
    codes.insert(
        429,
        (0..count)
            .map(|place| if burst(place) { wave(place, 2) / 4 } else { 0 })
            .collect(),
    );
    codes.insert(
        500,
        (0..count).map(|place| u64::from(place % 23 == 7)).collect(),
    );
    let level = |place: usize, base: f64| {
        (place % 11 != 5).then(|| Level {
            average: base + wave(place, 3) as f64 * 9.0,
            maximum: base * 3.0,
        })
    };
    let rows = (0..subscriptions).map(|number| {
        let tokens: Vec<u64> = (0..count)
            .map(|place| {
                (200 + wave(place, number) * 11) / (number + 1) * if burst(place) { 2 } else { 1 }
            })
            .collect();
        let total: u64 = tokens.iter().sum();
        SubscriptionUsage {
            id: format!("team-{number}"),
            amounts: Amounts {
                prompt: total / 5,
                completion: total - total / 5,
            },
            answers: total / 90,
            requests: (number == 0).then_some((total / 80, total / 700)),
            requests_by_interval: Vec::new(),
            tokens,
        }
    });
    Usage {
        limit: Some(1_000),
        codes,
        reasons: [
            ("TokenLimitExceeded".to_owned(), 57),
            ("BackendConnectionFailure".to_owned(), 3),
        ]
        .into(),
        apis: [("openai".to_owned(), 900)].into(),
        duration: (0..count).map(|place| level(place, 400.0)).collect(),
        backend_duration: (0..count).map(|place| level(place, 350.0)).collect(),
        models: [(
            "gpt-4o-mini".to_owned(),
            Amounts {
                prompt: 9_000,
                completion: 40_000,
            },
        )]
        .into(),
        first_token: Some(Level {
            average: 412.0,
            maximum: 900.0,
        }),
        subscriptions: rows.collect(),
        token_source: Some(TokenSource::Logs),
        missing: vec![Missing {
            topic: Topic::Load,
            why: "BadRequest: no such metric".to_owned(),
        }],
        ..collect("contoso".to_owned(), window, None, Vec::new(), Vec::new())
    }
}

fn hostile() -> Usage {
    let mut usage = morning(5, 2);
    let name = "<script>alert(1)</script> \"'&\u{202e}=cmd|x\n| `a` |";
    usage.name = name.to_owned();
    usage.subscriptions[0].id = name.to_owned();
    usage.reasons.insert(name.to_owned(), 1);
    usage.missing[0].why = name.to_owned();
    usage
}

#[test]
fn a_morning_in_words() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let usage = morning(60, 3);
    insta::assert_snapshot!("tables", usage_tables(&usage, &berlin, None, false));
    insta::assert_snapshot!("narrow", usage_tables(&usage, &berlin, Some(80), false));
    insta::assert_snapshot!(
        "markdown",
        usage_markdown(&usage, &TimeZone::UTC, Some("https://example.com/run/"))
    );
    insta::assert_snapshot!(
        "nothing",
        usage_tables(&empty(60), &TimeZone::UTC, None, false)
    );
    let csv = usage_csv(&morning(2, 2));
    insta::assert_snapshot!("csv", csv.replace('\r', ""));
}

#[test]
fn charts_say_what_they_show() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    for chart in usage_charts(&morning(60, 3), &berlin) {
        insta::assert_snapshot!(chart.id, chart.svg);
    }
}

#[test]
fn every_length_and_number_has_its_charts() {
    for (minutes, subscriptions) in [
        (1, 1),
        (2, 200),
        (1_440, 5),
        (7 * 1_440, 2),
        (90 * 1_440, 1),
    ] {
        let usage = morning(minutes, subscriptions);
        let charts = usage_charts(&usage, &TimeZone::UTC);
        assert!(
            charts.iter().all(|chart| chart.svg.len() < 90_000),
            "{minutes}"
        );
        let page = usage_html(&usage, &TimeZone::UTC);
        assert!(
            page.len() < 250_000,
            "{minutes} {subscriptions}: {}",
            page.len()
        );
    }
    let page = usage_html(&empty(60), &TimeZone::UTC);
    assert!(page.contains("no requests are known of this window"));
}

#[test]
fn data_never_becomes_markup() {
    let usage = hostile();
    let page = usage_html(&usage, &TimeZone::UTC);
    assert!(!page.contains("<script") && !page.contains('\u{202e}'));
    let text = usage_tables(&usage, &TimeZone::UTC, None, false);
    assert!(!text.contains('\u{202e}'));
    let markdown = usage_markdown(&usage, &TimeZone::UTC, None);
    assert!(!markdown.contains("<script"));
    let json = usage_json(&usage).to_string();
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    assert!(!usage_csv(&usage).lines().any(|line| line.contains(",=")));
}
