use std::sync::{Mutex, PoisonError};

use super::{Connection, Endpoint, HttpError, connect};

/// Connections that wait for their next request; more would only be kept open.
const MOST_IDLE: usize = 1_024;

/// Connections of one endpoint for whoever asks from any thread. It grows on demand.
#[derive(Debug)]
pub(crate) struct Pool {
    endpoint: Endpoint,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(crate) fn new(endpoint: Endpoint) -> Pool {
        Pool {
            endpoint,
            idle: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// An open connection, the one used last first.
    ///
    /// # Errors
    ///
    /// When none is open and the endpoint does not answer.
    pub(crate) async fn take(&self) -> Result<Connection, HttpError> {
        while let Some(mut connection) = self.pop() {
            if !connection.is_closed() && connection.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        connect(&self.endpoint).await
    }

    /// Takes back a connection whose answer was read to its end.
    pub(crate) fn put_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE && !connection.is_closed() {
            idle.push(connection);
        }
    }

    fn pop(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop()
    }
}
