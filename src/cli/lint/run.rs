use super::super::Outcome;
use super::super::failure::Verdict;
use super::super::terminal::Terminal;
use super::arguments::{Deny, LintArguments, Output};
use super::{explain, formats, inputs, sarif};
use crate::base::Severity;
use crate::files;
use crate::policy::lint::{Finding, Rule, lint_all};

pub(in crate::cli) fn run(terminal: &Terminal, arguments: &LintArguments) -> Outcome {
    if let Some(id) = &arguments.explain {
        terminal.data(&explain::explain(id)?);
        return Ok(Verdict::Done);
    }
    if let Some(id) = arguments.allow.iter().find(|id| Rule::named(id).is_none()) {
        return Err(explain::unknown(id));
    }
    let options = inputs::options(arguments)?;
    let paths = inputs::policies(arguments)?;
    let sources = paths
        .iter()
        .map(|path| files::read_source(path))
        .collect::<Result<Vec<_>, _>>()?;
    let mut findings = lint_all(&sources, &options);
    findings.retain(|finding| {
        let code = finding.diagnostic.code;
        !arguments
            .allow
            .iter()
            .any(|id| id.eq_ignore_ascii_case(code))
    });
    print(terminal, arguments, &findings);
    terminal.note(&summary(&findings, paths.len()));
    let worst = findings
        .iter()
        .map(|finding| finding.diagnostic.severity)
        .max();
    let denied = match arguments.deny {
        Some(Deny::Warnings) => Severity::Warning,
        None => Severity::Error,
    };
    Ok(if worst.is_some_and(|worst| worst >= denied) {
        Verdict::No
    } else {
        Verdict::Done
    })
}

fn print(terminal: &Terminal, arguments: &LintArguments, findings: &[Finding]) {
    let text = match arguments.format {
        Output::Text => formats::text(findings, arguments.apim_format, terminal.colour_out()),
        Output::Json => formats::json(findings),
        Output::Sarif => sarif::log(findings),
        Output::Github => formats::github(findings),
    };
    if !text.is_empty() {
        terminal.data(&text);
    }
}

fn summary(findings: &[Finding], files: usize) -> String {
    let count = |severity: Severity, one: &str, many: &str| {
        let found = findings
            .iter()
            .filter(|finding| finding.diagnostic.severity == severity)
            .count();
        format!("{found} {}", if found == 1 { one } else { many })
    };
    format!(
        "{}, {}, {} in {files} {}",
        count(Severity::Error, "error", "errors"),
        count(Severity::Warning, "warning", "warnings"),
        count(Severity::Info, "info", "infos"),
        if files == 1 { "file" } else { "files" }
    )
}
