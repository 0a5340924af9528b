//! Metrics of a run to an OpenTelemetry collector.

use std::time::Duration;

use serde_json::Value;

use super::failure::Failure;
use super::terminal::{Terminal, variable};
use crate::base::Secret;
use crate::http;

const LIMIT: Duration = Duration::from_secs(10);
/// Headers for every collector, and those for metrics, as OpenTelemetry names them.
const HEADERS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_HEADERS",
];

/// Posts a request to the collector's `/v1/metrics`.
///
/// # Errors
///
/// When the URL is none, and when the collector is silent or refuses.
pub(super) fn send(terminal: &Terminal, collector: &str, metrics: &Value) -> Result<(), Failure> {
    let address = format!("{}/v1/metrics", collector.trim_end_matches('/'));
    let address: reqwest::Url = address.parse().map_err(|error| {
        Failure::input(format!("`{collector}` is not a URL: {error}"))
            .hint("write it like `http://localhost:4318`")
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    let answer = runtime.block_on(post(&address, metrics.to_string()));
    let status = answer.map_err(|error| {
        Failure::remote(format!(
            "the collector at `{}` did not answer: {error}",
            shown(&address)
        ))
    })?;
    if !status.is_success() {
        let cause = format!("the collector at `{}` answered {status}", shown(&address));
        return Err(Failure::remote(cause)
            .hint("headers that it wants go into `OTEL_EXPORTER_OTLP_HEADERS`"));
    }
    terminal.note(&format!("metrics sent to {}", shown(&address)));
    Ok(())
}

/// The address without a name and password that may stand in it.
fn shown(address: &reqwest::Url) -> String {
    let mut shown = address.clone();
    if shown
        .set_username("")
        .and(shown.set_password(None))
        .is_err()
    {
        return "the collector".to_owned();
    }
    shown.to_string()
}

async fn post(address: &reqwest::Url, body: String) -> Result<reqwest::StatusCode, reqwest::Error> {
    http::install_crypto();
    let client = reqwest::Client::builder().timeout(LIMIT).build()?;
    let mut request = client
        .post(address.clone())
        .header("content-type", "application/json");
    for (name, value) in headers() {
        request = request.header(name, value.reveal());
    }
    Ok(request.body(body).send().await?.status())
}

/// `name=value` pairs with commas between them.
fn headers() -> Vec<(String, Secret)> {
    let text = HEADERS.iter().find_map(|name| variable(name));
    let text = text.unwrap_or_default();
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), Secret::new(value.trim())))
        .collect()
}
