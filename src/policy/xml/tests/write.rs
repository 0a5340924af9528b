//! A document written back from its tree.

use crate::base::Source;
use crate::policy::xml::{Element, Node, Text};

/// The document again, put together from its tree: every byte belongs to one node, or to the
/// markup around it, so a tree that lost something does not give the same text.
///
/// What no node claims (blanks inside tags, markup) is copied from the source; that the pieces
/// follow one another without overlap is what makes the copy complete.
pub(super) fn write(source: &Source, root: &Element) -> String {
    let mut writer = Writer {
        text: &source.text,
        at: 0,
        out: String::with_capacity(source.text.len()),
    };
    writer.element(root);
    writer.markup(source.text.len());
    writer.out
}

struct Writer<'a> {
    text: &'a str,
    at: usize,
    out: String,
}

impl Writer<'_> {
    fn element(&mut self, element: &Element) {
        self.markup(element.span.start);
        self.piece(element.name_span.start, &element.name);
        for attribute in &element.attributes {
            self.piece(attribute.name_span.start, &attribute.name);
            self.value(&attribute.value);
        }
        for child in &element.children {
            match child {
                Node::Element(inner) => self.element(inner),
                Node::Text(text) => self.value(text),
                Node::Skipped(span) => {
                    self.markup(span.start);
                    self.markup(span.end);
                }
            }
        }
        self.markup(element.span.end);
    }

    /// Text that the tree holds, from its own copy and not from the source.
    fn piece(&mut self, start: usize, text: &str) {
        self.markup(start);
        self.out.push_str(text);
        self.at += text.len();
    }

    fn value(&mut self, value: &Text) {
        self.markup(value.span.start);
        let written = &self.text[value.span.start..value.span.end];
        // Decoded text has lost how it was written; text without entities has not.
        if written.contains('&') {
            self.markup(value.span.end);
        } else {
            self.piece(value.span.start, &value.value);
        }
    }

    /// Copies up to `end` what belongs to no node.
    fn markup(&mut self, end: usize) {
        assert!(self.at <= end, "nodes follow one another");
        self.out.push_str(&self.text[self.at..end]);
        self.at = end;
    }
}
