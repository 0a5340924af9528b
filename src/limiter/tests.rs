//! Scripts for single cases, and property tests against slow, obvious models.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::window::EXACT;
use super::*;
use crate::base::{Moment, parse_duration};

const V2: Algorithm = Algorithm::TokenBucket { debt: true };
const V2_NO_DEBT: Algorithm = Algorithm::TokenBucket { debt: false };
const CLASSIC: Algorithm = Algorithm::SlidingWindow;

/// Runs a script of `MOMENT admit [ESTIMATE] -> VERDICT`, `MOMENT settle SPENT [instead of ESTIMATE]`
/// and `MOMENT left N` lines.
fn check(algorithm: Algorithm, per_minute: u64, script: &str) {
    let mut counter = RateCounter::new(algorithm, Moment::ZERO, Limit::per_minute(per_minute));
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let now = Moment::at(parse_duration(words[0]).unwrap());
        let amount = |index: usize| words[index].parse::<u64>().unwrap();
        match words[1..] {
            ["left", _] => assert_eq!(counter.remaining(now), amount(2), "{line}"),
            ["limit", _] => counter.limit(now, Limit::per_minute(amount(2))),
            ["settle", _] => counter.settle(now, 0, amount(2)),
            ["settle", _, "instead", "of", _] => counter.settle(now, amount(5), amount(2)),
            ["admit", .., "->", _] | ["admit", .., "->", _, _] => {
                let (left, expected) = line.split_once("->").unwrap();
                let estimate = left.split_whitespace().nth(2).map_or(0, |_| amount(2));
                let verdict = match counter.admit(now, estimate) {
                    Ok(()) => "passes".to_owned(),
                    Err(Refusal::Spent { retry_after, .. }) => {
                        format!("wait {}", retry_after.as_secs())
                    }
                    Err(Refusal::WillExceed) => "too large".to_owned(),
                };
                assert_eq!(verdict, expected.trim(), "{line}");
            }
            _ => panic!("not a script line: {line}"),
        }
    }
}

#[test]
fn a_bucket_is_full_at_first_and_carries_debt() {
    // O7: one 40-token call at 10 tokens per minute, then 180 seconds.
    check(
        V2,
        10,
        "0s admit -> passes
         0s settle 40
         0s left 0
         0s admit -> wait 180
         179.5s admit -> wait 1
         180.5s admit -> passes",
    );
}

#[test]
fn a_bucket_refills_continuously_up_to_one_minute() {
    // O2: 300 tokens per minute, two calls of 262 tokens and 3 seconds.
    check(
        V2,
        300,
        "0s admit -> passes
         3s settle 262
         3s left 38
         3s admit -> passes
         6s settle 262
         6s left 0
         7s admit -> wait 41
         1h left 300",
    );
}

#[test]
fn a_bucket_takes_the_estimate_and_corrects_it() {
    check(
        V2,
        1000,
        "0s admit 908 -> passes
         0s left 92
         0s settle 950 instead of 908
         0s left 50
         0s admit 120 -> too large
         0s left 50
         0s admit 40 -> passes
         0s settle 10 instead of 40
         0s left 40",
    );
}

#[test]
fn without_debt_a_bucket_stops_at_zero() {
    check(
        V2_NO_DEBT,
        60,
        "0s admit -> passes
         0s settle 600
         0s admit -> wait 1
         1.1s admit -> passes",
    );
}

#[test]
fn a_window_forgets_after_exactly_a_minute() {
    // O1, 100 tokens per minute, and O13's arithmetic.
    check(
        CLASSIC,
        100,
        "0s admit -> passes
         1.93s settle 59
         1.93s left 41
         16.93s admit -> passes
         17.71s settle 55
         17.71s left 0
         32.71s admit -> wait 30
         48.11s admit -> wait 14
         63.46s admit -> passes
         63.46s settle 55
         63.46s left 0",
    );
}

