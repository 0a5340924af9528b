//! The only opener of connections.

mod connection;
mod endpoint;
mod pool;

pub(crate) use connection::{Connection, HttpError, connect, dial, install_crypto, secure};
pub(crate) use endpoint::{Endpoint, EndpointError};
pub(crate) use pool::Pool;
