//! Statements of `@{ … }` and of lambda bodies.

use super::super::Problem;
use super::super::ast::{Catch, ExprKind, For, Label, Section, Statement, StatementKind, Variable};
use super::super::lexer::Kind;
use super::super::types::Type;
use super::types::Nullable;
use super::{Parsed, Parser, reserved, unsupported, unsupported_type};
use crate::base::Span;

/// Statements that exist in C# and not here.
const UNSUPPORTED: &[&str] = &["lock", "goto", "fixed", "unsafe", "yield"];

/// How a declaration names its type.
enum Declared {
    Var,
    As(Type),
}

impl Declared {
    fn named(self) -> Option<Type> {
        match self {
            Declared::Var => None,
            Declared::As(named) => Some(named),
        }
    }
}

impl Parser<'_> {
    /// All statements of the expression. After a mistake it goes on behind the next `;`, so that
    /// one pass finds several.
    pub(super) fn statements_to_end(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        while !matches!(self.peek().kind, Kind::End) {
            match self.statement() {
                Ok(statement) => statements.push(statement),
                Err(problem) => {
                    self.problems.push(problem);
                    self.nesting = 0;
                    self.skip_statement();
                }
            }
        }
        statements
    }

    fn skip_statement(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek().kind {
                Kind::End => return,
                Kind::Symbol("(" | "[" | "{") => depth += 1,
                Kind::Symbol(")" | "]" | "}") => depth = depth.saturating_sub(1),
                Kind::Symbol(";") if depth == 0 => {
                    self.next();
                    return;
                }
                _ => {}
            }
            self.next();
        }
    }

    pub(super) fn block(&mut self) -> Parsed<Vec<Statement>> {
        self.expect("{")?;
        let mut statements = Vec::new();
        while !self.eat("}") {
            statements.push(self.statement()?);
        }
        Ok(statements)
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let start = self.peek().span;
        let kind = self.nested(|parser| parser.statement_inside(start))?;
        Ok(Statement {
            kind,
            span: self.since(start),
        })
    }

    fn statement_inside(&mut self, start: Span) -> Parsed<StatementKind> {
        if self.at_symbol("{") {
            return self.block().map(StatementKind::Block);
        }
        if self.eat(";") {
            return Ok(StatementKind::Empty);
        }
        let word = self.word().unwrap_or_default().to_owned();
        if UNSUPPORTED.contains(&word.as_str()) {
            return Err(unsupported(start, &format!("`{word}` statements")));
        }
        if !reserved(&word) && !word.is_empty() && self.ahead_is(1, ":") {
            return Err(unsupported(start, "labels"));
        }
        match word.as_str() {
            "if" => self.if_statement(),
            "return" => {
                self.next();
                let value = if self.at_symbol(";") {
                    None
                } else {
                    Some(self.expression()?)
                };
                self.end_statement(StatementKind::Return(value))
            }
            "throw" => {
                self.next();
                let value = if self.at_symbol(";") {
                    None
                } else {
                    Some(self.expression()?)
                };
                self.end_statement(StatementKind::Throw(value))
            }
            "using" => self.using_statement(),
            "const" => self.constant(),
            "checked" | "unchecked" if self.ahead_is(1, "{") => self.checked_block(),
            "try" => self.try_statement(),
            "foreach" => self.for_each(),
            "for" => self.for_loop(),
            "while" => {
                self.next();
                let condition = self.condition()?;
                let body = Box::new(self.statement()?);
                Ok(StatementKind::While {
                    condition,
                    body,
                    test_first: true,
                })
            }
            "do" => {
                self.next();
                let body = Box::new(self.statement()?);
                if !self.eat_word("while") {
                    return Err(self.unexpected("`while`"));
                }
                let condition = self.condition()?;
                self.end_statement(StatementKind::While {
                    condition,
                    body,
                    test_first: false,
                })
            }
            "switch" => self.switch(),
            "break" => {
                self.next();
                self.end_statement(StatementKind::Break)
            }
            "continue" => {
                self.next();
                self.end_statement(StatementKind::Continue)
            }
            _ => self.declaration_or_expression(),
        }
    }

    fn checked_block(&mut self) -> Parsed<StatementKind> {
        let checked = self.at_word("checked");
        self.next();
        let outer = std::mem::replace(&mut self.checked, checked);
        let body = self.block();
        self.checked = outer;
        Ok(StatementKind::Checked(body?, checked))
    }

    fn using_statement(&mut self) -> Parsed<StatementKind> {
        let start = self.next().span;
        if !self.at_symbol("(") {
            if self.declared_type()?.is_none() {
                return Err(self.unexpected("`(`"));
            }
            return Err(unsupported(start, "`using` declarations")
                .hint("policy expressions are C# 7: write `using (…) { … }`"));
        }
        self.expect("(")?;
        let span = self.peek().span;
        let kind = match self.declared_type()? {
            Some(declared) => self.variables(declared.named())?,
            None => StatementKind::Expression(self.expression()?),
        };
        let resource = Statement {
            kind,
            span: self.since(span),
        };
        self.expect(")")?;
        let body = self.statement()?;
        Ok(StatementKind::Using(Box::new(resource), Box::new(body)))
    }

    fn end_statement(&mut self, kind: StatementKind) -> Parsed<StatementKind> {
        self.expect(";")?;
        Ok(kind)
    }

    fn condition(&mut self) -> Parsed<super::Expr> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    fn if_statement(&mut self) -> Parsed<StatementKind> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        while self.eat_word("if") {
            let condition = self.condition()?;
            branches.push((condition, self.statement()?));
            if !self.eat_word("else") {
                break;
            }
            if !self.at_word("if") {
                otherwise = Some(Box::new(self.statement()?));
            }
        }
        Ok(StatementKind::If {
            branches,
            otherwise,
        })
    }

    fn declaration_or_expression(&mut self) -> Parsed<StatementKind> {
        let kind = self.simple_statement()?;
        self.end_statement(kind)
    }

    /// A declaration or an expression, without its `;`.
    fn simple_statement(&mut self) -> Parsed<StatementKind> {
        if let Some(declared) = self.declared_type()? {
            return self.variables(declared.named());
        }
        let expr = self.expression()?;
        let does_something = match &expr.kind {
            ExprKind::Assign { .. }
            | ExprKind::AssignIfNull(..)
            | ExprKind::Increment { .. }
            | ExprKind::Call(_)
            | ExprKind::New(_) => true,
            ExprKind::Chain(inner) => matches!(inner.kind, ExprKind::Call(_)),
            _ => false,
        };
        if !does_something {
            return Err(Problem::new(
                expr.span,
                "only an assignment, a call, `++`, `--` or `new` can be a statement",
            ));
        }
        Ok(StatementKind::Expression(expr))
    }

    /// The type of a declaration that starts here, if one does.
    fn declared_type(&mut self) -> Parsed<Option<Declared>> {
        let start = self.at;
        let span = self.peek().span;
        let declared = if self.at_word("var") {
            self.next();
            Declared::Var
        } else {
            match self.try_type(Nullable::Allowed) {
                Some(declared) => Declared::As(declared),
                None => {
                    return match (self.word(), self.word_at(self.at + 1)) {
                        // Two names in a row can only be a declaration.
                        (Some(first), Some(second)) if !reserved(first) && !reserved(second) => {
                            Err(Problem::name(
                                span,
                                format!("`{first}` is not a type of policy expressions"),
                            ))
                        }
                        _ => Ok(None),
                    };
                }
            }
        };
        let name = self.word().is_some_and(|word| !reserved(word));
        if name && self.ahead_is(1, "(") {
            return Err(unsupported(span, "local functions"));
        }
        if !name
            || !["=", ";", ","]
                .into_iter()
                .any(|symbol| self.ahead_is(1, symbol))
        {
            let in_loop = name && self.word_at(self.at + 1) == Some("in");
            if !in_loop {
                self.at = start;
                return Ok(None);
            }
        }
        if let Declared::As(Type::Unsupported(name)) = declared {
            return Err(unsupported_type(span, name));
        }
        Ok(Some(declared))
    }

    fn constant(&mut self) -> Parsed<StatementKind> {
        self.next();
        let Some(Declared::As(declared)) = self.declared_type()? else {
            return Err(self.unexpected("a type and a name"));
        };
        let mut kind = self.variables(Some(declared))?;
        if let StatementKind::Local { variables, .. } = &mut kind {
            for variable in variables {
                if variable.value.is_none() {
                    let message = format!("the constant `{}` needs a value", variable.name);
                    return Err(Problem::new(variable.span, message));
                }
                variable.constant = true;
            }
        }
        self.end_statement(kind)
    }

    fn variables(&mut self, declared: Option<Type>) -> Parsed<StatementKind> {
        let mut variables = Vec::new();
        loop {
            let (name, span) = self.identifier()?;
            let value = if self.eat("=") {
                Some(self.initial_value(declared.as_ref())?)
            } else {
                None
            };
            if declared.is_none() && value.is_none() {
                return Err(Problem::new(span, format!("`var {name}` needs a value")));
            }
            variables.push(Variable {
                name,
                span,
                slot: 0,
                constant: false,
                value,
            });
            if !self.eat(",") {
                return Ok(StatementKind::Local {
                    declared,
                    variables,
                });
            }
        }
    }

    /// `string[] a = { … }` leaves out the `new`.
    fn initial_value(&mut self, declared: Option<&Type>) -> Parsed<super::Expr> {
        match declared {
            Some(Type::Array(element)) if self.at_symbol("{") => {
                let start = self.peek().span;
                self.array_items(Some((**element).clone()), None, start)
            }
            _ => self.expression(),
        }
    }

    fn try_statement(&mut self) -> Parsed<StatementKind> {
        let start = self.next().span;
        let body = self.block()?;
        let mut catches = Vec::new();
        while self.eat_word("catch") {
            let mut caught = Catch {
                exception: None,
                binding: None,
                filter: None,
                body: Vec::new(),
            };
            if self.eat("(") {
                let span = self.peek().span;
                let exception = self.type_name(Nullable::No)?;
                if !matches!(exception, Type::Exception(_)) {
                    return Err(Problem::new(
                        self.since(span),
                        "only exceptions can be caught",
                    ));
                }
                caught.exception = Some(exception);
                caught.binding = if self.at_symbol(")") {
                    None
                } else {
                    Some((self.identifier()?.0, 0))
                };
                self.expect(")")?;
            }
            if self.eat_word("when") {
                caught.filter = Some(self.condition()?);
            }
            caught.body = self.block()?;
            catches.push(caught);
        }
        let finally = if self.eat_word("finally") {
            Some(self.block()?)
        } else {
            None
        };
        if catches.is_empty() && finally.is_none() {
            return Err(Problem::new(start, "`try` needs a `catch` or a `finally`"));
        }
        Ok(StatementKind::Try {
            body,
            catches,
            finally,
        })
    }

    fn for_each(&mut self) -> Parsed<StatementKind> {
        self.next();
        self.expect("(")?;
        let Some(declared) = self.declared_type()? else {
            return Err(self.unexpected("a type and a name"));
        };
        let (name, span) = self.identifier()?;
        if !self.eat_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let items = self.expression()?;
        self.expect(")")?;
        let body = Box::new(self.statement()?);
        let variable = Variable {
            name,
            span,
            slot: 0,
            constant: false,
            value: None,
        };
        Ok(StatementKind::ForEach {
            variable,
            declared: declared.named(),
            items,
            body,
        })
    }

    fn for_loop(&mut self) -> Parsed<StatementKind> {
        self.next();
        self.expect("(")?;
        let mut start = Vec::new();
        while !self.eat(";") {
            let span = self.peek().span;
            let kind = self.simple_statement()?;
            start.push(Statement {
                kind,
                span: self.since(span),
            });
            if !self.at_symbol(";") {
                self.expect(",")?;
            }
        }
        let condition = if self.at_symbol(";") {
            None
        } else {
            Some(self.expression()?)
        };
        self.expect(";")?;
        let mut steps = Vec::new();
        while !self.eat(")") {
            steps.push(self.expression()?);
            if !self.at_symbol(")") {
                self.expect(",")?;
            }
        }
        let body = self.statement()?;
        Ok(StatementKind::For(Box::new(For {
            start,
            condition,
            steps,
            body,
        })))
    }

    fn switch(&mut self) -> Parsed<StatementKind> {
        self.next();
        let subject = self.condition()?;
        self.expect("{")?;
        let mut sections = Vec::new();
        while !self.eat("}") {
            let mut labels = Vec::new();
            while let Some(word @ ("case" | "default")) = self.word() {
                let default = word == "default";
                self.next();
                labels.push(if default {
                    Label::Default
                } else {
                    let pattern = self.pattern()?;
                    let filter = if self.eat_word("when") {
                        Some(self.expression()?)
                    } else {
                        None
                    };
                    Label::Case(pattern, filter)
                });
                self.expect(":")?;
            }
            if labels.is_empty() {
                return Err(self.unexpected("`case`"));
            }
            let mut body = Vec::new();
            while !self.at_symbol("}") && !matches!(self.word(), Some("case" | "default")) {
                body.push(self.statement()?);
            }
            sections.push(Section { labels, body });
        }
        Ok(StatementKind::Switch { subject, sections })
    }
}