/// Deviation 9 of a peer (peers 1.2): cost and memory that grow with the answers of a minute.
#[test]
fn deviation_09_a_crowded_window_keeps_a_bounded_number_of_entries() {
    let mut window = SlidingWindow::new(Limit::per_minute(10_000_000));
    let millisecond = |number: u64| Moment::at(Duration::from_millis(number));
    for number in 0..300_000 {
        window.settle(millisecond(number), 1);
        assert!(window.entries() <= 2 * EXACT + 1, "after {number}");
        // At most one slot leaves early.
        let used = 10_000_000 - window.remaining(millisecond(number));
        let exact = (number + 1).min(60_000);
        assert!(used <= exact && exact - used <= 60, "{used} of {exact}");
    }
    assert!(window.is_idle(millisecond(360_000)));
}

#[test]
fn a_window_refuses_an_estimate_that_does_not_fit() {
    check(
        CLASSIC,
        100,
        "0s admit 60 -> passes
         0s settle 60 instead of 60
         1s admit 41 -> too large
         1s admit 40 -> passes",
    );
}

#[test]
fn a_new_limit_keeps_the_level_and_cuts_it() {
    check(
        V2,
        1000,
        "0s admit -> passes
         0s settle 100
         0s limit 500
         0s left 500
         0s limit 2000
         0s left 500
         3s left 600",
    );
}

#[test]
fn a_limit_of_zero_admits_nothing_and_does_not_panic() {
    check(V2, 0, "0s admit -> wait 60\n1h admit -> wait 60");
    check(CLASSIC, 0, "0s admit -> wait 60\n1h admit -> wait 60");
}

#[test]
fn quota_windows_are_cut_from_utc() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let now = at("2026-02-04T13:38:27Z");
    for (period, start, end) in [
        (
            Period::Hourly,
            "2026-02-04T13:00:00Z",
            "2026-02-04T14:00:00Z",
        ),
        (
            Period::Daily,
            "2026-02-04T00:00:00Z",
            "2026-02-05T00:00:00Z",
        ),
        (
            Period::Weekly(jiff::civil::Weekday::Monday),
            "2026-02-02T00:00:00Z",
            "2026-02-09T00:00:00Z",
        ),
        (
            Period::Monthly,
            "2026-02-01T00:00:00Z",
            "2026-03-01T00:00:00Z",
        ),
        (
            Period::Yearly,
            "2026-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
        ),
    ] {
        assert_eq!(period.start(now), at(start), "{period:?}");
        assert_eq!(period.end(now), at(end), "{period:?}");
        assert_eq!(
            period.start(at(end)),
            at(end),
            "{period:?}: a window's end is the next one's start"
        );
    }
}

#[test]
fn a_quota_is_exceeded_only_above() {
    let now: Timestamp = "2026-02-04T13:38:27Z".parse().unwrap();
    let quota = 100;
    let mut counter = QuotaCounter::new(now, Period::Hourly);
    for (spent, left) in [(60, 40), (40, 0), (1, 0)] {
        let reservation = counter.admit(now, quota, 0).unwrap();
        counter.settle(now, reservation, spent);
        assert_eq!(counter.remaining(now, quota), left);
    }
    let wait = Duration::from_secs(21 * 60 + 33);
    assert_eq!(
        counter.admit(now, quota, 0),
        Err(QuotaRefusal::Spent { wait })
    );
    // Raising the quota takes effect at once; so does the next window.
    assert!(counter.admit(now, 200, 0).is_ok());
    let next_hour: Timestamp = "2026-02-04T14:00:00Z".parse().unwrap();
    assert!(counter.admit(next_hour, quota, 0).is_ok());
}

#[test]
fn a_quota_reservation_ends_with_its_window() {
    let before: Timestamp = "2026-02-04T13:59:59Z".parse().unwrap();
    let after: Timestamp = "2026-02-04T14:00:01Z".parse().unwrap();
    let quota = 100;
    let mut counter = QuotaCounter::new(before, Period::Hourly);
    let reservation = counter.admit(before, quota, 80).unwrap();
    assert_eq!(
        counter.admit(before, quota, 30),
        Err(QuotaRefusal::WillExceed {
            wait: Duration::from_secs(1)
        })
    );
    counter.settle(after, reservation, 90);
    assert_eq!(counter.remaining(after, quota), 10);
}

/// The token bucket as a child would compute it: a level that grows every millisecond.
struct SlowBucket {
    per_minute: i128,
    /// In sixty-thousandths of a token: one millisecond at one token per minute.
    level: i128,
    millis: u64,
}

