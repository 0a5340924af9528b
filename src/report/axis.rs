//! Intervals and ticks at steps that people count in: 1-2-5, and for time also 30 s, minutes, hours.

use crate::base::number;

/// One axis from `start`, which is zero for most, to `end`, in the unit of the data (seconds for
/// time).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) unit: String,
}

/// How the unit of an axis of time ends.
const SINCE: &str = " since the start";

impl Axis {
    pub(super) fn is_time(&self) -> bool {
        self.unit.ends_with(SINCE)
    }
}

/// Widths of bars over time, in microseconds: neighbours differ by at most a factor of three, so the
/// first that makes at most [`MOST_BARS`] makes at least a third of that.
const INTERVALS_US: [u64; 24] = [
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    600_000_000,
    1_800_000_000,
    3_600_000_000,
    7_200_000_000,
    21_600_000_000,
    43_200_000_000,
    86_400_000_000,
    172_800_000_000,
    432_000_000_000,
    864_000_000_000,
];

const TICKS_US: [u64; 24] = [
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    600_000_000,
    1_200_000_000,
    1_800_000_000,
    3_600_000_000,
    7_200_000_000,
    14_400_000_000,
    21_600_000_000,
    43_200_000_000,
    86_400_000_000,
];

const MOST_BARS: u64 = 60;
const MOST_TICKS: u64 = 7;

/// The interval that cuts a run into twenty to sixty bars; runs below a fifth of a second and beyond
/// a year get fewer or more.
pub(super) fn interval_us(extent_us: u64) -> u64 {
    let fits = |interval: &&u64| extent_us.div_ceil(**interval) <= MOST_BARS;
    let longest = INTERVALS_US[INTERVALS_US.len() - 1];
    INTERVALS_US
        .iter()
        .find(fits)
        .copied()
        .unwrap_or_else(|| longest * extent_us.div_ceil(longest * MOST_BARS))
}

/// Time since the start of the run, in seconds, labelled in the unit of its step.
pub(super) fn time(end_us: u64) -> Axis {
    let fits = |step: &&u64| end_us / **step < MOST_TICKS;
    let day = TICKS_US[TICKS_US.len() - 1];
    let step = TICKS_US.iter().find(fits).copied();
    let step = step.unwrap_or_else(|| day * steps(end_us.div_ceil(day), MOST_TICKS - 1));
    let (unit, length_us) = match step {
        0..60_000_000 => ("seconds", 1e6),
        60_000_000..3_600_000_000 => ("minutes", 6e7),
        3_600_000_000..86_400_000_000 => ("hours", 3.6e9),
        _ => ("days", 8.64e10),
    };
    let ticks = (0..=end_us / step).map(|tick| {
        let moment = (tick * step) as f64;
        (moment / 1e6, number(moment / length_us, 2))
    });
    Axis {
        ticks: ticks.collect(),
        start: 0.0,
        end: end_us as f64 / 1e6,
        unit: format!("{unit}{SINCE}"),
    }
}

/// Counts or tokens from zero to at least `highest`, in whole steps.
pub(super) fn amount(highest: u64, unit: impl Into<String>) -> Axis {
    level(0.0, highest as f64, unit)
}

/// Tokens from zero, or from below zero, to at least `highest`, in whole steps.
pub(super) fn level(lowest: f64, highest: f64, unit: impl Into<String>) -> Axis {
    let (below, above) = (whole(-lowest), whole(highest).max(1));
    let step = if below == 0 {
        steps(above, 5)
    } else {
        steps(below + above, 6)
    };
    let (below, above) = (below.div_ceil(step), above.div_ceil(step));
    let (divisor, suffix) = match below.max(above) * step {
        10_000_000.. => (1e6, "M"),
        10_000.. => (1e3, "k"),
        _ => (1.0, ""),
    };
    let ticks = (0..=below + above).map(|tick| {
        let value = (tick * step) as f64 - (below * step) as f64;
        let suffix = if tick == below { "" } else { suffix };
        (value, format!("{}{suffix}", number(value / divisor, 2)))
    });
    Axis {
        ticks: ticks.collect(),
        start: -((below * step) as f64),
        end: (above * step) as f64,
        unit: unit.into(),
    }
}

