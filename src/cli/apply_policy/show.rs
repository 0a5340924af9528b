//! What is printed: the differences, and the answer as data.

use serde_json::{Value, json};

use super::wanted::{TextChange, ValueChange};
use crate::base::{DiffLine, line_diff};
use crate::policy::canonical;

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const RESET: &str = "\x1b[0m";

/// All that differs.
#[derive(Debug)]
pub(super) struct Changes {
    pub(super) values: Vec<ValueChange>,
    pub(super) fragments: Vec<TextChange>,
    pub(super) policy: TextChange,
}

impl Changes {
    pub(super) fn is_nothing(&self) -> bool {
        self.values.is_empty() && self.fragments.is_empty() && self.policy.is_nothing()
    }

    /// For people.
    pub(super) fn text(&self, colour: bool) -> String {
        let mut blocks = Vec::new();
        for change in &self.values {
            blocks.push(value_text(change, colour));
        }
        for change in self.fragments.iter().chain([&self.policy]) {
            if !change.is_nothing() {
                blocks.push(text_text(change, colour));
            }
        }
        blocks.join("\n\n")
    }

    /// For programs: no texts, no values.
    pub(super) fn json(&self, service: &str, etag: &str, applied: bool) -> Value {
        let values: Vec<&str> = self
            .values
            .iter()
            .map(|change| change.name.as_str())
            .collect();
        let fragments: Vec<String> = self
            .fragments
            .iter()
            .map(|change| change.place.to_string())
            .collect();
        json!({
            "service": service,
            "scope": self.policy.place.to_string(),
            "differs": !self.is_nothing(),
            "policy_differs": !self.policy.is_nothing(),
            "named_values": values,
            "fragments": fragments,
            "etag": etag,
            "applied": applied,
        })
    }
}

fn value_text(change: &ValueChange, colour: bool) -> String {
    let to = if change.to.is_secret {
        "***"
    } else {
        change.to.text.reveal()
    };
    let from = change
        .from
        .as_ref()
        .map(|from| painted('-', from, colour) + "\n");
    format!(
        "named value `{}`\n{}{}",
        change.name,
        from.unwrap_or_default(),
        painted('+', to, colour)
    )
}

fn text_text(change: &TextChange, colour: bool) -> String {
    let old = change
        .live
        .as_ref()
        .map(|live| canonical(&live.text))
        .unwrap_or_default();
    let new = if change.text.is_empty() {
        Vec::new()
    } else {
        canonical(&change.text)
    };
    let title = match &change.live {
        Some(live) => format!("policy `{}` (ETag {})", change.place, live.etag),
        None => format!("policy `{}`, which is new", change.place),
    };
    format!("{title}\n{}", diff_text(&old, &new, colour))
}

/// A difference line by line.
pub(super) fn diff_text(old: &[String], new: &[String], colour: bool) -> String {
    let lines = line_diff(old, new).into_iter().map(|line| match line {
        DiffLine::Both(line) => format!("  {line}"),
        DiffLine::Removed(line) => painted('-', line, colour),
        DiffLine::Added(line) => painted('+', line, colour),
        DiffLine::Skipped(1) => "  … 1 line".to_owned(),
        DiffLine::Skipped(count) => format!("  … {count} lines"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn painted(sign: char, text: &str, colour: bool) -> String {
    if !colour {
        return format!("{sign} {text}");
    }
    let paint = if sign == '-' { RED } else { GREEN };
    format!("{paint}{sign} {text}{RESET}")
}
