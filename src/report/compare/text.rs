//! A comparison as tables and as Markdown.

use super::super::chart::clock;
use super::super::grid::Grid;
use super::super::listing::{Listing, none};
use super::super::markdown::table;
use super::super::outcome::name;
use super::super::svg::put;
use super::super::verdict::plural;
use super::{Comparison, Row, Seen, Side};
use crate::base::{Measure, number, percent};

pub(crate) fn tables(comparison: &Comparison, width: Option<u16>, colour: bool) -> String {
    let grid = Grid { width, colour };
    let mut out = head(comparison);
    grid.write(&mut out, rows(comparison));
    grid.write(&mut out, decisions(comparison));
    grid.write(&mut out, failures(comparison));
    out
}

pub(crate) fn markdown(comparison: &Comparison) -> String {
    let mut out = String::from("## Two runs compared\n\n");
    out.push_str(&head(comparison).replace('\n', "  \n"));
    for listing in [
        rows(comparison),
        decisions(comparison),
        failures(comparison),
    ] {
        table(&mut out, &listing);
    }
    out
}

fn head(comparison: &Comparison) -> String {
    let mut out = String::new();
    put!(out, "A: {}\n", side(&comparison.base));
    put!(out, "B: {}\n", side(&comparison.other));
    if let Some(decisions) = &comparison.decisions {
        put!(
            out,
            "same plan: {} of {} decided alike{}\n",
            number(decisions.alike as f64, 0),
            plural(decisions.compared, "arrival"),
            decisions
                .different_from_us
                .map_or(String::new(), |first| format!(
                    ", differently from {} on",
                    clock(first)
                ))
        );
    }
    out
}

fn side(side: &Side) -> String {
    let origin = match side.origin {
        crate::results::Origin::Measured => "measured",
        crate::results::Origin::Simulated => "simulated",
    };
    let scenario: String = side
        .scenario
        .chars()
        .filter(|letter| !letter.is_control())
        .collect();
    format!(
        "{scenario}, {origin}, {}, started {}",
        plural(side.requests, "request"),
        side.started
    )
}

fn rows(comparison: &Comparison) -> Listing {
    Listing {
        caption: "what changed from A to B (95 % intervals)".to_owned(),
        columns: vec![
            ("metric", false),
            ("A", true),
            ("B", true),
            ("change", true),
            ("interval", true),
            ("verdict", false),
        ],
        rows: comparison.rows.iter().map(row).collect(),
    }
}

fn row(row: &Row) -> Vec<String> {
    let shown = |value: Option<f64>| value.map_or_else(none, |value| row.measure.show(value));
    let change = match (row.base, row.other) {
        (Some(base), Some(other)) => difference(row.measure, other - base, base),
        _ => none(),
    };
    let interval = row.interval.map_or_else(none, |[low, high]| {
        format!(
            "{} to {}",
            signed(row.measure, low),
            signed(row.measure, high)
        )
    });
    let verdict = match row.seen {
        Seen::More if row.measure == Measure::Milliseconds => "slower",
        Seen::Less if row.measure == Measure::Milliseconds => "faster",
        Seen::More => "more",
        Seen::Less => "less",
        Seen::NoChange => "no change seen",
        Seen::CannotTell => "too few samples",
        Seen::Plain => "",
    };
    vec![
        row.name.to_owned(),
        shown(row.base),
        shown(row.other),
        change,
        interval,
        verdict.to_owned(),
    ]
}

/// Shares change by points, everything else also relative to what it was.
fn difference(measure: Measure, change: f64, base: f64) -> String {
    let absolute = signed(measure, change);
    if measure == Measure::Share || base == 0.0 {
        return absolute;
    }
    let sign = if change >= 0.0 { "+" } else { "" };
    format!("{absolute} ({sign}{})", percent(change / base))
}

fn signed(measure: Measure, value: f64) -> String {
    let text = match measure {
        Measure::Share => format!("{} pt", number(value * 100.0, 1)),
        Measure::Milliseconds => format!("{} ms", number(value, 1)),
        Measure::Count | Measure::Tokens => number(value, 0),
    };
    if value > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

fn decisions(comparison: &Comparison) -> Listing {
    let different = comparison.decisions.iter();
    let different = different.flat_map(|decisions| &decisions.different);
    Listing {
        caption: "first arrivals that were not decided alike".to_owned(),
        columns: vec![("arrival", true), ("in A", false), ("in B", false)],
        rows: different
            .map(|(arrival, base, other)| {
                vec![
                    arrival.to_string(),
                    name(*base).to_owned(),
                    name(*other).to_owned(),
                ]
            })
            .collect(),
    }
}

fn failures(comparison: &Comparison) -> Listing {
    let rows = comparison.failures.iter().map(|verdict| {
        let word = match (&verdict.note, verdict.passed) {
            (Some(note), _) => format!("fails: {note}"),
            (None, true) => "fails".to_owned(),
            (None, false) => "does not apply".to_owned(),
        };
        vec![
            verdict.text.clone(),
            verdict.shown(),
            number(verdict.samples as f64, 0),
            word,
        ]
    });
    Listing {
        caption: "fail if".to_owned(),
        columns: vec![
            ("rule", false),
            ("actual", true),
            ("samples", true),
            ("verdict", false),
        ],
        rows: rows.collect(),
    }
}
