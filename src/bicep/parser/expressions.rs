//! Expressions, with the precedence of the language reference.

use super::super::lexer::Lexeme;
use super::super::syntax::{Access, Entry, Expr, For, Item, Kind};
use super::{Parsed, Parser};
use crate::base::Span;

/// Loosest first.
const LEVELS: [&[&str]; 7] = [
    &["??"],
    &["||"],
    &["&&"],
    &["==", "!=", "=~", "!~"],
    &["<", "<=", ">", ">="],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(Self::ternary)
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if let Some(parameters) = self.lambda_parameters() {
            self.new_lines();
            let body = self.expression()?;
            return self.made(start, Kind::Lambda(parameters, Box::new(body)));
        }
        let condition = self.binary(0)?;
        if !self.continues_with(&["?"]) {
            return Ok(condition);
        }
        self.new_lines();
        self.advance();
        self.new_lines();
        let yes = self.expression()?;
        self.new_lines();
        self.expect(":")?;
        self.new_lines();
        let no = self.expression()?;
        let kind = Kind::Ternary(Box::new(condition), Box::new(yes), Box::new(no));
        self.made(start, kind)
    }

    /// `x =>` or `(x, y) =>`, when that is what comes next.
    fn lambda_parameters(&mut self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let mut ahead = 0;
        match self.peek() {
            Lexeme::Word(word) => {
                names.push(word.clone());
                ahead += 1;
            }
            Lexeme::Sign("(") => {
                ahead += 1;
                loop {
                    match self.peek_at(ahead) {
                        Lexeme::Word(word) => names.push(word.clone()),
                        Lexeme::Sign(",") | Lexeme::NewLine => {}
                        Lexeme::Sign(")") => break,
                        _ => return None,
                    }
                    ahead += 1;
                }
                ahead += 1;
            }
            _ => return None,
        }
        if *self.peek_at(ahead) != Lexeme::Sign("=>") {
            return None;
        }
        self.at += ahead + 1;
        Some(names)
    }

    /// An operator may stand on the next line, unless it could begin something else there.
    fn continues_with(&self, operators: &[&'static str]) -> bool {
        let mut ahead = 0;
        while *self.peek_at(ahead) == Lexeme::NewLine {
            ahead += 1;
        }
        match self.peek_at(ahead) {
            Lexeme::Sign(sign) => operators.contains(sign) && (ahead == 0 || *sign != "-"),
            _ => false,
        }
    }

    fn binary(&mut self, level: usize) -> Parsed<Expr> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let start = self.span();
        let mut left = self.binary(level + 1)?;
        while self.continues_with(operators) {
            self.new_lines();
            let Lexeme::Sign(operator) = self.peek() else {
                break;
            };
            self.advance();
            self.new_lines();
            let right = self.binary(level + 1)?;
            let kind = Kind::Binary(operator, Box::new(left), Box::new(right));
            left = self.made(start, kind)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        for operator in ["!", "-", "+"] {
            if self.eat(operator) {
                let operand = self.deeper(Self::unary)?;
                let kind = match (operator, &operand.kind) {
                    ("-", Kind::Int(value)) => Kind::Int(value.wrapping_neg()),
                    ("+", _) => operand.kind,
                    _ => Kind::Unary(operator, Box::new(operand)),
                };
                return self.made(start, kind);
            }
        }
        self.member()
    }

    fn member(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let mut base = self.primary()?;
        loop {
            let kind = if self.eat(".") {
                let safe = self.eat("?");
                let name = self.name()?;
                if self.is("(") && !safe {
                    self.advance();
                    let arguments = self.arguments()?;
                    Kind::Method(Box::new(base), name, arguments)
                } else {
                    let access = Access {
                        safe,
                        from_end: false,
                    };
                    Kind::Property(Box::new(base), name, access)
                }
            } else if self.eat("::") {
                Kind::Child(Box::new(base), self.name()?)
            } else if self.eat("[") {
                let safe = self.eat("?");
                let from_end = self.eat("^");
                self.new_lines();
                let index = self.expression()?;
                self.new_lines();
                self.expect("]")?;
                let access = Access { safe, from_end };
                Kind::Index(Box::new(base), Box::new(index), access)
            } else if self.eat("!") {
                Kind::NonNull(Box::new(base))
            } else {
                return Ok(base);
            };
            base = self.made(start, kind)?;
        }
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let kind = match self.peek() {
            Lexeme::Int(value) => {
                let value = i64::try_from(*value)
                    .map_err(|_| self.stop(format!("`{value}` is too large a number")))?;
                self.advance();
                Kind::Int(value)
            }
            Lexeme::Text(..) => return self.text(),
            Lexeme::Word(word) => {
                self.advance();
                match word.as_str() {
                    "true" => Kind::Bool(true),
                    "false" => Kind::Bool(false),
                    "null" => Kind::Null,
                    _ if self.eat("(") => Kind::Call(word.clone(), self.arguments()?),
                    _ => Kind::Name(word.clone()),
                }
            }
            Lexeme::Sign("(") => {
                self.advance();
                self.new_lines();
                let inner = self.expression()?;
                self.new_lines();
                self.expect(")")?;
                inner.kind
            }
            Lexeme::Sign("{") => self.object()?,
            Lexeme::Sign("[") => self.array()?,
            _ => return Err(self.stop(format!("expected a value, found {}", self.found()))),
        };
        self.made(start, kind)
    }

    fn text(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let Lexeme::Text(segments, inner) = self.peek() else {
            return Err(self.stop(format!("expected a string, found {}", self.found())));
        };
        self.advance();
        let mut expressions = Vec::with_capacity(inner.len());
        for tokens in inner {
            let mut parser = Parser {
                source: self.source,
                tokens,
                at: 0,
                depth: self.depth,
                problems: Vec::new(),
            };
            parser.new_lines();
            let parsed = parser.expression().and_then(|read| {
                parser.new_lines();
                if *parser.peek() == Lexeme::End {
                    Ok(read)
                } else {
                    Err(parser.stop(format!("expected `}}`, found {}", parser.found())))
                }
            });
            self.problems.append(&mut parser.problems);
            expressions.push(parsed?);
        }
        self.made(start, Kind::Text(segments.clone(), expressions))
    }

    /// After the opening parenthesis, to the closing one.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        let mut arguments = Vec::new();
        self.new_lines();
        while !self.eat(")") {
            arguments.push(self.expression()?);
            self.new_lines();
            if !self.is(")") {
                self.expect(",")?;
                self.new_lines();
            }
        }
        Ok(arguments)
    }

    fn object(&mut self) -> Parsed<Kind> {
        self.expect("{")?;
        self.new_lines();
        let mut entries = Vec::new();
        while !self.eat("}") {
            entries.push(self.entry()?);
            self.separator("}")?;
        }
        Ok(Kind::Object(entries))
    }

    fn separator(&mut self, closing: &str) -> Parsed<()> {
        let separated = self.eat(",") || *self.peek() == Lexeme::NewLine;
        self.new_lines();
        if separated || self.is(closing) {
            Ok(())
        } else {
            Err(self.stop(format!("expected a new line, found {}", self.found())))
        }
    }

    fn entry(&mut self) -> Parsed<Entry> {
        if self.eat("...") {
            return Ok(Entry::Spread(self.expression()?));
        }
        let nested = self.is("@")
            || (self.is_word("resource") && matches!(self.peek_at(1), Lexeme::Word(_)));
        if nested {
            let decorators = self.decorators()?;
            return Ok(Entry::Nested(self.after_decorators(decorators)?));
        }
        let start = self.span();
        let key = match self.peek() {
            Lexeme::Word(word) => {
                self.advance();
                self.made(start, Kind::Text(vec![word.clone()], Vec::new()))?
            }
            Lexeme::Text(..) => self.text()?,
            _ => return Err(self.stop(format!("expected a property, found {}", self.found()))),
        };
        self.expect(":")?;
        self.new_lines();
        let value = self.body()?;
        Ok(Entry::Pair(key, value))
    }

    fn array(&mut self) -> Parsed<Kind> {
        self.expect("[")?;
        self.new_lines();
        if self.is_word("for") {
            return self.looped();
        }
        let mut items = Vec::new();
        while !self.eat("]") {
            items.push(if self.eat("...") {
                Item::Spread(self.expression()?)
            } else {
                Item::Value(self.expression()?)
            });
            self.separator("]")?;
        }
        Ok(Kind::Array(items))
    }

    fn looped(&mut self) -> Parsed<Kind> {
        self.advance();
        let (item, index) = if self.eat("(") {
            let item = self.name()?;
            self.expect(",")?;
            let index = self.name()?;
            self.expect(")")?;
            (item, Some(index))
        } else {
            (self.name()?, None)
        };
        if !self.eat_word("in") {
            return Err(self.stop(format!("expected `in`, found {}", self.found())));
        }
        let array = self.expression()?;
        self.expect(":")?;
        self.new_lines();
        let body = self.body()?;
        self.new_lines();
        self.expect("]")?;
        Ok(Kind::For(Box::new(For {
            item,
            index,
            array,
            body,
        })))
    }

    /// Trees are kept low: whoever walks them is recursive.
    pub(super) fn made(&mut self, start: Span, kind: Kind) -> Parsed<Expr> {
        let mut expr = Expr {
            kind,
            span: self.since(start),
            height: 0,
        };
        let below = expr.children().iter().map(|child| child.height).max();
        expr.height = below.unwrap_or_default() + 1;
        if expr.height > super::MAX_HEIGHT {
            return Err(self.stop("this is nested too deep".to_owned()));
        }
        Ok(expr)
    }
}
