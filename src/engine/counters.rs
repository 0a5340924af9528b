//! The counters of one gateway instance, by key. Gateways never share them (specification 1.6).
//!
//! Keys may be anything that callers send, so those that stand as if never used are forgotten from
//! time to time: memory follows the keys in use, not those ever seen.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::Moment;
use crate::limiter::{Algorithm, Limit, Period, QuotaCounter, RateCounter};

#[derive(Debug, Default)]
pub(super) struct Counters {
    rates: Keyed<RateCounter>,
    quotas: Keyed<QuotaCounter>,
    calls: Keyed<RateCounter>,
    call_quotas: Keyed<QuotaCounter>,
    /// Tokens charged beyond the limit so far, of keys that had any.
    overshoot: BTreeMap<String, u64>,
}

/// A counter of tokens by the minute, for monitoring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CounterState {
    pub(crate) key: String,
    /// Tokens per minute.
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// Tokens spent beyond the limit now.
    pub(crate) debt: u64,
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
            .counters
            .iter_mut()
            .map(|(key, counter)| format!("rate `{key}`: {}", counter.describe(now)));
        let quotas = self
            .quotas
            .counters
            .iter_mut()
            .map(|(key, counter)| format!("quota `{key}`: {}", counter.describe(utc)));
        rates.chain(quotas).collect()
    }

    /// Notes how much further beyond its limit a charge brought a key.
    pub(super) fn overshot(&mut self, key: &str, tokens: u64) {
        match self.overshoot.get_mut(key) {
            Some(sum) => *sum += tokens,
            None if tokens > 0 => {
                // Sums of forgotten keys go too, once there are more of them than keys.
                let rates = &self.rates.counters;
                if self.overshoot.len() > rates.len() {
                    self.overshoot.retain(|key, _| rates.contains_key(key));
                }
                self.overshoot.insert(key.to_owned(), tokens);
            }
            None => {}
        }
    }

    pub(super) fn states(&mut self, now: Moment) -> Vec<CounterState> {
        let overshoot = &self.overshoot;
        self.rates
            .counters
            .iter_mut()
            .map(|(key, counter)| CounterState {
                key: key.clone(),
                limit: counter.amount(),
                debt: counter.overdraft(now),
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

/// Counters by key, the idle ones forgotten whenever their number has doubled.
#[derive(Debug)]
struct Keyed<C> {
    counters: BTreeMap<String, C>,
    /// How many keys are there when idle ones are next looked for.
    sweep_at: usize,
}

/// Fewer keys than these are never looked through.
const FEW: usize = 1024;

impl<C> Default for Keyed<C> {
    fn default() -> Keyed<C> {
        Keyed {
            counters: BTreeMap::new(),
            sweep_at: FEW,
        }
    }
}

impl<C> Keyed<C> {
    fn counter(
        &mut self,
        key: &str,
        idle: impl Fn(&mut C) -> bool,
        new: impl FnOnce() -> C,
    ) -> &mut C {
        if !self.counters.contains_key(key) {
            if self.counters.len() >= self.sweep_at {
                self.counters.retain(|_, counter| !idle(counter));
                self.sweep_at = FEW.max(self.counters.len() * 2);
            }
            self.counters.insert(key.to_owned(), new());
        }
        let counter = self.counters.get_mut(key);
        counter.expect("inserted when it was missing")
    }
}

fn rate<'a>(
    counters: &'a mut Keyed<RateCounter>,
    algorithm: Algorithm,
    now: Moment,
    key: &str,
    limit: Limit,
) -> &'a mut RateCounter {
    let idle = |counter: &mut RateCounter| counter.is_idle(now);
    let counter = counters.counter(key, idle, || RateCounter::new(algorithm, now, limit));
    counter.limit(now, limit);
    counter
}

fn quota<'a>(
    counters: &'a mut Keyed<QuotaCounter>,
    now: Timestamp,
    key: &str,
    period: Period,
) -> &'a mut QuotaCounter {
    let idle = |counter: &mut QuotaCounter| counter.is_idle(now);
    let counter = counters.counter(key, idle, || QuotaCounter::new(now, period));
    counter.period(now, period);
    counter
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Deviation 9 of a peer (peers 1.2): memory that grows for ever.
    #[test]
    fn deviation_09_keys_out_of_use_are_forgotten_and_those_in_debt_are_not() {
        for algorithm in [
            Algorithm::TokenBucket { debt: true },
            Algorithm::SlidingWindow,
        ] {
            let mut counters = Counters::default();
            let limit = Limit::per_minute(60);
            let debtor = |counters: &mut Counters, now| {
                let counter = counters.rate(algorithm, now, "debtor", limit);
                counter.settle(now, 0, 120);
            };
            debtor(&mut counters, Moment::ZERO);
            for second in 0..100_000_u64 {
                let now = Moment::at(Duration::from_secs(second));
                let utc = Timestamp::from_second(i64::try_from(second).unwrap()).unwrap();
                let key = format!("key {second}");
                let counter = counters.rate(algorithm, now, &key, limit);
                assert_eq!(counter.admit(now, 0), Ok(()));
                counter.settle(now, 0, 90);
                counters.overshot(&key, 30);
                counters.quota(utc, &key, Period::Hourly).add(utc, 1);
                if second % 30 == 0 {
                    debtor(&mut counters, now);
                    let counter = counters.rate(algorithm, now, "debtor", limit);
                    assert!(counter.admit(now, 0).is_err());
                }
            }
            assert!(counters.rates.counters.len() <= FEW + 1);
            assert!(counters.overshoot.len() <= FEW + 2);
            // An hour's keys are in use for an hour.
            assert!(counters.quotas.counters.len() <= 2 * 3600 + 1);
        }
    }
}
