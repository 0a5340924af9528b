//! Tokens to syntax tree. Purely about form: what a name means is decided in
//! [`resolve`](super::resolve).

mod operator;
mod primary;
mod statement;
mod types;

use std::sync::Arc;

use super::Problem;
use super::ast::{Body, Expr, ExprKind};
use super::lexer::{Kind, Token, lex};
use crate::base::Span;

/// Brackets, blocks and operators within each other. People stay far below; the stack of a thread
/// has room for it even in a debug build.
const MAX_NESTING: usize = 64;

/// Levels of the tree that one expression becomes, long chains of `+` and `.` included.
const MAX_DEPTH: usize = 250;

type Parsed<T> = Result<T, Problem>;

/// The expression `text`, brackets included.
pub(super) fn parse(text: &str) -> Result<(Body, Vec<Problem>), Vec<Problem>> {
    let end = super::scan::scan(text, 0).map_err(|error| vec![error.into()])?;
    if end < text.len() && !text[end..].trim().is_empty() {
        let message = "text after the end of the expression";
        let hint = "an expression is the whole value: put the text into it, with `+` or `$\"…\"`";
        return Err(vec![
            Problem::new(Span::new(end, text.len()), message).hint(hint),
        ]);
    }
    let inner = Span::new(2, end - 1);
    let tokens = lex(text, inner).map_err(|problem| vec![problem])?;
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        nesting: 0,
        deepest: 0,
        checked: false,
        problems: Vec::new(),
        notes: Vec::new(),
    };
    let body = if text.starts_with("@{") {
        Ok(Body::Statements(parser.statements_to_end()))
    } else {
        parser.whole_expression().map(Body::Expression)
    };
    match body {
        Ok(body) if parser.problems.is_empty() => Ok((body, parser.notes)),
        Ok(_) => Err(parser.problems),
        Err(problem) => {
            parser.problems.push(problem);
            Err(parser.problems)
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    nesting: usize,
    /// Depth of the deepest tree built since a lambda began.
    deepest: usize,
    /// Inside `checked`.
    checked: bool,
    problems: Vec<Problem>,
    /// What reads well and will fail when it runs.
    notes: Vec<Problem>,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        // The last token is `End`, and `next` never steps over it.
        &self.tokens[self.at]
    }

    fn ahead(&self, count: usize) -> &Token {
        &self.tokens[(self.at + count).min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.at].clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek().kind, Kind::Symbol(known) if known == symbol)
    }

    fn ahead_is(&self, count: usize, symbol: &str) -> bool {
        matches!(self.ahead(count).kind, Kind::Symbol(known) if known == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Parsed<Span> {
        if self.at_symbol(symbol) {
            return Ok(self.next().span);
        }
        Err(self.unexpected(&format!("`{symbol}`")))
    }

    fn word(&self) -> Option<&str> {
        self.word_at(self.at)
    }

    fn word_at(&self, index: usize) -> Option<&str> {
        let token = self.tokens.get(index)?;
        matches!(token.kind, Kind::Word).then(|| &self.text[token.span.start..token.span.end])
    }

    fn at_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.next();
        }
        found
    }

    /// A name that is no keyword.
    fn identifier(&mut self) -> Parsed<(Arc<str>, Span)> {
        match self.word() {
            Some(word) if !reserved(word) => {
                let name = Arc::from(word);
                Ok((name, self.next().span))
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let token = self.peek();
        let found = &self.text[token.span.start..token.span.end];
        if matches!(token.kind, Kind::End) {
            return Problem::new(
                token.span,
                format!("expected {wanted}, found the end of the expression"),
            );
        }
        let shown: String = found.chars().take(40).collect();
        Problem::new(token.span, format!("expected {wanted}, found `{shown}`"))
    }

    /// From `start` to the end of the last token read.
    fn since(&self, start: Span) -> Span {
        let last = self
            .at
            .checked_sub(1)
            .map_or(start, |index| self.tokens[index].span);
        Span::new(start.start, last.end.max(start.end))
    }

    /// Runs `read` one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            return Err(Problem::new(
                self.peek().span,
                "the expression is nested too deeply",
            ));
        }
        self.nesting += 1;
        let result = read(self);
        self.nesting -= 1;
        result
    }

    fn node(&mut self, kind: ExprKind, span: Span) -> Parsed<Expr> {
        let expr = Expr::new(kind, span);
        if expr.depth > MAX_DEPTH {
            return Err(Problem::new(span, "the expression is too long to evaluate")
                .hint("split it with variables"));
        }
        self.deepest = self.deepest.max(expr.depth);
        Ok(expr)
    }

    fn whole_expression(&mut self) -> Parsed<Expr> {
        let expr = self.expression()?;
        if matches!(self.peek().kind, Kind::End) {
            return Ok(expr);
        }
        let problem = self.unexpected("an operator or the end");
        Err(if self.at_symbol(";") {
            problem.hint("several statements need `@{ … }`")
        } else {
            problem
        })
    }

    /// A parser for the hole of an interpolated string.
    fn hole(&mut self, span: Span) -> Parsed<Expr> {
        if self.text[span.start..span.end].trim().is_empty() {
            return Err(
                Problem::new(span, "the hole of the interpolated string is empty")
                    .hint("write `{{` for a brace"),
            );
        }
        let tokens = lex(self.text, span)?;
        let mut inner = Parser {
            text: self.text,
            tokens,
            at: 0,
            nesting: self.nesting,
            deepest: 0,
            checked: self.checked,
            problems: Vec::new(),
            notes: Vec::new(),
        };
        let expr = inner.nested(Self::whole_hole)?;
        self.notes.append(&mut inner.notes);
        self.deepest = self.deepest.max(inner.deepest);
        Ok(expr)
    }

    fn whole_hole(parser: &mut Self) -> Parsed<Expr> {
        parser.whole_expression()
    }
}

fn unsupported(span: Span, what: &str) -> Problem {
    Problem::unsupported(span, format!("{what} are not supported here"))
}

fn unsupported_type(span: Span, name: &str) -> Problem {
    Problem::unsupported(span, format!("the type `{name}` is not supported here"))
}

/// Words that cannot name a variable.
pub(super) fn reserved(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "as",
        "base",
        "break",
        "case",
        "catch",
        "checked",
        "class",
        "const",
        "continue",
        "default",
        "delegate",
        "do",
        "else",
        "enum",
        "event",
        "explicit",
        "extern",
        "false",
        "finally",
        "fixed",
        "for",
        "foreach",
        "goto",
        "if",
        "implicit",
        "in",
        "interface",
        "internal",
        "is",
        "lock",
        "namespace",
        "new",
        "null",
        "operator",
        "out",
        "override",
        "params",
        "private",
        "protected",
        "public",
        "readonly",
        "ref",
        "return",
        "sealed",
        "sizeof",
        "stackalloc",
        "static",
        "struct",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "unchecked",
        "unsafe",
        "using",
        "virtual",
        "void",
        "volatile",
        "while",
    ];
    WORDS.contains(&word) || super::types::Type::keyword(word)
}
