//! Policy XML: reading it as the portal does, its elements, its expressions.
//!
//! Pure. It knows what a policy says, never what a request does: running one is `engine`.
//! The way of a document: [`xml::read`] gives the tree with every place in it, [`parse_with`] turns the
//! tree into [`Policy`], checked elements with parsed expressions. Nothing in between is skipped:
//! what cannot be executed is an error that names element, file and line.

pub(crate) mod context;
pub(crate) mod course;
pub(crate) mod expression;
pub(crate) mod lint;
mod lower;
mod matrix;
pub(crate) mod message;
mod model;
#[cfg(test)]
mod tests;
mod trail;
mod xml;

#[cfg(test)]
pub(crate) use lower::parse;
pub(crate) use lower::{Fragments, NamedValues, parse_with};
pub(crate) use model::{
    Branch, Condition, Dimension, EmitTokenMetric, ExistsAction, ForwardRequest, Item, Kind,
    ManagedIdentity, Place, Policy, RequestBody, ReturnResponse, SectionName, SetBackendService,
    SetHeader, SetStatus, Template, TokenLimit,
};
pub(crate) use trail::Trail;
