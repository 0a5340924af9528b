//! Running tests and saying how that went.

mod ask;
mod compare;
mod play;

use super::model::{DIAGNOSTICS, ExpectedDiagnostic, Test, TestFile};
use crate::base::{Diagnostic, Moment, Severity};
use crate::engine::Engine;

/// How one test went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    /// Line of the test in its file.
    pub(crate) line: usize,
    pub(crate) steps: usize,
    /// Of every run of every step, where traces were asked for: step and run, both counted from 1.
    pub(crate) traces: Vec<(usize, usize, serde_json::Value)>,
    /// Nothing here: it passed.
    pub(crate) failures: Vec<StepFailure>,
}

/// One run of one step that did not give what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StepFailure {
    /// Counted from 1.
    pub(crate) step: usize,
    pub(crate) line: usize,
    pub(crate) at: Moment,
    /// Counted from 1; `None` when the step runs once.
    pub(crate) run: Option<usize>,
    pub(crate) mismatches: Vec<Mismatch>,
    /// Counters of the step's gateway right after its answer.
    pub(crate) counters: Vec<String>,
    /// Element and place; `None` when no policy element decided.
    pub(crate) decided_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) came: String,
}

impl Outcome {
    pub(crate) fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Plays one test against gateways of its own.
pub(super) fn test(
    file: &TestFile,
    test: &Test,
    engine: &dyn Fn() -> Engine,
    tracing: bool,
) -> Outcome {
    let mut failures = Vec::new();
    let mut traces = Vec::new();
    for (index, (step, runs)) in test
        .steps
        .iter()
        .zip(play::play(file, &test.steps, engine, tracing))
        .enumerate()
    {
        for (run, seen) in runs.iter().enumerate() {
            let trace = seen.answer.trace.iter().cloned();
            traces.extend(trace.map(|trace| (index + 1, run + 1, trace)));
            let mismatches = compare::compare(&step.expect, run, seen);
            if mismatches.is_empty() {
                continue;
            }
            failures.push(StepFailure {
                step: index + 1,
                line: step.line,
                at: step.at,
                run: (step.times > 1).then_some(run + 1),
                mismatches,
                counters: seen.counters.clone(),
                decided_by: seen
                    .answer
                    .decided_by
                    .as_ref()
                    .map(|place| format!("{} ({})", place.element, place.line())),
            });
        }
    }
    Outcome {
        name: test.name.clone(),
        line: test.line,
        steps: test.steps.len(),
        traces,
        failures,
    }
}

/// Compares what the policy is told. Every error must be expected: it keeps the policy from being
/// deployed. Warnings and infos need to be there only when they are expected.
pub(super) fn diagnostics(expected: &[ExpectedDiagnostic], found: &[Diagnostic]) -> Outcome {
    let words = |code: &str, severity, line: usize| {
        format!("{code} {} line {line}", Severity::as_str(severity))
    };
    let expected = expected
        .iter()
        .map(|expected| words(&expected.code, expected.severity, expected.line));
    let mut expected: Vec<String> = expected.collect();
    let mut missing = expected.clone();
    let mut came = Vec::new();
    for found in found {
        let line = found.source.position(found.span.start).line;
        let told = words(found.code, found.severity, line);
        let known = missing.iter().position(|expected| *expected == told);
        if let Some(index) = known {
            missing.swap_remove(index);
        }
        if known.is_some() || found.severity == Severity::Error {
            came.push(told);
        }
    }
    expected.sort_unstable();
    came.sort_unstable();
    let (expected, came) = (expected.join(", "), came.join(", "));
    let mut failures = Vec::new();
    if expected != came {
        let or_none = |text: String| if text.is_empty() { "none".into() } else { text };
        failures.push(StepFailure {
            step: 1,
            line: 1,
            at: Moment::ZERO,
            run: None,
            mismatches: vec![Mismatch {
                what: "diagnostics".to_owned(),
                expected: or_none(expected),
                came: or_none(came),
            }],
            counters: Vec::new(),
            decided_by: None,
        });
    }
    Outcome {
        name: DIAGNOSTICS.to_owned(),
        line: 1,
        steps: 1,
        traces: Vec::new(),
        failures,
    }
}
