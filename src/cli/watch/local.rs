//! The source that is exact: a gateway of ours, asked over its own connection.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::header::HOST;

use crate::http::{Endpoint, connect};
use crate::monitor::Now;

/// Where a gateway of ours tells its last minute.
const PATH: &str = "/.apimon/now";
/// A gateway on this machine answers at once, or it is not there.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silence {
    #[error("{0}")]
    Unreachable(String),
    /// It answers, but it is no gateway of ours.
    #[error("`{0}` is not a local gateway: it has no `{PATH}`")]
    Foreign(String),
}

pub(super) async fn ask(endpoint: &Endpoint) -> Result<Now, Silence> {
    let limit = tokio::time::timeout(PATIENCE, answer(endpoint));
    limit.await.unwrap_or_else(|_| {
        let why = format!(
            "no answer from `{endpoint}` within {} s",
            PATIENCE.as_secs()
        );
        Err(Silence::Unreachable(why))
    })
}

async fn answer(endpoint: &Endpoint) -> Result<Now, Silence> {
    let unreachable = |why: String| Silence::Unreachable(why);
    let broken = |error: &dyn std::fmt::Display| {
        Silence::Unreachable(format!("no answer from `{endpoint}`: {error}"))
    };
    let mut connection = connect(endpoint)
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    let request = Request::get(format!("{}{PATH}", endpoint.base_path))
        .header(HOST, endpoint.authority())
        .body(Full::<Bytes>::default())
        .map_err(|error| broken(&error))?;
    let response = connection
        .send_request(request)
        .await
        .map_err(|error| broken(&error))?;
    let foreign = || Silence::Foreign(endpoint.to_string());
    if !response.status().is_success() {
        return Err(foreign());
    }
    let body = Limited::new(response.into_body(), MOST_BYTES)
        .collect()
        .await;
    let body = body.map_err(|error| broken(&error))?.to_bytes();
    serde_json::from_slice(&body).map_err(|_| foreign())
}
