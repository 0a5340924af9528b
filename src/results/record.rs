use serde::{Deserialize, Serialize};

use crate::base::Moment;

/// One request as it went: a line of `requests.jsonl`.
///
/// Times are microseconds since the run started. A field that does not apply is absent from the
/// line (`None` here), never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// Number of the arrival in the plan, from 0.
    pub(crate) arrival: u64,
    /// 1 for the first try; retries after a 429 count on.
    pub(crate) attempt: u32,
    /// Name of the group of callers in the scenario.
    pub(crate) caller: String,
    pub(crate) subscription: String,
    pub(crate) stream: bool,
    /// Sent to warm up: recorded, and left out of statistics and thresholds. Absent when false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) warm_up: bool,
    /// When the plan wanted it to go out. Latency counts from here.
    pub(crate) scheduled_us: u64,
    /// When the first byte was handed to the socket.
    pub(crate) sent_us: u64,
    /// When the first content token (streamed) or the response head (not streamed) was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_token_us: Option<u64>,
    /// When the last content token was there; streamed answers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_token_us: Option<u64>,
    /// When the answer was complete, or the request had failed.
    pub(crate) done_us: u64,
    /// HTTP status; absent when no response came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Why there is no whole answer; absent when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<Failure>,
    /// Seconds of the retry-after header (or the name that the policy gave it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_s: Option<u64>,
    /// Tokens left in the limit, as the policy's remaining header said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remaining_tokens: Option<u64>,
    /// What the policy's consumed header said that this request cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) consumed_tokens: Option<u64>,
    /// Reported by `usage` in the answer; as planned for a stream without `usage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prompt_tokens: Option<u64>,
    /// Reported by `usage`; counted from the content of a stream without `usage`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completion_tokens: Option<u64>,
    /// Tokens that the plan expected the prompt to have, counted with `o200k_base`.
    pub(crate) planned_prompt_tokens: u64,
    /// What the gateway's `on-error` said went wrong, from the policy's reason header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Set when this attempt was sent after waiting as the answer before it asked: the moment at
    /// which that wait was over, microseconds since the run started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waited_until_us: Option<u64>,
    /// What it took to find and reach the server, when a connection was opened for this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) connect_us: Option<u64>,
    /// What the TLS handshake took after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls_us: Option<u64>,
    /// Bytes of the request's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_bytes: Option<u64>,
    /// Bytes of the answer's body that came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) received_bytes: Option<u64>,
    /// Events of a stream that held text of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_events: Option<u64>,
    /// Times from one such event to the next (ITL) within this stream: their median, by nearest
    /// rank. Events that came together are no time apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) itl_p50_us: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) itl_p99_us: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) itl_max_us: Option<u64>,
    /// Who counted `prompt_tokens` and `completion_tokens`; absent when they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_by: Option<TokensBy>,
    /// True when `status` is what an error event inside a stream said whose own status was 200.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) in_stream: bool,
}

/// Who counted the tokens of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TokensBy {
    /// The model, in `usage`.
    Reported,
    /// This program, from the text and with `o200k_base`, because the answer reported nothing.
    Counted,
}

/// Why a request has no whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Failure {
    /// No connection could be opened.
    Connect,
    /// The connection broke before the answer was whole.
    Broken,
    /// No answer within the scenario's time limit.
    Timeout,
    /// The answer was not HTTP, or its body was not what its headers promised.
    Malformed,
    /// The run was interrupted while the request was under way.
    Interrupted,
    /// Never sent: as many connections as this client may open were busy.
    NoConnection,
}

/// The four ways a request can end, as people count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// 2xx and whole.
    Passed,
    /// 429 by a limit.
    Throttled,
    /// 403 by a quota.
    QuotaExceeded,
    /// Anything else.
    Failed,
}

/// Names under which the policy reports, by default or as its attributes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderNames {
    pub(crate) retry_after: String,
    pub(crate) remaining: Option<String>,
    pub(crate) consumed: Option<String>,
    /// Carries `context.LastError.Reason`.
    pub(crate) reason: Option<String>,
}

