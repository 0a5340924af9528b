//! What the commands that work in Azure share: their flags, the way in, what a refusal says.

mod arguments;
mod connection;
mod keys;
mod refused;
mod service;
mod state;

pub(super) use arguments::CloudArguments;
pub(super) use connection::{Connection, block_on, connect};
pub(super) use keys::keys;
pub(super) use refused::refused;
pub(super) use service::service;
pub(super) use state::{of_azure, path_of, settings};
