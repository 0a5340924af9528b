use std::time::Duration;

use super::{Arrival, Caller, OnThrottle, Scenario};

/// Version of the Azure OpenAI data plane that requests name.
const API_VERSION: &str = "2024-10-21";

/// Header that carries [`Scenario::request_id`].
pub(crate) const REQUEST_ID: &str = "x-ms-client-request-id";

/// How much later than asked a polite caller comes back. A limit may be judged before the very
/// nanosecond at which it refills, and no caller in the world is that exact.
const RESUME_LAG: Duration = Duration::from_millis(1);

/// Without a header that says how long, a polite caller waits this long.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

/// One request as it goes over the wire, its key left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) path_and_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Scenario {
    /// The request that an arrival makes. Its id is the same whenever and wherever the scenario
    /// is played, so the simulated model gives the same answer in every run.
    pub(crate) fn call(&self, arrival: &Arrival, attempt: u32) -> Call {
        let deployment = &self.deployment;
        let id = self.request_id(arrival.number, attempt);
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            (REQUEST_ID.to_owned(), id),
        ];
        headers.extend(self.callers[arrival.caller].request.headers.iter().cloned());
        Call {
            path_and_query: format!(
                "/openai/deployments/{deployment}/chat/completions?api-version={API_VERSION}"
            ),
            headers,
            body: self.body(arrival),
        }
    }
}

impl Scenario {
    /// Names one try of one arrival to the server.
    pub(crate) fn request_id(&self, arrival: u64, attempt: u32) -> String {
        format!("apimon-{}-{arrival}-{attempt}", self.seed_number)
    }
}

impl Caller {
    /// How long after an answer the caller tries again; `None` when it does not.
    pub(crate) fn wait_before_retry(
        &self,
        attempt: u32,
        status: u16,
        retry_after: Option<u64>,
    ) -> Option<Duration> {
        let polite = self.on_429 == OnThrottle::HonorRetryAfter && status == 429;
        if !polite || attempt >= self.max_attempts {
            return None;
        }
        Some(retry_after.map_or(DEFAULT_WAIT, Duration::from_secs) + RESUME_LAG)
    }
}
