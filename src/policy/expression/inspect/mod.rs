//! What an expression touches, for the linter: variables, bodies, parts of `context` that can be
//! null, types that nothing here executes, and the type of its result where the text shows it.
//! Nothing is evaluated.

mod outcome;
mod walk;

use std::collections::BTreeSet;

pub(crate) use outcome::Outcome;

use super::Expression;
use crate::base::Span;

/// Parts of `context` that are null when they do not apply to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entity {
    Subscription,
    Product,
    User,
}

impl Entity {
    fn named(name: &str) -> Option<Entity> {
        match name {
            "Subscription" => Some(Entity::Subscription),
            "Product" => Some(Entity::Product),
            "User" => Some(Entity::User),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Entity::Subscription => "Subscription",
            Entity::Product => "Product",
            Entity::User => "User",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyOf {
    Request,
    Response,
}

/// One `Body.As<T>(…)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyRead {
    pub(crate) of: BodyOf,
    /// False when the text says that the body is gone afterwards.
    pub(crate) preserved: bool,
    pub(crate) span: Span,
}

/// What one expression touches; places are those of its text.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// `context.Variables["name"]`, which throws when there is none.
    pub(crate) reads: Vec<(String, Span)>,
    /// Names that `ContainsKey` or `GetValueOrDefault` asks for.
    pub(crate) tested: BTreeSet<String>,
    pub(crate) bodies: Vec<BodyRead>,
    /// A member of an entity without `?.`.
    pub(crate) dereferenced: Vec<(Entity, Span)>,
    /// Entities that are compared with null, or read with `?.`.
    pub(crate) null_tested: BTreeSet<Entity>,
    /// A `try` stands in the expression, so that a failing read may be meant.
    pub(crate) catches: bool,
    /// Types that API Management has and that nothing here executes.
    pub(crate) unsupported: Vec<(String, Span)>,
    /// Members of `context` by their path, such as `Request.IpAddress`.
    pub(crate) paths: BTreeSet<String>,
    /// The methods that `context.Request.Method == "…"` asks for.
    pub(crate) methods: BTreeSet<String>,
}

impl Expression {
    pub(crate) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        walk::body(&self.0.body, &mut facts);
        facts
    }

    /// The type of the result, where the text shows it.
    pub(crate) fn outcome(&self) -> Outcome {
        outcome::of(&self.0.body, &self.0.slots)
    }
}
