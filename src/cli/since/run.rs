use std::path::Path;

use super::arguments::SinceArguments;
use super::ask;
use super::places::find;
use crate::cli::args::{PrintedArguments, ReportFormat};
use crate::cli::failure::{Failure, Verdict};
use crate::cli::output::markdown;
use crate::cli::terminal::{Terminal, variable};
use crate::cli::{Outcome, azure};
use crate::clock::Clock;
use crate::report;
use crate::usage::Usage;
use crate::{files, http};
use jiff::tz::TimeZone;

pub(in crate::cli) fn run(
    terminal: &Terminal,
    arguments: &SinceArguments,
    printed: &PrintedArguments,
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
        printed.summary_md.as_deref(),
        variable("GITHUB_STEP_SUMMARY"),
        || report::usage_markdown(&usage, zone, None),
    )?;
    terminal.data(&text(terminal, &usage, zone, printed)?);
    if usage.is_unknown() {
        terminal.complain("error: not one source of Azure Monitor had an answer");
        return Ok(Verdict::Silence);
    }
    Ok(Verdict::Done)
}

/// What is printed.
fn text(
    terminal: &Terminal,
    usage: &Usage,
    zone: &TimeZone,
    printed: &PrintedArguments,
) -> Result<String, Failure> {
    Ok(match printed.format {
        ReportFormat::Table => {
            report::usage_tables(usage, zone, terminal.width(), terminal.colour_out())
        }
        ReportFormat::Json => {
            serde_json::to_string_pretty(&report::usage_json(usage)).map_err(Failure::bug)?
        }
        ReportFormat::Csv => report::usage_csv(usage),
        ReportFormat::Md => report::usage_markdown(usage, zone, printed.images.as_deref()),
        ReportFormat::Html => report::usage_html(usage, zone),
        ReportFormat::Svg => chart(usage, zone, &printed.chart)?,
        ReportFormat::Junit | ReportFormat::Prometheus => {
            let cause = "what Azure Monitor says has no thresholds and is no run";
            return Err(Failure::input(cause)
                .hint("print it as `table`, `json`, `csv`, `md`, `html` or `svg`"));
        }
    })
}

/// Charts of usage have names of their own; the one that runs show first is that of tokens here.
fn chart(usage: &Usage, zone: &TimeZone, name: &str) -> Result<String, Failure> {
    let charts = report::usage_charts(usage, zone);
    let wanted = match name {
        "tokens-per-minute" => "usage-tokens",
        name => name,
    };
    let names: Vec<String> = charts
        .iter()
        .map(|chart| format!("`{}`", chart.id))
        .collect();
    let found = charts.into_iter().find(|chart| chart.id == wanted);
    found.map(|chart| chart.svg).ok_or_else(|| {
        let cause = format!("there is no chart `{name}` of usage");
        Failure::input(cause).hint(format!("charts are {}", names.join(", ")))
    })
}

/// Asks every source that is there.
async fn usage(terminal: &Terminal, arguments: &SinceArguments) -> Result<Usage, Failure> {
    let clock = Clock::start();
    let window = arguments.window(clock.started())?;
    let data = &arguments.data;
    let connection = azure::connect(terminal, &data.cloud).await?;
    let found = find(&connection, data).await?;
    for sentence in &found.absent {
        terminal.note(&format!("note: {sentence}"));
    }
    Ok(ask::usage(&connection, &found, window, data.tpm).await)
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
