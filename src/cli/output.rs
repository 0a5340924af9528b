//! What a run leaves in its folder and on the screen.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::args::{PrintedArguments, ReportFormat};
use super::failure::{Failure, Verdict};
use super::prepare::Prepared;
use super::terminal::{Terminal, variable};
use crate::engine::MetricTotals;
use crate::files::{self, RunDir};
use crate::prices::Prices;
use crate::report::{self, Report, Tag};
use crate::results::{CallerInfo, Environment, FORMAT, Origin, Run, RunInfo, TargetInfo};

/// `run.json` as it is when the run begins.
pub(super) fn run_info(
    prepared: &Prepared,
    origin: Origin,
    started: jiff::Timestamp,
    target: TargetInfo,
) -> RunInfo {
    let scenario = &prepared.scenario;
    RunInfo {
        format: FORMAT.to_owned(),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        description: scenario.description.clone(),
        origin,
        seed: scenario.seed_number,
        started: started.to_string(),
        duration_us: None,
        interrupted: false,
        stopped: None,
        planned: prepared.plan.planned(),
        target,
        limits: prepared.limits(),
        callers: callers(prepared),
        thresholds: scenario
            .thresholds
            .iter()
            .map(|threshold| threshold.text.clone())
            .collect(),
        overrides: prepared.overrides.clone(),
        scenario_sha256: sha256(&prepared.source.text),
        policy_sha256: prepared
            .policy
            .as_ref()
            .map(|policy| sha256(&policy.source.text)),
        environment: Environment {
            os: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
        },
        shard: None,
        merged: Vec::new(),
    }
}

