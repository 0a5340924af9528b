use std::path::Path;

use super::arguments::SinceArguments;
use super::{ask, places};
use crate::cli::args::Format;
use crate::cli::failure::{Failure, Verdict};
use crate::cli::output::markdown;
use crate::cli::terminal::{Terminal, variable};
use crate::cli::{Outcome, azure};
use crate::clock::Clock;
use crate::report;
use crate::usage::{Usage, collect, questions};
use crate::{files, http};

pub(in crate::cli) fn run(
    terminal: &Terminal,
    arguments: &SinceArguments,
    format: Format,
    summary_md: Option<&Path>,
) -> Outcome {
    http::install_crypto();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    let usage = runtime.block_on(usage(terminal, arguments))?;
    let zone = &arguments.time_zone;
    if let Some(folder) = &arguments.usage_out {
        write(terminal, folder, &usage, arguments)?;
    }
    markdown(
        terminal,
        summary_md,
        variable("GITHUB_STEP_SUMMARY"),
        || report::usage_markdown(&usage, zone, None),
    )?;
    match format {
        Format::Json => {
            let json = report::usage_json(&usage);
            terminal.data(&serde_json::to_string_pretty(&json).map_err(Failure::bug)?);
        }
        Format::Text => terminal.data(&report::usage_tables(
            &usage,
            zone,
            terminal.width(),
            terminal.colour_out(),
        )),
    }
    if usage.is_unknown() {
        terminal.complain("error: not one source of Azure Monitor had an answer");
        return Ok(Verdict::Silence);
    }
    Ok(Verdict::Done)
}

/// Asks every source that is there.
async fn usage(terminal: &Terminal, arguments: &SinceArguments) -> Result<Usage, Failure> {
    let clock = Clock::start();
    let window = arguments.window(clock.started())?;
    let connection = azure::connect(terminal, &arguments.cloud).await?;
    let found = places::find(
        &connection,
        arguments.apim_name.as_deref(),
        &arguments.metric_namespace,
    )
    .await?;
    for sentence in &found.absent {
        terminal.note(&format!("note: {sentence}"));
    }
    let (metrics, logs) = questions(&found.places, &window);
    let metrics = ask::metrics(&connection.client, metrics).await;
    let logs = ask::logs(&connection.client, logs).await;
    Ok(collect(found.name, window, arguments.tpm, metrics, logs))
}

/// The page, every chart, and the data beside them.
fn write(
    terminal: &Terminal,
    folder: &Path,
    usage: &Usage,
    arguments: &SinceArguments,
) -> Result<(), Failure> {
    let zone = &arguments.time_zone;
    let json = serde_json::to_string_pretty(&report::usage_json(usage)).map_err(Failure::bug)?;
    files::make_folder(folder)?;
    let put = |name: &str, text: &str| files::write(&folder.join(name), text);
    put("usage.html", &report::usage_html(usage, zone))?;
    put("usage.json", &format!("{json}\n"))?;
    put("usage.csv", &report::usage_csv(usage))?;
    put("usage.md", &report::usage_markdown(usage, zone, Some(".")))?;
    for chart in report::usage_charts(usage, zone) {
        put(&format!("{}.svg", chart.id), &chart.svg)?;
    }
    terminal.note(&format!("report: {}", folder.join("usage.html").display()));
    Ok(())
}
