//! `apimon report`

use super::args::ReportArguments;
use super::terminal::Terminal;
use super::{Outcome, output};
use crate::files;

pub(super) fn run(terminal: &Terminal, arguments: &ReportArguments) -> Outcome {
    let run = files::read_run(&arguments.run)?.without_warm_up();
    if run.torn {
        terminal.complain("warning: the last line of `requests.jsonl` is torn and was left out");
    }
    output::finish(terminal, &arguments.run, &run, &arguments.printed)
}
