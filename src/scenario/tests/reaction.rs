use std::time::Duration;

use super::super::reaction::{Ending, Retry};
use super::planned;
use crate::base::Moment;

const MILLI: u64 = 1_000;

/// What one group does after an ending at ten seconds, of an arrival that was due at nine.
fn after(
    reactions: &str,
    attempt: u32,
    status: Option<u16>,
    retry_after_s: Option<u64>,
) -> Option<Retry> {
    let (scenario, _) = planned(&format!(
        "  - {{ name: one, request: {{ prompt: hi }}, arrivals: [{{ count: 1, for: 1s }}], {reactions} }}\n"
    ));
    scenario.reaction(
        0,
        &Ending {
            arrival: 7,
            attempt,
            due: Moment::from_micros(9_000_000),
            done: Moment::from_micros(10_000_000),
            status,
            retry_after_s,
        },
    )
}

#[expect(clippy::unnecessary_wraps, reason = "as the answer is")]
fn retry(at_ms: u64, waited_until_ms: Option<u64>) -> Option<Retry> {
    Some(Retry {
        at: Moment::from_micros(at_ms * MILLI),
        waited_until: waited_until_ms.map(|until| Moment::from_micros(until * MILLI)),
    })
}

#[test]
fn a_polite_caller_waits_as_long_as_it_was_told_and_a_little() {
    let polite = "on-429: honor-retry-after, max-attempts: 3";
    assert_eq!(
        after(polite, 1, Some(429), Some(5)),
        retry(15_001, Some(15_000))
    );
    assert_eq!(after(polite, 2, Some(429), None), retry(11_001, None));
    assert_eq!(after(polite, 3, Some(429), Some(5)), None, "three tries");
    for status in [Some(200), Some(403), Some(500), Some(404), None] {
        assert_eq!(after(polite, 1, status, Some(5)), None, "{status:?}");
    }
}

#[test]
fn a_quota_is_waited_for_and_a_wrong_key_is_not() {
    let polite = "on-403: { wait: honor-retry-after, give-up-after: 8s }";
    assert_eq!(
        after(polite, 1, Some(403), Some(6)),
        retry(16_001, Some(16_000))
    );
    assert_eq!(after(polite, 1, Some(403), None), None);
    // Due at nine, so seventeen is the last moment at which a try may begin.
    assert_eq!(after(polite, 1, Some(403), Some(7)), None);
}

#[test]
fn waits_grow_up_to_a_bound_and_are_shortened_by_the_seed() {
    let fixed = "on-5xx: { wait: exponential, first: 1s, factor: 3, most: 10s, jitter: 0%, max-attempts: 9 }";
    for (attempt, at_ms) in [
        (1, 11_000),
        (2, 13_000),
        (3, 19_000),
        (4, 20_000),
        (8, 20_000),
    ] {
        assert_eq!(
            after(fixed, attempt, Some(503), Some(99)),
            retry(at_ms, None)
        );
    }
    assert_eq!(after(fixed, 9, Some(503), None), None);
    let drawn = "on-failure: { wait: exponential, first: 1s, jitter: 50% }";
    let first = after(drawn, 1, None, None).unwrap();
    assert_eq!(
        after(drawn, 1, None, None),
        Some(first),
        "the same every time"
    );
    let wait = first.at.since(Moment::from_micros(10_000_000));
    assert!((Duration::from_millis(500)..=Duration::from_secs(1)).contains(&wait));
    assert_ne!(wait, Duration::from_secs(1));
    assert_eq!(after(drawn, 1, Some(429), Some(1)), None);
}
