//! What a round of policy tests prints.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Tested;
use crate::base::format_duration;
use crate::policytest::{Coverage, Outcome, StepFailure};

/// Every test with its verdict, failures with all that is known of them. `quiet`: failures only.
pub(super) fn text(tested: &[Tested], coverage: Option<&Coverage>, quiet: bool) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _written = write(&mut text, tested, quiet);
    if let Some(coverage) = coverage {
        text.push_str(&coverage_table(coverage));
    }
    text
}

fn write(text: &mut String, tested: &[Tested], quiet: bool) -> std::fmt::Result {
    let (mut all, mut failed) = (0, 0);
    for (file, outcomes) in tested {
        let wrong = outcomes.iter().filter(|outcome| !outcome.passed()).count();
        all += outcomes.len();
        failed += wrong;
        if quiet && wrong == 0 {
            continue;
        }
        writeln!(text, "{file}")?;
        for outcome in outcomes {
            if outcome.passed() && quiet {
                continue;
            }
            let verdict = if outcome.passed() { "ok  " } else { "FAIL" };
            writeln!(text, "  {verdict}  {}", outcome.name)?;
            for (step, run, trace) in &outcome.traces {
                writeln!(text, "        trace of step {step}, run {run}")?;
                for line in format!("{trace:#}").lines() {
                    writeln!(text, "        {line}")?;
                }
            }
            for one in &outcome.failures {
                for line in failure(one).lines() {
                    writeln!(text, "        {line}")?;
                }
            }
        }
    }
    let tests = if all == 1 { "test" } else { "tests" };
    writeln!(
        text,
        "{all} {tests}: {} passed, {failed} failed",
        all - failed
    )
}

/// One failed step: what was expected and came, the counters, and who decided.
pub(super) fn failure(failure: &StepFailure) -> String {
    let run = failure.run.map(|run| format!(", run {run}"));
    let head = format!(
        "step {} (line {}) at {}{}",
        failure.step,
        failure.line,
        format_duration(failure.at.since_start()),
        run.unwrap_or_default()
    );
    let mismatches = failure.mismatches.iter().map(|mismatch| {
        let (what, expected, came) = (&mismatch.what, &mismatch.expected, &mismatch.came);
        format!("  {what}: expected `{expected}`, came `{came}`")
    });
    let decided_by = failure.decided_by.as_deref();
    let decided_by = decided_by.unwrap_or("the gateway itself, no policy element");
    let counters = failure.counters.iter();
    let mut lines = vec![head];
    lines.extend(mismatches);
    lines.push(format!("  decided by: {decided_by}"));
    lines.extend(counters.map(|counter| format!("  counter: {counter}")));
    lines.join("\n")
}

fn coverage_table(coverage: &Coverage) -> String {
    let shares = coverage.shares();
    let names = shares.iter().map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or(0).max("policy".len());
    let row = |policy: &str, cells: [String; 3]| {
        let [elements, branches, expressions] = cells;
        format!("{policy:<width$}  {elements:>9}  {branches:>9}  {expressions:>11}")
    };
    let mut lines = vec![String::new()];
    let heads = ["elements", "branches", "expressions"];
    lines.push(row("policy", heads.map(str::to_owned)));
    lines.extend(shares.iter().map(|(document, shares)| {
        row(
            document,
            shares.map(|share| format!("{} of {}", share.ran, share.all)),
        )
    }));
    let gaps = coverage.gaps();
    if gaps.is_empty() {
        lines.push("everything ran".to_owned());
    } else {
        lines.push("not run by any test".to_owned());
    }
    let gaps = gaps.iter();
    lines.extend(gaps.map(|gap| format!("  {}: {}", gap.place, gap.what)));
    lines.join("\n") + "\n"
}

pub(super) fn json(tested: &[Tested], coverage: Option<&Coverage>) -> String {
    let all = || tested.iter().flat_map(|(_, outcomes)| outcomes);
    let failed = all().filter(|outcome| !outcome.passed()).count();
    let files: Vec<Value> = tested
        .iter()
        .map(|(path, outcomes)| {
            let tests: Vec<Value> = outcomes.iter().map(test).collect();
            json!({ "path": path, "tests": tests })
        })
        .collect();
    let mut value = json!({ "passed": all().count() - failed, "failed": failed, "files": files });
    if let Some(coverage) = coverage {
        let share =
            |share: &crate::policytest::Share| json!({ "ran": share.ran, "all": share.all });
        let policies: Vec<Value> = coverage
            .shares()
            .iter()
            .map(|(path, [elements, branches, expressions])| {
                json!({
                    "path": path,
                    "elements": share(elements),
                    "branches": share(branches),
                    "expressions": share(expressions),
                })
            })
            .collect();
        let gaps = coverage.gaps();
        let gaps = gaps
            .iter()
            .map(|gap| json!({ "place": gap.place, "what": gap.what }));
        value["coverage"] = json!({ "policies": policies, "gaps": gaps.collect::<Vec<_>>() });
    }
    format!("{value:#}")
}

fn test(outcome: &Outcome) -> Value {
    let failures: Vec<Value> = outcome
        .failures
        .iter()
        .map(|failure| {
            let expectations = failure.mismatches.iter().map(|mismatch| {
                json!({ "what": mismatch.what, "expected": mismatch.expected, "came": mismatch.came })
            });
            json!({
                "step": failure.step,
                "line": failure.line,
                "at_us": failure.at.as_micros(),
                "run": failure.run,
                "expectations": expectations.collect::<Vec<_>>(),
                "decided_by": failure.decided_by,
                "counters": failure.counters,
            })
        })
        .collect();
    let mut test = json!({
        "name": outcome.name,
        "line": outcome.line,
        "steps": outcome.steps,
        "passed": outcome.passed(),
        "failures": failures,
    });
    if !outcome.traces.is_empty() {
        let traces = outcome.traces.iter();
        let traces =
            traces.map(|(step, run, trace)| json!({ "step": step, "run": run, "trace": trace }));
        test["traces"] = traces.collect();
    }
    test
}
