use crate::base::Seed;

/// Quantile of the standard normal distribution for a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;
/// Resamples of a bootstrap; the 50th and the 1,951st of them are the ends of the interval.
const RESAMPLES: usize = 2_000;
/// Up to here samples are drawn one by one.
const EXACT: usize = 500;

/// Newcombe's interval (hybrid score, method 10 of "Interval estimation for the difference between
/// independent proportions", 1998) of `other − base`; each side is `(part, whole)`, whole > 0.
pub(super) fn proportions(base: (u64, u64), other: (u64, u64)) -> [f64; 2] {
    let share = |(part, whole): (u64, u64)| part as f64 / whole as f64;
    let (p, q) = (share(base), share(other));
    let ([p_low, p_high], [q_low, q_high]) = (wilson(base), wilson(other));
    let difference = q - p;
    [
        difference - ((q - q_low).powi(2) + (p_high - p).powi(2)).sqrt(),
        difference + ((q_high - q).powi(2) + (p - p_low).powi(2)).sqrt(),
    ]
}

/// Wilson's score interval of one proportion.
fn wilson((part, whole): (u64, u64)) -> [f64; 2] {
    let n = whole as f64;
    let p = part as f64 / n;
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    // Rounding must not push an end past the share itself.
    [
        ((centre - spread) / scale).clamp(0.0, p),
        ((centre + spread) / scale).clamp(p, 1.0),
    ]
}

/// Bootstrap interval of `quantile(other) − quantile(base)`, in the samples' unit. Both are sorted
/// and not empty.
pub(super) fn quantiles(
    base: &[u64],
    other: &[u64],
    thousandths: usize,
    seed: &mut Seed,
) -> [f64; 2] {
    let mut differences: Vec<f64> = (0..RESAMPLES)
        .map(|_| resampled(other, thousandths, seed) - resampled(base, thousandths, seed))
        .collect();
    differences.sort_unstable_by(f64::total_cmp);
    [
        differences[RESAMPLES / 40 - 1],
        differences[RESAMPLES - RESAMPLES / 40],
    ]
}

/// The nearest-rank quantile of one resample.
fn resampled(sorted: &[u64], thousandths: usize, seed: &mut Seed) -> f64 {
    let n = sorted.len();
    let rank = (n * thousandths).div_ceil(1_000).max(1);
    let index = if n <= EXACT {
        let mut drawn: Vec<usize> = (0..n).map(|_| below(seed, n)).collect();
        *drawn.select_nth_unstable(rank - 1).1
    } else {
        // How many of n draws fall below the quantile varies as a binomial does.
        let share = thousandths as f64 / 1e3;
        let spread = (n as f64 * share * (1.0 - share)).sqrt();
        near((rank - 1) as f64 + normal(seed) * spread, n)
    };
    sorted[index] as f64
}

fn below(seed: &mut Seed, n: usize) -> usize {
    usize::try_from(seed.below(n as u64)).unwrap_or(0)
}

/// The index nearest to a place that may lie outside.
fn near(place: f64, n: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped into the indices first"
    )]
    let index = place.round().clamp(0.0, (n - 1) as f64) as usize;
    index
}

/// Standard normal, by the method of Box and Muller.
fn normal(seed: &mut Seed) -> f64 {
    let radius = (2.0 * seed.exponential()).sqrt();
    radius * libm::cos(std::f64::consts::TAU * seed.unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: [f64; 2], wanted: [f64; 2]) -> bool {
        found
            .iter()
            .zip(wanted)
            .all(|(found, wanted)| (found - wanted).abs() < 5e-5)
    }

    /// Examples of Newcombe's paper, table II, method 10.
    #[test]
    fn proportions_are_those_of_the_paper() {
        for (one, two, wanted) in [
            ((48, 80), (56, 70), [0.0524, 0.3339]),
            ((3, 10), (9, 10), [0.1705, 0.8090]),
            ((0, 20), (10, 10), [0.6791, 1.0]),
        ] {
            let found = proportions(one, two);
            // The paper subtracts the other way round in places: width and distance are the same.
            let turned = [-found[1], -found[0]];
            assert!(
                close(found, wanted) || close(turned, wanted),
                "{one:?} {two:?}: {found:?}"
            );
        }
    }

    #[test]
    fn a_real_difference_is_seen_and_none_is_not() {
        let spread = |from: u64, n: u64| (0..n).map(|i| from + i * 10_000 / n).collect::<Vec<_>>();
        for n in [100, 5_000] {
            let (base, same, slower) = (spread(1_000, n), spread(1_010, n), spread(9_000, n));
            let mut seed = Seed::new(3);
            let [low, high] = quantiles(&base, &same, 500, &mut seed);
            assert!(low < 0.0 && high > 0.0, "{n}: {low} {high}");
            let [low, high] = quantiles(&base, &slower, 500, &mut seed);
            assert!(
                low > 0.0 && low < 8_000.0 && high > 8_000.0,
                "{n}: {low} {high}"
            );
        }
    }

    /// Both ways to resample agree where they meet.
    #[test]
    fn the_approximation_is_what_resampling_tends_to() {
        let samples: Vec<u64> = (0..EXACT as u64).map(|i| 1_000 + i * i).collect();
        let more: Vec<u64> = (0..=EXACT as u64).map(|i| 1_000 + i * i).collect();
        let mut seed = Seed::new(5);
        let exact = quantiles(&samples, &samples, 900, &mut seed);
        let approximate = quantiles(&more, &more, 900, &mut seed);
        for (one, two) in exact.iter().zip(approximate) {
            assert!(
                (one - two).abs() < 0.15 * one.abs(),
                "{exact:?} {approximate:?}"
            );
        }
    }
}
