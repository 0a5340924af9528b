//! The scenario: who calls, what, when, and how they react to 429; read from YAML, then unrolled
//! into a plan that lists every arrival.
//!
//! ```text
//! text → wire (serde, places kept) → check (all mistakes at once) → Scenario → Plan
//! ```
//!
//! Pure: it opens no file (prompts, policy and keys are named here and fetched by the edges), and
//! it never draws from anything but the scenario's seed, so the same text is the same plan.

mod body;
mod call;
mod check;
mod model;
mod plan;
mod schema;
mod wire;

pub(crate) use call::REQUEST_ID;
pub(crate) use model::{Caller, KeyReference, OnThrottle, Scenario};
pub(crate) use plan::{Arrival, Plan};
pub(crate) use schema::schema;

#[cfg(test)]
mod tests;
