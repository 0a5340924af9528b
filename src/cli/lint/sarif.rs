//! SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::formats::places;
use crate::base::Severity;
use crate::policy::lint::{Finding, Rule};

pub(super) fn log(findings: &[Finding]) -> String {
    let rules: Vec<Value> = Rule::all().map(rule).collect();
    let results: Vec<Value> = findings.iter().map(result).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "apimon",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).expect("texts and numbers are always JSON")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.title },
        "help": { "text": rule.page, "markdown": rule.page },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn result(finding: &Finding) -> Value {
    let diagnostic = &finding.diagnostic;
    let (start, end) = places(finding);
    let mut text = diagnostic.message.clone();
    for hint in &diagnostic.hints {
        text.push_str("\nhint: ");
        text.push_str(hint);
    }
    let index = Rule::all().position(|rule| rule.id == diagnostic.code);
    json!({
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&diagnostic.source.name) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        }}],
        "properties": { "deployment": finding.deployment },
    })
}

/// A path as a URI reference: forward slashes, and what is not a plain character escaped.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _written = write!(uri, "%{byte:02X}");
        }
    }
    // An absolute path names this machine; a reader needs the scheme to tell.
    if uri.starts_with('/') {
        format!("file://{uri}")
    } else {
        uri
    }
}
