//! What a run leaves in its folder and on the screen.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::args::{Format, PrintedArguments};
use super::failure::{Failure, Verdict};
use super::prepare::Prepared;
use super::terminal::{Terminal, variable};
use crate::engine::MetricTotals;
use crate::files::{self, RunDir};
use crate::report;
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
        client: None,
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
) -> Result<Verdict, Failure> {
    let summary = report::summary(run);
    let json = serde_json::to_string_pretty(&summary).map_err(Failure::bug)?;
    let write = |name: &str, text: &str| files::write(&directory.join(name), text);
    write("summary.json", &format!("{json}\n"))?;
    for chart in report::charts(run) {
        write(&format!("{}.svg", chart.id), &chart.svg)?;
    }
    write("report.html", &report::html(run))?;
    beside(terminal, run, printed)?;
    match printed.format {
        Format::Json => terminal.data(&json),
        Format::Text => terminal.data(&report::tables(
            run,
            terminal.width(),
            terminal.colour_out(),
        )),
    }
    terminal.note(&format!(
        "report: {}",
        directory.join("report.html").display()
    ));
    if run.info.shard.is_some() && !run.info.thresholds.is_empty() {
        terminal.note("thresholds are judged when the shards are merged: `apimon merge`");
    }
    let answered = run.records.iter().any(|record| record.status.is_some());
    if !answered && !run.records.is_empty() && !run.info.interrupted {
        terminal.complain(&format!(
            "error: not one of {} requests got an answer",
            run.records.len()
        ));
        return Ok(Verdict::Silence);
    }
    Ok(if summary.passed() && !run.info.interrupted {
        Verdict::Done
    } else {
        Verdict::No
    })
}

/// What pipelines read: JUnit, Markdown.
fn beside(terminal: &Terminal, run: &Run, printed: &PrintedArguments) -> Result<(), Failure> {
    if let Some(path) = &printed.junit {
        files::write(path, &report::junit(run))?;
    }
    let step = variable("GITHUB_STEP_SUMMARY");
    markdown(terminal, printed.summary_md.as_deref(), step, || {
        report::markdown(run)
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
