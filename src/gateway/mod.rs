//! The local gateway: HTTP/1.1 on loopback around the engine, in front of the simulated model or
//! of any OpenAI-compatible backend.
//!
//! It moves bytes and minds the time; every decision is the engine's. It never writes to disk and
//! never sends a subscription key anywhere but to the backend that the policy chose.

mod accounts;
mod backend;
mod gathered;
mod handler;
mod intake;
mod ledger;
mod monitor;
mod outbound;
mod relay;
mod remote;
mod server;
mod traces;
mod waiting;
mod whole;

#[cfg(test)]
mod tests;

pub(crate) use accounts::Accounts;
pub(crate) use backend::Backend;
pub(crate) use ledger::Ledger;
pub(crate) use remote::RemoteBackend;
pub(crate) use server::{Gateway, GatewayError, Served, Watchers};
