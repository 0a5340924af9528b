//! `apimon report`

use super::args::ReportArguments;
use super::terminal::Terminal;
use super::{Outcome, output, since};
use crate::files;

pub(super) fn run(terminal: &Terminal, arguments: &ReportArguments) -> Outcome {
    let printed = &arguments.printed;
    let Some(folder) = &arguments.run else {
        let summary_md = printed.summary_md.as_deref();
        return since::run(terminal, &arguments.since, printed.format, summary_md);
    };
    let run = files::read_run(folder)?.without_warm_up();
    if run.torn {
        terminal.complain("warning: the last line of `requests.jsonl` is torn and was left out");
    }
    output::finish(terminal, folder, &run, printed)
}
