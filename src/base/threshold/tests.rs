use super::*;

fn parsed(text: &str) -> Threshold {
    Threshold::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_metric_is_read_and_prints_as_written() {
    for metric in Metric::WORDS {
        let bound = if metric.measure() == Measure::Share {
            "20%"
        } else {
            "20"
        };
        assert_eq!(parsed(&format!("{metric} <= {bound}")).metric, metric);
    }
    for statistic in Statistic::ALL {
        for timing in Timing::ALL {
            let metric = Metric::Time(statistic, timing);
            assert_eq!(parsed(&format!("{metric}<=1s")).metric, metric);
        }
    }
}

#[test]
fn bounds_are_in_the_unit_of_the_metric() {
    for (text, bound) in [
        ("throttled_ratio < 20%", Bound::Number(0.2)),
        ("throttled_ratio < 0.2", Bound::Number(0.2)),
        ("p95(ttft) < 800ms", Bound::Number(800.0)),
        ("p95( latency ) < 1.5 s", Bound::Number(1_500.0)),
        ("passed >= 1_000", Bound::Number(1_000.0)),
        (
            "tokens_admitted_per_minute <= 1.05 * tpm",
            Bound::TimesTpm(1.05),
        ),
        ("tokens_admitted_per_minute<=tpm", Bound::TimesTpm(1.0)),
        ("tokens_admitted_per_minute <= 525", Bound::Number(525.0)),
    ] {
        assert_eq!(parsed(text).bound, bound, "{text}");
    }
}

#[test]
fn scopes_and_comparisons_are_read() {
    let threshold = parsed("  throttled_ratio{callers=quiet} == 0% ");
    assert_eq!(threshold.text, "throttled_ratio{callers=quiet} == 0%");
    assert_eq!(threshold.scope, Some(Scope::Caller("quiet".to_owned())));
    assert_eq!(threshold.comparison, Comparison::Equal);
    let threshold = parsed("passed { subscriptions = \"Team B\" } > 3");
    assert_eq!(
        threshold.scope,
        Some(Scope::Subscription("Team B".to_owned()))
    );
    for comparison in Comparison::ALL {
        assert_eq!(
            parsed(&format!("passed {} 3", comparison.sign())).comparison,
            comparison
        );
    }
}

/// Text, the part of it that is marked, the message, and a part of the hint.
const MISTAKES: [(&str, &str, &str, &str); 19] = [
    (
        "throtled_ratio < 20%",
        "throtled_ratio",
        "`throtled_ratio` is not a metric",
        "did you mean `throttled_ratio`?",
    ),
    (
        "zzz < 1",
        "zzz",
        "`zzz` is not a metric",
        "known metrics: `passed_ratio`",
    ),
    (
        "p96(ttft) < 1s",
        "p96",
        "`p96` is not a metric",
        "did you mean `p90`?",
    ),
    ("", "", "a threshold begins with a metric", "known metrics"),
    (
        "p95 < 1s",
        "p95",
        "`p95` needs to know of what",
        "`p95(ttft)`",
    ),
    (
        "p95(itl) < 1s",
        "itl",
        "`p95` needs to know of what",
        "`p95(latency)`",
    ),
    (
        "passed(ttft) < 1",
        "passed",
        "`passed` takes no argument",
        "`passed` alone",
    ),
    (
        "passed{user=x} < 1",
        "user",
        "`user` does not select requests",
        "{callers=NAME}",
    ),
    (
        "passed{callers=x < 1",
        "x < 1",
        "the selection is not finished",
        "{callers=NAME}",
    ),
    ("passed = 1", "= 1", "a comparison is missing", "`==`"),
    ("passed <", "", "a bound is missing", "such as `12`"),
    (
        "passed < -1",
        "-1",
        "`-1` is not a number from zero up",
        "such as `12`",
    ),
    (
        "p95(ttft) < 800",
        "800",
        "`p95(ttft)` needs a bound with a unit",
        "`800ms`",
    ),
    (
        "throttled_ratio < 20",
        "20",
        "`throttled_ratio` needs a bound with a unit",
        "`20%`",
    ),
    (
        "passed < 3ms",
        "ms",
        "`ms` is not a unit of `passed`",
        "such as `12`",
    ),
    (
        "passed < 2 * tpm",
        "tpm",
        "`passed` is not counted in tokens",
        "such as `12`",
    ),
    (
        "tokens_admitted_per_minute < 2 * rpm",
        "rpm",
        "`rpm` is not a bound",
        "`1.05 * tpm`",
    ),
    (
        "passed < 3 and failed < 1",
        "and",
        "`and` is not a unit of `passed`",
        "such as `12`",
    ),
    (
        "throttled_ratio < 3% extra",
        "extra",
        "a threshold ends after its bound",
        "one rule per line",
    ),
];

#[test]
fn mistakes_name_their_place_and_a_way_out() {
    for (text, marked, message, hint) in MISTAKES {
        let error = Threshold::parse(text).expect_err(text);
        assert_eq!(&text[error.span.start..error.span.end], marked, "{text}");
        assert_eq!(error.message, message, "{text}");
        assert!(error.hint.contains(hint), "{text}: {}", error.hint);
    }
}

#[test]
fn comparisons_treat_equal_shares_as_equal() {
    let share = 121.0 / 1_000.0;
    let bound = 12.1 / 100.0;
    for (comparison, below, equal, above) in [
        (Comparison::Less, true, false, false),
        (Comparison::AtMost, true, true, false),
        (Comparison::Greater, false, false, true),
        (Comparison::AtLeast, false, true, true),
        (Comparison::Equal, false, true, false),
        (Comparison::NotEqual, true, false, true),
    ] {
        assert_eq!(comparison.holds(0.12, bound), below);
        assert_eq!(comparison.holds(share, bound), equal);
        assert_eq!(comparison.holds(0.122, bound), above);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place_inside_it(text in "\\PC{0,40}") {
        if let Err(error) = Threshold::parse(&text) {
            proptest::prop_assert!(error.span.end <= text.len());
            proptest::prop_assert!(text.get(error.span.start..error.span.end).is_some());
            proptest::prop_assert!(!error.hint.is_empty());
        }
    }
}
