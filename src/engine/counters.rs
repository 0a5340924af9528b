//! The counters of one gateway instance, by key. Gateways never share them (specification 1.6).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::base::{Moment, Tokens};
use crate::limiter::{Algorithm, Period, QuotaCounter, RateCounter};

#[derive(Debug, Default)]
pub(super) struct Counters {
    rates: BTreeMap<String, RateCounter>,
    quotas: BTreeMap<String, QuotaCounter>,
}

impl Counters {
    /// The rate counter of a key, at the limit that the policy names now.
    pub(super) fn rate(
        &mut self,
        algorithm: Algorithm,
        now: Moment,
        key: &str,
        per_minute: Tokens,
    ) -> &mut RateCounter {
        if !self.rates.contains_key(key) {
            self.rates
                .insert(key.to_owned(), RateCounter::new(algorithm, now, per_minute));
        }
        let counter = self
            .rates
            .get_mut(key)
            .expect("inserted when it was missing");
        counter.limit(now, per_minute);
        counter
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

    pub(super) fn quota(&mut self, now: Timestamp, key: &str, period: Period) -> &mut QuotaCounter {
        if !self.quotas.contains_key(key) {
            self.quotas
                .insert(key.to_owned(), QuotaCounter::new(now, period));
        }
        let counter = self
            .quotas
            .get_mut(key)
            .expect("inserted when it was missing");
        counter.period(now, period);
        counter
    }
}
