//! Types in the text.

use super::super::Problem;
use super::super::types::Type;
use super::{Parsed, Parser, unsupported_type};

/// Whether `?` after a type belongs to it, or to a choice `a is int ? b : c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nullable {
    Allowed,
    No,
}

impl Parser<'_> {
    /// A type that must stand here.
    pub(super) fn type_name(&mut self, nullable: Nullable) -> Parsed<Type> {
        let start = self.peek().span;
        match self.try_type(nullable) {
            Some(Type::Unsupported(name)) => Err(unsupported_type(self.since(start), name)),
            Some(found) => Ok(found),
            None => Err(match self.word() {
                Some(word) => Problem::name(
                    start,
                    format!("`{word}` is not a type of policy expressions"),
                ),
                None => self.unexpected("a type"),
            }),
        }
    }

    /// Reads a type, or reads nothing.
    pub(super) fn try_type(&mut self, nullable: Nullable) -> Option<Type> {
        let start = self.at;
        let found = self
            .nested(|parser| Ok(parser.type_inside(nullable)))
            .ok()
            .flatten();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn type_inside(&mut self, nullable: Nullable) -> Option<Type> {
        let mut name = self.word()?.to_owned();
        self.next();
        // The namespace, if any, is not kept: the type's own name says enough.
        while self.at_symbol(".") && self.word_at(self.at + 1).is_some() {
            self.next();
            self.word()?.clone_into(&mut name);
            self.next();
        }
        let mut found = if self.at_symbol("<") {
            let arguments = self.type_arguments()?;
            Type::generic(&name, arguments)?
        } else {
            Type::named(&name)?
        };
        loop {
            if self.at_symbol("?")
                && nullable == Nullable::Allowed
                && !matches!(found, Type::Nullable(_))
            {
                self.next();
                // `string?` says nothing at run time.
                found = if found.nullable() {
                    found
                } else {
                    Type::Nullable(Box::new(found))
                };
            } else if self.at_symbol("[") && self.ahead_is(1, "]") {
                self.next();
                self.next();
                found = Type::Array(Box::new(found));
            } else {
                return Some(found);
            }
        }
    }

    /// `<A, B>`, or nothing read.
    pub(super) fn type_arguments(&mut self) -> Option<Vec<Type>> {
        let start = self.at;
        let arguments = self.type_arguments_inside();
        if arguments.is_none() {
            self.at = start;
        }
        arguments
    }

    fn type_arguments_inside(&mut self) -> Option<Vec<Type>> {
        if !self.eat("<") {
            return None;
        }
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.try_type(Nullable::Allowed)?);
            if self.eat(",") {
                continue;
            }
            return self.eat(">").then_some(arguments);
        }
    }
}