fn callers(prepared: &Prepared) -> Vec<CallerInfo> {
    let scenario = &prepared.scenario;
    let mut planned = vec![0; scenario.callers.len()];
    for arrival in &prepared.plan.arrivals {
        planned[arrival.caller] += 1;
    }
    for looped in &prepared.plan.loops {
        planned[looped.caller()] += looped.requests().unwrap_or(0);
    }
    let info = scenario
        .callers
        .iter()
        .zip(planned)
        .map(|(caller, planned)| {
            let ids = caller
                .subscriptions
                .iter()
                .map(|share| scenario.subscriptions[share.subscription].id.as_str());
            CallerInfo {
                name: caller.name.clone(),
                subscription: ids.collect::<Vec<_>>().join(", "),
                planned,
                stream: caller.request.stream > 0.0,
                on_429: caller.reactions.on_429.wait.as_str().to_owned(),
            }
        });
    info.collect()
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Makes the run's folder with everything that is known before the first request.
pub(super) fn begin(
    out: &Path,
    prepared: &Prepared,
    info: &RunInfo,
    began: jiff::Timestamp,
) -> Result<RunDir, Failure> {
    let directory = RunDir::create(out, &run_name(info, began))?;
    directory.write("scenario.yaml", &prepared.source.text)?;
    if let Some(policy) = &prepared.policy {
        directory.write("policy.xml", &policy.source.text)?;
    }
    directory.write_info(info)?;
    Ok(directory)
}

/// Name of a run's folder.
pub(super) fn run_name(info: &RunInfo, began: jiff::Timestamp) -> String {
    let stamp = began.strftime("%Y%m%dT%H%M%SZ");
    let part = match info.shard {
        Some(shard) => format!("-shard-{}-of-{}", shard.index(), shard.of()),
        None if info.merged.is_empty() => String::new(),
        None => "-merged".to_owned(),
    };
    format!("{stamp}-{}{part}", info.scenario)
}

/// Shows what the policy sent to Application Insights, or would have sent.
pub(super) fn note_metrics(terminal: &Terminal, metrics: &MetricTotals) {
    for line in metrics.lines() {
        terminal.note(&format!("metrics: {line}"));
    }
}

/// Writes summary, charts and HTML into the run's folder, prints the result, and says whether it
/// is what was wanted.
pub(super) fn finish(
    terminal: &Terminal,
    directory: &Path,
    run: &Run,
    printed: &PrintedArguments,
    prices: &Prices,
) -> Result<Verdict, Failure> {
    let report = Report::of(run).priced(tag(&run.info, prices).as_ref());
    finish_report(terminal, directory, &report, printed)
}

/// The price of a run's model; a simulated one is priced like the model that it stands for.
pub(super) fn tag(info: &RunInfo, prices: &Prices) -> Option<Tag> {
    let model = info.target.model.as_str();
    let model = model.strip_prefix("simulated ").unwrap_or(model);
    Some(Tag {
        price: prices.of(model)?,
        currency: prices.currency.clone(),
        date: prices.date.clone(),
    })
}

/// The same of a report, whose run need not be in memory.
pub(super) fn finish_report(
    terminal: &Terminal,
    directory: &Path,
    report: &Report<'_>,
    printed: &PrintedArguments,
) -> Result<Verdict, Failure> {
    let (info, summary) = (report.info, &report.summary);
    let json = serde_json::to_string_pretty(summary).map_err(Failure::bug)?;
    let write = |name: &str, text: &str| files::write(&directory.join(name), text);
    write("summary.json", &format!("{json}\n"))?;
    for chart in &report.charts {
        write(&format!("{}.svg", chart.id), &chart.svg)?;
    }
    write("report.html", &report::html(report))?;
    beside(terminal, report, printed)?;
    terminal.data(&printed_as(terminal, report, printed, &json)?);
    terminal.note(&format!(
        "report: {}",
        directory.join("report.html").display()
    ));
    if info.shard.is_some() && !info.thresholds.is_empty() {
        terminal.note("thresholds are judged when the shards are merged: `apimon merge`");
    }
    let requests = summary.counts.requests;
    if report.answered() == 0 && requests > 0 && !info.interrupted {
        terminal.complain(&format!(
            "error: not one of {requests} requests got an answer"
        ));
        return Ok(Verdict::Silence);
    }
    Ok(if summary.passed() && !info.interrupted {
        Verdict::Done
    } else {
        Verdict::No
    })
}

/// The report in the form that was asked for.
fn printed_as(
    terminal: &Terminal,
    report: &Report<'_>,
    printed: &PrintedArguments,
    json: &str,
) -> Result<String, Failure> {
    Ok(match printed.format {
        ReportFormat::Table => report::tables(report, terminal.width(), terminal.colour_out()),
        ReportFormat::Json => json.to_owned(),
        ReportFormat::Csv => report::csv(report),
        ReportFormat::Md => report::markdown(report, printed.images.as_deref()),
        ReportFormat::Junit => report::junit(report),
        ReportFormat::Prometheus => report::openmetrics(report),
        ReportFormat::Html => report::html(report),
        ReportFormat::Svg => {
            let known = report.charts.iter();
            match known.clone().find(|chart| chart.id == printed.chart) {
                Some(chart) => chart.svg.clone(),
                None => {
                    let names: Vec<&str> = known.map(|chart| chart.id).collect();
                    let cause = format!("this run has no chart `{}`", printed.chart);
                    return Err(Failure::input(cause).hint(format!("it has {}", names.join(", "))));
                }
            }
        }
    })
}

/// What pipelines read: JUnit, Markdown.
fn beside(
    terminal: &Terminal,
    report: &Report<'_>,
    printed: &PrintedArguments,
) -> Result<(), Failure> {
    if let Some(path) = &printed.junit {
        files::write(path, &report::junit(report))?;
    }
    let step = variable("GITHUB_STEP_SUMMARY");
    markdown(terminal, printed.summary_md.as_deref(), step, || {
        report::markdown(report, printed.images.as_deref())
    })
}

/// Writes a page to a file, and adds it to the page of the pipeline's step where there is one.
pub(super) fn markdown(
    terminal: &Terminal,
    path: Option<&Path>,
    step: Option<String>,
    page: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let step = step.filter(|step| !step.is_empty());
    if path.is_none() && step.is_none() {
        return Ok(());
    }
    let page = page();
    if let Some(path) = path {
        files::write(path, &page)?;
    }
    // The page of a pipeline is no part of the answer: a run is not lost because of it.
    if let Some(Err(error)) = step.map(|step| files::append(Path::new(&step), &page)) {
        terminal.complain(&format!("warning: {error}"));
    }
    Ok(())
}
