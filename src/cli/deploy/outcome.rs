//! What is said at the end.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::arguments::DeployArguments;
use crate::cli::args::Format;
use crate::cli::failure::Failure;
use crate::cli::terminal::{Terminal, variable};
use crate::files;
use crate::provision::{Board, Id, State, Trouble, advice, output_lines, troubles};

/// Environment variable with the file that takes a step's outputs, in GitHub Actions.
const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";

/// What failed and why, resource by resource, and what to do.
pub(super) fn failed(board: &Board, deployment: &Value) -> Failure {
    let mut text = "the deployment failed".to_owned();
    let mut known: Vec<Trouble> = Vec::new();
    for row in board.failures() {
        let _infallible = write!(text, "\n  {}", Id(&row.id).shown());
        for trouble in &row.troubles {
            told(&mut text, trouble, &mut known);
        }
    }
    // Outputs that cannot be evaluated, templates that are refused: no resource is to blame.
    if known.is_empty() {
        for trouble in troubles(&deployment["properties"]["error"]) {
            told(&mut text, &trouble, &mut known);
        }
    }
    if let Some(id) = deployment["properties"]["correlationId"].as_str() {
        let _infallible = write!(text, "\n  correlation id {id}");
    }
    let mut failure = Failure::remote(text);
    let mut hints: Vec<&str> = known.iter().filter_map(advice).collect();
    hints.dedup();
    for hint in hints {
        failure = failure.hint(hint);
    }
    failure.hint("what was made is still there: `apimon deploy` goes on from it, `apimon destroy` removes it")
}

fn told(text: &mut String, trouble: &Trouble, known: &mut Vec<Trouble>) {
    let _infallible = write!(text, "\n    {trouble}");
    for note in &trouble.notes {
        let _infallible = write!(text, "\n      {note}");
    }
    known.push(trouble.clone());
}

/// Prints outputs, and writes them where pipelines read them.
pub(super) fn succeeded(
    terminal: &Terminal,
    arguments: &DeployArguments,
    state: &State,
    outputs: &Value,
) -> Result<(), Failure> {
    let before = [
        ("AZURE_SUBSCRIPTION_ID", state.subscription_id.as_str()),
        ("AZURE_RESOURCE_GROUP", state.resource_group.as_str()),
    ];
    let lines = output_lines(outputs, &before);
    if let Some(path) = &arguments.output_env {
        files::write(path, &lines.environment)?;
    }
    let step = variable(GITHUB_OUTPUT).filter(|path| !path.is_empty());
    if let Some(step) = step {
        files::append(Path::new(&step), &lines.github)?;
    }
    for name in &lines.refused {
        terminal.complain(&format!(
            "warning: output `{name}` may be a secret, so it is kept nowhere"
        ));
    }
    match arguments.format {
        Format::Json => {
            let outputs = serde_json::to_string_pretty(&state.outputs).map_err(Failure::bug)?;
            terminal.data(&outputs);
        }
        Format::Text => {
            let width = state.outputs.keys().map(String::len).max().unwrap_or(0);
            let lines = state.outputs.iter().map(|(name, value)| match value {
                Value::String(value) => format!("{name:width$}  {value}"),
                other => format!("{name:width$}  {other}"),
            });
            let lines: Vec<String> = lines.collect();
            if !lines.is_empty() {
                terminal.data(&lines.join("\n"));
            }
        }
    }
    terminal.note(&format!(
        "resource group `{}` is deployed",
        state.resource_group
    ));
    Ok(())
}
