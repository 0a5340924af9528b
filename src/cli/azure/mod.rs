//! The way to Azure that commands share: which cloud, who signs in, which resource group.

mod arguments;
mod connection;

pub(super) use arguments::GroupArguments;
pub(super) use connection::{Connection, block_on, connect};
