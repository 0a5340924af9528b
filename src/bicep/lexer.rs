//! Characters to tokens. An interpolated string is one token that holds the tokens of its
//! expressions, so that nothing here has to know the grammar.

use crate::base::{Diagnostic, Source, Span};

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) what: Lexeme,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lexeme {
    Word(String),
    Int(u64),
    Text(Vec<String>, Vec<Vec<Token>>),
    Sign(&'static str),
    NewLine,
    End,
}

impl PartialEq for Token {
    fn eq(&self, other: &Token) -> bool {
        self.what == other.what
    }
}

/// Longest first.
const SIGNS: [&str; 35] = [
    "...", "::", "==", "!=", "=~", "!~", "<=", ">=", "??", "&&", "||", "=>", "{", "}", "(", ")",
    "[", "]", ",", ".", ":", "=", "!", "<", ">", "?", "+", "-", "*", "/", "%", "@", "|", "^", ";",
];

/// Strings within strings beyond this depth are refused: the parser is recursive.
const MAX_DEPTH: usize = 32;

struct Lexer<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    depth: usize,
    problems: &'a mut Vec<Diagnostic>,
}

/// All tokens of a file, with [`Lexeme::End`] last.
pub(super) fn lex(source: &Source, problems: &mut Vec<Diagnostic>) -> Vec<Token> {
    let mut lexer = Lexer {
        source,
        text: &source.text,
        at: 0,
        depth: 0,
        problems,
    };
    if lexer.text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    lexer.tokens(false)
}

