//! The gateway's own cache: values by key, each with the moment at which it is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Moment;
use crate::policy::expression::Value;

/// More values than a gateway of one machine is asked to keep; the one that would be forgotten
/// first makes room.
const MAX_VALUES: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Cache {
    values: BTreeMap<String, (Moment, Value)>,
    /// The same keys by the moment at which they are forgotten.
    expiries: BTreeSet<(Moment, String)>,
}

impl Cache {
    pub(super) fn store(&mut self, now: Moment, key: String, value: Value, until: Moment) {
        self.forget(now);
        self.remove(&key);
        if self.values.len() >= MAX_VALUES
            && let Some((_, oldest)) = self.expiries.pop_first()
        {
            self.values.remove(&oldest);
        }
        self.expiries.insert((until, key.clone()));
        self.values.insert(key, (until, value));
    }

    pub(super) fn look_up(&mut self, now: Moment, key: &str) -> Option<&Value> {
        self.forget(now);
        self.values.get(key).map(|(_, value)| value)
    }

    /// When a value that is there now will be forgotten.
    pub(super) fn until(&mut self, now: Moment, key: &str) -> Option<Moment> {
        self.forget(now);
        self.values.get(key).map(|(until, _)| *until)
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some((until, _)) = self.values.remove(key) {
            self.expiries.remove(&(until, key.to_owned()));
        }
    }

    /// A value of sixty seconds is there at 59.9 and gone at 60.
    fn forget(&mut self, now: Moment) {
        while self
            .expiries
            .first()
            .is_some_and(|(until, _)| *until <= now)
        {
            if let Some((_, key)) = self.expiries.pop_first() {
                self.values.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn second(second: u64) -> Moment {
        Moment::at(Duration::from_secs(second))
    }

    #[test]
    fn values_live_until_their_moment_and_may_be_replaced() {
        let mut cache = Cache::default();
        let texts = |cache: &mut Cache, now| cache.look_up(second(now), "k").map(Value::to_text);
        cache.store(second(0), "k".into(), Value::from("a"), second(60));
        assert_eq!(texts(&mut cache, 59).as_deref(), Some("a"));
        cache.store(second(59), "k".into(), Value::from("b"), second(120));
        assert_eq!(texts(&mut cache, 119).as_deref(), Some("b"));
        assert_eq!(texts(&mut cache, 120), None);
        assert_eq!((cache.values.len(), cache.expiries.len()), (0, 0));
    }

    #[test]
    fn a_full_cache_forgets_what_would_go_first() {
        let mut cache = Cache::default();
        let count = u64::try_from(MAX_VALUES).unwrap();
        for index in 0..=count {
            cache.store(
                second(0),
                index.to_string(),
                Value::Null,
                second(100 + index),
            );
        }
        assert_eq!(cache.values.len(), MAX_VALUES);
        assert!(cache.look_up(second(0), "0").is_none());
        assert!(cache.look_up(second(0), "1").is_some());
    }
}
