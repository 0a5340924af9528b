//! `apimon report`

use std::path::Path;

use super::args::{CompareArguments, Format, ReportArguments, ReportFormat};
use super::failure::{Failure, Verdict};
use super::terminal::Terminal;
use super::{Outcome, compare, otlp, output, since};
use crate::files::{self, FileError};
use crate::prices::Prices;
use crate::report::{Digest, LineError, Report};
use crate::results::{self, RunError, RunInfo};

/// A run whose requests take more bytes than that is not read into memory.
const STREAMED_FROM: u64 = 64 << 20;

pub(super) fn run(terminal: &Terminal, arguments: &ReportArguments) -> Outcome {
    if arguments.runs.is_empty() {
        let format = text_or_json(arguments.printed.format, "what Azure Monitor says")
            .map_err(|failure| failure.hint("`--usage-out DIR` writes the page, charts and CSV"))?;
        let summary_md = arguments.printed.summary_md.as_deref();
        return since::run(terminal, &arguments.since, format, summary_md);
    }
    if arguments.compare {
        return compared(terminal, arguments);
    }
    let prices = match &arguments.prices {
        Some(path) => Prices::parse(&files::read_source(path)?)?,
        None => Prices::shipped().clone(),
    };
    let mut worst = Verdict::Done;
    for run in &arguments.runs {
        let verdict = one(terminal, run, arguments, &prices)?;
        if worst == Verdict::Done {
            worst = verdict;
        }
    }
    Ok(worst)
}

fn one(
    terminal: &Terminal,
    folder: &Path,
    arguments: &ReportArguments,
    prices: &Prices,
) -> Outcome {
    let requests = folder.join("requests.jsonl");
    if arguments.streamed || files::size(&requests)? > STREAMED_FROM {
        let info = files::read_info(folder)?;
        let (digest, torn) = digest(folder, &info, &requests)?;
        let report = Report::streamed(&info, torn, digest);
        let tag = output::tag(&info, prices);
        return told(terminal, folder, &report.priced(tag.as_ref()), arguments);
    }
    let run = files::read_run(folder)?.without_warm_up();
    let tag = output::tag(&run.info, prices);
    let report = Report::of(&run).priced(tag.as_ref());
    told(terminal, folder, &report, arguments)
}

fn told(
    terminal: &Terminal,
    folder: &Path,
    report: &Report<'_>,
    arguments: &ReportArguments,
) -> Outcome {
    if report.summary.torn {
        terminal.complain("warning: the last line of `requests.jsonl` is torn and was left out");
    }
    let verdict = output::finish_report(terminal, folder, report, &arguments.printed)?;
    if let Some(collector) = &arguments.otlp {
        otlp::send(terminal, collector, &crate::report::otlp(report))?;
    }
    Ok(verdict)
}

fn compared(terminal: &Terminal, arguments: &ReportArguments) -> Outcome {
    let [base, other] = &arguments.runs[..] else {
        let cause = "`--compare` holds two runs against each other";
        return Err(Failure::input(cause).hint("name the base first, then the other run"));
    };
    let format = text_or_json(arguments.printed.format, "a comparison")
        .map_err(|failure| failure.hint("`--summary-md FILE` writes it as Markdown"))?;
    let arguments = CompareArguments {
        base: base.clone(),
        other: other.clone(),
        fail_if: Vec::new(),
        format,
        summary_md: arguments.printed.summary_md.clone(),
    };
    compare::run(terminal, &arguments)
}

/// The two forms that everything has.
pub(super) fn text_or_json(format: ReportFormat, what: &str) -> Result<Format, Failure> {
    match format {
        ReportFormat::Table => Ok(Format::Text),
        ReportFormat::Json => Ok(Format::Json),
        _ => Err(Failure::input(format!(
            "{what} is printed as `table` or `json`"
        ))),
    }
}

/// Reads the requests in bounded memory and on all cores; tells whether the last line was torn.
fn digest(folder: &Path, info: &RunInfo, requests: &Path) -> Result<(Digest, bool), Failure> {
    let last = files::last_line(requests)?;
    let last = last.and_then(|line| Some(results::read_line(&line).ok()?.done_us));
    let new = || Digest::new(info, last.unwrap_or(0));
    let mut whole = new();
    whole.begins();
    let torn = files::fold_lines(
        requests,
        |text| {
            let mut part = new();
            part.read(text).map(|()| part)
        },
        |part| {
            let part = part.map_err(|error| wrong(folder, &whole, error))?;
            whole.join(part);
            Ok::<_, Failure>(())
        },
    )?;
    Ok((whole, torn))
}

/// A mistake in a part, at its place in the file.
fn wrong(run: &Path, before: &Digest, error: LineError) -> Failure {
    let cause = RunError::Line {
        line: before.requests() + error.line,
        cause: error.cause,
    };
    Failure::from(FileError::Run {
        path: run.to_owned(),
        cause,
    })
}
