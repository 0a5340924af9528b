//! A digest says what the exact way says, and does not depend on how a file was cut.

use super::Digest;
use crate::report::fixtures;
use crate::report::summary::{Summary, summary};
use crate::results::{Run, encode_line};

/// The digest of a run that is read in that many parts of equal length.
fn in_parts(run: &Run, parts: usize) -> Digest {
    let last = run.records.iter().map(|record| record.done_us).max();
    let part = |records: &[crate::results::Record]| {
        let mut digest = Digest::new(&run.info, last.unwrap_or(0));
        let text: String = records.iter().map(encode_line).collect();
        digest.read(&text).unwrap();
        digest
    };
    let size = run.records.len().div_ceil(parts).max(1);
    let mut chunks = run.records.chunks(size);
    let mut whole = part(chunks.next().unwrap_or_default());
    whole.begins();
    for chunk in chunks {
        whole.join(part(chunk));
    }
    whole
}

/// What is not exact by design.
fn without_estimates(mut summary: Summary) -> Summary {
    let times = [
        &mut summary.latency,
        &mut summary.latency_from_sent,
        &mut summary.ttft,
        &mut summary.ttft_from_sent,
        &mut summary.client_lateness,
    ];
    for times in times.into_iter().flatten() {
        (times.p50_ms, times.p90_ms, times.p95_ms, times.p99_ms) = (0.0, 0.0, 0.0, 0.0);
        times.mean_ms = times.mean_ms.round();
    }
    summary.tokens_per_minute.peak_ends_us = None;
    for verdict in &mut summary.thresholds {
        verdict.actual = verdict.actual.map(f64::round);
    }
    for counter in &mut summary.limit {
        counter.overshoot_tokens = None;
        counter.refusing.clear();
        counter.passed_after_wait = None;
    }
    summary
}

fn close(one: f64, other: f64, share: f64) -> bool {
    (one - other).abs() <= other.abs() * share + 1e-9
}

#[test]
fn a_digest_has_the_numbers_of_the_exact_summary() {
    for (name, run) in fixtures::all() {
        let exact = summary(&run);
        let digest = Digest::of(&run).summary(&run.info, run.torn);
        for (times, known) in [
            (&digest.latency, &exact.latency),
            (&digest.ttft, &exact.ttft),
            (&digest.client_lateness, &exact.client_lateness),
        ] {
            let pairs = times.iter().zip(known);
            for (times, known) in pairs {
                assert!(close(times.p50_ms, known.p50_ms, 0.002), "{name}");
                assert!(close(times.p99_ms, known.p99_ms, 0.002), "{name}");
            }
        }
        for (counter, known) in digest.limit.iter().zip(&exact.limit) {
            let step = 0.01
                * run
                    .info
                    .limits
                    .first()
                    .map_or(0, |limit| limit.tokens_per_minute.unwrap_or(0))
                    as f64
                / 60.0
                + 1.0;
            let (one, other) = (counter.overshoot_tokens, known.overshoot_tokens);
            if let (Some(one), Some(other)) = (one, other) {
                assert!(
                    (one as f64 - other as f64).abs() <= step,
                    "{name}: {one} for {other}"
                );
            }
            let waits = counter
                .passed_after_wait
                .iter()
                .zip(&known.passed_after_wait);
            for (waits, known) in waits {
                assert!(close(waits.p50_ms, known.p50_ms, 1.0 / 64.0), "{name}");
                assert_eq!(
                    (waits.samples, waits.max_ms),
                    (known.samples, known.max_ms),
                    "{name}"
                );
            }
        }
        assert_eq!(
            without_estimates(digest),
            without_estimates(exact),
            "{name}"
        );
    }
}

#[test]
fn a_report_does_not_depend_on_how_the_file_was_cut() {
    for (name, run) in fixtures::all() {
        let whole = Digest::of(&run);
        let known = whole.summary(&run.info, false);
        for parts in [1, 2, 3, 7, 50] {
            let digest = in_parts(&run, parts);
            assert_eq!(digest.summary(&run.info, false), known, "{name} in {parts}");
            assert_eq!(digest.waited(), whole.waited(), "{name} in {parts}");
            assert_eq!(digest.refusals, whole.refusals, "{name} in {parts}");
            assert!(digest.columns == whole.columns, "{name} in {parts}");
        }
    }
}

#[test]
fn a_line_that_is_no_record_is_named() {
    let run = fixtures::burst();
    let mut text: String = run.records.iter().take(3).map(encode_line).collect();
    text.push_str("{\"arrival\":9}\n");
    let error = Digest::new(&run.info, 1).read(&text).unwrap_err();
    assert_eq!(error.line, 4);
    assert!(
        error.cause.to_string().contains("missing field"),
        "{error:?}"
    );
}

#[test]
fn records_that_step_back_are_counted() {
    let mut run = fixtures::sawtooth();
    run.records[9].done_us += 3_600_000_000;
    let digest = Digest::of(&run);
    assert_eq!((digest.steps_back, digest.beyond), (1, 0));
    let digest = in_parts(&run, 5);
    assert_eq!(digest.steps_back, 1, "also where parts meet");
}
