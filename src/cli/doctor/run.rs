use clap::Args;
use serde_json::json;

use super::{ask, offer};
use crate::cli::Outcome;
use crate::cli::args::Format;
use crate::cli::azure::{CloudArguments, Connection, block_on, connect};
use crate::cli::failure::{Failure, Verdict};
use crate::cli::terminal::Terminal;
use crate::provision::{Check, Grade};

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing would fail · 1 something would · 2 the configuration is wrong · 3 the cloud \
                  could not be found"
)]
pub(in crate::cli) struct DoctorArguments {
    /// Region to ask for quota and models, when the resource group is not there yet
    #[arg(
        long,
        env = "AZURE_LOCATION",
        value_name = "REGION",
        default_value = "swedencentral"
    )]
    pub(super) location: String,

    /// Model to ask for
    #[arg(
        long,
        env = "OPENAI_MODEL",
        value_name = "NAME",
        default_value = "gpt-4o-mini"
    )]
    pub(super) model: String,

    /// How the model is deployed
    #[arg(long, value_name = "NAME", default_value = "GlobalStandard")]
    pub(super) model_sku: String,

    /// Thousands of tokens per minute that are wanted of it
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(super) model_capacity: u64,

    /// How the lines are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    #[command(flatten)]
    pub(super) azure: CloudArguments,
}

pub(in crate::cli) fn run(terminal: &Terminal, arguments: &DoctorArguments) -> Outcome {
    let checks = block_on(async {
        let connection = connect(terminal, &arguments.azure).await?;
        Ok::<_, Failure>(checks(&connection, arguments).await)
    })?;
    match arguments.format {
        Format::Text => terminal.data(&text(&checks)),
        Format::Json => {
            let rows = checks.iter().map(|check| {
                json!({
                    "check": check.about,
                    "grade": word(check.grade),
                    "message": check.said,
                    "hint": if check.hint.is_empty() { None } else { Some(&check.hint) },
                })
            });
            let rows: Vec<_> = rows.collect();
            terminal.data(&serde_json::to_string_pretty(&rows).map_err(Failure::bug)?);
        }
    }
    let is_bad = checks.iter().any(|check| check.grade == Grade::Bad);
    Ok(if is_bad { Verdict::No } else { Verdict::Done })
}

/// In the order in which one depends on the other; what follows a failed sign-in cannot be asked.
async fn checks(connection: &Connection, arguments: &DoctorArguments) -> Vec<Check> {
    let mut checks = vec![ask::configuration(connection)];
    let sign_in = ask::sign_in(connection).await;
    let signed_in = sign_in.grade != Grade::Bad;
    checks.push(sign_in);
    if !signed_in {
        return checks;
    }
    checks.push(ask::clock(connection).await);
    checks.push(ask::subscription(connection).await);
    let (group, location) = ask::group(connection).await;
    checks.push(group);
    checks.push(ask::permissions(connection, location.is_some()).await);
    checks.push(ask::providers(connection).await);
    if location.is_some() {
        checks.push(ask::service(connection).await);
    }
    let location = location.unwrap_or_else(|| arguments.location.clone());
    checks.extend(offer::offer(connection, arguments, &location).await);
    checks
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Ok => "ok",
        Grade::Warning => "warning",
        Grade::Bad => "bad",
    }
}

fn text(checks: &[Check]) -> String {
    let width = checks
        .iter()
        .map(|check| check.about.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = Vec::new();
    for check in checks {
        let (grade, about) = (word(check.grade), &check.about);
        // An error of several lines stays in its column.
        let indent = " ".repeat(width + 11);
        let said = check.said.replace('\n', &format!("\n{indent}"));
        lines.push(format!("{grade:7}  {about:width$}  {said}"));
        if !check.hint.is_empty() {
            lines.push(format!("{indent}do: {}", check.hint));
        }
    }
    lines.join("\n")
}
