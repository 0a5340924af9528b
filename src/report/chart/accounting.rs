//! Who counted how many tokens: the plan, the answers, the gateway.

use super::built::{Chart, DataTable};
use super::key::text_width;
use crate::base::{number, percent};
use crate::report::digest::Digest;
use crate::report::retry::share;
use crate::report::svg::{Anchor, Ink, WIDTH, picture};

const ID: &str = "accounting";
const TITLE: &str = "Token accounting";
const ROW: f64 = 28.0;

struct Count {
    name: &'static str,
    tokens: u64,
    ink: Ink,
    /// What the count is held against.
    against: Option<u64>,
}

pub(super) fn chart(digest: &Digest) -> Chart {
    let accounts = &digest.accounts;
    let mut counts = vec![
        Count {
            name: "prompt, planned",
            tokens: accounts.planned_prompt,
            ink: Ink::Gone,
            against: Some(accounts.prompt).filter(|prompt| *prompt > 0),
        },
        Count {
            name: "prompt, reported",
            tokens: accounts.prompt,
            ink: Ink::Passed,
            against: None,
        },
        Count {
            name: "completion, reported",
            tokens: accounts.completion,
            ink: Ink::Passed,
            against: None,
        },
    ];
    if accounts.consumed_answers > 0 {
        counts.push(Count {
            name: "charged by gateway",
            tokens: accounts.consumed,
            ink: Ink::Quota,
            against: Some(accounts.of_consumed).filter(|tokens| *tokens > 0),
        });
    }
    if accounts.in_vain > 0 {
        counts.push(Count {
            name: "asked in vain",
            tokens: accounts.in_vain,
            ink: Ink::Throttled,
            against: None,
        });
    }
    let most = counts.iter().map(|count| count.tokens).max().unwrap_or(0);
    if most == 0 {
        return Chart::empty(ID, TITLE, "no tokens in this run");
    }
    let left = counts.iter().map(|count| text_width(count.name));
    let left = left.fold(0.0, f64::max) + 8.0;
    let labels = counts.iter().map(|count| text_width(&label(count)));
    let room = (WIDTH - left - labels.fold(0.0, f64::max) - 8.0).max(60.0);
    let drawn = picture(ROW * counts.len() as f64, |canvas| {
        for (count, row) in counts.iter().zip(0_u8..) {
            let middle = ROW * (f64::from(row) + 0.5);
            let width = (room * count.tokens as f64 / most as f64).max(1.0);
            let words = label(count);
            canvas.text((left - 8.0, middle), Anchor::Right, Ink::Text, count.name);
            canvas.text(
                (left + width + 6.0, middle),
                Anchor::Left,
                Ink::Soft,
                &words,
            );
            canvas.rect(
                left..left + width,
                middle - 9.0..middle + 9.0,
                count.ink,
                Some(format!("{}: {words}", count.name)),
            );
        }
    });
    let mut table = DataTable::new(&["count", "tokens", "against what answers reported"]);
    for count in &counts {
        let against = count.against.and_then(|against| off(count.tokens, against));
        table.rows.push(vec![
            count.name.to_owned(),
            number(count.tokens as f64, 0),
            against.unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    Chart::drawn(ID, TITLE, words(digest), &drawn, table)
}

/// `+2.5 %`: how far a count is from another.
fn off(tokens: u64, against: u64) -> Option<String> {
    let off = share(tokens.abs_diff(against), against)?;
    Some(match (tokens.cmp(&against), percent(off)) {
        (std::cmp::Ordering::Equal, _) => "equal".to_owned(),
        (std::cmp::Ordering::Less, off) => format!("−{off}"),
        (std::cmp::Ordering::Greater, off) => format!("+{off}"),
    })
}

fn label(count: &Count) -> String {
    let off = count.against.and_then(|against| off(count.tokens, against));
    let off = off.map_or(String::new(), |off| format!(" ({off})"));
    format!("{}{off}", number(count.tokens as f64, 0))
}

fn words(digest: &Digest) -> String {
    let accounts = &digest.accounts;
    let mut words =
        "of requests that passed; planned: counted with o200k_base before they were sent"
            .to_owned();
    if accounts.streamed > 0 {
        words.push_str("; ");
        words.push_str(&number(accounts.streamed_without_usage as f64, 0));
        words.push_str(" of ");
        words.push_str(&number(accounts.streamed as f64, 0));
        words.push_str(" streamed answers told no usage");
    }
    words
}
