//! Tests over whole runs; what one file alone promises is tested in that file.

mod markup;
mod output;
mod thresholds;

use super::fixtures;
use super::stats::{Samples, latency_us, lateness_us, service_us, ttft_from_sent_us, ttft_us};
use super::summary::summary;

#[test]
fn quantiles_are_nearest_rank() {
    let hundred: Samples = (1..=100).rev().collect();
    for (thousandths, expected) in [
        (500, 50),
        (900, 90),
        (950, 95),
        (990, 99),
        (1_000, 100),
        (0, 1),
    ] {
        assert_eq!(
            hundred.quantile(thousandths),
            Some(expected),
            "{thousandths}"
        );
    }
    let three: Samples = [30, 10, 20].into_iter().collect();
    assert_eq!(three.quantile(500), Some(20));
    assert_eq!(three.quantile(501), Some(20));
    assert_eq!(three.quantile(667), Some(30));
    let times = three.distribution().unwrap();
    assert_eq!((times.samples, times.max_ms), (3, 0.03));
    assert!((times.mean_ms - 0.02).abs() < 1e-12);
    let none: Samples = [].into_iter().collect();
    assert_eq!((none.quantile(500), none.distribution()), (None, None));
}

#[test]
fn latency_counts_from_the_moment_a_request_was_due() {
    let mut record = fixtures::record(0);
    record.scheduled_us = 100;
    record.sent_us = 1_100;
    record.first_token_us = Some(300_100);
    record.done_us = 500_100;
    assert_eq!(latency_us(&record), Some(500_000));
    assert_eq!(service_us(&record), Some(499_000));
    assert_eq!(lateness_us(&record), 1_000);
    assert_eq!(
        (ttft_us(&record), ttft_from_sent_us(&record)),
        (None, None),
        "not streamed"
    );
    record.stream = true;
    assert_eq!(
        (ttft_us(&record), ttft_from_sent_us(&record)),
        (Some(300_000), Some(299_000))
    );
    // A wait that the gateway asked for is not the gateway's slowness.
    record.waited_until_us = Some(1_000);
    assert_eq!(
        (latency_us(&record), lateness_us(&record)),
        (Some(499_100), 100)
    );
    record.status = Some(429);
    assert_eq!(
        (latency_us(&record), ttft_us(&record)),
        (None, None),
        "a refusal is no fast answer"
    );
}

#[test]
fn every_outcome_is_counted_once() {
    let summary = summary(&fixtures::interrupted());
    let counts = &summary.counts;
    assert_eq!(
        (counts.requests, counts.passed, counts.throttled),
        (30, 10, 10)
    );
    assert_eq!((counts.quota_exceeded, counts.failed), (8, 2));
    for groups in [&summary.callers, &summary.subscriptions] {
        assert_eq!(
            groups
                .iter()
                .map(|group| group.counts.requests)
                .sum::<u64>(),
            30
        );
        assert_eq!(
            groups.iter().map(|group| group.counts.tokens).sum::<u64>(),
            counts.tokens
        );
    }
}

#[test]
fn subscriptions_with_counters_of_their_own_have_minutes_of_their_own() {
    let mut run = fixtures::two_subscriptions();
    let apart = summary(&run).tokens_per_minute;
    assert_eq!(apart.subscription.as_deref(), Some("team-a"));
    assert_eq!(
        (apart.limit, apart.limit_place.as_deref()),
        (Some(500), Some("token-limit.xml:14"))
    );
    run.info.limits[0].counter_key = "@(context.Request.IpAddress)".to_owned();
    let together = summary(&run).tokens_per_minute;
    assert_eq!(together.subscription, None);
    assert!(together.peak > apart.peak);
    run.info.limits.clear();
    assert_eq!(summary(&run).tokens_per_minute.limit, None);
}

#[test]
fn waits_are_honoured_only_by_those_who_wait() {
    let mut run = fixtures::burst();
    let retry = summary(&run).retry_after;
    assert_eq!(
        (retry.asked, retry.without_header, retry.longest_s),
        (16, 0, Some(7))
    );
    assert_eq!((retry.retried, retry.honoured, retry.worked), (4, 4, 4));
    let second = run
        .records
        .iter_mut()
        .find(|record| record.attempt == 2)
        .unwrap();
    second.sent_us -= 2_000;
    let retry = summary(&run).retry_after;
    assert_eq!((retry.retried, retry.honoured, retry.worked), (4, 3, 3));
    for record in &mut run.records {
        record.retry_after_s = None;
    }
    let retry = summary(&run).retry_after;
    assert_eq!(
        (retry.asked, retry.without_header, retry.longest_s),
        (0, 16, None)
    );
    assert_eq!(retry.honoured_share(), None);
}
