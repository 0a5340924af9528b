//! Arguments, a file per command, the terminal, and what a failure says.
//!
//! The only module that wires others together, and the only one that reads the environment, the
//! arguments and the working directory.

mod args;
mod backends;
mod behaviour;
mod bicep;
mod compare;
mod config;
mod emulate;
mod events;
mod exporter;
mod failure;
mod k8s;
mod lint;
mod loadtest;
mod local;
mod merge;
mod output;
mod place;
mod plan;
mod prepare;
mod progress;
mod recorder;
mod reload;
mod report;
mod schema;
mod sending;
mod simulate;
mod spending;
mod target;
mod terminal;
mod test_policy;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};
use failure::{Failure, Verdict};
use terminal::Terminal;

/// Reads the arguments, runs the command, and answers with its exit code.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.quiet, arguments.color);
    let outcome = guarded(|| command(&terminal, &arguments.command));
    match outcome {
        Ok(verdict) => verdict.exit_code(),
        Err(failure) => failure.report(&terminal),
    }
}

fn command(terminal: &Terminal, command: &Command) -> Outcome {
    match command {
        Command::Loadtest(arguments) => loadtest::run(terminal, arguments),
        Command::Simulate(arguments) => simulate::run(terminal, arguments),
        Command::Report(arguments) => report::run(terminal, arguments),
        Command::Compare(arguments) => compare::run(terminal, arguments),
        Command::Merge(arguments) => merge::run(terminal, arguments),
        Command::K8s(arguments) => k8s::run(terminal, arguments),
        Command::Emulate(arguments) => emulate::run(terminal, arguments),
        Command::Lint(arguments) => lint::run(terminal, arguments),
        Command::TestPolicy(arguments) => test_policy::run(terminal, arguments),
        Command::Config(arguments) => config::run(terminal, arguments),
        Command::Bicep(arguments) => bicep::run(terminal, arguments),
        Command::Schema(arguments) => schema::run(terminal, arguments),
    }
}

/// A broken promise of ours ends in the exit code for bugs. What broke was printed when it did.
fn guarded(command: impl FnOnce() -> Outcome) -> Outcome {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(command)).unwrap_or_else(|_| {
        Err(Failure::bug("this is a bug of apimon")
            .hint("please report it with the message above and the command that you ran"))
    })
}

type Outcome = Result<Verdict, Failure>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_our_bug() {
        let terminal = Terminal::new(true, args::Colour::Never);
        let failure = guarded(|| panic!("a promise was broken")).unwrap_err();
        assert_eq!(failure.report(&terminal), ExitCode::from(70));
        assert_eq!(guarded(|| Ok(Verdict::Done)).unwrap(), Verdict::Done);
    }
}