impl<'a> Lexer<'a> {
    /// Up to the end, or up to the `}` that ends an interpolation.
    fn tokens(&mut self, interpolation: bool) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut open = 0_usize;
        loop {
            self.blanks();
            let start = self.at;
            let Some(next) = self.peek() else {
                break;
            };
            if interpolation && next == '}' && open == 0 {
                break;
            }
            let what = if next == '\n' || next == '\r' {
                while matches!(self.peek(), Some('\n' | '\r')) {
                    self.at += 1;
                    self.blanks();
                }
                Lexeme::NewLine
            } else if next == '_' || next.is_ascii_alphabetic() {
                self.word()
            } else if next.is_ascii_digit() {
                self.number()
            } else if next == '\'' {
                self.string(0)
            } else if let Some(dollars) = self.dollars() {
                self.at += dollars;
                self.string(dollars)
            } else if let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
                self.at += sign.len();
                match *sign {
                    "{" => open += 1,
                    "}" => open = open.saturating_sub(1),
                    _ => {}
                }
                Lexeme::Sign(sign)
            } else {
                self.at += next.len_utf8();
                self.complain(start, format!("the character `{next}` means nothing here"));
                continue;
            };
            tokens.push(Token {
                what,
                span: Span::new(start, self.at),
            });
        }
        tokens.push(Token {
            what: Lexeme::End,
            span: Span::new(self.at, self.at),
        });
        tokens
    }

    /// Blanks, comments and directives such as `#disable-next-line`.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let skip = if rest.starts_with([' ', '\t', '\u{a0}']) {
                rest.chars().next().map_or(0, char::len_utf8)
            } else if rest.starts_with("//") || rest.starts_with('#') {
                rest.find(['\n', '\r']).unwrap_or(rest.len())
            } else if let Some(inner) = rest.strip_prefix("/*") {
                inner.find("*/").map_or(rest.len(), |end| end + 4)
            } else {
                return;
            };
            self.at += skip;
        }
    }

    fn word(&mut self) -> Lexeme {
        let rest = self.rest();
        let end = rest
            .find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        self.at += end;
        Lexeme::Word(rest[..end].to_owned())
    }

    fn number(&mut self) -> Lexeme {
        let start = self.at;
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        self.at += end;
        Lexeme::Int(rest[..end].parse().unwrap_or_else(|_| {
            self.complain(start, format!("`{}` is too large a number", &rest[..end]));
            0
        }))
    }

    fn string(&mut self, dollars: usize) -> Lexeme {
        if self.rest().starts_with("'''") {
            return self.long_string(dollars);
        }
        let start = self.at;
        self.at += 1;
        let mut segments = vec![String::new()];
        let mut inner = Vec::new();
        loop {
            let rest = self.rest();
            let here = segments.len() - 1;
            match rest.chars().next() {
                None | Some('\n' | '\r') => {
                    self.complain(start, "this string has no closing quote".to_owned());
                    break;
                }
                Some('\'') => {
                    self.at += 1;
                    break;
                }
                Some('\\') => {
                    let escaped = self.escape();
                    segments[here].push_str(&escaped);
                }
                Some('$') if rest.starts_with("${") => {
                    self.at += 2;
                    if !self.interpolation(start, &mut inner) {
                        break;
                    }
                    segments.push(String::new());
                }
                Some(other) => {
                    segments[here].push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        segments.resize(inner.len() + 1, String::new());
        Lexeme::Text(segments, inner)
    }

    /// False when the file ends inside.
    fn interpolation(&mut self, start: usize, inner: &mut Vec<Vec<Token>>) -> bool {
        if self.depth >= MAX_DEPTH {
            self.complain(start, "strings are nested too deep".to_owned());
            self.at = self.text.len();
            return false;
        }
        self.depth += 1;
        inner.push(self.tokens(true));
        self.depth -= 1;
        if self.rest().starts_with('}') {
            self.at += 1;
            return true;
        }
        self.complain(
            start,
            "an expression in this string has no closing `}`".to_owned(),
        );
        false
    }

    fn escape(&mut self) -> String {
        let start = self.at;
        let rest = &self.rest()[1..];
        let plain = match rest.chars().next() {
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('\\') => "\\",
            Some('\'') => "'",
            Some('$') => "$",
            Some('u') => {
                let code = rest[1..].strip_prefix('{').and_then(|code| {
                    let end = code.find('}')?;
                    let value = u32::from_str_radix(&code[..end], 16).ok()?;
                    Some((char::from_u32(value)?, end))
                });
                if let Some((character, end)) = code {
                    self.at += end + 4;
                    return character.to_string();
                }
                ""
            }
            _ => "",
        };
        self.at += 1;
        if plain.is_empty() {
            self.complain(start, "unknown escape in a string".to_owned());
        } else {
            self.at += 1;
        }
        plain.to_owned()
    }

    /// `'''…'''`: nothing is escaped, and a line break right after the quotes is left out. As many
    /// dollars as stand before the quotes begin an expression inside.
    fn long_string(&mut self, dollars: usize) -> Lexeme {
        let start = self.at;
        self.at += 3;
        if self.rest().starts_with("\r\n") {
            self.at += 2;
        } else if self.rest().starts_with('\n') {
            self.at += 1;
        }
        let marker = "$".repeat(dollars) + "{";
        let mut segments = vec![String::new()];
        let mut inner = Vec::new();
        loop {
            let rest = self.rest();
            let here = segments.len() - 1;
            if let Some(after) = rest.strip_prefix("'''") {
                // Further quotes belong to the text.
                let quotes = after.len() - after.trim_start_matches('\'').len();
                segments[here].push_str(&after[..quotes]);
                self.at += 3 + quotes;
                break;
            }
            if dollars > 0 && rest.starts_with(&marker) {
                self.at += marker.len();
                if !self.interpolation(start, &mut inner) {
                    break;
                }
                segments.push(String::new());
                continue;
            }
            let Some(next) = rest.chars().next() else {
                self.complain(start, "this string has no closing `'''`".to_owned());
                break;
            };
            segments[here].push(next);
            self.at += next.len_utf8();
        }
        segments.resize(inner.len() + 1, String::new());
        Lexeme::Text(segments, inner)
    }

    /// How many dollars stand before the three quotes of a long string, if that is what comes.
    fn dollars(&self) -> Option<usize> {
        let rest = self.rest();
        let after = rest.trim_start_matches('$');
        let count = rest.len() - after.len();
        (count > 0 && after.starts_with("'''")).then_some(count)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn complain(&mut self, start: usize, message: String) {
        let span = Span::new(start, self.at.min(start + 40));
        self.problems
            .push(Diagnostic::error(self.source, span, message));
    }
}
