//! The template language: `[expressions]` in JSON strings, read into a tree with places.
//!
//! It knows shapes only; what a function means is the evaluator's business.

mod parser;
#[cfg(test)]
mod tests;

pub(super) use parser::parse;

/// An expression and where it begins, counted in characters of the string from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expr {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Text(String),
    Int(i64),
    Float(f64),
    /// `name(args)`, or `namespace.name(args)` for a function of the template's own.
    Call {
        namespace: Option<String>,
        name: String,
        args: Vec<Expr>,
    },
    /// `value.name`
    Property(Box<Expr>, String),
    /// `value[index]`
    Index(Box<Expr>, Box<Expr>),
}

/// What a JSON string of a template means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    Literal(&'a str),
    /// The expression with its brackets; columns count from the opening one.
    Code(&'a str),
}

/// A string is an expression when it stands in brackets; `[[` writes a literal bracket.
pub(super) fn meaning(text: &str) -> Meaning<'_> {
    if !text.starts_with('[') || !text.ends_with(']') || text.len() < 2 {
        return Meaning::Literal(text);
    }
    if text.starts_with("[[") {
        return Meaning::Literal(&text[1..]);
    }
    Meaning::Code(text)
}

impl Expr {
    /// Calls `see` for this expression and all inside it.
    pub(super) fn walk<'e>(&'e self, see: &mut dyn FnMut(&'e Expr)) {
        see(self);
        match &self.kind {
            Kind::Call { args, .. } => args.iter().for_each(|arg| arg.walk(see)),
            Kind::Property(base, _) => base.walk(see),
            Kind::Index(base, index) => {
                base.walk(see);
                index.walk(see);
            }
            Kind::Text(_) | Kind::Int(_) | Kind::Float(_) => {}
        }
    }
}
