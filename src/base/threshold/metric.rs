use std::fmt;

use super::super::{number, percent};

/// What a threshold looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    PassedRatio,
    ThrottledRatio,
    QuotaExceededRatio,
    FailedRatio,
    Passed,
    Throttled,
    QuotaExceeded,
    Failed,
    Requests,
    /// `p95(ttft)`, `mean(latency)`: over passed requests only.
    Time(Statistic, Timing),
    /// Share of retries that were not sent before Retry-After was over.
    RetryAfterHonoured,
    /// Most tokens of passed requests in any sixty seconds, by the moment they were done.
    TokensAdmittedPerMinute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statistic {
    P50,
    P90,
    P95,
    P99,
    Max,
    Mean,
}

/// A span in the life of one request; the formulas are in `report::stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timing {
    Ttft,
    Latency,
}

/// What kind of number a metric is, and so which units its bound may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// From 0 to 1; written as `20%` or `0.2`.
    Share,
    Count,
    Milliseconds,
    Tokens,
}

impl Metric {
    /// Every metric that is one word.
    pub(super) const WORDS: [Metric; 11] = [
        Metric::PassedRatio,
        Metric::ThrottledRatio,
        Metric::QuotaExceededRatio,
        Metric::FailedRatio,
        Metric::Passed,
        Metric::Throttled,
        Metric::QuotaExceeded,
        Metric::Failed,
        Metric::Requests,
        Metric::RetryAfterHonoured,
        Metric::TokensAdmittedPerMinute,
    ];

    pub(crate) fn measure(self) -> Measure {
        match self {
            Metric::PassedRatio
            | Metric::ThrottledRatio
            | Metric::QuotaExceededRatio
            | Metric::FailedRatio
            | Metric::RetryAfterHonoured => Measure::Share,
            Metric::Passed
            | Metric::Throttled
            | Metric::QuotaExceeded
            | Metric::Failed
            | Metric::Requests => Measure::Count,
            Metric::Time(..) => Measure::Milliseconds,
            Metric::TokensAdmittedPerMinute => Measure::Tokens,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Metric::PassedRatio => "passed_ratio",
            Metric::ThrottledRatio => "throttled_ratio",
            Metric::QuotaExceededRatio => "quota_exceeded_ratio",
            Metric::FailedRatio => "failed_ratio",
            Metric::Passed => "passed",
            Metric::Throttled => "throttled",
            Metric::QuotaExceeded => "quota_exceeded",
            Metric::Failed => "failed",
            Metric::Requests => "requests",
            Metric::Time(statistic, _) => statistic.word(),
            Metric::RetryAfterHonoured => "retry_after_honoured",
            Metric::TokensAdmittedPerMinute => "tokens_admitted_per_minute",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Time(statistic, timing) => write!(f, "{}({})", statistic.word(), timing.word()),
            metric => f.write_str(metric.word()),
        }
    }
}

impl Statistic {
    pub(super) const ALL: [Statistic; 6] = [
        Statistic::P50,
        Statistic::P90,
        Statistic::P95,
        Statistic::P99,
        Statistic::Max,
        Statistic::Mean,
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Statistic::P50 => "p50",
            Statistic::P90 => "p90",
            Statistic::P95 => "p95",
            Statistic::P99 => "p99",
            Statistic::Max => "max",
            Statistic::Mean => "mean",
        }
    }
}

impl Timing {
    pub(super) const ALL: [Timing; 2] = [Timing::Ttft, Timing::Latency];

    pub(super) fn word(self) -> &'static str {
        match self {
            Timing::Ttft => "ttft",
            Timing::Latency => "latency",
        }
    }
}

impl Measure {
    /// A value of this kind for people: `7.6 %`, `12`, `812 ms`, `480 tokens`.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Measure::Share => percent(value),
            Measure::Count => number(value, 0),
            Measure::Milliseconds => format!("{} ms", number(value, 1)),
            Measure::Tokens => format!("{} tokens", number(value, 0)),
        }
    }
}
