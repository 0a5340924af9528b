//! The only opener of connections.

mod connection;
mod descriptors;
mod endpoint;
mod pool;

pub(crate) use connection::{Connection, HttpError, connect, install_crypto};
pub(crate) use descriptors::allow_many_connections;
pub(crate) use endpoint::{Endpoint, EndpointError};
pub(crate) use pool::Pool;
