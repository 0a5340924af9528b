//! From the XML tree to the model. All problems of a document are reported at once.

mod attributes;
mod document;
mod elements;
mod response;
mod token_limit;

pub(crate) use document::{NamedValues, parse};
pub(in crate::policy) use elements::{DEFAULT_DIMENSIONS, MAX_DIMENSIONS};

/// True when the engine runs elements of that name.
pub(in crate::policy) fn executes(element: &str) -> bool {
    elements::EXECUTED.contains(&super::matrix::canonical(element))
}
