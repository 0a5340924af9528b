//! The busiest minute: most tokens of passed requests in any sixty seconds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::results::{LimitInfo, Outcome, Record, Run, RunInfo};

pub(super) const MINUTE_US: u64 = 60_000_000;

/// Tokens that one counter of the limit admitted, at worst, in a minute.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct TokensPerMinute {
    pub(crate) peak: u64,
    /// When that minute ended; absent when nothing passed.
    pub(crate) peak_ends_us: Option<u64>,
    /// Whose minute it was; absent when the limit counts all subscriptions together.
    pub(crate) subscription: Option<String>,
    /// The lowest tokens-per-minute of the policy; absent when it has none.
    pub(crate) limit: Option<u64>,
    /// Where that limit stands, such as `token-limit.xml:14`.
    pub(crate) limit_place: Option<String>,
    /// Peak over limit; 1 is exactly the limit.
    pub(crate) share_of_limit: Option<f64>,
}

/// The limit that bites first: the lowest tokens-per-minute of the policy.
pub(super) fn tightest(info: &RunInfo) -> Option<(&LimitInfo, u64)> {
    let limits = info.limits.iter();
    limits
        .filter_map(|limit| Some((limit, limit.tokens_per_minute?)))
        .min_by_key(|(_, tokens_per_minute)| *tokens_per_minute)
}

/// True when every subscription has a counter of its own in the tightest limit.
pub(super) fn per_subscription(info: &RunInfo) -> bool {
    tightest(info).is_some_and(|(limit, _)| limit.counter_key.contains("Subscription"))
}

/// Tokens that the answer of a passed request reported; `None` for other outcomes.
pub(super) fn passed_tokens<S>(record: &Record<S>) -> Option<u64> {
    (record.outcome() == Outcome::Passed).then(|| record.total_tokens().unwrap_or(0))
}

pub(super) fn tokens_per_minute<'a>(
    run: &Run,
    records: impl Iterator<Item = &'a Record>,
) -> TokensPerMinute {
    let apart = per_subscription(&run.info);
    let mut counters: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for record in records {
        let Some(tokens) = passed_tokens(record) else {
            continue;
        };
        let counter = if apart {
            record.subscription.as_str()
        } else {
            ""
        };
        let spent = counters.entry(counter).or_default();
        spent.push((record.done_us, tokens));
    }
    let counters = counters.into_iter().map(|(counter, mut spent)| {
        spent.sort_unstable();
        (counter, spent)
    });
    busiest(&run.info, counters)
}

/// The worst of several counters, each with `(moment, tokens)` in order of time.
pub(super) fn busiest<'a>(
    info: &RunInfo,
    counters: impl Iterator<Item = (&'a str, Vec<(u64, u64)>)>,
) -> TokensPerMinute {
    let mut highest: Option<(u64, u64, &str)> = None;
    for (counter, spent) in counters {
        let Some((peak, ends)) = busiest_minute(&spent) else {
            continue;
        };
        if highest.is_none_or(|(known, ..)| peak > known) {
            highest = Some((peak, ends, counter));
        }
    }
    let limit = tightest(info);
    let peak = highest.map_or(0, |(peak, ..)| peak);
    TokensPerMinute {
        peak,
        peak_ends_us: highest.map(|(_, ends, _)| ends),
        subscription: highest
            .filter(|_| per_subscription(info))
            .map(|(.., counter)| counter.to_owned()),
        limit: limit.map(|(_, tokens)| tokens),
        limit_place: limit.map(|(limit, _)| limit.place.clone()),
        share_of_limit: limit.map(|(_, tokens)| peak as f64 / tokens.max(1) as f64),
    }
}

/// Most tokens in any sixty seconds, and when those ended. Two moments exactly sixty seconds apart
/// are in different minutes. `spent` is `(moment, tokens)` in order of time.
fn busiest_minute(spent: &[(u64, u64)]) -> Option<(u64, u64)> {
    let mut highest = (0, spent.first()?.0);
    for (moment, sum) in running_minute(spent) {
        if sum > highest.0 {
            highest = (sum, moment);
        }
    }
    Some(highest)
}

/// Tokens of the last sixty seconds, at every moment at which some were spent.
pub(super) fn running_minute(spent: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut oldest = 0;
    let mut sum = 0;
    let mut sums = Vec::with_capacity(spent.len());
    for (moment, tokens) in spent {
        sum += tokens;
        while spent[oldest].0 + MINUTE_US <= *moment {
            sum -= spent[oldest].1;
            oldest += 1;
        }
        sums.push((*moment, sum));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_half_open() {
        let spent = [
            (0, 100),
            (30_000_000, 50),
            (59_999_999, 10),
            (60_000_000, 7),
        ];
        assert_eq!(
            running_minute(&spent),
            [
                (0, 100),
                (30_000_000, 150),
                (59_999_999, 160),
                (60_000_000, 67)
            ]
        );
        assert_eq!(busiest_minute(&spent), Some((160, 59_999_999)));
        assert_eq!(busiest_minute(&[]), None);
    }
}