impl Default for HeaderNames {
    fn default() -> HeaderNames {
        HeaderNames {
            retry_after: "Retry-After".to_owned(),
            remaining: None,
            consumed: None,
            reason: None,
        }
    }
}

impl Record {
    /// A request that is about to be sent; everything that is not known yet is absent.
    pub(crate) fn new(
        arrival: u64,
        attempt: u32,
        caller: &str,
        subscription: &str,
        scheduled: Moment,
    ) -> Record {
        let scheduled_us = scheduled.as_micros();
        Record {
            arrival,
            attempt,
            caller: caller.to_owned(),
            subscription: subscription.to_owned(),
            stream: false,
            warm_up: false,
            scheduled_us,
            sent_us: scheduled_us,
            first_token_us: None,
            last_token_us: None,
            done_us: scheduled_us,
            status: None,
            failure: None,
            retry_after_s: None,
            remaining_tokens: None,
            consumed_tokens: None,
            prompt_tokens: None,
            completion_tokens: None,
            planned_prompt_tokens: 0,
            reason: None,
            waited_until_us: None,
            connect_us: None,
            tls_us: None,
            sent_bytes: None,
            received_bytes: None,
            content_events: None,
            itl_p50_us: None,
            itl_p99_us: None,
            itl_max_us: None,
            tokens_by: None,
            in_stream: false,
        }
    }

    /// Takes over what the response head says.
    pub(crate) fn note_head<'a>(
        &mut self,
        status: u16,
        names: &HeaderNames,
        header: impl Fn(&str) -> Option<&'a str>,
    ) {
        let text = |name: &Option<String>| name.as_ref().and_then(|name| header(name));
        let count = |name: &Option<String>| text(name).and_then(|value| value.trim().parse().ok());
        self.status = Some(status);
        self.retry_after_s = header(&names.retry_after).and_then(|value| value.trim().parse().ok());
        self.remaining_tokens = count(&names.remaining);
        self.consumed_tokens = count(&names.consumed);
        self.reason = text(&names.reason).map(str::to_owned);
    }

    /// Takes over the tokens that the answer reports.
    pub(crate) fn note_usage(&mut self, prompt: u64, completion: u64) {
        self.prompt_tokens = Some(prompt);
        self.completion_tokens = Some(completion);
        self.tokens_by = Some(TokensBy::Reported);
    }

    /// Takes the prompt as planned and the completion as we counted it.
    pub(crate) fn note_counted(&mut self, completion: u64) {
        self.prompt_tokens = Some(self.planned_prompt_tokens);
        self.completion_tokens = Some(completion);
        self.tokens_by = Some(TokensBy::Counted);
    }

    /// Takes back what an answer said that came when nobody waited for it any more.
    pub(crate) fn note_nothing(&mut self) {
        self.status = None;
        self.first_token_us = None;
        self.retry_after_s = None;
        self.remaining_tokens = None;
        self.consumed_tokens = None;
        self.prompt_tokens = None;
        self.completion_tokens = None;
        self.tokens_by = None;
        self.reason = None;
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self.status {
            _ if self.failure.is_some() => Outcome::Failed,
            Some(200..=299) => Outcome::Passed,
            Some(429) => Outcome::Throttled,
            Some(403) if self.retry_after_s.is_some() => Outcome::QuotaExceeded,
            _ => Outcome::Failed,
        }
    }

    /// Prompt and completion tokens of the answer; `None` when it reported none.
    pub(crate) fn total_tokens(&self) -> Option<u64> {
        match (self.prompt_tokens, self.completion_tokens) {
            (None, None) => None,
            (prompt, completion) => Some(prompt.unwrap_or(0) + completion.unwrap_or(0)),
        }
    }
}

/// # Errors
///
/// When the line is not a whole record; the last line of a killed run may be torn.
pub(crate) fn decode_line(line: &str) -> Result<Record, serde_json::Error> {
    serde_json::from_str(line)
}
