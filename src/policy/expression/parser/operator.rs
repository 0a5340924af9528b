//! Operators by precedence, casts, lambdas and assignments.

use std::sync::Arc;

use super::super::Problem;
use super::super::ast::{
    Binary, Expr, ExprKind, Lambda, LambdaBody, Parameter, Pattern, Sides, Unary,
};
use super::super::lexer::Kind;
use super::super::types::Type;
use super::super::value::Value;
use super::types::Nullable;
use super::{Parsed, Parser, reserved, unsupported_type};
use crate::base::Span;

/// What stands between two operands.
#[derive(Debug, Clone, Copy)]
enum Infix {
    Plain(Binary),
    And,
    Or,
    Is,
    As,
}

/// `??` binds weaker than all of [`Infix`], and to the right.
const LOWEST: u8 = 1;
const RELATIONAL: u8 = 7;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(Self::expression_inside)
    }

    fn expression_inside(&mut self) -> Parsed<Expr> {
        if self.at_lambda() {
            return self.lambda();
        }
        let start = self.peek().span;
        if self.eat_word("throw") {
            let thrown = self.expression()?;
            return self.node(ExprKind::Throw(Box::new(thrown)), self.since(start));
        }
        let left = self.coalesce()?;
        if self.eat("?") {
            let yes = self.expression()?;
            self.expect(":")?;
            let no = self.expression()?;
            return self.node(
                ExprKind::Conditional(Box::new([left, yes, no])),
                self.since(start),
            );
        }
        self.assignment(left, start)
    }

    fn assignment(&mut self, target: Expr, start: Span) -> Parsed<Expr> {
        let Kind::Symbol(symbol) = self.peek().kind else {
            return Ok(target);
        };
        let operator = match symbol {
            "=" => None,
            "+=" => Some(Binary::Add),
            "-=" => Some(Binary::Subtract),
            "*=" => Some(Binary::Multiply),
            "/=" => Some(Binary::Divide),
            "%=" => Some(Binary::Remainder),
            "&=" => Some(Binary::BitAnd),
            "|=" => Some(Binary::BitOr),
            "^=" => Some(Binary::BitXor),
            "<<=" => Some(Binary::ShiftLeft),
            ">" if self.ahead_is(1, ">=") && self.touches_next() => Some(Binary::ShiftRight),
            "??=" => return self.assignment_if_null(target, start),
            _ => return Ok(target),
        };
        must_be_assignable(&target)?;
        if symbol == ">" {
            self.next();
        }
        self.next();
        let value = self.expression()?;
        let kind = ExprKind::Assign {
            operator,
            target: Box::new(target),
            value: Box::new(value),
        };
        self.node(kind, self.since(start))
    }

    fn assignment_if_null(&mut self, target: Expr, start: Span) -> Parsed<Expr> {
        must_be_assignable(&target)?;
        self.next();
        let value = self.expression()?;
        self.node(
            ExprKind::AssignIfNull(Box::new(target), Box::new(value)),
            self.since(start),
        )
    }

    /// No blank between this token and the next.
    fn touches_next(&self) -> bool {
        self.peek().span.end == self.ahead(1).span.start
    }

    fn coalesce(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        let left = self.binary(LOWEST)?;
        if !self.eat("??") {
            return Ok(left);
        }
        let right = if self.at_word("throw") {
            self.expression()?
        } else {
            self.nested(Self::coalesce)?
        };
        self.node(
            ExprKind::Coalesce(Box::new(left), Box::new(right)),
            self.since(start),
        )
    }

    fn binary(&mut self, weakest: u8) -> Parsed<Expr> {
        let start = self.peek().span;
        let mut left = self.unary()?;
        while let Some((infix, strength, tokens)) = self.infix() {
            if strength < weakest {
                break;
            }
            for _ in 0..tokens {
                self.next();
            }
            left = self.infix_right(left, infix, strength, start)?;
        }
        Ok(left)
    }

    fn infix_right(&mut self, left: Expr, infix: Infix, strength: u8, start: Span) -> Parsed<Expr> {
        let left = Box::new(left);
        let kind = match infix {
            Infix::Is => {
                let negated = self.eat_word("not");
                let pattern = self.pattern()?;
                ExprKind::Is {
                    operand: left,
                    pattern,
                    negated,
                }
            }
            // What `as` gives is no `bool`, so a `?` after it belongs to the type.
            Infix::As => ExprKind::As {
                operand: left,
                target: self.type_name(Nullable::Allowed)?,
            },
            Infix::And => ExprKind::And(left, Box::new(self.binary(strength + 1)?)),
            Infix::Or => ExprKind::Or(left, Box::new(self.binary(strength + 1)?)),
            Infix::Plain(operator) => {
                let right = Box::new(self.binary(strength + 1)?);
                ExprKind::Binary {
                    operator,
                    left,
                    right,
                    sides: Sides::Any,
                }
            }
        };
        self.node(kind, self.since(start))
    }

    /// The operator here, how strongly it binds, and its number of tokens.
    fn infix(&self) -> Option<(Infix, u8, usize)> {
        if let Some(word) = self.word() {
            return match word {
                "is" => Some((Infix::Is, RELATIONAL, 1)),
                "as" => Some((Infix::As, RELATIONAL, 1)),
                _ => None,
            };
        }
        let Kind::Symbol(symbol) = self.peek().kind else {
            return None;
        };
        let plain = |operator, strength| Some((Infix::Plain(operator), strength, 1));
        match symbol {
            "||" => Some((Infix::Or, 1, 1)),
            "&&" => Some((Infix::And, 2, 1)),
            "|" => plain(Binary::BitOr, 3),
            "^" => plain(Binary::BitXor, 4),
            "&" => plain(Binary::BitAnd, 5),
            "==" => plain(Binary::Equal, 6),
            "!=" => plain(Binary::NotEqual, 6),
            ">" if self.ahead_is(1, ">") && self.touches_next() => {
                Some((Infix::Plain(Binary::ShiftRight), 8, 2))
            }
            "<" => plain(Binary::Less, RELATIONAL),
            "<=" => plain(Binary::LessOrEqual, RELATIONAL),
            ">" if self.ahead_is(1, ">=") && self.touches_next() => None,
            ">" => plain(Binary::Greater, RELATIONAL),
            ">=" => plain(Binary::GreaterOrEqual, RELATIONAL),
            "<<" => plain(Binary::ShiftLeft, 8),
            "+" => plain(Binary::Add, 9),
            "-" => plain(Binary::Subtract, 9),
            "*" => plain(Binary::Multiply, 10),
            "/" => plain(Binary::Divide, 10),
            "%" => plain(Binary::Remainder, 10),
            _ => None,
        }
    }

    /// After `is` and `case`.
    pub(super) fn pattern(&mut self) -> Parsed<Pattern> {
        if self.eat_word("null") {
            return Ok(Pattern::Null);
        }
        let start = self.at;
        let var = self.at_word("var") && self.word_at(self.at + 1).is_some();
        let target = if var {
            self.next();
            Some(Type::Object)
        } else {
            self.try_type(Nullable::No)
        };
        // `StringComparison.Ordinal` is a constant: a type followed by more of a path.
        if let Some(target) = target.filter(|_| !self.at_symbol(".") && !self.at_symbol("(")) {
            if let Type::Unsupported(name) = target {
                let span = self.since(self.tokens[start].span);
                return Err(unsupported_type(span, name));
            }
            let named = self
                .word()
                .is_some_and(|word| !reserved(word) && word != "when");
            let binding = if named {
                Some((self.identifier()?.0, 0))
            } else {
                None
            };
            return Ok(Pattern::Type { target, binding });
        }
        self.at = start;
        let constant = self.binary(RELATIONAL + 1)?;
        Ok(Pattern::Constant(Box::new(constant)))
    }

    pub(super) fn unary(&mut self) -> Parsed<Expr> {
        self.nested(Self::unary_inside)
    }

    fn unary_inside(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        if let Some(word @ ("await" | "ref" | "stackalloc" | "sizeof" | "delegate")) = self.word() {
            return Err(Problem::unsupported(
                start,
                format!("`{word}` is not supported here"),
            ));
        }
        let operator = match self.peek().kind {
            Kind::Symbol("!") => Unary::Not,
            Kind::Symbol("-") => Unary::Minus,
            Kind::Symbol("+") => Unary::Plus,
            Kind::Symbol("~") => Unary::Complement,
            Kind::Symbol(sign @ ("++" | "--")) => {
                self.next();
                let target = self.unary()?;
                return self.increment(target, sign, true, start);
            }
            Kind::Symbol("(") => return self.cast_or_group(),
            _ => return self.postfix(),
        };
        self.next();
        // The one `int` whose digits alone are no `int`.
        let least = &self.text[self.peek().span.start..self.peek().span.end] == "2147483648";
        if operator == Unary::Minus && least {
            self.next();
            return self.node(ExprKind::Literal(Value::Int(i32::MIN)), self.since(start));
        }
        let operand = Box::new(self.unary()?);
        self.node(ExprKind::Unary { operator, operand }, self.since(start))
    }

    pub(super) fn increment(
        &mut self,
        target: Expr,
        sign: &str,
        prefix: bool,
        start: Span,
    ) -> Parsed<Expr> {
        if !assignable(&target) {
            return Err(Problem::new(
                target.span,
                format!("`{sign}` needs a variable, a member or an element"),
            ));
        }
        let by = if sign == "++" { 1 } else { -1 };
        self.node(
            ExprKind::Increment {
                target: Box::new(target),
                by,
                prefix,
            },
            self.since(start),
        )
    }

    /// `(Type)operand`, when what is in the brackets can be nothing else.
    fn cast_or_group(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        let back = self.at;
        self.next();
        let keyword = self.word().is_some_and(Type::keyword);
        if let Some(target) = self
            .try_type(Nullable::Allowed)
            .filter(|_| self.at_symbol(")"))
        {
            self.next();
            if keyword
                || matches!(target, Type::Array(_) | Type::Nullable(_))
                || self.starts_operand()
            {
                if let Type::Unsupported(name) = target {
                    return Err(unsupported_type(self.since(start), name));
                }
                let operand = Box::new(self.unary()?);
                return self.node(
                    ExprKind::Cast {
                        target,
                        operand,
                        unbox: false,
                    },
                    self.since(start),
                );
            }
        }
        self.at = back;
        self.postfix()
    }

    /// C#'s rule for `(name)` being a cast: the token after it starts an operand and is no
    /// operator that also stands between two.
    fn starts_operand(&self) -> bool {
        match &self.peek().kind {
            Kind::Word => !matches!(self.word(), Some("is" | "as")),
            Kind::Literal(_) | Kind::Interpolated(_) => true,
            Kind::Symbol(symbol) => matches!(*symbol, "(" | "!" | "~"),
            Kind::End => false,
        }
    }

    /// `x =>`, `(x, y) =>` or `(int x) =>` stands here.
    fn at_lambda(&self) -> bool {
        if self.word().is_some_and(|word| !reserved(word)) && self.ahead_is(1, "=>") {
            return true;
        }
        if !self.at_symbol("(") {
            return false;
        }
        let mut index = 1;
        loop {
            match self.ahead(index).kind {
                Kind::Symbol(")") => return self.ahead_is(index + 1, "=>"),
                Kind::Word | Kind::Symbol("," | "<" | ">" | "[" | "]" | "?" | ".") => index += 1,
                _ => return false,
            }
        }
    }

    fn lambda(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        let outer = std::mem::take(&mut self.deepest);
        let mut parameters = Vec::new();
        if self.eat("(") {
            while !self.eat(")") {
                parameters.push(self.parameter()?);
                if !self.at_symbol(")") {
                    self.expect(",")?;
                }
            }
        } else {
            parameters.push(self.parameter()?);
        }
        self.expect("=>")?;
        let body = if self.at_symbol("{") {
            LambdaBody::Block(self.block()?)
        } else {
            LambdaBody::Expression(self.expression()?)
        };
        let depth = self.deepest;
        let lambda = Lambda {
            parameters,
            body,
            slots: 0..0,
            depth,
            checked: self.checked,
        };
        self.deepest = outer.max(depth);
        self.node(ExprKind::Lambda(Arc::new(lambda)), self.since(start))
    }

    fn parameter(&mut self) -> Parsed<Parameter> {
        let typed = matches!(
            self.ahead(1).kind,
            Kind::Word | Kind::Symbol("<" | "[" | "?" | ".")
        );
        let declared = if typed {
            Some(self.type_name(Nullable::Allowed)?)
        } else {
            None
        };
        let (name, _) = self.identifier()?;
        Ok(Parameter {
            name,
            declared,
            slot: 0,
        })
    }
}

fn must_be_assignable(target: &Expr) -> Parsed<()> {
    if assignable(target) {
        return Ok(());
    }
    let message = "only a variable, a member or an element can be assigned to";
    Err(Problem::new(target.span, message).hint("compare with `==`"))
}

fn assignable(target: &Expr) -> bool {
    matches!(
        target.kind,
        ExprKind::Name(_)
            | ExprKind::Member {
                conditional: false,
                ..
            }
            | ExprKind::Index {
                conditional: false,
                ..
            }
    )
}
