//! A run as `OpenMetrics` text, for a push gateway or a node exporter's text files.

use super::group::Group;
use super::outcome::OUTCOMES;
use super::stats::Distribution;
use super::summary::Summary;
use super::svg::put;
use super::whole::Report;
use crate::results::{Origin, Outcome};

/// Version 1.0.0 of the format: families with type, unit and help, then `# EOF`. Everything is a
/// gauge, because a finished run does not count on.
pub(crate) fn openmetrics(report: &Report<'_>) -> String {
    let summary = &report.summary;
    let mut out = String::new();
    run(&mut out, report);
    by_subscription(&mut out, summary);
    if let Some(limit) = summary.tokens_per_minute.limit {
        let name = "apimon_run_limit_tokens_per_minute";
        head(&mut out, name, None, "the tightest limit of the policy");
        line(&mut out, name, &[], &limit.to_string());
    }
    for (name, times, help) in [
        (
            "apimon_run_latency_seconds",
            &summary.latency,
            "from due to done, of passed requests",
        ),
        (
            "apimon_run_ttft_seconds",
            &summary.ttft,
            "from due to the first token of a stream",
        ),
        (
            "apimon_run_client_lateness_seconds",
            &summary.client_lateness,
            "from due to sent",
        ),
    ] {
        if let Some(times) = times {
            quantiles(&mut out, name, times, help);
        }
    }
    let name = "apimon_run_threshold_kept";
    if !summary.thresholds.is_empty() {
        head(
            &mut out,
            name,
            None,
            "1 for a threshold that was kept, 0 for one that was missed",
        );
    }
    for verdict in &summary.thresholds {
        let kept = if verdict.passed { "1" } else { "0" };
        line(
            &mut out,
            name,
            &[("threshold", verdict.text.as_str())],
            kept,
        );
    }
    out.push_str("# EOF\n");
    out
}

fn run(out: &mut String, report: &Report<'_>) {
    let info = report.info;
    let origin = match info.origin {
        Origin::Measured => "measured",
        Origin::Simulated => "simulated",
    };
    head(out, "apimon_run", None, "a run, which has the value 1");
    let labels = [
        ("scenario", info.scenario.as_str()),
        ("origin", origin),
        ("target", &info.target.name),
        ("model", &info.target.model),
        ("started", &info.started),
    ];
    line(out, "apimon_run", &labels, "1");
}

/// A number of a subscription.
type Of = fn(&Group) -> u64;

fn by_subscription(out: &mut String, summary: &Summary) {
    let name = "apimon_run_requests";
    let help = "requests by subscription and outcome, retries included";
    head(out, name, None, help);
    for group in &summary.subscriptions {
        for outcome in OUTCOMES {
            let labels = [
                ("subscription", group.name.as_str()),
                ("outcome", word(outcome)),
            ];
            let count = group.counts.by_outcome(outcome).to_string();
            line(out, name, &labels, &count);
        }
    }
    let tokens: Of = |group| group.counts.tokens;
    let peak: Of = |group| group.peak_tokens_per_minute;
    for (name, of, help) in [
        (
            "apimon_run_tokens",
            tokens,
            "tokens that answers of passed requests reported",
        ),
        (
            "apimon_run_peak_tokens_per_minute",
            peak,
            "most tokens of passed requests in any sixty seconds",
        ),
    ] {
        head(out, name, None, help);
        for group in &summary.subscriptions {
            let labels = [("subscription", group.name.as_str())];
            line(out, name, &labels, &of(group).to_string());
        }
    }
}

fn quantiles(out: &mut String, name: &str, times: &Distribution, help: &str) {
    head(out, name, Some("seconds"), help);
    for (quantile, value_ms) in [
        ("0.5", times.p50_ms),
        ("0.9", times.p90_ms),
        ("0.95", times.p95_ms),
        ("0.99", times.p99_ms),
        ("1", times.max_ms),
    ] {
        let value = (value_ms / 1e3).to_string();
        line(out, name, &[("quantile", quantile)], &value);
    }
}

pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Throttled => "throttled",
        Outcome::QuotaExceeded => "quota_exceeded",
        Outcome::Failed => "failed",
    }
}

fn head(out: &mut String, name: &str, unit: Option<&str>, help: &str) {
    put!(out, "# TYPE {name} gauge\n");
    if let Some(unit) = unit {
        put!(out, "# UNIT {name} {unit}\n");
    }
    put!(out, "# HELP {name} {help}\n");
}

fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: &str) {
    out.push_str(name);
    for (place, (label, text)) in labels.iter().enumerate() {
        let before = if place == 0 { '{' } else { ',' };
        let text = text
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        put!(out, "{before}{label}=\"{text}\"");
    }
    if !labels.is_empty() {
        out.push('}');
    }
    put!(out, " {value}\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn a_burst_as_openmetrics() {
        insta::assert_snapshot!(openmetrics(&Report::of(&fixtures::burst())));
    }

    #[test]
    fn names_stay_in_their_labels() {
        let text = openmetrics(&Report::of(&fixtures::hostile()));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(series.ends_with('}') || !series.contains('{'), "{line}");
        }
    }
}
