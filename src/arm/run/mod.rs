//! A deployment as a graph of steps.
//!
//! A [`Run`] is planned from a request. Whoever drives it asks with [`Run::advance`] what can be
//! done now, does it, tells how that went with [`Run::finish`], and asks again until
//! [`Run::outcome`] has an answer. Nested deployments are expanded inside the run when it is
//! their turn; `reference` and `list*` are answered from the store at that moment.

mod body;
mod driver;
mod plan;
mod request;
#[cfg(test)]
mod tests;
mod validate;
mod wire;
mod world;

pub(super) use body::{body, redacted};
pub(crate) use driver::{Event, Step, StepId};
pub(crate) use plan::{Outcome, Run};
pub(super) use plan::{answer, secure_outputs};
pub(crate) use request::{Mode, Request, Store, public_cloud};
pub(crate) use validate::validate;
pub(super) use world::{Answers, Dry, SECURE};
