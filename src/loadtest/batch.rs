//! What a worker hands over, and what it counted.

use std::ops::AddAssign;

use super::tally::Tally;
use crate::results::{Outcome, Record};

/// What one worker did since it last handed something over.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Whole lines of `requests.jsonl`.
    pub(crate) lines: Vec<u8>,
    pub(crate) counts: Counts,
    /// Times and groups; about once a second.
    pub(crate) tally: Option<Box<Tally>>,
}

/// Requests by how they ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    /// Requests that were the first try of their arrival.
    pub(crate) arrivals: u64,
    pub(crate) passed: u64,
    pub(crate) throttled: u64,
    pub(crate) quota_exceeded: u64,
    pub(crate) failed: u64,
    /// Tokens of passed requests.
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
}

impl Counts {
    pub(super) fn note(&mut self, record: &Record) {
        self.requests += 1;
        self.arrivals += u64::from(record.attempt == 1);
        match record.outcome() {
            Outcome::Passed => {
                self.passed += 1;
                self.prompt_tokens += record.prompt_tokens.unwrap_or(0);
                self.completion_tokens += record.completion_tokens.unwrap_or(0);
            }
            Outcome::Throttled => self.throttled += 1,
            Outcome::QuotaExceeded => self.quota_exceeded += 1,
            Outcome::Failed => self.failed += 1,
        }
    }

    /// Prompt and completion tokens of passed requests.
    pub(crate) fn tokens(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.requests += more.requests;
        self.arrivals += more.arrivals;
        self.passed += more.passed;
        self.throttled += more.throttled;
        self.quota_exceeded += more.quota_exceeded;
        self.failed += more.failed;
        self.prompt_tokens += more.prompt_tokens;
        self.completion_tokens += more.completion_tokens;
    }
}
