//! Thresholds as people write them in scenarios: `p95(ttft) < 800ms`,
//! `throttled_ratio{callers=quiet} == 0%`, `tokens_admitted_per_minute <= 1.05 * tpm`.
//!
//! Here they are read, and judged while a run goes on ([`Live`]); what a metric is worth in a run
//! that is over is computed in `report`.

mod live;
mod metric;
mod reader;
mod rule;
#[cfg(test)]
mod tests;

pub(crate) use live::{Ended, Grace, Live, Seen};
pub(crate) use metric::{Measure, Metric, Statistic, Timing};
pub(crate) use rule::{Bound, Comparison, Scope, Threshold, ThresholdError};
