//! Faults on purpose: throttling, errors, dropped connections, expired tokens, slow and failing
//! operations, by route and by chance, the same for the same seed and the same requests.

mod file;
mod plan;
#[cfg(test)]
mod tests;

pub(crate) use file::{read, schema};
pub(crate) use plan::{Fault, Faults};