/// Times from `least_us` to `most_us` on a logarithmic axis: positions are powers of ten of
/// microseconds, ticks stand at 1, at 1-2-5 or at every digit, so that there are at least three.
pub(super) fn logarithm(least_us: u64, most_us: u64, what: &str) -> Axis {
    let power = |micros: u64| libm::log10(micros.max(1) as f64);
    let (start, end) = (
        power(least_us),
        power(most_us.max(least_us.saturating_add(1))),
    );
    let (unit, length_us) = if most_us >= 100_000_000 {
        ("s", 1e6)
    } else {
        ("ms", 1e3)
    };
    // The coarsest steps that still give three ticks.
    let ticks = [&[1][..], &[1, 2, 5], &[1, 2, 3, 4, 5, 6, 7, 8, 9]].map(|steps| {
        let decades = (0..19).map(|decade| 10_u64.pow(decade));
        let marks = decades.flat_map(|decade| steps.iter().map(move |step| decade * step));
        let ticks = marks.map(|micros| (power(micros), number(micros as f64 / length_us, 3)));
        let inside = ticks.filter(|(place, _)| (start..=end).contains(place));
        inside.collect::<Vec<(f64, String)>>()
    });
    let finest = ticks.len() - 1;
    let enough = ticks.iter().position(|ticks| ticks.len() >= 3);
    let ticks = ticks.into_iter().nth(enough.unwrap_or(finest));
    Axis {
        ticks: ticks.unwrap_or_default(),
        start,
        end,
        unit: format!("{what}, {unit}, logarithmic"),
    }
}

/// The next whole number; what is below zero, or too much to count up to, is cut.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cut to what fits first"
)]
fn whole(value: f64) -> u64 {
    // Whoever adds up fractions of tokens is off by less than that.
    (value - 1e-6).ceil().clamp(0.0, 1e18) as u64
}

/// Bins for the spread of a time, with the axis under them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bins {
    pub(super) width_us: u64,
    pub(super) count: u64,
    /// Ticks and end in microseconds, labelled in milliseconds or seconds.
    pub(super) axis: Axis,
}

/// Twenty to forty bins from zero to at least `highest_us`; every tick is the edge of a bin.
pub(super) fn bins(highest_us: u64) -> Bins {
    let highest = highest_us.clamp(39, u64::MAX / 10);
    let width_us = steps(highest + 1, 40);
    let count = (highest + 1).div_ceil(width_us);
    let end = count * width_us;
    let step = steps(end, MOST_TICKS - 1);
    let (unit, length_us) = if highest >= 10_000_000 {
        ("s", 1e6)
    } else {
        ("ms", 1e3)
    };
    let ticks = (0..=end / step).map(|tick| {
        let value = (tick * step) as f64;
        (value, number(value / length_us, 2))
    });
    let axis = Axis {
        ticks: ticks.collect(),
        start: 0.0,
        end: end as f64,
        unit: unit.to_owned(),
    };
    Bins {
        width_us,
        count,
        axis,
    }
}

