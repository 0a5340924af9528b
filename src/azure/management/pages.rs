use std::future::poll_fn;
use std::pin::pin;

use azure_core_021::error::Error;
use futures_core::Stream;

use crate::azure::AzureError;
use crate::azure::adapt::error_of;

/// All pages of a list of the management crates.
pub(super) async fn pages<T>(
    operation: &str,
    stream: impl Stream<Item = Result<T, Error>>,
) -> Result<Vec<T>, AzureError> {
    let mut stream = pin!(stream);
    let mut found = Vec::new();
    while let Some(page) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        found.push(page.map_err(|error| error_of(operation, error))?);
    }
    Ok(found)
}
