//! From the XML tree to the model. All problems of a document are reported at once.

mod attributes;
mod cache;
mod course;
mod document;
mod elements;
mod fragment;
mod reshape;
mod response;
mod token_limit;

#[cfg(test)]
pub(crate) use document::parse;
pub(crate) use document::{NamedValues, parse_with};
pub(crate) use fragment::Fragments;
