//! What a caller orders by request headers: errors, faults, lengths and times on demand, for tests
//! of policies and of clients.

use std::str::FromStr;
use std::time::Duration;

use super::answer::{ModelFault, ModelRequest};
use super::refusal::Refusal;
use crate::base::parse_duration;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    pub(super) refusal: Option<Refusal>,
    pub(super) fault: Option<ModelFault>,
    /// What `usage` reports, whatever the prompt is.
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
    /// When the answer is complete.
    pub(super) latency: Option<Duration>,
    pub(super) hides_usage: bool,
    /// Tokens after which a stream breaks off with an error event.
    pub(super) stream_error_after: Option<u64>,
}

impl Orders {
    /// Reads the `x-simulate-` headers.
    ///
    /// # Errors
    ///
    /// A refusal that names the header whose value cannot be followed.
    pub(super) fn read(request: &ModelRequest<'_>) -> Result<Orders, Refusal> {
        let usage = order(request, "x-simulate-usage", "`true` or `false`", |text| {
            text.parse().ok()
        })?;
        Ok(Orders {
            refusal: order(
                request,
                "x-simulate-status",
                "400, 401, 404, 429, 500 or 503",
                Refusal::with_status,
            )?,
            fault: order(
                request,
                "x-simulate-fault",
                "`refused`, `reset` or `timeout`",
                fault,
            )?,
            prompt_tokens: order(request, "x-simulate-prompt-tokens", "a whole number", whole)?,
            completion_tokens: order(
                request,
                "x-simulate-completion-tokens",
                "a whole number",
                whole,
            )?,
            latency: order(
                request,
                "x-simulate-latency",
                "a duration such as `2s`",
                |text| parse_duration(text).ok(),
            )?,
            hides_usage: usage == Some(false),
            stream_error_after: order(request, "x-simulate-stream-error", "a whole number", whole)?,
        })
    }
}

fn order<T>(
    request: &ModelRequest<'_>,
    header: &str,
    wanted: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(value) = (request.header)(header) else {
        return Ok(None);
    };
    read(value.trim())
        .map(Some)
        .ok_or_else(|| Refusal::bad_order(header, wanted))
}

fn whole(text: &str) -> Option<u64> {
    u64::from_str(text).ok()
}

fn fault(text: &str) -> Option<ModelFault> {
    match text {
        "refused" => Some(ModelFault::Refused),
        "reset" => Some(ModelFault::Reset),
        "timeout" => Some(ModelFault::Timeout),
        _ => None,
    }
}
