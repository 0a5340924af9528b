use std::cell::RefCell;

use crate::http::{Connection, Endpoint, HttpError, connect};

/// Connections of one target that wait for their next request. It grows on demand: an open-loop
/// caller never waits for another one's connection.
#[derive(Debug)]
pub(super) struct Pool {
    endpoint: Endpoint,
    idle: RefCell<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(endpoint: Endpoint) -> Pool {
        Pool {
            endpoint,
            idle: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// An open connection, the one used last first.
    pub(super) async fn take(&self) -> Result<Connection, HttpError> {
        while let Some(mut connection) = self.pop() {
            if !connection.is_closed() && connection.ready().await.is_ok() {
                return Ok(connection);
            }
        }
        connect(&self.endpoint).await
    }

    pub(super) fn put_back(&self, connection: Connection) {
        if !connection.is_closed() {
            self.idle.borrow_mut().push(connection);
        }
    }

    fn pop(&self) -> Option<Connection> {
        self.idle.borrow_mut().pop()
    }
}
