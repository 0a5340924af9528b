//! S05: what is too long to deploy.

use super::super::document::Document;
use super::super::finding::Report;
use super::super::options::Platform;
use crate::base::{Severity, Span, number};

const KIB: usize = 1024;

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    let size = document.source.text.len();
    let start = document.root.name_span;
    let (kind, limit) = match (document.root.name.as_str(), document.options.platform) {
        ("fragment", _) => ("fragment", 512 * KIB),
        (_, Platform::Consumption) => ("policy document", 16 * KIB),
        _ => ("policy document", 512 * KIB),
    };
    let kib = |bytes: usize| number(bytes as f64 / KIB as f64, 1);
    if size > limit {
        let message = format!(
            "the {kind} has {} KiB, {} are allowed",
            kib(size),
            kib(limit)
        );
        report
            .add("S05", start, message)
            .hints
            .push("move parts into fragments".to_owned());
    } else if size > 256 * KIB {
        let message = format!(
            "the {kind} has {} KiB; until 2025 the limit was 256",
            kib(size)
        );
        report.add("S05", start, message).severity = Severity::Info;
    }
    named_values(document, report);
}

/// Each long named value once, where it is first used.
fn named_values(document: &Document<'_>, report: &mut Report<'_>) {
    const LIMIT: usize = 4096;
    for (name, value) in &document.options.named_values {
        let length = value.chars().count();
        if length <= LIMIT {
            continue;
        }
        let used = document.own().find_map(|(_, site)| {
            let mut values = site.values.iter();
            values.find_map(|value| {
                let written = &value.written.value;
                let found = written.find(&format!("{{{{{name}}}}}"))?;
                Some(
                    value
                        .written
                        .place(Span::new(found, found + name.len() + 4)),
                )
            })
        });
        if let Some(span) = used {
            let message = format!(
                "named value `{name}` has {} characters, {} are allowed",
                number(length as f64, 0),
                number(LIMIT as f64, 0)
            );
            report.add("S05", span, message);
        }
    }
}
