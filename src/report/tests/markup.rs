//! Whatever the data, the markup is whole and nothing of the data becomes part of it.

use super::super::chart::Chart;
use super::super::look;
use super::super::svg::escape;
use super::super::{Report, fixtures, html, tables};
use crate::results::{Record, Run};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Names of elements, in order. Panics when tags do not nest or a text holds a bare `&`.
fn elements(markup: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        whole_text(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n', '/'])
            .next()
            .unwrap_or("");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes something else");
        } else if !tag.starts_with('!') {
            names.push(name.to_owned());
            if !tag.ends_with('/') && name != "meta" {
                open.push(name);
            }
        }
        if ["style", "script"].contains(&name) && !tag.starts_with('/') {
            // They hold `<`, `>` and `&` as they like, but not their own end.
            let end = rest.find(&format!("</{name}>"));
            rest = &rest[end.expect("a style or script ends")..];
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    names
}

fn whole_text(text: &str) {
    for (place, _) in text.match_indices('&') {
        let entity = text[place..].split(';').next().unwrap_or("");
        assert!(
            ["&amp", "&lt", "&gt", "&quot", "&#39"].contains(&entity),
            "bare & in `{text}`"
        );
    }
}

/// All values of an attribute that are numbers.
fn numbers(markup: &str, attribute: &str) -> Vec<f64> {
    let pattern = format!(" {attribute}=\"");
    let values = markup.split(pattern.as_str()).skip(1);
    values
        .filter_map(|rest| rest.split('"').next()?.parse().ok())
        .collect()
}

fn inside_its_frame(name: &str, chart: &Chart) {
    let Some(shapes) = &chart.inline else {
        return;
    };
    let frame = shapes
        .split("viewBox=\"0 0 560 ")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let height: f64 = frame.unwrap().parse().unwrap();
    for (attribute, limit) in [
        ("x", 560.0),
        ("y", height),
        ("width", 560.0),
        ("height", height),
    ] {
        for value in numbers(shapes, attribute) {
            assert!(
                (0.0..=limit).contains(&value),
                "{name}/{}: {attribute} {value}",
                chart.id
            );
        }
    }
}

#[test]
fn every_chart_of_every_run_is_whole() {
    for (name, run) in fixtures::all() {
        for chart in Report::of(&run).charts {
            let names = elements(&chart.svg);
            assert_eq!(names[..3], ["svg", "title", "desc"], "{name}/{}", chart.id);
            assert!(
                !chart.svg.contains("NaN") && !chart.svg.contains("inf\""),
                "{name}/{}",
                chart.id
            );
            assert!(!names.contains(&"script".to_owned()));
            assert_eq!(chart.inline.is_some(), chart.words.is_none());
            inside_its_frame(name, &chart);
            let width = chart.table.head.len();
            assert!(
                chart.table.rows.iter().all(|row| row.len() == width),
                "{name}/{}",
                chart.id
            );
            assert_eq!(
                chart.table.rows.is_empty(),
                chart.inline.is_none(),
                "{name}/{}",
                chart.id
            );
        }
    }
}

#[test]
fn every_page_is_whole_small_and_alone() {
    for (name, run) in fixtures::all() {
        let page = html(&Report::of(&run));
        let names = elements(&page);
        for wanted in ["html", "title", "h1", "main", "footer"] {
            assert!(names.contains(&wanted.to_owned()), "{name}: {wanted}");
        }
        for unwanted in ["link", "img", "iframe"] {
            assert!(!names.contains(&unwanted.to_owned()), "{name}: {unwanted}");
        }
        let scripts = names.iter().filter(|name| *name == "script").count();
        assert_eq!(scripts, 1, "{name}: our own script and no other");
        assert!(page.len() < 250_000, "{name}: {} bytes", page.len());
        assert_eq!(
            page,
            html(&Report::of(&run)),
            "{name}: same run, same bytes"
        );
    }
}

/// Any values that a results file may hold, with names of any letters.
fn any_record() -> impl Strategy<Value = Record> {
    let times = (
        0..10_u64.pow(13),
        0..10_u64.pow(9),
        0..10_u64.pow(9),
        any::<bool>(),
    );
    let answer = (
        option::of(100..600_u16),
        option::of(0..10_u64.pow(9)),
        option::of(0..10_u64.pow(7)),
    );
    (0..50_u64, 1..4_u32, "\\PC{0,8}", times, answer).prop_map(
        |(arrival, attempt, name, (due, wait, length, stream), (status, tokens, retry))| Record {
            attempt,
            caller: name.clone(),
            subscription: name,
            stream,
            scheduled_us: due,
            // Earlier than planned, if the clock stepped back.
            sent_us: (due + wait).saturating_sub(10_u64.pow(8)),
            first_token_us: tokens.map(|_| due + wait + length / 2),
            done_us: due + wait + length,
            status,
            retry_after_s: retry,
            remaining_tokens: tokens,
            completion_tokens: tokens,
            ..fixtures::record(arrival)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_run_is_reported(records in vec(any_record(), 0..40), torn in any::<bool>()) {
        let run = Run { info: fixtures::info("any"), records, torn };
        elements(&html(&Report::of(&run)));
        for chart in Report::of(&run).charts {
            elements(&chart.svg);
            inside_its_frame("any", &chart);
        }
        for line in tables(&Report::of(&run), Some(200), false).lines() {
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}

#[test]
fn a_page_does_not_grow_with_its_run() {
    let short = fixtures::two_subscriptions();
    let mut long = short.clone();
    for round in 1..300 {
        long.records
            .extend(short.records.iter().map(|record| Record {
                done_us: record.done_us + round * 125_000_000,
                ..record.clone()
            }));
    }
    let bytes = html(&Report::of(&long)).len();
    assert!(bytes < 250_000, "{bytes} bytes");
}

#[test]
fn names_cannot_become_markup() {
    let page = html(&Report::of(&fixtures::hostile()));
    assert!(
        page.contains(
            "&lt;/title&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload="
        )
    );
    let ours = format!("<script>{}</script>", *look::SCRIPT);
    assert!(page.contains(&ours));
    let page = page.replace(&ours, "");
    for never in ["<script", "alert('x')", "\" onload", "\u{202e}", "\u{1b}"] {
        assert!(!page.contains(never), "{never:?}");
    }
}

#[test]
fn escaping_leaves_nothing_that_ends_a_text() {
    assert_eq!(
        escape("a<b>&\"'\n\u{7}\u{202e}é"),
        "a&lt;b&gt;&amp;&quot;&#39; \u{fffd}\u{fffd}é"
    );
}

#[test]
fn nothing_is_drawn_from_nothing() {
    let drawn: Vec<Chart> = Report::of(&fixtures::empty()).charts;
    for chart in &drawn {
        assert!(chart.inline.is_none(), "{}", chart.id);
        assert!(chart.svg.contains(chart.words.unwrap()), "{}", chart.id);
    }
    let unstreamed = Report::of(&fixtures::burst())
        .charts
        .into_iter()
        .find(|chart| chart.id == "ttft")
        .unwrap();
    assert_eq!(unstreamed.words, Some("no streamed answers in this run"));
    assert!(
        Report::of(&fixtures::one_request())
            .charts
            .iter()
            .filter(|chart| chart.inline.is_some())
            .count()
            >= 5
    );
}
