//! What names mean: locals get slots, types and `context` are told apart, members of `context` that
//! can never exist are found, and what C# decides by static type is decided here.

mod call;
mod expression;
mod group;
mod members;
mod statement;

use std::sync::Arc;

use super::ast::Body;
use super::types::Type;
use super::{Problem, ProblemKind};
use crate::base::Span;

/// As much of a static type as changes what an expression does.
#[derive(Debug, Clone, PartialEq)]
enum Static {
    Unknown,
    /// `object`: C# compares references and converts nothing.
    Boxed,
    Of(Type),
    Place(members::Kind),
}

impl Static {
    fn of(declared: &Type) -> Static {
        match declared {
            Type::Object => Static::Boxed,
            Type::Response => Static::Place(members::Kind::Response),
            Type::Url => Static::Place(members::Kind::Url),
            other => Static::Of(other.clone()),
        }
    }
}

struct Local {
    name: Arc<str>,
    slot: usize,
    known: Static,
    constant: bool,
}

pub(super) struct Resolver {
    /// Innermost last; one list for all scopes, cut back when a scope ends.
    locals: Vec<Local>,
    /// Declared type of each slot.
    slots: Vec<Option<Type>>,
    problems: Vec<Problem>,
    /// Loops and switches around the place.
    loops: usize,
    switches: usize,
    catches: usize,
}

/// Resolves all names of `body` and gives the declared types of its slots.
pub(super) fn resolve(body: &mut Body) -> Result<Vec<Option<Type>>, Vec<Problem>> {
    let mut resolver = Resolver {
        locals: Vec::new(),
        slots: Vec::new(),
        problems: Vec::new(),
        loops: 0,
        switches: 0,
        catches: 0,
    };
    match body {
        Body::Unsupported(..) => {}
        Body::Expression(expr) => {
            resolver.expr(expr);
        }
        Body::Statements(statements) => {
            let end = statements.last().map_or(2, |last| last.span.end);
            if !resolver.block(statements) {
                let problem = Problem::of(
                    ProblemKind::NoReturn,
                    Span::new(end.saturating_sub(1), end),
                    "not every path returns a value",
                );
                resolver.problems.push(problem.hint("end with `return …;`"));
            }
        }
    }
    if resolver.problems.is_empty() {
        Ok(resolver.slots)
    } else {
        Err(resolver.problems)
    }
}

impl Resolver {
    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::new(span, message));
    }

    fn declare(
        &mut self,
        name: &Arc<str>,
        span: Span,
        declared: Option<Type>,
        known: Static,
    ) -> usize {
        if self.locals.iter().any(|local| local.name == *name) {
            self.problem(span, format!("`{name}` is declared twice"));
        }
        let slot = self.slots.len();
        self.slots.push(declared);
        self.locals.push(Local {
            name: name.clone(),
            slot,
            known,
            constant: false,
        });
        slot
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| &*local.name == name)
    }

    /// Runs `walk` in a scope of its own.
    fn scope<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.locals.len();
        let result = walk(self);
        self.locals.truncate(outer);
        result
    }
}
