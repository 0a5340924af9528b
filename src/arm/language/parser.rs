use super::{Expr, Kind};
use crate::arm::error::Fault;

/// Characters that an expression may have: Azure's limit.
const LONGEST: usize = 24_576;
/// Depth of calls in calls; deeper ones are nobody's template.
const DEEPEST: usize = 120;

/// Reads an expression that stands in brackets.
pub(in crate::arm) fn parse(text: &str) -> Result<Expr, Fault> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > LONGEST {
        return Err(Fault::invalid(format!(
            "The language expression length limit exceeded. Limit: '{LONGEST}' and actual: '{}'.",
            chars.len()
        )));
    }
    let mut parser = Parser {
        chars: &chars,
        at: 1,
        end: chars.len().saturating_sub(1),
        depth: 0,
    };
    let expr = parser.expression()?;
    parser.blank();
    match parser.peek() {
        None => Ok(expr),
        Some(found) => Err(parser.unexpected(found)),
    }
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    /// Position of the closing bracket.
    end: usize,
    depth: usize,
}

impl Parser<'_> {
    fn expression(&mut self) -> Result<Expr, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::invalid(format!(
                "The language expression is nested deeper than '{DEEPEST}' levels."
            ))
            .column(self.at + 1));
        }
        self.blank();
        let mut expr = self.primary()?;
        loop {
            self.blank();
            let at = self.at + 1;
            let kind = match self.peek() {
                Some('.') => {
                    self.at += 1;
                    self.blank();
                    Kind::Property(Box::new(expr), self.name()?)
                }
                Some('[') => {
                    self.at += 1;
                    let index = self.expression()?;
                    self.blank();
                    self.expect(']')?;
                    Kind::Index(Box::new(expr), Box::new(index))
                }
                _ => break,
            };
            expr = Expr { at, kind };
        }
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, Fault> {
        let at = self.at + 1;
        let kind = match self.peek() {
            Some('\'') => Kind::Text(self.text()?),
            Some(c) if c == '-' || c == '+' || c.is_ascii_digit() => self.number()?,
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.call()?,
            Some(found) => return Err(self.unexpected(found)),
            None => return Err(self.ended()),
        };
        Ok(Expr { at, kind })
    }

    /// `name(...)` or `namespace.name(...)`; a name alone is nothing in this language.
    fn call(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        let mut name = self.name()?;
        let mut namespace = None;
        self.blank();
        if self.peek() == Some('.') {
            self.at += 1;
            namespace = Some(std::mem::replace(&mut name, self.name()?));
            self.blank();
        }
        if self.peek() != Some('(') {
            return Err(Fault::invalid(format!(
                "Unable to parse language expression: the name '{name}' stands without parentheses."
            ))
            .column(start + 1));
        }
        self.at += 1;
        let mut args = Vec::new();
        self.blank();
        if self.peek() == Some(')') {
            self.at += 1;
        } else {
            loop {
                args.push(self.expression()?);
                self.blank();
                if self.peek() == Some(',') {
                    self.at += 1;
                    continue;
                }
                self.expect(')')?;
                break;
            }
        }
        Ok(Kind::Call {
            namespace,
            name,
            args,
        })
    }

    fn name(&mut self) -> Result<String, Fault> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$')
        {
            self.at += 1;
        }
        if start == self.at {
            return Err(match self.peek() {
                Some(found) => self.unexpected(found),
                None => self.ended(),
            });
        }
        Ok(self.chars[start..self.at].iter().collect())
    }

    /// `'it''s'`
    fn text(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('\'') if self.chars.get(self.at + 1) == Some(&'\'') => {
                    text.push('\'');
                    self.at += 2;
                }
                Some('\'') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(c) => {
                    text.push(c);
                    self.at += 1;
                }
                None => {
                    return Err(Fault::invalid(
                        "Unable to parse language expression: a string has no closing quote.",
                    )
                    .column(start + 1));
                }
            }
        }
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        self.at += 1;
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_digit() || c == '.' || c == 'e' || c == 'E')
        {
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        let wrong = || {
            Fault::invalid(format!(
                "Unable to parse language expression: '{text}' is not a number."
            ))
            .column(start + 1)
        };
        if text.contains(['.', 'e', 'E']) {
            let value: f64 = text.parse().map_err(|_| wrong())?;
            return Ok(Kind::Float(value));
        }
        text.parse().map(Kind::Int).map_err(|_| wrong())
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        (self.at < self.end).then(|| self.chars[self.at])
    }

    fn expect(&mut self, wanted: char) -> Result<(), Fault> {
        match self.peek() {
            Some(found) if found == wanted => {
                self.at += 1;
                Ok(())
            }
            Some(found) => Err(self.unexpected(found)),
            None => Err(self.ended()),
        }
    }

    fn unexpected(&self, found: char) -> Fault {
        Fault::invalid(format!(
            "Unable to parse language expression: unexpected character '{found}'."
        ))
        .column(self.at + 1)
    }

    fn ended(&self) -> Fault {
        Fault::invalid("Unable to parse language expression: it ends too early.")
            .column(self.at + 1)
    }
}
