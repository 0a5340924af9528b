//! Text of an expression to tokens. It never fails on the text that `scan` accepts without saying
//! where and why.

use std::sync::Arc;

use super::Problem;
use super::literal;
use super::scan;
use super::value::Value;
use crate::base::Span;

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Word,
    Literal(Value),
    Interpolated(Vec<RawPiece>),
    Symbol(&'static str),
    End,
}

#[derive(Debug, Clone)]
pub(super) enum RawPiece {
    Text(Arc<str>),
    /// What stands between `{` and `,`, `:` or `}`.
    Hole {
        expression: Span,
        width: Option<Span>,
        format: Option<Arc<str>>,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// Longest first. `>>` is two tokens, because `List<List<int>>` ends with it.
const SYMBOLS: &[&str] = &[
    "<<=", "??=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "?[", "++", "--", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", "::", "->", "(", ")", "[", "]", "{", "}", ".",
    ",", ";", ":", "?", "+", "-", "*", "/", "%", "<", ">", "=", "!", "&", "|", "^", "~",
];

/// Tokens of `text[span]`, with places in the whole text.
pub(super) fn lex(text: &str, span: Span) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut at = span.start;
    while at < span.end {
        let Some(next) = text[at..span.end].chars().next() else {
            break;
        };
        if next.is_whitespace() || next == '\u{feff}' {
            at += next.len_utf8();
            continue;
        }
        let token = token(text, at, span.end)?;
        at = token
            .as_ref()
            .map_or_else(|| skip_comment(text, at), |token| token.span.end)
            .max(at + 1);
        tokens.extend(token);
    }
    tokens.push(Token {
        kind: Kind::End,
        span: Span::new(span.end, span.end),
    });
    Ok(tokens)
}

fn skip_comment(text: &str, at: usize) -> usize {
    scan::literal_end(text, at, 0)
        .ok()
        .flatten()
        .unwrap_or(text.len())
}

/// The token at `at`; `None` for a comment.
fn token(text: &str, at: usize, end: usize) -> Result<Option<Token>, Problem> {
    let rest = &text[at..end];
    if rest.starts_with("//") || rest.starts_with("/*") {
        return Ok(None);
    }
    if rest.starts_with(|c: char| c.is_ascii_digit())
        || rest
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        return literal::number(rest, at).map(Some);
    }
    let word = |rest: &str| {
        rest.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len())
    };
    if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return Ok(Some(Token {
            kind: Kind::Word,
            span: Span::new(at, at + word(rest)),
        }));
    }
    if let Some(escaped) = rest
        .strip_prefix('@')
        .filter(|rest| rest.starts_with(char::is_alphabetic))
    {
        return Ok(Some(Token {
            kind: Kind::Word,
            span: Span::new(at + 1, at + 1 + word(escaped)),
        }));
    }
    if let Some(token) = quoted(text, at)? {
        return Ok(Some(token));
    }
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        // `a?.5:b` is a choice between numbers.
        let number = *symbol == "?." && rest[2..].starts_with(|c: char| c.is_ascii_digit());
        let symbol = if number { "?" } else { symbol };
        return Ok(Some(Token {
            kind: Kind::Symbol(symbol),
            span: Span::new(at, at + symbol.len()),
        }));
    }
    let stray = rest.chars().next().unwrap_or(' ');
    Err(Problem::new(
        Span::new(at, at + stray.len_utf8()),
        format!("unexpected character `{stray}`"),
    ))
}

/// A string or character.
fn quoted(text: &str, at: usize) -> Result<Option<Token>, Problem> {
    let bytes = text.as_bytes();
    let opening = scan::opening(&bytes[at..]).filter(|opening| opening.quote == "\"");
    if opening.is_none() && bytes[at] != b'\'' {
        return Ok(None);
    }
    let Some(end) = scan::literal_end(text, at, 0)? else {
        return Ok(None);
    };
    let span = Span::new(at, end);
    let Some(opening) = opening else {
        let value = literal::character(text, span)?;
        return Ok(Some(Token {
            kind: Kind::Literal(value),
            span,
        }));
    };
    let inner = Span::new(at + opening.prefix + 1, end - 1);
    let kind = if opening.interpolated {
        Kind::Interpolated(literal::pieces(text, inner, opening.verbatim)?)
    } else {
        let content = literal::content(text, inner, opening.verbatim)?;
        Kind::Literal(Value::Str(content.into()))
    };
    Ok(Some(Token { kind, span }))
}
