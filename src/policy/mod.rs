//! Policy XML: reading it as the portal does, its elements, its expressions.
//!
//! Pure. It knows what a policy says, never what a request does: running one is `engine`.
//! The way of a document: [`xml::read`] gives the tree with every place in it, [`parse_with`] turns the
//! tree into [`Policy`], checked elements with parsed expressions. Nothing in between is skipped:
//! what cannot be executed is an error that names element, file and line.

mod access;
pub(crate) mod caching;
mod canonical;
pub(crate) mod content;
pub(crate) mod context;
pub(crate) mod course;
pub(crate) mod expression;
mod limits;
pub(crate) mod lint;
pub(crate) mod liquid;
mod lower;
mod matrix;
pub(crate) mod message;
mod model;
mod safety;
mod telemetry;
#[cfg(test)]
mod tests;
mod token_rules;
mod trail;
pub(crate) mod xml;

pub(crate) use access::{
    AuthorizationContext, BasicAuthentication, Cors, KeyMaterial, Proxy, RequiredClaim, TokenPlace,
    ValidateToken,
};
pub(crate) use canonical::canonical;
pub(crate) use limits::{Allowance, CallLimit, CallLimitKind, CounterKey, Target};
#[cfg(test)]
pub(crate) use lower::parse;
pub(crate) use lower::{Fragments, NamedValues, parse_with};
pub(crate) use model::{
    Branch, Condition, Dimension, EmitTokenMetric, ExistsAction, ForwardRequest, Item, Kind,
    ManagedIdentity, Place, Policy, RequestBody, ReturnResponse, SectionName, SetBackendService,
    SetBody, SetHeader, SetStatus, Template, TokenLimit,
};
pub(crate) use safety::ContentSafety;
pub(crate) use telemetry::{EmitMetric, LogToEventHub};
pub(crate) use trail::Trail;
