//! Type expressions.

use super::super::lexer::Lexeme;
use super::super::syntax::{Type, TypeKind, TypeProperty};
use super::{Parsed, Parser};
use crate::base::Span;

impl Parser<'_> {
    pub(super) fn type_expression(&mut self) -> Parsed<Type> {
        self.deeper(Self::union)
    }

    fn union(&mut self) -> Parsed<Type> {
        let start = self.span();
        let leading = self.eat("|");
        let first = self.type_member()?;
        let mut members = vec![first];
        while self.union_goes_on() {
            self.new_lines();
            self.advance();
            self.new_lines();
            members.push(self.type_member()?);
        }
        if members.len() == 1 && !leading {
            return members.pop().ok_or(super::Stop);
        }
        Ok(self.made_type(start, TypeKind::Union(members)))
    }

    fn union_goes_on(&self) -> bool {
        let mut ahead = 0;
        while *self.peek_at(ahead) == Lexeme::NewLine {
            ahead += 1;
        }
        *self.peek_at(ahead) == Lexeme::Sign("|")
    }

    fn type_member(&mut self) -> Parsed<Type> {
        let start = self.span();
        let mut base = self.type_primary()?;
        let mut links = 0;
        loop {
            links += 1;
            if links > super::MAX_DEPTH {
                return Err(self.stop("this is nested too deep".to_owned()));
            }
            let kind = if self.eat("[") {
                let kind = match self.peek() {
                    Lexeme::Sign("*") => {
                        self.advance();
                        TypeKind::Items(Box::new(base))
                    }
                    Lexeme::Int(index) => {
                        let index = i64::try_from(*index).unwrap_or(i64::MAX);
                        self.advance();
                        TypeKind::Index(Box::new(base), index)
                    }
                    _ => TypeKind::Array(Box::new(base)),
                };
                self.expect("]")?;
                kind
            } else if self.eat(".") {
                if self.eat("*") {
                    TypeKind::Additional(Box::new(base))
                } else {
                    TypeKind::Property(Box::new(base), self.name()?)
                }
            } else if self.eat("?") {
                TypeKind::Nullable(Box::new(base))
            } else if self.eat("!") {
                TypeKind::NonNull(Box::new(base))
            } else {
                return Ok(base);
            };
            base = self.made_type(start, kind);
        }
    }

    fn type_primary(&mut self) -> Parsed<Type> {
        let start = self.span();
        let kind = match self.peek() {
            Lexeme::Word(word) => {
                self.advance();
                match word.as_str() {
                    "true" => TypeKind::Bool(true),
                    "false" => TypeKind::Bool(false),
                    "null" => TypeKind::Null,
                    "sys" if self.eat(".") => TypeKind::Name(self.name()?),
                    "resource" if matches!(self.peek(), Lexeme::Text(..)) => {
                        return Err(self.unsupported(start, "a resource as type"));
                    }
                    _ if self.eat("<") => {
                        let argument = self.type_text()?;
                        self.expect(">")?;
                        TypeKind::Generic(word.clone(), argument)
                    }
                    _ => TypeKind::Name(word.clone()),
                }
            }
            Lexeme::Text(..) => TypeKind::Text(self.type_text()?),
            Lexeme::Int(value) => {
                let value = i64::try_from(*value).unwrap_or(i64::MAX);
                self.advance();
                TypeKind::Int(value)
            }
            Lexeme::Sign("-") => {
                self.advance();
                match self.peek() {
                    Lexeme::Int(value) => {
                        let value = i64::try_from(*value).unwrap_or(i64::MAX);
                        self.advance();
                        TypeKind::Int(-value)
                    }
                    _ => return Err(self.stop("expected a number".to_owned())),
                }
            }
            Lexeme::Sign("(") => {
                self.advance();
                self.new_lines();
                let inner = self.type_expression()?;
                self.new_lines();
                self.expect(")")?;
                inner.kind
            }
            Lexeme::Sign("{") => self.object_type()?,
            Lexeme::Sign("[") => self.tuple_type()?,
            _ => return Err(self.stop(format!("expected a type, found {}", self.found()))),
        };
        Ok(self.made_type(start, kind))
    }

    fn type_text(&mut self) -> Parsed<String> {
        match self.peek() {
            Lexeme::Text(segments, inner) if inner.is_empty() => {
                self.advance();
                Ok(segments.concat())
            }
            _ => Err(self.stop(format!(
                "expected a string without interpolation, found {}",
                self.found()
            ))),
        }
    }

    fn object_type(&mut self) -> Parsed<TypeKind> {
        self.advance();
        self.new_lines();
        let mut properties = Vec::new();
        let mut additional = None;
        while !self.eat("}") {
            let decorators = self.decorators()?;
            let start = self.span();
            let any = self.eat("*");
            let name = if any {
                String::new()
            } else if let Lexeme::Text(..) = self.peek() {
                self.type_text()?
            } else {
                self.name()?
            };
            let optional = self.eat("?");
            self.expect(":")?;
            self.new_lines();
            let mut value = self.type_expression()?;
            if optional {
                value = self.made_type(start, TypeKind::Nullable(Box::new(value)));
            }
            let property = TypeProperty {
                decorators,
                name,
                value,
            };
            if any {
                additional = Some(Box::new(property));
            } else {
                properties.push(property);
            }
            self.type_separator("}")?;
        }
        Ok(TypeKind::Object(properties, additional))
    }

    fn tuple_type(&mut self) -> Parsed<TypeKind> {
        self.advance();
        self.new_lines();
        let mut items = Vec::new();
        while !self.eat("]") {
            items.push(TypeProperty {
                decorators: self.decorators()?,
                name: String::new(),
                value: self.type_expression()?,
            });
            self.type_separator("]")?;
        }
        Ok(TypeKind::Tuple(items))
    }

    fn type_separator(&mut self, closing: &str) -> Parsed<()> {
        let separated = self.eat(",") || *self.peek() == Lexeme::NewLine;
        self.new_lines();
        if separated || self.is(closing) {
            Ok(())
        } else {
            Err(self.stop(format!("expected a new line, found {}", self.found())))
        }
    }

    fn made_type(&self, start: Span, kind: TypeKind) -> Type {
        Type {
            kind,
            span: self.since(start),
        }
    }
}
