//! Literals, names, brackets, `new`, and what follows an operand: members, calls, elements.

use std::sync::Arc;

use super::super::Problem;
use super::super::ast::{Argument, Call, Entry, Expr, ExprKind, New, Out, Piece};
use super::super::lexer::{Kind, RawPiece};
use super::super::types::Type;
use super::super::value::Value;
use super::types::Nullable;
use super::{Parsed, Parser, reserved, unsupported, unsupported_type};
use crate::base::Span;

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        let mut expr = self.primary()?;
        let mut chained = false;
        loop {
            let Kind::Symbol(symbol) = self.peek().kind else {
                break;
            };
            expr = match symbol {
                "." | "?." => {
                    chained |= symbol == "?.";
                    self.next();
                    self.member(expr, symbol == "?.", start)?
                }
                "[" | "?[" => {
                    chained |= symbol == "?[";
                    self.next();
                    let index = Box::new(self.expression()?);
                    self.expect("]")?;
                    let kind = ExprKind::Index {
                        target: Box::new(expr),
                        index,
                        conditional: symbol == "?[",
                    };
                    self.node(kind, self.since(start))?
                }
                "(" => self.invocation(expr, start)?,
                "++" | "--" => {
                    self.next();
                    return self.increment(expr, symbol, false, start);
                }
                _ => break,
            };
        }
        if chained {
            expr = self.node(ExprKind::Chain(Box::new(expr)), self.since(start))?;
        }
        Ok(expr)
    }

    fn member(&mut self, target: Expr, conditional: bool, start: Span) -> Parsed<Expr> {
        let Some(name) = self.word().map(Arc::<str>::from) else {
            return Err(self.unexpected("the name of a member"));
        };
        let name_span = self.next().span;
        let types = self.generic_call_types()?;
        if self.at_symbol("(") {
            self.next();
            let arguments = self.arguments()?;
            let call = Call {
                target: Some(target),
                method: name,
                name_span,
                types,
                arguments,
                conditional,
                function: 0,
            };
            return self.node(ExprKind::Call(Box::new(call)), self.since(start));
        }
        if !types.is_empty() {
            return Err(self.unexpected("`(`"));
        }
        self.node(
            ExprKind::Member {
                target: Box::new(target),
                name,
                conditional,
            },
            self.since(start),
        )
    }

    /// `<T>` of a generic call, not the `<` of a comparison.
    fn generic_call_types(&mut self) -> Parsed<Vec<Type>> {
        let start = self.at;
        let span = self.peek().span;
        match self.type_arguments() {
            Some(types) if self.at_symbol("(") => {
                for named in &types {
                    if let Type::Unsupported(name) = named {
                        self.notes.push(unsupported_type(self.since(span), name));
                    }
                }
                // `As<XElement>` is found when it runs, because the branch may never be taken.
                Ok(types)
            }
            Some(_) => {
                self.at = start;
                Ok(Vec::new())
            }
            // `As<Foo>(` can only be a call with a type that does not exist.
            None if self.at_symbol("<")
                && self.ahead_is(2, ">")
                && self.ahead_is(3, "(")
                && let Some(word) = self.word_at(self.at + 1) =>
            {
                Err(Problem::name(
                    span,
                    format!("`{word}` is not a type of policy expressions"),
                ))
            }
            None => Ok(Vec::new()),
        }
    }

    /// `f(x)`: only locals can be called by name alone.
    fn invocation(&mut self, function: Expr, start: Span) -> Parsed<Expr> {
        let ExprKind::Name(method) = function.kind else {
            return Err(Problem::new(
                self.peek().span,
                "what stands before `(` cannot be called",
            ));
        };
        self.next();
        let arguments = self.arguments()?;
        let call = Call {
            target: None,
            method,
            name_span: function.span,
            types: Vec::new(),
            arguments,
            conditional: false,
            function: 0,
        };
        self.node(ExprKind::Call(Box::new(call)), self.since(start))
    }

    /// Arguments after `(`, and the `)`.
    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !self.eat(")") {
            arguments.push(self.argument()?);
            if !self.at_symbol(")") {
                self.expect(",")?;
                if self.at_symbol(")") {
                    return Err(self.unexpected("an argument"));
                }
            }
        }
        Ok(arguments)
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let start = self.peek().span;
        if self.eat_word("out") {
            let out = self.out()?;
            let value = self.node(ExprKind::Literal(Value::Null), self.since(start))?;
            return Ok(Argument {
                name: None,
                value,
                out: Some(out),
            });
        }
        let named = self.word().is_some_and(|word| !reserved(word)) && self.ahead_is(1, ":");
        let name = if named {
            let (name, _) = self.identifier()?;
            self.next();
            Some(name)
        } else {
            None
        };
        Ok(Argument {
            name,
            value: self.expression()?,
            out: None,
        })
    }

    fn out(&mut self) -> Parsed<Out> {
        let var = self.at_word("var");
        let new = var
            || matches!(
                self.ahead(1).kind,
                Kind::Word | Kind::Symbol("." | "<" | "[")
            );
        let declared = if var {
            self.next();
            Some(Type::Object)
        } else if new {
            Some(self.type_name(Nullable::Allowed)?)
        } else {
            None
        };
        let (name, _) = self.identifier()?;
        Ok(Out {
            declared,
            name,
            slot: 0,
        })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let token = self.peek().clone();
        let kind = match token.kind {
            Kind::Literal(value) => {
                self.next();
                ExprKind::Literal(value)
            }
            Kind::Interpolated(pieces) => {
                self.next();
                ExprKind::Interpolated(self.pieces(pieces)?)
            }
            Kind::Symbol("(") => {
                self.next();
                let inner = self.expression()?;
                if self.at_symbol(",") {
                    return Err(unsupported(self.peek().span, "tuples"));
                }
                self.expect(")")?;
                // A chain with `?.` ends at the bracket, and its node keeps it so.
                return Ok(Expr {
                    span: self.since(token.span),
                    ..inner
                });
            }
            Kind::Word => return self.word_primary(),
            Kind::Symbol(_) | Kind::End => return Err(self.unexpected("an expression")),
        };
        self.node(kind, token.span)
    }

    fn word_primary(&mut self) -> Parsed<Expr> {
        let start = self.peek().span;
        let word = self.word().unwrap_or_default().to_owned();
        self.next();
        let kind = match word.as_str() {
            "true" => ExprKind::Literal(Value::Bool(true)),
            "false" => ExprKind::Literal(Value::Bool(false)),
            "null" => ExprKind::Literal(Value::Null),
            "new" => return self.new_expression(start),
            "typeof" => {
                self.expect("(")?;
                let named = self.type_name(Nullable::Allowed)?;
                self.expect(")")?;
                ExprKind::TypeOf(named)
            }
            "default" if self.eat("(") => {
                let named = self.type_name(Nullable::Allowed)?;
                self.expect(")")?;
                ExprKind::Default(named)
            }
            "default" => ExprKind::Default(Type::Object),
            "nameof" if self.at_symbol("(") => return self.name_of(start),
            "checked" | "unchecked" => return self.checked(start, word == "checked"),
            "from" if self.word().is_some_and(|word| !reserved(word)) => {
                return Err(unsupported(start, "query expressions")
                    .hint("use `.Where(…)` and `.Select(…)`"));
            }
            word if Type::keyword(word) => match Type::named(word) {
                Some(Type::Unsupported(name)) => {
                    return Err(unsupported_type(start, name));
                }
                Some(named) => ExprKind::Type(named),
                None => return Err(Problem::new(start, format!("`{word}` cannot stand here"))),
            },
            word if reserved(word) => {
                return Err(Problem::new(start, format!("`{word}` cannot stand here")));
            }
            word => ExprKind::Name(word.into()),
        };
        self.node(kind, self.since(start))
    }

    fn checked(&mut self, start: Span, checked: bool) -> Parsed<Expr> {
        self.expect("(")?;
        let outer = std::mem::replace(&mut self.checked, checked);
        let inner = self.expression();
        self.checked = outer;
        self.expect(")")?;
        self.node(
            ExprKind::Checked(Box::new(inner?), checked),
            self.since(start),
        )
    }

    /// `nameof(a.b)` is the text `b`.
    fn name_of(&mut self, start: Span) -> Parsed<Expr> {
        self.expect("(")?;
        let operand = self.expression()?;
        self.expect(")")?;
        let (ExprKind::Name(name) | ExprKind::Member { name, .. }) = operand.kind else {
            return Err(Problem::new(operand.span, "`nameof` needs a name"));
        };
        self.node(ExprKind::Literal(Value::Str(name)), self.since(start))
    }

    fn pieces(&mut self, raw: Vec<RawPiece>) -> Parsed<Vec<Piece>> {
        let mut pieces = Vec::with_capacity(raw.len());
        for piece in raw {
            pieces.push(match piece {
                RawPiece::Text(text) => Piece::Text(text),
                RawPiece::Hole {
                    expression,
                    width,
                    format,
                } => {
                    let value = self.hole(expression)?;
                    let width = width.map_or(Ok(0), |span| self.width(span))?;
                    Piece::Hole {
                        value,
                        width,
                        format,
                    }
                }
            });
        }
        Ok(pieces)
    }

    fn width(&self, span: Span) -> Parsed<i32> {
        let text = self.text[span.start..span.end].trim();
        let width = text
            .parse::<i32>()
            .ok()
            .filter(|width| width.abs() <= 1_000);
        width.ok_or_else(|| Problem::new(span, format!("`{text}` is not a width")))
    }

    fn new_expression(&mut self, start: Span) -> Parsed<Expr> {
        if self.at_symbol("{") {
            return self.record(start);
        }
        if self.at_symbol("[") {
            self.next();
            self.expect("]")?;
            return self.array_items(None, None, start);
        }
        let target = self.new_type()?;
        if let Type::Array(element) = target {
            return self.array_items(Some(*element), None, start);
        }
        if self.eat("[") {
            let size = Box::new(self.expression()?);
            self.expect("]")?;
            if self.at_symbol("{") {
                return self.array_items(Some(target), None, start);
            }
            let kind = ExprKind::NewArray {
                element: Some(target),
                size: Some(size),
                items: Vec::new(),
            };
            return self.node(kind, self.since(start));
        }
        let mut arguments = Vec::new();
        let brackets = self.eat("(");
        if brackets {
            for argument in self.arguments()? {
                if argument.name.is_some() || argument.out.is_some() {
                    return Err(unsupported(
                        argument.value.span,
                        "named and `out` arguments of `new`",
                    ));
                }
                arguments.push(argument.value);
            }
        }
        if !brackets && !self.at_symbol("{") {
            return Err(self.unexpected("`(`"));
        }
        let initialiser = if self.at_symbol("{") {
            self.initialiser()?
        } else {
            Vec::new()
        };
        let new = New {
            target,
            arguments,
            initialiser,
        };
        self.node(ExprKind::New(Box::new(new)), self.since(start))
    }

    fn new_type(&mut self) -> Parsed<Type> {
        // A type that is known but not supported becomes a fault when it runs.
        let back = self.at;
        let span = self.peek().span;
        if let Some(found @ Type::Unsupported(name)) = self.try_type(Nullable::No) {
            self.notes.push(unsupported_type(self.since(span), name));
            return Ok(found);
        }
        self.at = back;
        self.type_name(Nullable::No)
    }

    pub(super) fn array_items(
        &mut self,
        element: Option<Type>,
        size: Option<Box<Expr>>,
        start: Span,
    ) -> Parsed<Expr> {
        self.expect("{")?;
        let items = self.list_to_brace(Self::expression)?;
        self.node(
            ExprKind::NewArray {
                element,
                size,
                items,
            },
            self.since(start),
        )
    }

    /// Items separated by commas, one more comma allowed, and the `}`.
    fn list_to_brace<T>(&mut self, read: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat("}") {
            items.push(read(self)?);
            if !self.at_symbol("}") {
                self.expect(",")?;
            }
        }
        Ok(items)
    }

    fn record(&mut self, start: Span) -> Parsed<Expr> {
        self.expect("{")?;
        let fields = self.list_to_brace(|parser| {
            if parser.word().is_some() && parser.ahead_is(1, "=") {
                let (name, _) = parser.identifier()?;
                parser.next();
                return Ok((name, parser.expression()?));
            }
            // `new { context.RequestId }` takes the name of the member.
            let value = parser.expression()?;
            match &value.kind {
                ExprKind::Member { name, .. } | ExprKind::Name(name) => Ok((name.clone(), value)),
                _ => {
                    Err(Problem::new(value.span, "the field needs a name")
                        .hint("write `name = value`"))
                }
            }
        })?;
        self.node(ExprKind::Record(fields), self.since(start))
    }

    fn initialiser(&mut self) -> Parsed<Vec<Entry>> {
        self.expect("{")?;
        self.list_to_brace(|parser| {
            if parser.eat("[") {
                let key = parser.expression()?;
                parser.expect("]")?;
                parser.expect("=")?;
                return Ok(Entry::Index(key, parser.expression()?));
            }
            if parser.eat("{") {
                let mut pair = parser.list_to_brace(Self::expression)?;
                let value = pair.pop();
                return match (pair.pop(), value, pair.is_empty()) {
                    (Some(key), Some(value), true) => Ok(Entry::Pair(key, value)),
                    _ => Err(parser.unexpected("a key and a value")),
                };
            }
            if parser.word().is_some() && parser.ahead_is(1, "=") {
                let (name, _) = parser.identifier()?;
                parser.next();
                return Ok(Entry::Member(name, parser.expression()?));
            }
            parser.expression().map(Entry::Item)
        })
    }
}
