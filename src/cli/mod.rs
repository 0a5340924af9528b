//! Arguments, a file per command, the terminal, and what a failure says.
//!
//! The only module that wires others together, and the only one that reads the environment, the
//! arguments and the working directory.

mod args;
mod emulate;
mod failure;
mod loadtest;
mod local;
mod output;
mod prepare;
mod progress;
mod report;
mod schema;
mod simulate;
mod target;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};
use failure::{Failure, Verdict};
use terminal::Terminal;

/// Reads the arguments, runs the command, and answers with its exit code.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.quiet, arguments.color);
    let outcome = match arguments.command {
        Command::Loadtest(arguments) => loadtest::run(&terminal, &arguments),
        Command::Simulate(arguments) => simulate::run(&terminal, &arguments),
        Command::Report(arguments) => report::run(&terminal, &arguments),
        Command::Emulate(arguments) => emulate::run(&terminal, &arguments),
        Command::Schema(arguments) => schema::run(&terminal, &arguments),
    };
    match outcome {
        Ok(verdict) => verdict.exit_code(),
        Err(failure) => failure.report(&terminal),
    }
}

type Outcome = Result<Verdict, Failure>;
