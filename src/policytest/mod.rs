//! Policy tests: a YAML file that says what the gateway must answer, played in virtual time.
//!
//! ```text
//! text → wire (serde, places kept) → check (all mistakes at once) → TestFile
//!      → Suite (policies read) → play (virtual time) → compare → Outcome…, Coverage
//! ```
//!
//! Pure: policies and fragments are named here and fetched by whoever calls; nothing is sent and
//! nothing is waited for, so a test that spans a month takes microseconds.

mod check;
mod coverage;
mod judge;
mod junit;
mod model;
mod run;
mod schema;
mod suite;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use coverage::{Coverage, Share};
pub(crate) use junit::junit;
pub(crate) use model::TestFile;
pub(crate) use run::{Outcome, StepFailure};
pub(crate) use schema::schema;
pub(crate) use suite::Suite;
