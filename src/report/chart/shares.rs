//! Who used how much of the tokens, and how much of what they asked was throttled.

use super::built::{Chart, DataTable};
use super::key::text_width;
use super::names::short;
use crate::base::{number, percent};
use crate::report::group::Group;
use crate::report::svg::{Anchor, Ink, Picture, WIDTH, picture, put};
use crate::report::verdict::plural;

const ID: &str = "subscriptions";
const TITLE: &str = "Tokens by subscription";
const ROW: f64 = 28.0;
const MOST_ROWS: usize = 12;

/// `None` with fewer than two subscriptions: there is nothing to share.
pub(super) fn chart(subscriptions: &[Group]) -> Option<Chart> {
    let mut groups: Vec<&Group> = subscriptions.iter().collect();
    if groups.len() < 2 {
        return None;
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.counts.tokens));
    if groups[0].counts.tokens == 0 {
        return Some(Chart::empty(ID, TITLE, "no tokens passed in this run"));
    }
    let shown = groups.len().min(MOST_ROWS);
    let mut description =
        "tokens of passed requests, and the share of requests that were throttled".to_owned();
    if groups.len() > shown {
        let others: u64 = groups[shown..]
            .iter()
            .map(|group| group.counts.tokens)
            .sum();
        let left_out = groups.len() - shown;
        put!(
            description,
            "; {left_out} more share {}",
            plural(others, "token")
        );
    }
    let drawn = bars(&groups[..shown]);
    Some(Chart::drawn(ID, TITLE, description, &drawn, table(&groups)))
}

/// One bar each, the longest first.
fn bars(groups: &[&Group]) -> Picture {
    let names = groups.iter().map(|group| text_width(&short(&group.name)));
    let left = names.fold(0.0, f64::max) + 8.0;
    // Bars end where the longest label still fits beside them.
    let labels = groups.iter().map(|group| text_width(&label(group)));
    let room = (WIDTH - left - labels.fold(0.0, f64::max) - 8.0).max(60.0);
    let longest = groups.first().map_or(1, |group| group.counts.tokens.max(1));
    picture(ROW * groups.len() as f64, |canvas| {
        for (group, row) in groups.iter().zip(0_u8..) {
            let middle = ROW * (f64::from(row) + 0.5);
            let width = (room * group.counts.tokens as f64 / longest as f64).max(1.0);
            let (across, down) = (left..left + width, middle - 9.0..middle + 9.0);
            let title = format!("{}: {}", group.name, label(group));
            canvas.text(
                (left - 8.0, middle),
                Anchor::Right,
                Ink::Text,
                &short(&group.name),
            );
            canvas.text(
                (left + width + 6.0, middle),
                Anchor::Left,
                Ink::Soft,
                &label(group),
            );
            canvas.rect(across, down, Ink::Passed, Some(title));
        }
    })
}

fn label(group: &Group) -> String {
    let throttled = group.throttled_share.unwrap_or(0.0);
    format!(
        "{} · {} throttled",
        number(group.counts.tokens as f64, 0),
        percent(throttled)
    )
}

fn table(groups: &[&Group]) -> DataTable {
    let mut table = DataTable::new(&[
        "subscription",
        "tokens",
        "share of tokens",
        "requests",
        "throttled",
    ]);
    for group in groups {
        table.rows.push(vec![
            group.name.clone(),
            number(group.counts.tokens as f64, 0),
            group.share_of_tokens.map_or("–".to_owned(), percent),
            number(group.counts.requests as f64, 0),
            group.throttled_share.map_or("–".to_owned(), percent),
        ]);
    }
    table
}
