//! X09: a named value inside a C# string literal is put in as it is, quotes included.

use super::super::document::{Document, Value, is_expression};
use super::super::finding::Report;
use crate::base::Span;

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for (_, site) in document.own() {
        for value in &site.values {
            if is_expression(&value.written.value) {
                literal(document, value, report);
            }
        }
    }
}

fn literal(document: &Document<'_>, value: &Value<'_>, report: &mut Report<'_>) {
    let text = &value.written.value;
    for (open, name, close) in placeholders(text) {
        if !in_string(text, open) {
            continue;
        }
        let known = document.options.named_values.get(name);
        if known.is_some_and(|known| !known.contains(['"', '\\', '\n'])) {
            continue;
        }
        let message = if known.is_some() {
            format!("named value `{name}` breaks the string literal that it is put into")
        } else {
            format!("named value `{name}` may break the string literal that it is put into")
        };
        report
            .add("X09", value.written.place(Span::new(open, close)), message)
            .hints
            .push("its text must hold no quote, no backslash and no line break".to_owned());
    }
}

fn placeholders(text: &str) -> Vec<(usize, &str, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("{{") {
        let open = from + at;
        let Some(length) = text[open + 2..].find("}}") else {
            break;
        };
        let name = text[open + 2..open + 2 + length].trim();
        from = open + 2;
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        if is_name {
            found.push((open, name, open + length + 4));
            from = open + length + 4;
        }
    }
    found
}

/// True when the place is inside `"…"` of C#, comments and character literals aside.
fn in_string(text: &str, place: usize) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < place {
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            at += length_to(rest, b"\n");
        } else if rest.starts_with(b"/*") {
            at += 2 + length_to(&rest[2..], b"*/");
        } else if rest[0] == b'\'' {
            at += if rest.get(1) == Some(&b'\\') { 4 } else { 3 };
        } else if rest[0] == b'"' {
            let verbatim = at > 0 && (bytes[at - 1] == b'@' || at > 1 && bytes[at - 2] == b'@');
            let length = string_length(rest, verbatim);
            if place < at + length {
                return true;
            }
            at += length;
        } else {
            at += 1;
        }
    }
    false
}

fn length_to(rest: &[u8], end: &[u8]) -> usize {
    rest.windows(end.len())
        .position(|window| window == end)
        .map_or(rest.len(), |found| found + end.len())
}

fn string_length(rest: &[u8], verbatim: bool) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' if !verbatim => at += 2,
            b'"' if verbatim && rest.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}
