//! Values of expressions, given what a deployment knows: parameters, variables, its place, and a
//! world of resources to ask.

mod context;
mod evaluator;
mod frame;
mod lambda;
mod leaf;
mod place;
mod resource;
#[cfg(test)]
mod tests;

pub(super) use evaluator::{Allow, Evaluator};
pub(super) use frame::{Bound, Copy, Facts, Frame, Known, Source, UserFunction, Variables};
pub(super) use leaf::copy_count;
pub(crate) use place::Place;
pub(super) use place::qualified;

use serde_json::Value;

use super::error::Fault;

/// What runtime functions ask. A value that only a deployment would make is `Fault::Deferred`.
pub(super) trait World {
    /// The whole resource, as a GET answers it.
    fn resource(&self, id: &str, api_version: Option<&str>) -> Result<Value, Fault>;

    /// What `POST {id}/{action}` answers.
    fn list(
        &self,
        id: &str,
        action: &str,
        api_version: &str,
        body: Option<&Value>,
    ) -> Result<Value, Fault>;

    fn group(&self, subscription: &str, name: &str) -> Result<Value, Fault>;

    fn subscription(&self, id: &str) -> Result<Value, Fault>;
}
