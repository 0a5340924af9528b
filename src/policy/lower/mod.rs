//! From the XML tree to the model. All problems of a document are reported at once.

mod access;
mod attributes;
mod call_limit;
mod document;
mod elements;
mod response;
mod telemetry;
mod token_limit;

pub(crate) use document::{NamedValues, parse};
