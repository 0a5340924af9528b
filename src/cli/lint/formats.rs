//! Findings as text, JSON and workflow commands.

use serde::Serialize;

use crate::base::{Position, Severity, render};
use crate::policy::lint::Finding;

pub(super) fn text(findings: &[Finding], deployment: bool, colour: bool) -> String {
    let blocks = findings.iter().map(|finding| {
        let mut block = render(std::slice::from_ref(&finding.diagnostic), colour);
        if let (true, Some(deployment)) = (deployment, &finding.deployment) {
            block.push('\n');
            block.push_str(deployment);
        }
        block
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// First and last place of a finding.
pub(super) fn places(finding: &Finding) -> (Position, Position) {
    let diagnostic = &finding.diagnostic;
    (
        diagnostic.source.position(diagnostic.span.start),
        diagnostic.source.position(diagnostic.span.end),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    hints: &'a [String],
    deployment: Option<&'a str>,
}

pub(super) fn json(findings: &[Finding]) -> String {
    let rows: Vec<Row<'_>> = findings
        .iter()
        .map(|finding| {
            let (start, end) = places(finding);
            let diagnostic = &finding.diagnostic;
            Row {
                file: &diagnostic.source.name,
                line: start.line,
                column: start.column,
                end_line: end.line,
                end_column: end.column,
                severity: diagnostic.severity.as_str(),
                code: diagnostic.code,
                message: &diagnostic.message,
                hints: &diagnostic.hints,
                deployment: finding.deployment.as_deref(),
            }
        })
        .collect();
    serde_json::to_string_pretty(&rows).expect("texts and numbers are always JSON")
}

/// `::error file=…,line=…,col=…,title=…::message`, a line for each.
pub(super) fn github(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let (start, end) = places(finding);
        let diagnostic = &finding.diagnostic;
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        // An end column means something only on the line of the start.
        let end = if end.line == start.line && end.column > start.column {
            format!(",endColumn={}", end.column - 1)
        } else {
            String::new()
        };
        let mut message = diagnostic.message.clone();
        for hint in &diagnostic.hints {
            message.push_str("\nhint: ");
            message.push_str(hint);
        }
        format!(
            "::{command} file={},line={},col={}{end},title={}::{}",
            property(&diagnostic.source.name),
            start.line,
            start.column,
            property(diagnostic.code),
            data(&message)
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
