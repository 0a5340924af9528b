//! The scenario: who calls, what, when, and how they react; read from YAML, then unrolled into a
//! plan that lists every arrival.
//!
//! ```text
//! text → wire (serde, places kept) → check (all mistakes at once) → Scenario ─┬→ Plan
//!                          files it names (read by the edges) → complete ─────┘
//! ```
//!
//! Pure: it opens no file (prompts, policy and keys are named here and fetched by the edges), and
//! it never draws from anything but the scenario's seed, so the same text is the same plan.
//!
//! # For who plays a plan
//!
//! [`Plan::arrivals`] are due at their moments. [`Plan::loops`] are callers that wait for answers:
//! each is asked for its first request, and for the next one when it has done with the one before
//! ([`CallerLoop`]). After each try, [`Scenario::reaction`] says whether and when there is another
//! ([`Ending`]). With a budget, [`Meter`] is asked before each try and told what it used. With
//! rules that end the run early, `base::Live` is told every finished request. The bodies of a
//! group repeat where [`Content::repeats`], and may be kept then.

mod amount;
mod body;
mod budget;
mod call;
mod check;
mod content;
mod files;
mod model;
mod outline;
mod plan;
mod reaction;
mod request;
mod schedule;
mod schema;
mod template;
mod trace;
mod wire;

pub(crate) use budget::{Budget, Meter};
pub(crate) use call::REQUEST_ID;
pub(crate) use content::Content;
pub(crate) use model::{KeyReference, Scenario};
pub(crate) use outline::{Amounts, Outline};
pub(crate) use plan::{Arrival, CallerLoop, Plan};
pub(crate) use reaction::{Ending, Retry};
pub(crate) use schema::schema;

#[cfg(test)]
mod tests;
