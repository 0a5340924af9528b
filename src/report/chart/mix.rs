//! The shares of the outcomes: one bar, every part labelled.

use super::built::{Chart, DataTable};
use super::key::Key;
use crate::base::{number, percent};
use crate::report::group::Counts;
use crate::report::outcome::{OUTCOMES, ink, name};
use crate::report::svg::{Picture, WIDTH, picture};
use crate::report::verdict::plural;
use crate::results::Outcome;

const ID: &str = "outcomes";
const TITLE: &str = "Outcomes of all requests";
const BAR: f64 = 40.0;
const GAP: f64 = 6.0;

struct Part {
    outcome: Outcome,
    start: f64,
    end: f64,
    count: u64,
    share: f64,
}

pub(super) fn chart(counts: &Counts) -> Chart {
    if counts.requests == 0 {
        return Chart::empty(ID, TITLE, "no requests in this run");
    }
    let mut table = DataTable::new(&["outcome", "requests", "share"]);
    for outcome in OUTCOMES {
        table.rows.push(vec![
            name(outcome).to_owned(),
            number(counts.by_outcome(outcome) as f64, 0),
            counts.share(outcome).map_or("–".to_owned(), percent),
        ]);
    }
    let description = format!(
        "of {}, retries included",
        plural(counts.requests, "request")
    );
    Chart::drawn(ID, TITLE, description, &bar(&parts(counts)), table)
}

fn parts(counts: &Counts) -> Vec<Part> {
    let mut start = 0.0;
    let mut parts = Vec::new();
    for outcome in OUTCOMES {
        let count = counts.by_outcome(outcome);
        if let Some(share) = counts.share(outcome).filter(|_| count > 0) {
            let end = start + share * WIDTH;
            parts.push(Part {
                outcome,
                start,
                end,
                count,
                share,
            });
            start = end;
        }
    }
    parts
}

fn bar(parts: &[Part]) -> Picture {
    let key = Key::under(
        parts
            .iter()
            .map(|part| (part.start, ink(part.outcome), label(part))),
    );
    picture(BAR + GAP + key.height(), |canvas| {
        for part in parts {
            let right = part.end.max(part.start + 1.0);
            canvas.rect(
                part.start..right,
                0.0..BAR,
                ink(part.outcome),
                Some(label(part)),
            );
        }
        key.draw(canvas, BAR + GAP);
    })
}

fn label(part: &Part) -> String {
    format!(
        "{} {} · {}",
        number(part.count as f64, 0),
        name(part.outcome),
        percent(part.share)
    )
}