impl SlowBucket {
    fn advance(&mut self, millis: u64) {
        while self.millis < millis {
            self.millis += 1;
            self.level = (self.level + self.per_minute).min(self.per_minute * 60_000);
        }
    }
}

/// The sliding window as a list of everything that ever happened.
#[derive(Default)]
struct SlowWindow(Vec<(u64, u64)>);

impl SlowWindow {
    fn used(&self, millis: u64) -> u64 {
        self.0
            .iter()
            .filter(|(at, _)| at + 60_000 > millis)
            .map(|(_, tokens)| tokens)
            .sum()
    }
}

/// Gap in milliseconds before a step, the estimate, what is spent, and how long the answer takes.
fn steps() -> impl Strategy<Value = Vec<(u64, u64, u64, u64)>> {
    prop::collection::vec((0..20_000_u64, 0..120_u64, 0..400_u64, 0..3_000_u64), 1..40)
}

fn moment(millis: u64) -> Moment {
    Moment::at(Duration::from_millis(millis))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bucket_decides_as_the_slow_model(per_minute in 1..1_000_u64, steps in steps()) {
        let mut bucket = RateCounter::new(V2, Moment::ZERO, Limit::per_minute(per_minute));
        let mut slow = SlowBucket { per_minute: i128::from(per_minute), level: i128::from(per_minute) * 60_000, millis: 0 };
        let mut now = 0;
        for (gap, estimate, spent, takes) in steps {
            now += gap;
            slow.advance(now);
            let expected = if slow.level <= 0 { "spent" } else if i128::from(estimate) * 60_000 > slow.level { "too large" } else { "passes" };
            let verdict = bucket.admit(moment(now), estimate);
            let name = match verdict { Ok(()) => "passes", Err(Refusal::Spent { .. }) => "spent", Err(Refusal::WillExceed) => "too large" };
            prop_assert_eq!(name, expected);
            if let Err(Refusal::Spent { retry_after, .. }) = verdict {
                let seconds = (-slow.level + slow.per_minute * 1_000 - 1) / (slow.per_minute * 1_000);
                prop_assert_eq!(i128::from(retry_after.as_secs()), seconds.max(1));
            }
            if verdict.is_ok() {
                slow.level -= i128::from(estimate) * 60_000;
                now += takes;
                slow.advance(now);
                bucket.settle(moment(now), estimate, spent);
                slow.level = (slow.level - (i128::from(spent) - i128::from(estimate)) * 60_000).min(slow.per_minute * 60_000);
            }
            prop_assert_eq!(i128::from(bucket.remaining(moment(now))), slow.level.max(0) / 60_000);
        }
    }

    #[test]
    fn a_window_decides_as_the_slow_model(per_minute in 1..1_000_u64, steps in steps()) {
        let mut window = RateCounter::new(CLASSIC, Moment::ZERO, Limit::per_minute(per_minute));
        let mut slow = SlowWindow::default();
        let mut now = 0;
        for (gap, estimate, spent, takes) in steps {
            now += gap;
            let used = slow.used(now);
            let verdict = window.admit(moment(now), estimate);
            match verdict {
                Ok(()) => prop_assert!(used < per_minute && used + estimate <= per_minute),
                Err(Refusal::Spent { .. }) => prop_assert!(used >= per_minute),
                Err(Refusal::WillExceed) => prop_assert!(used < per_minute && used + estimate > per_minute),
            }
            if let Err(Refusal::Spent { retry_after, .. }) = verdict {
                let frees = (now + 1..=now + 60_000).find(|later| slow.used(*later) < per_minute).unwrap();
                prop_assert_eq!(retry_after.as_secs(), (frees - now).div_ceil(1_000));
            }
            if verdict.is_ok() {
                now += takes;
                window.settle(moment(now), estimate, spent);
                slow.0.push((now, spent));
            }
            prop_assert_eq!(window.remaining(moment(now)), per_minute.saturating_sub(slow.used(now)));
        }
    }

    #[test]
    fn retry_at_is_the_first_moment_that_admits(classic in any::<bool>(), per_minute in 1..1_000_u64, steps in steps()) {
        let algorithm = if classic { CLASSIC } else { V2 };
        let mut counter = RateCounter::new(algorithm, Moment::ZERO, Limit::per_minute(per_minute));
        let mut now = 0;
        for (gap, _, spent, takes) in steps {
            now += gap;
            match counter.admit(moment(now), 0) {
                Ok(()) => {
                    now += takes;
                    counter.settle(moment(now), 0, spent);
                }
                Err(Refusal::Spent { retry_at, .. }) => {
                    let just_before = Moment::at(retry_at.since_start().saturating_sub(Duration::from_nanos(1)));
                    prop_assert!(counter.clone().admit(just_before, 0).is_err());
                    prop_assert!(counter.clone().admit(retry_at, 0).is_ok());
                }
                Err(Refusal::WillExceed) => prop_assert!(false, "nothing was estimated"),
            }
        }
    }

    #[test]
    fn a_quota_never_admits_above_its_sum(quota in 0..500_u64, steps in steps()) {
        let mut counter = QuotaCounter::new(Timestamp::UNIX_EPOCH, Period::Hourly);
        let mut log: Vec<(i64, u64)> = Vec::new();
        let mut now = 0_i64;
        for (gap, _, spent, takes) in steps {
            now += i64::try_from(gap * 20).unwrap();
            let at = |millis: i64| Timestamp::from_millisecond(millis).unwrap();
            let hour = |millis: i64| millis / 3_600_000;
            let used: u64 = log.iter().filter(|(then, _)| hour(*then) == hour(now)).map(|(_, tokens)| tokens).sum();
            let verdict = counter.admit(at(now), quota, 0);
            prop_assert_eq!(verdict.is_ok(), used <= quota);
            if let Ok(reservation) = verdict {
                now += i64::try_from(takes).unwrap();
                counter.settle(at(now), reservation, spent);
                log.push((now, spent));
            }
        }
    }
}

