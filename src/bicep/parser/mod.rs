//! Tokens to statements, by recursive descent. A mistake ends its statement; the next line that
//! begins one is read again, so that one run shows all mistakes.

mod expressions;
mod statements;
mod types;

use super::lexer::{Lexeme, Token, lex};
use super::syntax::Statement;
use crate::base::{Diagnostic, Source, Span};

/// Expressions and types beyond this depth are refused, so that no text overflows the stack.
const MAX_DEPTH: usize = 60;

/// The same for the trees that long chains of operators make.
const MAX_HEIGHT: usize = 120;

/// Reads a file. What could be read comes back even when there are problems.
pub(super) fn parse(source: &Source) -> (Vec<Statement>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let tokens = lex(source, &mut problems);
    let mut parser = Parser {
        source,
        tokens: &tokens,
        at: 0,
        depth: 0,
        problems,
    };
    let statements = parser.program();
    (statements, parser.problems)
}

pub(super) struct Parser<'a> {
    source: &'a Source,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    problems: Vec<Diagnostic>,
}

/// A mistake has been noted; whoever catches it decides where to go on.
#[derive(Debug)]
struct Stop;

type Parsed<T> = Result<T, Stop>;

impl<'a> Parser<'a> {
    fn peek(&self) -> &'a Lexeme {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> &'a Lexeme {
        self.tokens
            .get(self.at + ahead)
            .map_or(&Lexeme::End, |token| &token.what)
    }

    fn span(&self) -> Span {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens
            .get(self.at.min(last))
            .map_or_else(Span::default, |token| token.span)
    }

    /// From a start to the end of the token read last.
    fn since(&self, start: Span) -> Span {
        let end = self.tokens[..self.at.min(self.tokens.len())]
            .last()
            .map_or(start.end, |token| token.span.end);
        Span::new(start.start, end.max(start.start))
    }

    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Lexeme::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Lexeme::Word(found) if found == word)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        if found {
            self.advance();
        }
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(self.stop(format!("expected `{sign}`, found {}", self.found())))
        }
    }

    fn name(&mut self) -> Parsed<String> {
        if let Lexeme::Word(word) = self.peek() {
            self.advance();
            Ok(word.clone())
        } else {
            Err(self.stop(format!("expected a name, found {}", self.found())))
        }
    }

    fn new_lines(&mut self) {
        while *self.peek() == Lexeme::NewLine {
            self.advance();
        }
    }

    fn found(&self) -> String {
        match self.peek() {
            Lexeme::Word(word) => format!("`{word}`"),
            Lexeme::Int(number) => format!("`{number}`"),
            Lexeme::Text(..) => "a string".to_owned(),
            Lexeme::Sign(sign) => format!("`{sign}`"),
            Lexeme::NewLine => "the end of the line".to_owned(),
            Lexeme::End => "the end of the file".to_owned(),
        }
    }

    fn stop(&mut self, message: String) -> Stop {
        let span = self.span();
        self.problems
            .push(Diagnostic::error(self.source, span, message));
        Stop
    }

    fn unsupported(&mut self, span: Span, construct: &str) -> Stop {
        self.problems
            .push(super::unsupported(self.source, span, construct));
        Stop
    }

    /// Runs a rule one level deeper.
    fn deeper<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.stop("this is nested too deep".to_owned()));
        }
        self.depth += 1;
        let parsed = rule(self);
        self.depth -= 1;
        parsed
    }
}
