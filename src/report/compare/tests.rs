use super::*;
use crate::report::fixtures;

fn rules(texts: &[&str]) -> Vec<Threshold> {
    let rules = texts.iter().map(|text| Threshold::parse_with_base(text));
    rules.map(|rule| rule.unwrap()).collect()
}

/// The burst with every answer that much later.
fn slower(by_ms: u64) -> Run {
    let mut run = fixtures::burst();
    for record in &mut run.records {
        record.done_us += by_ms * 1_000;
    }
    run
}

#[test]
fn a_run_compared_with_itself_shows_no_change() {
    let run = fixtures::burst();
    let comparison = compare(&run, &run, &[]);
    assert!(comparison.passed());
    for row in &comparison.rows {
        assert!(!matches!(row.seen, Seen::More | Seen::Less), "{row:?}");
    }
    let decisions = comparison.decisions.unwrap();
    assert_eq!((decisions.compared, decisions.alike), (26, 26));
}

#[test]
fn what_is_slower_is_said_and_fails() {
    let comparison = compare(
        &fixtures::burst(),
        &slower(900),
        &rules(&[
            "p50(latency) > 1.1 * base",
            "p50(latency) > base + 1s",
            "p50(ttft) > 2 * base",
        ]),
    );
    insta::assert_snapshot!(tables(&comparison, Some(100), false));
    let applies: Vec<bool> = comparison
        .failures
        .iter()
        .map(|verdict| verdict.passed)
        .collect();
    assert_eq!(applies, [true, false, false]);
    assert!(!comparison.passed());
}

#[test]
fn a_rule_that_cannot_be_judged_fails() {
    let run = fixtures::burst();
    assert!(compare(&run, &run, &rules(&["p95(latency) > 1.1 * base"])).passed());
    assert!(!compare(&run, &run, &rules(&["p95(ttft) > 1.1 * base"])).passed());
}

#[test]
fn other_plans_have_no_decisions_in_common() {
    let mut other = fixtures::burst();
    other.info.seed = 8;
    assert_eq!(compare(&fixtures::burst(), &other, &[]).decisions, None);
    let mut other = fixtures::burst();
    other.records[3].status = Some(500);
    let decisions = compare(&fixtures::burst(), &other, &[]).decisions.unwrap();
    assert_eq!(decisions.different.len(), 1);
    assert_eq!(decisions.compared - decisions.alike, 1);
}

#[test]
fn a_bound_names_base_only_where_there_is_one() {
    assert!(Threshold::parse("p95(latency) < 1.1 * base").is_err());
    for text in [
        "p95(latency) < base +",
        "p95(latency) < base + 5",
        "passed < base + 5ms",
    ] {
        assert!(Threshold::parse_with_base(text).is_err(), "{text}");
    }
}