/// The smallest of 1, 2, 5, 10, 20, 50 … that reaches `highest` in at most `most` steps.
fn steps(highest: u64, most: u64) -> u64 {
    let mut decade = 1_u64;
    loop {
        for step in [decade, decade.saturating_mul(2), decade.saturating_mul(5)] {
            if highest.div_ceil(step) <= most {
                return step;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> String {
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, label)| label.as_str()).collect();
        labels.join(" ")
    }

    #[test]
    fn twenty_to_sixty_bars_fit_any_run() {
        for (seconds, interval_ms) in [
            (10, 200),
            (60, 1_000),
            (61, 2_000),
            (600, 10_000),
            (604_800, 21_600_000),
        ] {
            assert_eq!(
                interval_us(seconds * 1_000_000),
                interval_ms * 1_000,
                "{seconds} s"
            );
        }
        let mut extent = 300_000_u64;
        while extent < 30_000_000_000_000 {
            let bars = extent.div_ceil(interval_us(extent));
            assert!((20..=60).contains(&bars), "{extent} µs: {bars} bars");
            extent += extent / 7;
        }
        assert_eq!(interval_us(0), 10_000);
    }

    #[test]
    fn time_ticks_are_human() {
        for (seconds, unit, expected) in [
            (10, "seconds since the start", "0 2 4 6 8 10"),
            (64, "seconds since the start", "0 10 20 30 40 50 60"),
            (180, "seconds since the start", "0 30 60 90 120 150 180"),
            (600, "minutes since the start", "0 2 4 6 8 10"),
            (10_800, "minutes since the start", "0 30 60 90 120 150 180"),
            (14_400, "hours since the start", "0 1 2 3 4"),
            (604_800, "days since the start", "0 2 4 6"),
        ] {
            let axis = time(seconds * 1_000_000);
            assert_eq!(
                (axis.unit.as_str(), labels(&axis).as_str()),
                (unit, expected),
                "{seconds} s"
            );
        }
        assert_eq!(labels(&time(300_000)), "0 0.05 0.1 0.15 0.2 0.25 0.3");
    }

    #[test]
    fn a_logarithm_has_three_ticks_at_least() {
        for (least, most, expected) in [
            (10, 10_000_000, "0.01 0.1 1 10 100 1,000 10,000"),
            (100_000, 900_000, "100 200 500"),
            (700_000, 1_100_000, "700 800 900 1,000"),
            (2_000_000, 900_000_000, "2 5 10 20 50 100 200 500"),
        ] {
            assert_eq!(labels(&logarithm(least, most, "")), expected);
        }
    }

    #[test]
    fn amounts_are_whole_and_short() {
        for (highest, expected) in [
            (0, "0 1"),
            (1, "0 1"),
            (3, "0 1 2 3"),
            (7, "0 2 4 6 8"),
            (487, "0 100 200 300 400 500"),
            (12_000, "0 5k 10k 15k"),
            (31_000_000, "0 10M 20M 30M 40M"),
        ] {
            assert_eq!(labels(&amount(highest, "")), expected, "{highest}");
        }
        assert!(amount(u64::MAX, "").ticks.len() <= 6);
    }

    #[test]
    fn levels_have_zero_among_their_ticks() {
        for (lowest, highest, expected) in [
            (0.0, 487.0, "0 100 200 300 400 500"),
            (-1e-9, 500.0, "0 100 200 300 400 500"),
            (-0.4, 500.0, "-100 0 100 200 300 400 500"),
            (-95.8, 500.0, "-100 0 100 200 300 400 500"),
            (-504.2, 500.0, "-600 -400 -200 0 200 400 600"),
            (-30.0, 10.0, "-30 -20 -10 0 10"),
            (-9_000.0, 20_000.0, "-10k -5k 0 5k 10k 15k 20k"),
        ] {
            let axis = level(lowest, highest, "");
            assert_eq!(labels(&axis), expected, "{lowest} to {highest}");
            assert!(axis.start <= lowest + 1e-6 && axis.end >= highest);
        }
        assert!(level(-1e300, 1.0, "").ticks.len() <= 9);
    }

    #[test]
    fn bins_cover_the_highest_sample() {
        for (highest, width, expected) in [
            (812_000, 50_000, "0 200 400 600 800"),
            (298_000, 10_000, "0 50 100 150 200 250 300"),
            (1_000, 50, "0 0.2 0.4 0.6 0.8 1"),
            (42_000_000, 2_000_000, "0 10 20 30 40"),
            (0, 1, "0 0.01 0.02 0.03 0.04"),
        ] {
            let bins = bins(highest);
            assert!(bins.count * bins.width_us > highest);
            assert_eq!(
                (bins.width_us, labels(&bins.axis).as_str()),
                (width, expected),
                "{highest}"
            );
        }
    }
}
