//! Bicep to ARM templates, as the real compiler writes them, for what templates in practice use.
//!
//! Pure: files come through a [`Loader`]. What lies outside the subset is refused with its place
//! and its name (code `unsupported`), never guessed: a reader who knows the real compiler's
//! output knows this one's.

mod arm;
mod closure;
mod context;
mod convert;
mod depends;
mod deployed;
mod functions;
mod imports;
mod lexer;
mod model;
mod parser;
mod project;
mod resources;
mod stock;
mod symbolic;
mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use project::{Loader, compile};
pub(crate) use stock::{STOCK_TEMPLATE, Stock};

use crate::base::{Diagnostic, Source, Span};

/// Code of diagnostics for what the real compiler may well take, and this one does not.
pub(crate) const UNSUPPORTED: &str = "unsupported";

fn unsupported(source: &Source, span: Span, construct: &str) -> Diagnostic {
    let mut problem = Diagnostic::error(
        source,
        span,
        format!("{construct} is outside what the embedded compiler takes"),
    )
    .hint("write it another way, or compile with the Bicep command line tool: `--bicep-compiler bicep`");
    problem.code = UNSUPPORTED;
    problem
}

/// Column of a place, counted from 1.
fn column(source: &Source, span: Span) -> usize {
    source.position(span.start).column
}
