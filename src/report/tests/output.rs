//! What comes out, as text to read.

use super::super::summary::summary;
use super::super::verdict::sentence;
use super::super::{Report, fixtures, tables};

#[test]
fn a_run_in_one_sentence() {
    let sentences: Vec<String> = fixtures::all()
        .into_iter()
        .filter(|(name, _)| *name != "hostile")
        .map(|(name, run)| format!("{name}: {}", sentence(&run.info, &summary(&run))))
        .collect();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn the_summary_of_a_burst() {
    let json = serde_json::to_string_pretty(&summary(&fixtures::burst())).unwrap();
    insta::assert_snapshot!(json);
}

#[test]
fn tables_for_a_terminal() {
    insta::assert_snapshot!(tables(&Report::of(&fixtures::burst()), Some(80), false));
}

#[test]
fn tables_for_a_file() {
    insta::assert_snapshot!(tables(&Report::of(&fixtures::interrupted()), None, false));
}

#[test]
fn colour_is_on_request_only() {
    let run = fixtures::burst();
    let report = Report::of(&run);
    assert!(tables(&report, Some(120), true).contains("\u{1b}["));
    assert!(!tables(&report, Some(120), false).contains('\u{1b}'));
    assert!(!tables(&Report::of(&fixtures::hostile()), Some(120), false).contains('\u{1b}'));
}

#[test]
fn tables_fit_their_terminal() {
    for (name, run) in fixtures::all() {
        let text = tables(&Report::of(&run), Some(80), false);
        let tables = text
            .lines()
            .skip(2)
            .filter(|line| !line.starts_with("Retry-After"));
        for line in tables {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

#[test]
fn a_chart_as_it_is_written() {
    let chart = Report::of(&fixtures::ten_seconds())
        .charts
        .into_iter()
        .find(|chart| chart.id == "tokens-by-outcome");
    insta::assert_snapshot!(chart.unwrap().inline.unwrap());
}

#[test]
fn data_tables_hold_what_the_pictures_show() {
    let run = fixtures::two_subscriptions();
    let summary = summary(&run);
    for chart in Report::of(&run).charts {
        let column = |place: usize| {
            let cells = chart
                .table
                .rows
                .iter()
                .map(|row| row[place].replace(',', ""));
            cells.map(|cell| cell.parse::<u64>().unwrap()).sum::<u64>()
        };
        match chart.id {
            "tokens-by-outcome" | "subscriptions" => {
                assert_eq!(column(1), summary.counts.tokens);
            }
            "requests-by-outcome" => {
                assert_eq!(
                    (column(1), column(2)),
                    (summary.counts.passed, summary.counts.throttled)
                );
            }
            "latency" => assert_eq!(column(1), summary.counts.passed),
            _ => {}
        }
    }
}
