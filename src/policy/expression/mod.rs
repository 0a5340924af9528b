//! The C# of policy expressions: `@(…)` and `@{ … }`.
//!
//! [`scan`] finds where one ends; [`Expression::parse`] reads it once (lexer, parser, names);
//! [`Expression::evaluate`] walks the tree against a [`Context`] as often as requests come. Pure:
//! time, randomness and everything else come from the context. What C# can do and this cannot is a
//! [`Problem`] when it is read or a [`Fault`] when it runs, never a guess.

mod ast;
mod evaluate;
mod fault;
mod inspect;
mod lexer;
mod literal;
mod parser;
mod problem;
mod resolve;
mod scan;
mod types;
mod value;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub(crate) use evaluate::read_jwt;
pub(crate) use fault::Fault;
pub(crate) use inspect::{BodyOf, Entity, Facts, Outcome};
pub(crate) use problem::{Problem, ProblemKind};
pub(crate) use scan::{ScanError, scan};
pub(crate) use value::{Value, format_date, json_date};

use super::Trail;
use super::context::Context;

/// A parsed expression; cheap to clone.
#[derive(Clone)]
pub(crate) struct Expression(Arc<Parsed>);

struct Parsed {
    text: Box<str>,
    body: ast::Body,
    /// Declared type of each local, where it has one.
    slots: Vec<Option<types::Type>>,
    /// How often it was evaluated.
    trail: Trail,
    notes: Vec<Problem>,
}

impl Expression {
    /// Reads an expression with its `@(…)` or `@{…}`.
    ///
    /// One that is C#, but not the C# of this interpreter, is an expression too: [`notes`] says
    /// what it needs, and evaluating it fails with the same words.
    ///
    /// [`notes`]: Expression::notes
    pub(crate) fn parse(text: &str) -> Result<Expression, Vec<Problem>> {
        let read = parser::parse(text).and_then(|(mut body, notes)| {
            let slots = resolve::resolve(&mut body)?;
            Ok((body, slots, notes))
        });
        let (body, slots, notes) = match read {
            Ok(read) => read,
            Err(problems) => match problems.first() {
                Some(first)
                    if problems
                        .iter()
                        .all(|problem| problem.kind == ProblemKind::Unsupported) =>
                {
                    let body = ast::Body::Unsupported(first.message.as_str().into(), first.span);
                    (body, Vec::new(), problems)
                }
                _ => return Err(problems),
            },
        };
        Ok(Expression(Arc::new(Parsed {
            text: text.into(),
            body,
            slots,
            trail: Trail::default(),
            notes,
        })))
    }

    /// What the expression needs and this interpreter does not have.
    pub(crate) fn notes(&self) -> &[Problem] {
        &self.0.notes
    }

    /// The expression's value for the request that `context` describes.
    pub(crate) fn evaluate(&self, context: &mut Context) -> Result<Value, Fault> {
        self.0.trail.mark();
        evaluate::run(&self.0.body, &self.0.slots, context).map_err(fault::Raise::into_fault)
    }

    pub(crate) fn trail(&self) -> &Trail {
        &self.0.trail
    }

    /// The text it was read from.
    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        self.0.text == other.0.text
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.text())
    }
}
