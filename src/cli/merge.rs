//! `apimon merge`: shards into one run.

use std::path::{Path, PathBuf};

use super::args::MergeArguments;
use super::failure::Failure;
use super::terminal::Terminal;
use super::{Outcome, output};
use crate::base::number;
use crate::files::{self, RunDir};
use crate::results::{self, Run};

pub(super) fn run(terminal: &Terminal, arguments: &MergeArguments) -> Outcome {
    let paths = run_directories(&arguments.runs)?;
    let mut runs = Vec::new();
    for path in &paths {
        runs.push((path.display().to_string(), files::read_run(path)?));
    }
    let run = results::merge(runs, arguments.partial)
        .map_err(|error| Failure::input(&error).hint(error.hint()))?;
    warn(terminal, &run);
    let directory = write(&arguments.out, &paths, &run)?;
    terminal.note(&format!(
        "merged {} shards: {} requests into {}",
        run.info.merged.len(),
        number(run.records.len() as f64, 0),
        directory.path().display()
    ));
    let run = run.without_warm_up();
    output::finish(terminal, directory.path(), &run, &arguments.printed)
}

/// The paths that are runs, and the runs in those that are folders of runs.
fn run_directories(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        let inside = files::runs_in(path)?;
        if inside.is_empty() {
            found.push(path.clone());
        } else {
            found.extend(inside);
        }
    }
    Ok(found)
}

/// What a reader of the numbers has to know about the parts.
fn warn(terminal: &Terminal, run: &Run) {
    if run.torn {
        terminal.complain("warning: the last line of a shard's requests is torn and was left out");
    }
    for part in &run.info.merged {
        if !part.complete {
            terminal.complain(&format!(
                "warning: shard {} did not reach the end of its plan",
                part.shard
            ));
        }
        if part.moved_us > 0 {
            terminal.note(&format!(
                "shard {} started {} ms after the first",
                part.shard,
                number(part.moved_us as f64 / 1e3, 3)
            ));
        }
    }
}

fn write(out: &Path, paths: &[PathBuf], run: &Run) -> Result<RunDir, Failure> {
    let began: jiff::Timestamp = run.info.started.parse().map_err(Failure::bug)?;
    let directory = RunDir::create(out, &output::run_name(&run.info, began))?;
    // The same in every shard: their digests are.
    if let Some(first) = paths.first() {
        directory.write(
            "scenario.yaml",
            &files::read_text(&first.join("scenario.yaml"))?,
        )?;
        if run.info.policy_sha256.is_some() {
            directory.write("policy.xml", &files::read_text(&first.join("policy.xml"))?)?;
        }
    }
    directory.write_info(&run.info)?;
    let mut writer = directory.records()?;
    for record in &run.records {
        writer.append(record)?;
    }
    writer.flush()?;
    Ok(directory)
}
