//! The counters of one gateway instance, by key. Gateways never share them (specification 1.6).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::Moment;
use crate::limiter::{Algorithm, Limit, Period, QuotaCounter, RateCounter};

#[derive(Debug, Default)]
pub(super) struct Counters {
    rates: BTreeMap<String, RateCounter>,
    quotas: BTreeMap<String, QuotaCounter>,
    calls: BTreeMap<String, RateCounter>,
    call_quotas: BTreeMap<String, QuotaCounter>,
    /// Tokens charged beyond the limit so far, of keys that had any.
    overshoot: BTreeMap<String, u64>,
}

/// A counter of tokens by the minute, for monitoring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CounterState {
    pub(crate) key: String,
    pub(crate) remaining: u64,
    /// Tokens charged beyond the limit since the gateway started.
    pub(crate) overshoot: u64,
}

impl Counters {
    /// The counter of a key's tokens, at the limit that the policy names now.
    pub(super) fn rate(
        &mut self,
        algorithm: Algorithm,
        now: Moment,
        key: &str,
        limit: Limit,
    ) -> &mut RateCounter {
        rate(&mut self.rates, algorithm, now, key, limit)
    }

    pub(super) fn describe(&mut self, now: Moment, utc: Timestamp) -> Vec<String> {
        let rates = self
            .rates
            .iter_mut()
            .map(|(key, counter)| format!("rate `{key}`: {}", counter.describe(now)));
        let quotas = self
            .quotas
            .iter_mut()
            .map(|(key, counter)| format!("quota `{key}`: {}", counter.describe(utc)));
        rates.chain(quotas).collect()
    }

    /// Notes how much further beyond its limit a charge brought a key.
    pub(super) fn overshot(&mut self, key: &str, tokens: u64) {
        match self.overshoot.get_mut(key) {
            Some(sum) => *sum += tokens,
            None if tokens > 0 => {
                self.overshoot.insert(key.to_owned(), tokens);
            }
            None => {}
        }
    }

    pub(super) fn states(&mut self, now: Moment) -> Vec<CounterState> {
        let overshoot = &self.overshoot;
        self.rates
            .iter_mut()
            .map(|(key, counter)| CounterState {
                key: key.clone(),
                remaining: counter.remaining(now),
                overshoot: overshoot.get(key).copied().unwrap_or(0),
            })
            .collect()
    }

    pub(super) fn quota(&mut self, now: Timestamp, key: &str, period: Period) -> &mut QuotaCounter {
        quota(&mut self.quotas, now, key, period)
    }

    /// The counter of a key's calls; the same key may count tokens as well.
    pub(super) fn calls(
        &mut self,
        algorithm: Algorithm,
        now: Moment,
        key: &str,
        limit: Limit,
    ) -> &mut RateCounter {
        rate(&mut self.calls, algorithm, now, key, limit)
    }

    /// Calls or bytes of a key.
    pub(super) fn call_quota(
        &mut self,
        now: Timestamp,
        key: &str,
        period: Period,
    ) -> &mut QuotaCounter {
        quota(&mut self.call_quotas, now, key, period)
    }
}

fn rate<'a>(
    counters: &'a mut BTreeMap<String, RateCounter>,
    algorithm: Algorithm,
    now: Moment,
    key: &str,
    limit: Limit,
) -> &'a mut RateCounter {
    if !counters.contains_key(key) {
        counters.insert(key.to_owned(), RateCounter::new(algorithm, now, limit));
    }
    let counter = counters.get_mut(key).expect("inserted when it was missing");
    counter.limit(now, limit);
    counter
}

fn quota<'a>(
    counters: &'a mut BTreeMap<String, QuotaCounter>,
    now: Timestamp,
    key: &str,
    period: Period,
) -> &'a mut QuotaCounter {
    if !counters.contains_key(key) {
        counters.insert(key.to_owned(), QuotaCounter::new(now, period));
    }
    let counter = counters.get_mut(key).expect("inserted when it was missing");
    counter.period(now, period);
    counter
}
