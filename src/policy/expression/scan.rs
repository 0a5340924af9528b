//! Where an expression ends, without parsing it: brackets, literals and comments only.

use crate::base::Span;

/// What was left open, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ScanError {
    pub(crate) span: Span,
    pub(crate) message: String,
}

/// Interpolated strings within holes of interpolated strings; more is refused, so that hostile
/// text cannot exhaust the stack.
const MAX_NESTED_STRINGS: usize = 32;

/// A quote as XML may write it: an attribute can hold either form.
const QUOTES: [&str; 2] = ["\"", "&quot;"];

/// Byte offset just after the expression that starts at `start`, where the text has `@(` or `@{`.
pub(crate) fn scan(text: &str, start: usize) -> Result<usize, ScanError> {
    match text.as_bytes().get(start..).unwrap_or_default() {
        [b'@', b'(' | b'{', ..] => balanced(text, start + 1, 0),
        _ => Err(error(
            start,
            start,
            "an expression starts with `@(` or `@{`",
        )),
    }
}

/// Offset just after the bracket that closes the one at `open`.
fn balanced(text: &str, open: usize, nesting: usize) -> Result<usize, ScanError> {
    let bytes = text.as_bytes();
    let hole = nesting > 0;
    let mut opened: Vec<usize> = Vec::new();
    let mut at = open;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'(' | b'[' | b'{' => opened.push(at),
            b')' | b']' | b'}' => {
                close(bytes, opened.pop(), at)?;
                if opened.is_empty() {
                    return Ok(at + 1);
                }
            }
            b':' if hole && opened.len() == 1 => return format_clause_end(text, open, at),
            _ => {
                if let Some(end) = literal_end(text, at, nesting)? {
                    at = end;
                    continue;
                }
            }
        }
        at += 1;
    }
    let open = opened.pop().unwrap_or(open);
    let bracket = char::from(bytes[open]);
    Err(error(
        open,
        open + 1,
        format!("`{bracket}` is never closed"),
    ))
}

fn close(bytes: &[u8], opened: Option<usize>, at: usize) -> Result<(), ScanError> {
    let closer = bytes[at];
    let Some(open) = opened else {
        return Err(error(
            at,
            at + 1,
            format!("`{}` closes nothing", char::from(closer)),
        ));
    };
    let expected = match bytes[open] {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    };
    if closer == expected {
        return Ok(());
    }
    let (left, right) = (char::from(bytes[open]), char::from(closer));
    Err(error(
        open,
        at + 1,
        format!("`{left}` is closed by `{right}`"),
    ))
}

/// After the `:` of a hole everything up to the brace is a format, such as `yyyy-MM-dd'T'HH`.
fn format_clause_end(text: &str, open: usize, colon: usize) -> Result<usize, ScanError> {
    let rest = &text.as_bytes()[colon..];
    match rest.iter().position(|byte| *byte == b'}') {
        Some(length) => Ok(colon + length + 1),
        None => Err(error(open, open + 1, "`{` is never closed")),
    }
}

/// End of the string, character or comment that starts at `at`; `None` when none does.
pub(super) fn literal_end(
    text: &str,
    at: usize,
    nesting: usize,
) -> Result<Option<usize>, ScanError> {
    let rest = &text.as_bytes()[at..];
    let starts = |prefix: &str| rest.starts_with(prefix.as_bytes());
    if starts("//") {
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        return Ok(Some(at + length));
    }
    if starts("/*") {
        let length = rest.windows(2).skip(2).position(|pair| pair == b"*/");
        return match length {
            Some(length) => Ok(Some(at + length + 4)),
            None => Err(error(at, at + 2, "the comment is never closed")),
        };
    }
    if starts("'") {
        return regular_end(text, at, 1, "'", None).map(Some);
    }
    let Some(opening) = opening(rest) else {
        return Ok(None);
    };
    let Opening {
        prefix,
        verbatim,
        interpolated,
        quote,
    } = opening;
    let nesting = interpolated.then_some(nesting + 1);
    let start = prefix + quote.len();
    if verbatim {
        verbatim_end(text, at, start, quote, nesting).map(Some)
    } else {
        regular_end(text, at, start, quote, nesting).map(Some)
    }
}

/// How a string begins.
pub(super) struct Opening {
    /// Length of `@`, `$`, `$@` or nothing.
    pub(super) prefix: usize,
    pub(super) verbatim: bool,
    pub(super) interpolated: bool,
    pub(super) quote: &'static str,
}

pub(super) fn opening(rest: &[u8]) -> Option<Opening> {
    let prefix = rest
        .iter()
        .take(2)
        .take_while(|byte| matches!(byte, b'@' | b'$'))
        .count();
    let quote = QUOTES
        .into_iter()
        .find(|quote| rest[prefix..].starts_with(quote.as_bytes()))?;
    let marks = &rest[..prefix];
    if marks == b"@@" || marks == b"$$" {
        return None;
    }
    Some(Opening {
        prefix,
        verbatim: marks.contains(&b'@'),
        interpolated: marks.contains(&b'$'),
        quote,
    })
}

fn regular_end(
    text: &str,
    start: usize,
    opening: usize,
    quote: &str,
    nesting: Option<usize>,
) -> Result<usize, ScanError> {
    let bytes = text.as_bytes();
    let mut at = start + opening;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\n' {
            break;
        }
        if byte == b'\\' {
            at += 1;
            at += if bytes[at.min(bytes.len())..].starts_with(quote.as_bytes()) {
                quote.len()
            } else {
                1
            };
        } else if bytes[at..].starts_with(quote.as_bytes()) {
            return Ok(at + quote.len());
        } else if let Some(end) = hole_end(text, at, nesting)? {
            at = end;
        } else {
            at += 1;
        }
    }
    let what = if quote == "'" {
        "the character"
    } else {
        "the string"
    };
    Err(error(
        start,
        start + opening,
        format!("{what} is not closed on its line"),
    ))
}

fn verbatim_end(
    text: &str,
    start: usize,
    opening: usize,
    quote: &str,
    nesting: Option<usize>,
) -> Result<usize, ScanError> {
    let bytes = text.as_bytes();
    let mut at = start + opening;
    while at < bytes.len() {
        if bytes[at..].starts_with(quote.as_bytes()) {
            at += quote.len();
            if !bytes[at..].starts_with(quote.as_bytes()) {
                return Ok(at);
            }
            at += quote.len();
        } else if let Some(end) = hole_end(text, at, nesting)? {
            at = end;
        } else {
            at += 1;
        }
    }
    Err(error(start, start + opening, "the string is never closed"))
}

/// End of what starts with a brace in an interpolated string: a hole or a doubled brace.
pub(super) fn hole_end(
    text: &str,
    at: usize,
    nesting: Option<usize>,
) -> Result<Option<usize>, ScanError> {
    let Some(nesting) = nesting else {
        return Ok(None);
    };
    match &text.as_bytes()[at..] {
        [b'{', b'{', ..] | [b'}', b'}', ..] => Ok(Some(at + 2)),
        [b'{', ..] if nesting > MAX_NESTED_STRINGS => Err(error(
            at,
            at + 1,
            "interpolated strings are nested too deeply",
        )),
        [b'{', ..] => balanced(text, at, nesting).map(Some),
        _ => Ok(None),
    }
}

fn error(start: usize, end: usize, message: impl Into<String>) -> ScanError {
    ScanError {
        span: Span::new(start, end),
        message: message.into(),
    }
}
