//! S06: whether the text is well-formed XML, which decides the format it can be deployed in.

use super::super::document::Document;
use super::super::finding::Report;
use super::super::options::PolicyFormat;
use crate::base::{Severity, Span};
use crate::policy::xml::{Element, Node, Text};

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    let Some((span, what)) = first_violation(&document.source.text, document.root) else {
        return;
    };
    match document.options.format {
        PolicyFormat::Xml => {
            report
                .add(
                    "S06",
                    span,
                    format!("{what}, so the file is not well-formed XML"),
                )
                .hints
                .push(
                    "deploy it with the format `rawxml`, or write the character as an entity"
                        .to_owned(),
                );
        }
        PolicyFormat::RawXml => {
            report
                .add("S06", span, format!("needs the format `rawxml`: {what}"))
                .severity = Severity::Info;
        }
    }
}

/// The first place at which a strict XML parser gives up, of a document that the lenient reader
/// reads.
fn first_violation(text: &str, root: &Element) -> Option<(Span, String)> {
    let mut found = Vec::new();
    element(text, root, &mut found);
    outside(text, Span::new(0, root.span.start), &mut found);
    outside(text, Span::new(root.span.end, text.len()), &mut found);
    found.into_iter().min_by_key(|(span, _)| span.start)
}

type Found = Vec<(Span, String)>;

fn element(text: &str, of: &Element, found: &mut Found) {
    for attribute in &of.attributes {
        let span = attribute.value.span;
        let quote = &text[span.start.saturating_sub(1)..span.start];
        let name = &attribute.name;
        let context = format!("in the value of attribute `{name}`");
        raw(text, &attribute.value, &["<", quote], &context, found);
        if !text[..attribute.name_span.start].ends_with(char::is_whitespace) {
            found.push((
                attribute.name_span,
                format!("attribute `{name}` follows without a blank"),
            ));
        }
    }
    for child in &of.children {
        match child {
            Node::Element(inner) => element(text, inner, found),
            Node::Text(inner) => {
                let cdata = text[..inner.span.start].ends_with("<![CDATA[");
                if !cdata {
                    let context = format!("in the text of `{}`", of.name);
                    raw(text, inner, &["<", "]]>"], &context, found);
                }
            }
            Node::Skipped(span) => comment(text, *span, found),
        }
    }
}

fn raw(text: &str, piece: &Text, refused: &[&str], context: &str, found: &mut Found) {
    let written = &text[piece.span.start..piece.span.end];
    for mark in refused.iter().filter(|mark| !mark.is_empty()) {
        if let Some(at) = written.find(mark) {
            let span = Span::new(at, at + mark.len()).shifted(piece.span.start);
            found.push((span, format!("a raw `{mark}` {context}")));
        }
    }
    let mut from = 0;
    while let Some(at) = written[from..].find('&') {
        let at = from + at;
        if !crate::policy::xml::is_entity(&written[at..]) {
            let span = Span::new(at, at + 1).shifted(piece.span.start);
            found.push((span, format!("a raw `&` {context}")));
            return;
        }
        from = at + 1;
    }
}

/// Comments before and after the document's element.
fn outside(text: &str, within: Span, found: &mut Found) {
    let mut from = within.start;
    while let Some(open) = text[from..within.end].find("<!--") {
        let start = from + open;
        let Some(length) = text[start..within.end].find("-->") else {
            return;
        };
        from = start + length + 3;
        comment(text, Span::new(start, from), found);
    }
}

fn comment(text: &str, span: Span, found: &mut Found) {
    let inner = text[span.start..span.end]
        .strip_prefix("<!--")
        .and_then(|inner| inner.strip_suffix("-->"));
    if let Some(at) = inner.and_then(|inner| inner.find("--")) {
        let span = Span::new(at, at + 2).shifted(span.start + 4);
        found.push((span, "`--` in a comment".to_owned()));
    }
}
