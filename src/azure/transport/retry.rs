//! When a request is sent again, and after how long. Pure: the time that passed is handed in.

use std::time::Duration;

use jiff::Timestamp;

use super::{Answer, Repeat};
use crate::base::Seed;

/// Bounds of sending again.
#[derive(Debug, Clone)]
pub(crate) struct RetryPolicy {
    /// How often one request is sent at most.
    pub(crate) attempts: u32,
    /// Wait before the second attempt; it doubles from there.
    pub(crate) first_wait: Duration,
    pub(crate) longest_wait: Duration,
    /// From the first attempt to the last; an endpoint that asks for more patience gets none.
    pub(crate) total: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            attempts: 8,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            total: Duration::from_mins(3),
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    Answered {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// The connection failed; `sent` when the request may have arrived.
    Broken { sent: bool },
}

impl RetryPolicy {
    /// How long to wait before the request is sent again; nothing when the attempt was the last.
    /// `tried` counts the attempts so far and `elapsed` the time since the first.
    pub(super) fn wait(
        &self,
        seed: &mut Seed,
        repeat: Repeat,
        attempt: Attempt,
        tried: u32,
        elapsed: Duration,
    ) -> Option<Duration> {
        if tried >= self.attempts || !worth_another(repeat, attempt) {
            return None;
        }
        let asked = match attempt {
            Attempt::Answered { retry_after, .. } => retry_after,
            Attempt::Broken { .. } => None,
        };
        let wait = asked.unwrap_or_else(|| self.backoff(seed, tried));
        (elapsed.saturating_add(wait) <= self.total).then_some(wait)
    }

    /// Between half and all of a doubling wait, so that callers that failed together do not come
    /// back together.
    fn backoff(&self, seed: &mut Seed, tried: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tried.saturating_sub(1));
        let full = self.first_wait.saturating_mul(doubled);
        full.min(self.longest_wait).mul_f64(0.5 + seed.unit() / 2.0)
    }
}

fn worth_another(repeat: Repeat, attempt: Attempt) -> bool {
    match (attempt, repeat) {
        (Attempt::Broken { sent }, Repeat::Unsafe) => !sent,
        // Throttled before anything was done.
        (Attempt::Broken { .. }, Repeat::Safe) | (Attempt::Answered { status: 429, .. }, _) => true,
        (Attempt::Answered { status, .. }, Repeat::Safe) => {
            matches!(status, 408 | 500 | 502 | 503 | 504 | 529)
        }
        // "Not now, come back then": nothing was done either.
        (
            Attempt::Answered {
                status,
                retry_after,
            },
            Repeat::Unsafe,
        ) => status == 503 && retry_after.is_some(),
    }
}

/// How long an answer asks to wait: milliseconds, seconds or a date.
pub(crate) fn retry_after(answer: &Answer, now: Timestamp) -> Option<Duration> {
    for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
        if let Some(milliseconds) = answer
            .header(name)
            .and_then(|text| text.trim().parse().ok())
        {
            return Some(Duration::from_millis(milliseconds));
        }
    }
    let text = answer.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(repeat: Repeat, attempt: Attempt) -> Vec<u128> {
        let policy = RetryPolicy {
            attempts: 4,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(3),
            total: Duration::from_mins(1),
        };
        let mut seed = Seed::new(7);
        (1..=4)
            .map_while(|tried| policy.wait(&mut seed, repeat, attempt, tried, Duration::ZERO))
            .map(|wait| wait.as_millis())
            .collect()
    }

    #[test]
    fn what_is_sent_again() {
        let answered = |status| Attempt::Answered {
            status,
            retry_after: None,
        };
        for (attempt, safe, not_safe) in [
            (answered(429), true, true),
            (answered(503), true, false),
            (answered(500), true, false),
            (answered(529), true, false),
            (answered(409), false, false),
            (answered(200), false, false),
            (Attempt::Broken { sent: true }, true, false),
            (Attempt::Broken { sent: false }, true, true),
        ] {
            assert_eq!(
                !waits(Repeat::Safe, attempt).is_empty(),
                safe,
                "{attempt:?}"
            );
            assert_eq!(
                !waits(Repeat::Unsafe, attempt).is_empty(),
                not_safe,
                "{attempt:?}"
            );
        }
        let asked = Attempt::Answered {
            status: 503,
            retry_after: Some(Duration::from_secs(2)),
        };
        assert_eq!(waits(Repeat::Unsafe, asked), [2_000; 3]);
    }

    #[test]
    fn waits_double_within_bounds_and_spread() {
        let waits = waits(Repeat::Safe, Attempt::Broken { sent: true });
        assert_eq!(
            waits.len(),
            3,
            "four attempts have three waits between them"
        );
        for (wait, full) in waits.iter().zip([1_000, 2_000, 3_000]) {
            assert!((full / 2..=full).contains(wait), "{waits:?}");
        }
    }

    #[test]
    fn patience_has_an_end() {
        let policy = RetryPolicy::default();
        let asked = Attempt::Answered {
            status: 429,
            retry_after: Some(Duration::from_secs(100)),
        };
        let mut seed = Seed::new(1);
        let mut wait = |elapsed| {
            policy.wait(
                &mut seed,
                Repeat::Safe,
                asked,
                1,
                Duration::from_secs(elapsed),
            )
        };
        assert_eq!(wait(80), Some(Duration::from_secs(100)));
        assert_eq!(wait(81), None);
    }

    #[test]
    fn three_spellings_of_a_wait() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (name, value, expected) in [
            ("retry-after", "7", Some(7_000)),
            ("retry-after-ms", "1500", Some(1_500)),
            ("x-ms-retry-after-ms", "20", Some(20)),
            ("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT", Some(30_000)),
            ("retry-after", "Thu, 01 Jan 2015 00:00:30 GMT", Some(0)),
            ("retry-after", "soon", None),
        ] {
            let mut headers = reqwest::header::HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            let answer = Answer {
                status: 429,
                headers,
                body: bytes::Bytes::new(),
            };
            let wait = retry_after(&answer, now).map(|wait| wait.as_millis());
            assert_eq!(wait, expected, "{name}: {value}");
        }
    }
}
