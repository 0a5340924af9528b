//! Backends as entities: single services with credentials and circuit breakers, and pools of them
//! by priority and weight (gateway specification, section 3.2, `set-backend-service`).
//!
//! [`entity`] says what a backend is, [`arm`] reads it from the shape that Azure Resource Manager
//! has for it, [`circuit`] keeps what the gateway has learned of each, and [`choose`] picks.

mod arm;
mod choose;
mod circuit;
mod entity;
#[cfg(test)]
mod tests;

pub(crate) use arm::NamedBackend;
pub(super) use choose::{Chosen, choose};
pub(super) use circuit::{Circuits, Outcome};
pub(crate) use entity::Backends;
pub(super) use entity::{Backend, Member, Pool, Rule, Single};
