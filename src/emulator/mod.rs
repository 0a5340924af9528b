//! The local Azure: a management endpoint over HTTP around `plane`, the tokens that open it, and a
//! live gateway for every API Management service in it.
//!
//! It moves bytes, keeps the time and signs tokens; what a request is answered is `plane`'s to
//! say. It listens on loopback unless it is told otherwise, and never calls anybody.

mod authority;
mod discovery;
mod gateways;
mod handler;
mod identity;
mod issuer;
mod server;
mod shared;
mod tls;

pub(crate) use discovery::{Discovery, FILE as DISCOVERY_FILE};
pub(crate) use server::{EmulatorError, Options, Running, start};
pub(crate) use tls::Certificate;

/// Tenant of every local Azure.
pub(crate) const TENANT: &str = "a9b1e000-7e4a-4000-8000-000000000001";

/// Its one subscription.
pub(crate) const SUBSCRIPTION: &str = "a9b1e000-50b5-4000-8000-000000000001";
