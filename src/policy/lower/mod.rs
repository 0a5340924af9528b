//! From the XML tree to the model. All problems of a document are reported at once.

mod access;
mod attributes;
mod authorization;
mod cache;
mod caching;
mod call_limit;
mod content;
mod course;
mod document;
mod elements;
mod fragment;
mod liquid;
mod reshape;
mod response;
mod safety;
mod telemetry;
mod token_limit;

#[cfg(test)]
pub(crate) use document::parse;
pub(crate) use document::{NamedValues, parse_with};
pub(in crate::policy) use elements::{DEFAULT_DIMENSIONS, MAX_DIMENSIONS};
pub(crate) use fragment::Fragments;
pub(in crate::policy) use liquid::template_text;

/// True when the engine runs elements of that name.
pub(in crate::policy) fn executes(element: &str) -> bool {
    elements::EXECUTED.contains(&super::matrix::canonical(element))
}
