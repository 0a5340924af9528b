use crate::report::stats::{Distribution, milliseconds};

/// A histogram whose buckets grow with the value: `2^BITS` of them for every doubling, so a value is
/// known to within `1 / 2^(BITS + 1)` of itself. Values below `2^(BITS + 1)` are exact.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::report) struct Sketch<const BITS: u32 = 8> {
    counts: Vec<u64>,
    samples: u64,
    sum: u128,
    least: u64,
    most: u64,
}

impl<const BITS: u32> Sketch<BITS> {
    pub(in crate::report) fn add(&mut self, value: u64) {
        let place = place::<BITS>(value);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
        self.least = if self.samples == 0 {
            value
        } else {
            self.least.min(value)
        };
        self.most = self.most.max(value);
        self.samples += 1;
        self.sum += u128::from(value);
    }

    /// As if every sample of the other had been added here.
    pub(in crate::report) fn merge(&mut self, other: &Sketch<BITS>) {
        if other.samples == 0 {
            return;
        }
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.least = if self.samples == 0 {
            other.least
        } else {
            self.least.min(other.least)
        };
        self.most = self.most.max(other.most);
        self.samples += other.samples;
        self.sum += other.sum;
    }

    pub(in crate::report) fn samples(&self) -> u64 {
        self.samples
    }

    pub(in crate::report) fn max(&self) -> Option<u64> {
        (self.samples > 0).then_some(self.most)
    }

    pub(in crate::report) fn mean(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.sum as f64 / self.samples as f64)
    }

    /// Nearest-rank quantile, asked in thousandths: the middle of the bucket that holds the sample.
    pub(in crate::report) fn quantile(&self, thousandths: u64) -> Option<u64> {
        let rank = (u128::from(self.samples) * u128::from(thousandths))
            .div_ceil(1_000)
            .max(1);
        let mut below = 0;
        for (value, count) in self.buckets() {
            below += u128::from(count);
            if below >= rank {
                return Some(value);
            }
        }
        None
    }

    /// Middles of buckets that hold samples, and how many, in order.
    pub(in crate::report) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        let filled = self.counts.iter().enumerate();
        filled
            .filter(|(_, count)| **count > 0)
            .map(|(place, count)| {
                let (low, width) = bounds::<BITS>(place);
                (
                    low.saturating_add((width - 1) / 2)
                        .clamp(self.least, self.most),
                    *count,
                )
            })
    }

    /// `None` without samples.
    pub(in crate::report) fn distribution(&self) -> Option<Distribution> {
        let at = |thousandths| self.quantile(thousandths).map(milliseconds);
        Some(Distribution {
            samples: usize::try_from(self.samples).unwrap_or(usize::MAX),
            mean_ms: self.mean()? / 1e3,
            p50_ms: at(500)?,
            p90_ms: at(900)?,
            p95_ms: at(950)?,
            p99_ms: at(990)?,
            max_ms: self.max().map(milliseconds)?,
        })
    }
}

fn place<const BITS: u32>(value: u64) -> usize {
    let octave = value.max(1).ilog2();
    let shift = octave.saturating_sub(BITS);
    // At most (63 − BITS) · 2^BITS + 2^(BITS + 1).
    usize::try_from((u64::from(shift) << BITS) + (value >> shift)).unwrap_or(usize::MAX)
}

/// Lowest value of a bucket, and how many values it stands for.
fn bounds<const BITS: u32>(place: usize) -> (u64, u64) {
    let place = place as u64;
    let shift = (place >> BITS).saturating_sub(1);
    ((place - (shift << BITS)) << shift, 1 << shift)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::report::stats::Samples;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn quantiles_are_within_the_stated_error(
            values in vec(prop_oneof![0..600_u64, 0..100_000_000_u64, any::<u64>()], 1..200), cut in 0..200_usize,
        ) {
            let (mut one, mut other) = (Sketch::<8>::default(), Sketch::<8>::default());
            for (place, value) in values.iter().enumerate() {
                if place < cut { one.add(*value) } else { other.add(*value) }
            }
            one.merge(&other);
            let exact: Samples = values.iter().copied().collect();
            prop_assert_eq!(one.max(), exact.max());
            prop_assert_eq!(one.samples(), values.len() as u64);
            for thousandths in [0, 100, 500, 900, 950, 990, 1_000] {
                let (sketched, known) = (
                    one.quantile(thousandths).unwrap(),
                    exact.quantile(usize::try_from(thousandths).unwrap()).unwrap(),
                );
                prop_assert!(sketched.abs_diff(known) <= known / 512, "{} for {}", sketched, known);
            }
        }
    }

    #[test]
    fn buckets_tile_the_numbers() {
        let mut next = 0;
        for bucket in 0..56 * 256 + 256 {
            let (low, width) = bounds::<8>(bucket);
            assert_eq!(low, next);
            assert_eq!(
                (place::<8>(low), place::<8>(low + (width - 1))),
                (bucket, bucket)
            );
            next = low.wrapping_add(width);
        }
        assert_eq!(next, 0, "up to the last number");
        assert_eq!(Sketch::<8>::default().quantile(500), None);
    }
}