#[test]
fn windows_of_a_given_length_follow_each_other_from_the_first() {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let hour = Duration::from_hours(1);
    let first = at("2026-02-01T00:30:00Z");
    let period = Period::Every {
        first,
        length: hour,
    };
    for (now, start, end) in [
        (
            "2026-02-04T13:00:00Z",
            "2026-02-04T12:30:00Z",
            "2026-02-04T13:30:00Z",
        ),
        (
            "2026-02-04T13:30:00Z",
            "2026-02-04T13:30:00Z",
            "2026-02-04T14:30:00Z",
        ),
        // Before the first one they go on backwards.
        (
            "2026-02-01T00:00:00Z",
            "2026-01-31T23:30:00Z",
            "2026-02-01T00:30:00Z",
        ),
    ] {
        assert_eq!(period.start(at(now)), at(start), "{now}");
        assert_eq!(period.end(at(now)), at(end), "{now}");
    }
    let mut forever = QuotaCounter::new(first, Period::Forever);
    forever.add(first, 5);
    assert_eq!(forever.remaining(at("2999-01-01T00:00:00Z"), 6), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fits_at_is_the_first_moment_at_which_an_amount_fits(
        classic in any::<bool>(),
        limit in 1..50_u64,
        seconds in 1..300_u64,
        steps in prop::collection::vec((0..20_000_u64, 1..60_u64), 1..40),
    ) {
        let limit = Limit { amount: limit, per: Duration::from_secs(seconds) };
        let algorithm = if classic { CLASSIC } else { V2 };
        let mut counter = RateCounter::new(algorithm, Moment::ZERO, limit);
        let mut log: Vec<(u64, u64)> = Vec::new();
        let mut now = 0;
        for (gap, amount) in steps {
            now += gap;
            if classic {
                let since = |at: &&(u64, u64)| at.0 + seconds * 1_000 > now;
                let used: u64 = log.iter().filter(since).map(|(_, amount)| amount).sum();
                prop_assert_eq!(counter.remaining(moment(now)), limit.amount.saturating_sub(used));
            }
            match counter.fits_at(moment(now), amount) {
                Some(at) if at == moment(now) => {
                    prop_assert!(counter.remaining(moment(now)) >= amount);
                    counter.settle(moment(now), 0, amount);
                    log.push((now, amount));
                }
                Some(at) => {
                    let before = Moment::at(at.since_start().saturating_sub(Duration::from_nanos(1)));
                    prop_assert!(counter.clone().remaining(before) < amount);
                    prop_assert!(counter.clone().remaining(at) >= amount);
                }
                None => prop_assert!(amount > limit.amount),
            }
        }
    }
}
