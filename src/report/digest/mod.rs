//! A run in bounded memory: records go in one by one, in any number of parts that are then merged,
//! and what comes out is what summary and charts are made of.
//!
//! Merging parts in the order of the file gives the same digest whatever the number of parts, so a
//! report does not depend on how many cores read the run. What is not exact, and by how much:
//!
//! * *times* (latency, TTFT, lateness …): quantiles within 0.2 % of the sample they stand for
//!   ([`Sketch`] with eight bits); count, mean, smallest and largest are exact. Over time, in
//!   columns of a chart: within 6.3 % (three bits).
//! * *tokens over time*: in steps of 1 ms, doubled until the run has at most 2²⁰ of them and all
//!   counters together have at most 2²² cells. A busiest minute, an overshoot, a stretch of refusals
//!   is right to within a step, never higher for a minute than the truth by more than what one step
//!   held. See [`Digest::step_us`].
//! * *retries*: exact as long as no more than 2²⁰ requests at once wait for their next attempt;
//!   beyond that the oldest are forgotten, and counted as such.
//! * Counts, token sums, shares and first refusals are exact.

mod accounts;
mod column;
mod feed;
mod join;
mod leaf;
mod ledger;
mod retries;
mod sketch;
mod summary;
mod times;
mod words;

pub(super) use accounts::Accounts;
pub(super) use column::Column;
pub(crate) use feed::{Digest, LineError};
pub(super) use leaf::Leaf;
pub(super) use ledger::Ledger;
pub(super) use retries::Waited;
pub(super) use sketch::Sketch;
pub(super) use summary::sum;

#[cfg(test)]
mod tests;
