use super::super::fixtures;
use super::super::summary::summary;
use crate::results::{Record, Run};

/// Ten requests of one caller and two of another: seven passed, three throttled, one refused by a
/// quota, one failed.
fn run() -> Run {
    let mut records: Vec<Record> = (0..12).map(fixtures::record).collect();
    for (record, place) in records.iter_mut().zip(1..) {
        record.stream = true;
        record.first_token_us = Some(place * 100_000);
        record.done_us = place * 200_000;
    }
    for record in &mut records[7..10] {
        record.status = Some(429);
        record.retry_after_s = Some(3);
    }
    records[10].status = Some(403);
    records[10].retry_after_s = Some(3_600);
    records[11].status = Some(500);
    for record in &mut records[10..] {
        record.caller = "quiet".to_owned();
        record.subscription = "team-b".to_owned();
    }
    Run {
        info: fixtures::info("thresholds"),
        records,
        torn: false,
    }
}

fn check(run: &Run, text: &str, actual: f64, samples: u64, passed: bool) {
    let mut run = run.clone();
    run.info.thresholds = vec![text.to_owned()];
    let summary = summary(&run);
    let verdict = &summary.thresholds[0];
    let found = verdict
        .actual
        .unwrap_or_else(|| panic!("{text}: {:?}", verdict.note));
    assert!((found - actual).abs() < 1e-9, "{text}: {found}");
    assert_eq!(
        (verdict.samples, verdict.passed),
        (samples, passed),
        "{text}"
    );
    assert_eq!(summary.passed(), passed);
}

#[test]
fn every_metric_is_measured() {
    let run = run();
    for (text, actual, samples, passed) in [
        ("passed_ratio >= 50%", 7.0 / 12.0, 12, true),
        ("throttled_ratio < 25%", 0.25, 12, false),
        ("throttled_ratio <= 25%", 0.25, 12, true),
        ("quota_exceeded_ratio == 0%", 1.0 / 12.0, 12, false),
        ("failed_ratio < 0.1", 1.0 / 12.0, 12, true),
        ("passed == 7", 7.0, 12, true),
        ("throttled != 3", 3.0, 12, false),
        ("quota_exceeded <= 1", 1.0, 12, true),
        ("failed > 1", 1.0, 12, false),
        ("requests == 12", 12.0, 12, true),
        ("p50(ttft) < 400ms", 400.0, 7, false),
        ("p90(ttft) <= 0.7s", 700.0, 7, true),
        ("mean(ttft) == 400ms", 400.0, 7, true),
        ("p95(latency) < 2s", 1_400.0, 7, true),
        ("p99(latency) <= 1400ms", 1_400.0, 7, true),
        ("max(latency) > 1.4s", 1_400.0, 7, false),
        ("tokens_admitted_per_minute <= 504", 504.0, 7, true),
        ("tokens_admitted_per_minute <= tpm", 504.0, 7, false),
        ("tokens_admitted_per_minute <= 1.05 * tpm", 504.0, 7, true),
    ] {
        check(&run, text, actual, samples, passed);
    }
    check(
        &fixtures::burst(),
        "retry_after_honoured == 100%",
        1.0,
        4,
        true,
    );
}

#[test]
fn a_scope_leaves_the_others_out() {
    let run = run();
    check(&run, "passed_ratio{callers=burst} == 70%", 0.7, 10, true);
    check(&run, "throttled{callers=quiet} == 0", 0.0, 2, true);
    check(&run, "failed{subscriptions=team-b} == 1", 1.0, 2, true);
}

#[test]
fn a_threshold_over_nothing_is_missed() {
    for text in [
        "passed_ratio >= 0%",
        "throttled_ratio == 0%",
        "quota_exceeded_ratio == 0%",
        "failed_ratio == 0%",
        "passed >= 0",
        "throttled == 0",
        "quota_exceeded == 0",
        "failed == 0",
        "requests == 0",
        "p95(ttft) < 1s",
        "max(latency) < 1s",
        "mean(latency) < 1s",
        "retry_after_honoured == 100%",
        "tokens_admitted_per_minute <= tpm",
        "throttled_ratio{callers=nobody} == 0%",
    ] {
        let mut run = if text.contains("nobody") {
            run()
        } else {
            fixtures::empty()
        };
        run.info.thresholds = vec![text.to_owned()];
        let summary = summary(&run);
        let verdict = &summary.thresholds[0];
        assert_eq!(
            (verdict.actual, verdict.samples, verdict.passed),
            (None, 0, false),
            "{text}"
        );
        assert_eq!(
            verdict.note.as_deref(),
            Some("nothing to measure"),
            "{text}"
        );
        assert!(!summary.passed());
    }
}

#[test]
fn what_cannot_be_compared_says_why() {
    let mut run = run();
    run.info.limits.clear();
    run.info.thresholds = vec![
        "tokens_admitted_per_minute <= tpm".to_owned(),
        "p95 < 1s".to_owned(),
    ];
    let verdicts = summary(&run).thresholds;
    assert_eq!(
        verdicts[0].note.as_deref(),
        Some("the policy names no tokens per minute")
    );
    assert_eq!(
        verdicts[1].note.as_deref(),
        Some("`p95` needs to know of what")
    );
    assert!(verdicts.iter().all(|verdict| !verdict.passed));
}

#[test]
fn a_run_without_thresholds_passes() {
    assert!(summary(&run()).passed());
}
