//! Outcomes as JUnit XML: a suite for each file, a case for each test. Times are absent, because
//! virtual time says nothing about how long a test took.

use std::fmt::Write as _;

use super::run::{Outcome, StepFailure};

/// `files` are names of test files and how their tests went; `describe` words a failed step.
pub(crate) fn junit(
    files: &[(String, Vec<Outcome>)],
    describe: &dyn Fn(&StepFailure) -> String,
) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a string cannot fail.
    let _written = suites(&mut text, files, describe);
    text
}

fn suites(
    text: &mut String,
    files: &[(String, Vec<Outcome>)],
    describe: &dyn Fn(&StepFailure) -> String,
) -> std::fmt::Result {
    let count = |outcomes: &[Outcome]| {
        let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
        (outcomes.len(), failed)
    };
    let counts = files.iter().map(|(_, outcomes)| count(outcomes));
    let (tests, failed) = counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    writeln!(
        text,
        "<testsuites name=\"apimon test-policy\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\">"
    )?;
    for (file, outcomes) in files {
        let (tests, failed) = count(outcomes);
        let file = escape(file);
        writeln!(
            text,
            "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">"
        )?;
        for outcome in outcomes {
            case(text, &file, outcome, describe)?;
        }
        writeln!(text, "  </testsuite>")?;
    }
    writeln!(text, "</testsuites>")
}

fn case(
    text: &mut String,
    file: &str,
    outcome: &Outcome,
    describe: &dyn Fn(&StepFailure) -> String,
) -> std::fmt::Result {
    let name = escape(&outcome.name);
    write!(text, "    <testcase name=\"{name}\" classname=\"{file}\"")?;
    if outcome.passed() {
        return writeln!(text, " />");
    }
    writeln!(text, ">")?;
    let first = &outcome.failures[0].mismatches[0];
    let message = format!(
        "{}: expected {}, came {}",
        first.what, first.expected, first.came
    );
    let body: Vec<String> = outcome.failures.iter().map(describe).collect();
    writeln!(
        text,
        "      <failure type=\"expectation\" message=\"{}\">{}</failure>",
        escape(&message),
        escape(&body.join("\n"))
    )?;
    writeln!(text, "    </testcase>")
}

/// XML 1.0 has no way to write most control characters; they are shown instead.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter if letter.is_control() => escaped.extend(letter.escape_default()),
            letter => escaped.push(letter),
        }
    }
    escaped
}
