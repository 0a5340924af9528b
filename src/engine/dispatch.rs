//! Which backend a request goes to: what `set-backend-service` says, the member of a pool whose
//! turn it is, and the credentials of the one that was chosen.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::backends::{self, Chosen, Circuits, Outcome, Single};
use super::error::{BackendFailure, Raised};
use super::exchange::Exchange;
use super::execute::local_token;
use super::forward::{Forward, parse_base};
use super::reshape::encode;
use super::token_limit::Meter;
use crate::base::Moment;
use crate::policy::SetBackendService;
use crate::policy::message::Headers;

pub(super) fn set_backend_service(
    exchange: &mut Exchange,
    policy: &SetBackendService,
    meter: &Meter<'_>,
) -> Result<(), Raised> {
    match policy {
        SetBackendService::BackendId(id) => {
            let id = id.text(&mut exchange.context)?;
            // Without backends every id is the one model behind the gateway, and kept for metrics.
            if !meter.backends.is_empty() {
                let backend = meter.backends.find(&id).ok_or_else(|| {
                    let message = format!("backend `{id}` is not configured");
                    Raised::internal("BackendNotFound", message)
                })?;
                // Later policies see where it goes; a pool decides when it is asked.
                if let Some(single) = backend.single() {
                    exchange.rebase(single.base.clone());
                }
            }
            exchange.backend_id = Some(id);
        }
        SetBackendService::BaseUrl(url) => {
            let text = url.text(&mut exchange.context)?;
            let base = parse_base(&text)
                .ok_or_else(|| Raised::evaluation(format!("`{text}` is not a base URL")))?;
            exchange.rebase(base);
            exchange.backend_id = None;
        }
    }
    Ok(())
}

/// Points the request at the service that its backend stands for right now.
pub(super) fn aim(
    exchange: &mut Exchange,
    meter: &Meter<'_>,
    circuits: &mut Circuits,
) -> Result<(), Raised> {
    exchange.backend = None;
    let Some(id) = &exchange.backend_id else {
        return Ok(());
    };
    if meter.backends.is_empty() {
        return Ok(());
    }
    let by_lot = meter.behaviour.pool_by_lot;
    let seed = by_lot.then_some(&mut exchange.context.seed);
    match backends::choose(meter.backends, circuits, id, meter.now, seed) {
        Chosen::Single(backend) => {
            if let Some(single) = backend.single() {
                exchange.rebase(single.base.clone());
            }
            exchange.backend = Some(backend);
            Ok(())
        }
        Chosen::Inactive { pool } => Err(inactive(id, pool)),
        Chosen::Unknown => {
            let message = format!("backend `{id}` is not configured");
            Err(Raised::internal("BackendNotFound", message))
        }
    }
}

/// Nobody is asked. The reason of a pool is observed (O20), the one of a single backend inferred;
/// policies of Microsoft's samples look for these words in `context.Response.StatusReason`.
fn inactive(id: &str, pool: bool) -> Raised {
    let (reason, what) = if pool {
        ("PoolIsInactive", "Backend pool")
    } else {
        ("BackendIsInactive", "Backend")
    };
    let message = format!("{what} '{id}' is temporarily unavailable.");
    let mut raised = Raised::refusal(503, "forward-request", reason, message);
    raised.phrased = true;
    raised
}

/// Adds the credentials of the chosen backend, which only the request for it carries.
pub(super) fn sign(exchange: &Exchange, forward: &mut Forward) {
    let single = exchange
        .backend
        .as_ref()
        .and_then(|backend| backend.single());
    if let Some(single) = single {
        sign_for(single, forward);
    }
}

/// As [`sign`], for a backend that a policy itself asks.
pub(super) fn sign_for(single: &Single, forward: &mut Forward) {
    forward.backend = Some(Arc::clone(&single.id));
    let headers = &mut forward.headers;
    for (name, _) in &single.headers {
        headers.remove(name);
    }
    for (name, value) in &single.headers {
        headers.append(name.as_str(), value.reveal());
    }
    if let Some(authorization) = &single.authorization {
        headers.set("Authorization", authorization.reveal());
    }
    if let Some(resource) = &single.identity {
        let token = local_token(resource);
        headers.set("Authorization", format!("Bearer {token}"));
    }
    for (name, value) in &single.query {
        let query = &mut forward.url.query;
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&encode(name));
        query.push('=');
        query.push_str(&encode(value.reveal()));
    }
}

/// The backend has answered, which its circuit breaker counts.
pub(super) fn note_answer(
    exchange: &Exchange,
    circuits: &mut Circuits,
    (now, utc): (Moment, Timestamp),
    status: u16,
    headers: &Headers,
) {
    let retry_after = headers.first("Retry-After");
    let retry_after = retry_after.and_then(|text| wait(text, utc));
    let outcome = Outcome::Status {
        status,
        retry_after,
    };
    note(exchange, circuits, now, outcome);
}

pub(super) fn note_failure(
    exchange: &Exchange,
    circuits: &mut Circuits,
    now: Moment,
    failure: BackendFailure,
) {
    let reason = Raised::backend(failure).reason;
    note(exchange, circuits, now, Outcome::Nothing { reason });
}

fn note(exchange: &Exchange, circuits: &mut Circuits, now: Moment, outcome: Outcome<'_>) {
    let single = exchange
        .backend
        .as_ref()
        .and_then(|backend| backend.single());
    if let Some(single) = single {
        circuits.note(now, single, outcome);
    }
}

/// `Retry-After`: seconds, or an HTTP date (RFC 9110, section 10.2.3).
fn wait(text: &str, utc: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    Some(Duration::try_from(at.duration_since(utc)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_seconds_or_dates() {
        let utc: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (text, seconds) in [
            ("17", Some(17)),
            ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60)),
            ("Wed, 31 Dec 2025 00:01:00 GMT", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(wait(text, utc), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
