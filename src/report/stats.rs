//! The formulas, stated once.
//!
//! * *due*: when a request should have gone out. That is *scheduled*; for an attempt after a
//!   Retry-After it is the end of that wait, because waiting as told is not the gateway's slowness.
//! * *latency* (E2E) = done − due. A client that falls behind cannot look fast.
//! * *service time* = done − sent: the same without the client's own delay.
//! * *TTFT* = first token − due, of streamed answers only; *from sent* is first token − sent.
//! * *TPOT* = (last token − first token) / (completion tokens − 1), of streamed answers of at least
//!   two tokens: the mean gap between the tokens of one answer.
//! * *lateness* = sent − due: how far the client itself fell behind.
//!
//! Latency, service time and TTFT are those of passed requests: a refusal is quick and would make a
//! throttled run look fast. Quantiles are exact (all samples are kept and sorted) by nearest rank:
//! the smallest sample that at least that share of the samples does not exceed.

use schemars::JsonSchema;
use serde::Serialize;

use crate::results::{Outcome, Record};

pub(super) fn due_us<S>(record: &Record<S>) -> u64 {
    record.waited_until_us.unwrap_or(record.scheduled_us)
}

pub(super) fn latency_us<S>(record: &Record<S>) -> Option<u64> {
    passed(record).then(|| record.done_us.saturating_sub(due_us(record)))
}

pub(super) fn service_us<S>(record: &Record<S>) -> Option<u64> {
    passed(record).then(|| record.done_us.saturating_sub(record.sent_us))
}

pub(super) fn ttft_us<S>(record: &Record<S>) -> Option<u64> {
    streamed_first_token(record).map(|first| first.saturating_sub(due_us(record)))
}

pub(super) fn ttft_from_sent_us<S>(record: &Record<S>) -> Option<u64> {
    streamed_first_token(record).map(|first| first.saturating_sub(record.sent_us))
}

/// `None` too for a stream that reported fewer than two tokens.
pub(super) fn tpot_us<S>(record: &Record<S>) -> Option<u64> {
    let first = streamed_first_token(record)?;
    let gaps = record.completion_tokens?.checked_sub(1)?;
    let length = record.last_token_us?.saturating_sub(first);
    length.checked_div(gaps)
}

pub(super) fn lateness_us<S>(record: &Record<S>) -> u64 {
    record.sent_us.saturating_sub(due_us(record))
}

fn passed<S>(record: &Record<S>) -> bool {
    record.outcome() == Outcome::Passed
}

fn streamed_first_token<S>(record: &Record<S>) -> Option<u64> {
    record
        .first_token_us
        .filter(|_| record.stream && passed(record))
}

/// Samples in microseconds, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Samples(Vec<u64>);

impl FromIterator<u64> for Samples {
    fn from_iter<I: IntoIterator<Item = u64>>(samples: I) -> Samples {
        let mut samples: Vec<u64> = samples.into_iter().collect();
        samples.sort_unstable();
        Samples(samples)
    }
}

impl Samples {
    pub(super) fn sorted(&self) -> &[u64] {
        &self.0
    }

    /// Nearest-rank quantile, asked in thousandths: 950 is p95. `None` without samples.
    pub(super) fn quantile(&self, thousandths: usize) -> Option<u64> {
        let rank = (self.0.len() * thousandths).div_ceil(1_000).max(1);
        self.0.get(rank - 1).copied()
    }

    pub(super) fn max(&self) -> Option<u64> {
        self.0.last().copied()
    }

    pub(super) fn mean(&self) -> Option<f64> {
        let sum: u128 = self.0.iter().map(|sample| u128::from(*sample)).sum();
        (!self.0.is_empty()).then(|| sum as f64 / self.0.len() as f64)
    }

    /// `None` without samples: an absent distribution is not one of zeros.
    pub(super) fn distribution(&self) -> Option<Distribution> {
        let at = |thousandths| self.quantile(thousandths).map(milliseconds);
        Some(Distribution {
            samples: self.0.len(),
            mean_ms: self.mean()? / 1e3,
            p50_ms: at(500)?,
            p90_ms: at(900)?,
            p95_ms: at(950)?,
            p99_ms: at(990)?,
            max_ms: self.max().map(milliseconds)?,
        })
    }
}

pub(super) fn milliseconds(micros: u64) -> f64 {
    micros as f64 / 1e3
}

pub(super) fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// Times of passed requests, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Distribution {
    pub(crate) samples: usize,
    pub(crate) mean_ms: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}
