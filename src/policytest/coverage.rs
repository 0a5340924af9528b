//! What of the policies no test ran: elements, branches, expressions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::base::{Source, Span};
use crate::policy::Policy;

/// By document, then by place.
#[derive(Debug, Default, Clone)]
pub(crate) struct Coverage(BTreeMap<String, BTreeMap<Part, Hits>>);

/// Line, column, kind, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    line: usize,
    column: usize,
    kind: Kind,
    what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Element,
    /// `when` or `otherwise`.
    Branch,
    Expression,
}

#[derive(Debug, Default, Clone, Copy)]
struct Hits {
    ran: u32,
    /// Times that a branch's condition did not hold.
    passed_by: u32,
}

/// Counts of one kind in one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) ran: usize,
    pub(crate) all: usize,
}

/// Something that no test ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    /// `token-limit.xml:14`
    pub(crate) place: String,
    pub(crate) what: String,
}

impl Coverage {
    pub(super) fn of(policies: &[Policy]) -> Coverage {
        let mut coverage = Coverage::default();
        for policy in policies {
            let mut add = |source: &Source, span: Span, kind, what: String, hits: Hits| {
                let position = source.position(span.start);
                let part = Part {
                    line: position.line,
                    column: position.column,
                    kind,
                    what,
                };
                coverage.add(&source.name, part, hits);
            };
            // `base` is replaced when policies are put together; nothing of it is left to run.
            let elements = policy
                .elements
                .iter()
                .filter(|place| *place.element != *"base");
            let places = elements.map(|place| (place, Kind::Element));
            for (place, kind) in
                places.chain(policy.branches.iter().map(|place| (place, Kind::Branch)))
            {
                let hits = Hits {
                    ran: place.trail.ran(),
                    passed_by: place.trail.passed_by(),
                };
                let name = place.element.to_string();
                add(&place.source, place.span, kind, name, hits);
            }
            for (span, expression) in &policy.expressions {
                let hits = Hits {
                    ran: expression.trail().ran(),
                    passed_by: 0,
                };
                let text = short(expression.text());
                add(&policy.source, *span, Kind::Expression, text, hits);
            }
        }
        coverage
    }

    fn add(&mut self, document: &str, part: Part, hits: Hits) {
        let parts = self.0.entry(document.to_owned()).or_default();
        let sum = parts.entry(part).or_default();
        sum.ran = sum.ran.saturating_add(hits.ran);
        sum.passed_by = sum.passed_by.saturating_add(hits.passed_by);
    }

    /// Adds what other tests ran, of the same documents or of others.
    pub(crate) fn merge(&mut self, other: Coverage) {
        for (document, parts) in other.0 {
            for (part, hits) in parts {
                self.add(&document, part, hits);
            }
        }
    }

    /// Document, then shares of elements, branches and expressions.
    pub(crate) fn shares(&self) -> Vec<(&str, [Share; 3])> {
        let kinds = [Kind::Element, Kind::Branch, Kind::Expression];
        let documents = self.0.iter().map(|(document, parts)| {
            let shares = kinds.map(|kind| {
                let of_kind = parts.iter().filter(|(part, _)| part.kind == kind);
                let ran = of_kind.clone().filter(|(_, hits)| hits.ran > 0).count();
                Share {
                    ran,
                    all: of_kind.count(),
                }
            });
            (document.as_str(), shares)
        });
        documents.collect()
    }

    /// What no test ran, and conditions that never came out false.
    pub(crate) fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for (document, parts) in &self.0 {
            for (part, hits) in parts {
                let what = match part.kind {
                    _ if hits.ran == 0 => match part.kind {
                        Kind::Branch => format!("`{}` was never taken", part.what),
                        Kind::Element => format!("`{}` never ran", part.what),
                        Kind::Expression => format!("`{}` was never evaluated", part.what),
                    },
                    Kind::Branch if hits.passed_by == 0 && part.what == "when" => {
                        "the condition of `when` was never false".to_owned()
                    }
                    _ => continue,
                };
                let place = format!("{document}:{}", part.line);
                gaps.push(Gap { place, what });
            }
        }
        gaps
    }

    /// The lcov tracefile of the documents that `is_file` names files: lines that hold an element
    /// or an expression, and the two ways of each condition.
    pub(crate) fn lcov(&self, is_file: &dyn Fn(&str) -> bool) -> String {
        let mut text = String::new();
        for (document, parts) in self.0.iter().filter(|(document, _)| is_file(document)) {
            // Writing into a string cannot fail.
            let _written = write_document(&mut text, document, parts);
        }
        text
    }
}

fn write_document(
    text: &mut String,
    document: &str,
    parts: &BTreeMap<Part, Hits>,
) -> std::fmt::Result {
    writeln!(text, "TN:\nSF:{document}")?;
    let mut lines: BTreeMap<usize, u32> = BTreeMap::new();
    let (mut branches, mut taken) = (0, 0);
    for (block, (part, hits)) in parts.iter().enumerate() {
        let line = lines.entry(part.line).or_default();
        *line = (*line).max(hits.ran);
        if part.kind != Kind::Branch {
            continue;
        }
        let seen = hits.ran > 0 || hits.passed_by > 0;
        let ways = [hits.ran, hits.passed_by];
        let ways = if part.what == "when" {
            &ways[..]
        } else {
            &ways[..1]
        };
        for (way, count) in ways.iter().enumerate() {
            let count_text = if seen { count.to_string() } else { "-".into() };
            writeln!(text, "BRDA:{},{block},{way},{count_text}", part.line)?;
            branches += 1;
            taken += usize::from(*count > 0);
        }
    }
    writeln!(text, "BRF:{branches}\nBRH:{taken}")?;
    for (line, count) in &lines {
        writeln!(text, "DA:{line},{count}")?;
    }
    let hit = lines.values().filter(|count| **count > 0).count();
    writeln!(text, "LF:{}\nLH:{hit}\nend_of_record", lines.len())
}

/// An expression on one line, cut where it gets long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
