use std::collections::BTreeMap;

use super::names::{Family, Kind};

/// Label sets of one family; further ones are added up under `other`, so that callers who invent
/// names cannot fill the memory.
const MOST_SERIES: usize = 1_000;

/// Values by family and labels.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    pub(super) families: BTreeMap<&'static str, BTreeMap<Labels, Value>>,
}

/// Names and values, in the order in which they are written.
pub(super) type Labels = Vec<(&'static str, String)>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Histogram {
        /// Not added up; the last one has no upper bound.
        counts: Vec<u64>,
        sum: f64,
    },
}

impl Registry {
    /// Adds to a counter.
    pub(crate) fn add(&mut self, family: &Family, labels: &[(&'static str, &str)], amount: f64) {
        if let Value::Number(number) = self.value(family, labels) {
            *number += amount;
        }
    }

    /// Sets a gauge, or a counter that somebody else adds up.
    pub(crate) fn set(&mut self, family: &Family, labels: &[(&'static str, &str)], value: f64) {
        if let Value::Number(number) = self.value(family, labels) {
            *number = value;
        }
    }

    /// Adds an observation to a histogram.
    pub(crate) fn observe(
        &mut self,
        family: &Family,
        labels: &[(&'static str, &str)],
        observed: f64,
    ) {
        let Kind::Histogram(buckets) = family.kind else {
            return;
        };
        let place = buckets.bounds().partition_point(|bound| *bound < observed);
        if let Value::Histogram { counts, sum } = self.value(family, labels) {
            counts[place] += 1;
            *sum += observed;
        }
    }

    /// Sets a histogram that somebody else counts: one count for each bound, not added up, and one
    /// for what is beyond the last.
    pub(crate) fn set_histogram(
        &mut self,
        family: &Family,
        labels: &[(&'static str, &str)],
        counted: Vec<u64>,
        summed: f64,
    ) {
        if let Value::Histogram { counts, sum } = self.value(family, labels) {
            (*counts, *sum) = (counted, summed);
        }
    }

    fn value(&mut self, family: &Family, labels: &[(&'static str, &str)]) -> &mut Value {
        let series = self.families.entry(family.name).or_default();
        let mut labels: Labels = labels
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        if series.len() >= MOST_SERIES && !series.contains_key(&labels) {
            for (_, value) in &mut labels {
                "other".clone_into(value);
            }
        }
        series.entry(labels).or_insert_with(|| match family.kind {
            Kind::Counter | Kind::Gauge => Value::Number(0.0),
            Kind::Histogram(buckets) => Value::Histogram {
                counts: vec![0; buckets.bounds().len() + 1],
                sum: 0.0,
            },
        })
    }
}
