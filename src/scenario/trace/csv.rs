//! Comma-separated values (RFC 4180), with the place of every field.

use crate::base::Span;

/// One value and its place, quotes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) text: String,
    pub(super) span: Span,
}

/// A field in quotes that has no end, by its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfinished(pub(super) Span);

/// All lines with something in them. Fields are parted by the first of comma, semicolon and tab
/// that the first line has.
pub(super) fn records(text: &str) -> Result<Vec<Vec<Field>>, Unfinished> {
    let head = text.lines().next().unwrap_or_default();
    let separator = [',', ';', '\t']
        .into_iter()
        .find(|sign| head.contains(*sign))
        .unwrap_or(',');
    let mut records = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let mut record = Vec::new();
        loop {
            let (field, next) = field(text, at, separator)?;
            at = next;
            record.push(field);
            if text[at..].starts_with(separator) {
                at += separator.len_utf8();
            } else {
                break;
            }
        }
        // The line's end, in either spelling.
        at += text[at..].len() - without_newline(&text[at..]).len();
        if record.iter().any(|field| !field.text.is_empty()) {
            records.push(record);
        }
    }
    Ok(records)
}

fn without_newline(text: &str) -> &str {
    let text = text.strip_prefix('\r').unwrap_or(text);
    text.strip_prefix('\n').unwrap_or(text)
}

/// The field that begins at `at`, and where what follows it begins.
fn field(text: &str, at: usize, separator: char) -> Result<(Field, usize), Unfinished> {
    let ends = |c: char| c == separator || c == '\n' || c == '\r';
    if !text[at..].starts_with('"') {
        let length = text[at..].find(ends).unwrap_or(text.len() - at);
        let span = Span::new(at, at + length);
        let text = text[at..at + length].trim().to_owned();
        return Ok((Field { text, span }, at + length));
    }
    let mut value = String::new();
    let mut from = at + 1;
    loop {
        let Some(quote) = text[from..].find('"').map(|found| from + found) else {
            return Err(Unfinished(Span::new(at, at + 1)));
        };
        value.push_str(&text[from..quote]);
        from = quote + 1;
        if text[from..].starts_with('"') {
            value.push('"');
            from += 1;
        } else {
            break;
        }
    }
    // What stands behind the closing quote belongs to nothing.
    let rest = text[from..].find(ends).unwrap_or(text.len() - from);
    let span = Span::new(at, from);
    Ok((Field { text: value, span }, from + rest))
}
