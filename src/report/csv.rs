//! A run as comma-separated values: one number a line, so that a spreadsheet or a script takes what
//! it needs.

use super::group::{Counts, Group};
use super::stats::Distribution;
use super::summary::Summary;
use super::svg::put;
use super::whole::Report;

/// `table,name,metric,value` with a head; numbers as they are in `summary.json` (shares from 0 to 1,
/// times in milliseconds or, where the metric says `_us`, microseconds). What does not apply has no
/// line.
pub(crate) fn csv(report: &Report<'_>) -> String {
    let summary = &report.summary;
    let mut lines = Lines("table,name,metric,value\n".to_owned());
    lines.run(summary);
    for (table, groups) in [
        ("subscription", &summary.subscriptions),
        ("caller", &summary.callers),
    ] {
        for group in groups {
            lines.group(table, group);
        }
    }
    for (name, times) in [
        ("latency", &summary.latency),
        ("latency_from_sent", &summary.latency_from_sent),
        ("ttft", &summary.ttft),
        ("ttft_from_sent", &summary.ttft_from_sent),
        ("client_lateness", &summary.client_lateness),
    ] {
        if let Some(times) = times {
            lines.times(name, times);
        }
    }
    for verdict in &summary.thresholds {
        lines.some("threshold", &verdict.text, "actual", verdict.actual);
        lines.count("threshold", &verdict.text, "samples", verdict.samples);
        lines.count(
            "threshold",
            &verdict.text,
            "passed",
            u64::from(verdict.passed),
        );
    }
    lines.0
}

struct Lines(String);

impl Lines {
    fn run(&mut self, summary: &Summary) {
        let name = &summary.scenario;
        self.counts("run", name, &summary.counts);
        self.count("run", name, "planned", summary.planned);
        self.count("run", name, "arrived", summary.arrived);
        let minute = &summary.tokens_per_minute;
        self.count("run", name, "peak_tokens_per_minute", minute.peak);
        self.some("run", name, "peak_of_limit", minute.share_of_limit);
        self.some("run", name, "fairness", summary.fairness);
        let cost = summary.cost.as_ref();
        self.some("run", name, "cost", cost.map(|cost| cost.amount));
        let retry = &summary.retry_after;
        for (metric, count) in [
            ("retry_after_asked", retry.asked),
            ("retry_after_retried", retry.retried),
            ("retry_after_honoured", retry.honoured),
            ("retry_after_worked", retry.worked),
        ] {
            self.count("run", name, metric, count);
        }
    }

    fn group(&mut self, table: &str, group: &Group) {
        self.counts(table, &group.name, &group.counts);
        for (metric, value) in [
            ("throttled_share", group.throttled_share),
            ("share_of_tokens", group.share_of_tokens),
            ("peak_of_limit", group.peak_of_limit),
            ("first_429_us", group.first_429_us.map(|at| at as f64)),
        ] {
            self.some(table, &group.name, metric, value);
        }
        let peak = group.peak_tokens_per_minute;
        self.count(table, &group.name, "peak_tokens_per_minute", peak);
    }

    fn counts(&mut self, table: &str, name: &str, counts: &Counts) {
        for (metric, count) in [
            ("requests", counts.requests),
            ("passed", counts.passed),
            ("throttled", counts.throttled),
            ("quota_exceeded", counts.quota_exceeded),
            ("failed", counts.failed),
            ("tokens", counts.tokens),
            ("without_usage", counts.without_usage),
        ] {
            self.count(table, name, metric, count);
        }
    }

    fn times(&mut self, name: &str, times: &Distribution) {
        self.count("times", name, "samples", times.samples as u64);
        for (metric, value) in [
            ("mean_ms", times.mean_ms),
            ("p50_ms", times.p50_ms),
            ("p90_ms", times.p90_ms),
            ("p95_ms", times.p95_ms),
            ("p99_ms", times.p99_ms),
            ("max_ms", times.max_ms),
        ] {
            self.some("times", name, metric, Some(value));
        }
    }

    fn count(&mut self, table: &str, name: &str, metric: &str, count: u64) {
        put!(self.0, "{table},{},{metric},{count}\n", field(name));
    }

    fn some(&mut self, table: &str, name: &str, metric: &str, value: Option<f64>) {
        if let Some(value) = value {
            put!(self.0, "{table},{},{metric},{value}\n", field(name));
        }
    }
}

/// A text as one field, quoted as RFC 4180 says where it has to be. What a spreadsheet would take for
/// a formula begins with an apostrophe.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn names_stay_in_their_field() {
        for (text, expected) in [
            ("team-a", "team-a"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"\n", "\"say \"\"hi\"\"\n\""),
            ("=1+2", "'=1+2"),
            ("-x,y", "\"'-x,y\""),
        ] {
            assert_eq!(field(text), expected);
        }
    }

    #[test]
    fn a_burst_as_csv() {
        insta::assert_snapshot!(csv(&Report::of(&fixtures::burst())));
    }
}
