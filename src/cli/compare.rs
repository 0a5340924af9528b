//! `apimon compare`: two runs beside each other.

use super::args::{CompareArguments, Format};
use super::failure::{Failure, Verdict};
use super::terminal::{Terminal, variable};
use super::{Outcome, output};
use crate::base::{Diagnostic, Source, Threshold};
use crate::files;
use crate::report::{self, Comparison};

pub(super) fn run(terminal: &Terminal, arguments: &CompareArguments) -> Outcome {
    let rules = rules(&arguments.fail_if)?;
    let [base, other] = [&arguments.base, &arguments.other].map(|path| {
        let run = files::read_run(path)?.without_warm_up();
        if run.torn {
            terminal.complain(&format!(
                "warning: the last line of the requests of `{}` is torn and was left out",
                path.display()
            ));
        }
        Ok::<_, Failure>(run)
    });
    let comparison = report::compare(&base?, &other?, &rules);
    print(terminal, &comparison, arguments)?;
    Ok(if comparison.passed() {
        Verdict::Done
    } else {
        Verdict::No
    })
}

fn print(
    terminal: &Terminal,
    comparison: &Comparison,
    arguments: &CompareArguments,
) -> Result<(), Failure> {
    match arguments.format {
        Format::Json => {
            terminal.data(&serde_json::to_string_pretty(comparison).map_err(Failure::bug)?);
        }
        Format::Text => terminal.data(&report::comparison_tables(
            comparison,
            terminal.width(),
            terminal.colour_out(),
        )),
    }
    output::markdown(
        terminal,
        arguments.summary_md.as_deref(),
        variable("GITHUB_STEP_SUMMARY"),
        || report::comparison_markdown(comparison),
    )
}

/// All rules, or everything that is wrong with them.
fn rules(texts: &[String]) -> Result<Vec<Threshold>, Failure> {
    let mut rules = Vec::new();
    let mut mistakes = Vec::new();
    for text in texts {
        match Threshold::parse_with_base(text) {
            Ok(rule) => rules.push(rule),
            Err(error) => {
                let source = Source::new("--fail-if", text.as_str());
                let mistake = Diagnostic::error(&source, error.span, error.message);
                mistakes.push(mistake.hint(error.hint));
            }
        }
    }
    if mistakes.is_empty() {
        Ok(rules)
    } else {
        Err(Failure::from(mistakes))
    }
}
