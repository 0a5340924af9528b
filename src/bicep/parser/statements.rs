//! Statements and their decorators.

use super::super::lexer::Lexeme;
use super::super::syntax::{Decorator, Expr, Kind, ResourceHead, Statement, What};
use super::{Parsed, Parser};
use crate::base::nearest_hint;

const KEYWORDS: [&str; 10] = [
    "targetScope",
    "metadata",
    "param",
    "var",
    "type",
    "func",
    "resource",
    "module",
    "output",
    "import",
];

impl Parser<'_> {
    pub(super) fn program(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        loop {
            self.new_lines();
            if *self.peek() == Lexeme::End {
                return statements;
            }
            let before = self.at;
            match self
                .statement()
                .and_then(|read| self.line_end().map(|()| read))
            {
                Ok(statement) => statements.push(statement),
                Err(_noted) => self.recover(before),
            }
        }
    }

    fn line_end(&mut self) -> Parsed<()> {
        match self.peek() {
            Lexeme::NewLine | Lexeme::End => Ok(()),
            _ => Err(self.stop(format!("expected a new line, found {}", self.found()))),
        }
    }

    /// To the next line that begins like a statement.
    fn recover(&mut self, before: usize) {
        self.depth = 0;
        if self.at == before {
            self.advance();
        }
        loop {
            match self.peek() {
                Lexeme::End => return,
                Lexeme::NewLine => {
                    self.new_lines();
                    let column = super::super::column(self.source, self.span());
                    let begins = match self.peek() {
                        Lexeme::Word(word) => KEYWORDS.contains(&word.as_str()),
                        Lexeme::Sign(sign) => *sign == "@",
                        _ => false,
                    };
                    if begins && column == 1 {
                        return;
                    }
                }
                _ => self.advance(),
            }
        }
    }

    pub(super) fn decorators(&mut self) -> Parsed<Vec<Decorator>> {
        let mut decorators = Vec::new();
        while self.is("@") {
            let start = self.span();
            self.advance();
            let mut name = self.name()?;
            if self.eat(".") {
                name = self.name()?;
            }
            self.expect("(")?;
            let arguments = self.arguments()?;
            decorators.push(Decorator {
                name,
                arguments,
                span: self.since(start),
            });
            self.new_lines();
        }
        Ok(decorators)
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let decorators = self.decorators()?;
        self.after_decorators(decorators)
    }

    pub(super) fn after_decorators(&mut self, decorators: Vec<Decorator>) -> Parsed<Statement> {
        let start = self.span();
        let keyword = self.name()?;
        if keyword == "targetScope" {
            self.expect("=")?;
            let value = self.expression()?;
            return Ok(Statement {
                decorators,
                name: String::new(),
                span: value.span,
                what: What::TargetScope(value),
            });
        }
        if keyword == "import" {
            return self.import(decorators);
        }
        if let "extension" | "provider" | "assert" | "using" | "test" = keyword.as_str() {
            return Err(self.unsupported(start, &format!("the statement `{keyword}`")));
        }
        if !KEYWORDS.contains(&keyword.as_str()) {
            self.at = self.at.saturating_sub(1);
            let mut stop = self.stop(format!("`{keyword}` begins no statement"));
            self.hint(&mut stop, nearest_hint(&keyword, KEYWORDS));
            return Err(stop);
        }
        let span = self.span();
        let name = self.name()?;
        let what = self.declaration(&keyword)?;
        Ok(Statement {
            decorators,
            name,
            span,
            what,
        })
    }

    fn hint(&mut self, _stop: &mut super::Stop, hint: String) {
        if let Some(last) = self.problems.last_mut() {
            last.hints.push(hint);
        }
    }

    fn declaration(&mut self, keyword: &str) -> Parsed<What> {
        Ok(match keyword {
            "metadata" => What::Metadata(self.assigned()?),
            "param" => {
                let kind = self.type_expression()?;
                let default = if self.is("=") {
                    Some(self.assigned()?)
                } else {
                    None
                };
                What::Param(kind, default)
            }
            "var" => {
                let kind = if self.is("=") {
                    None
                } else {
                    Some(self.type_expression()?)
                };
                What::Var(kind, self.assigned()?)
            }
            "type" => {
                self.expect("=")?;
                self.new_lines();
                What::Type(self.type_expression()?)
            }
            "func" => self.function()?,
            "resource" => self.resource()?,
            "module" => {
                let path = self.expression()?;
                What::Module(path, self.assigned_body()?)
            }
            _ => {
                let kind = self.type_expression()?;
                What::Output(kind, self.assigned()?)
            }
        })
    }

    fn assigned(&mut self) -> Parsed<Expr> {
        self.expect("=")?;
        self.new_lines();
        self.expression()
    }

    /// An object, or a loop or condition around one.
    fn assigned_body(&mut self) -> Parsed<Expr> {
        self.expect("=")?;
        self.body()
    }

    pub(super) fn body(&mut self) -> Parsed<Expr> {
        if !self.is_word("if") {
            return self.expression();
        }
        let start = self.span();
        self.advance();
        self.expect("(")?;
        self.new_lines();
        let condition = self.expression()?;
        self.new_lines();
        self.expect(")")?;
        let body = self.expression()?;
        self.made(start, Kind::If(Box::new(condition), Box::new(body)))
    }

    fn resource(&mut self) -> Parsed<What> {
        let span = self.span();
        let reference = self.expression()?;
        let Some(reference) = reference.literal() else {
            return Err(self.unsupported(span, "an interpolated resource type"));
        };
        let head = ResourceHead {
            reference: reference.to_owned(),
            span,
            existing: self.eat_word("existing"),
        };
        Ok(What::Resource(head, self.assigned_body()?))
    }

    fn function(&mut self) -> Parsed<What> {
        self.expect("(")?;
        let mut parameters = Vec::new();
        self.new_lines();
        while !self.eat(")") {
            let name = self.name()?;
            parameters.push((name, self.type_expression()?));
            self.new_lines();
            if !self.is(")") {
                self.expect(",")?;
                self.new_lines();
            }
        }
        let output = self.type_expression()?;
        self.expect("=>")?;
        self.new_lines();
        Ok(What::Func(parameters, output, self.expression()?))
    }

    fn import(&mut self, decorators: Vec<Decorator>) -> Parsed<Statement> {
        let span = self.span();
        let mut names = Vec::new();
        let mut alias = String::new();
        if self.eat("*") {
            if !self.eat_word("as") {
                return Err(self.stop(format!("expected `as`, found {}", self.found())));
            }
            alias = self.name()?;
        } else if self.eat("{") {
            self.new_lines();
            while !self.eat("}") {
                let name = self.name()?;
                let local = if self.eat_word("as") {
                    self.name()?
                } else {
                    name.clone()
                };
                names.push((name, local));
                self.eat(",");
                self.new_lines();
            }
        } else {
            return Err(self.unsupported(span, "an import of an extension"));
        }
        if !self.eat_word("from") {
            return Err(self.stop(format!("expected `from`, found {}", self.found())));
        }
        let path = self.expression()?;
        Ok(Statement {
            decorators,
            name: alias,
            span,
            what: What::Import(names, path),
        })
    }
}
