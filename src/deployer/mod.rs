//! Deployments into a resource group and their end: what to know beforehand, beginning or joining,
//! following to the end, deleting and purging.
//!
//! It asks Azure through [`ArmClient`](crate::azure::ArmClient) and says nothing itself: what
//! happens is handed to whoever watches. Nothing is lost when it is interrupted: everything that
//! it does can be done again, and goes on where Azure stands.

mod ahead;
mod begin;
mod contents;
mod follow;
mod job;
mod remove;
#[cfg(test)]
mod tests;
mod twins;

pub(crate) use ahead::{Ahead, preflight, register};
pub(crate) use begin::{Begun, active, begin, last};
pub(crate) use contents::{Contents, contents};
pub(crate) use follow::{Ending, Wish, follow};
pub(crate) use job::{GroupFacts, Job};
pub(crate) use remove::{Removal, await_purged, remove};
pub(crate) use twins::{Twin, TwinKind, purge};
