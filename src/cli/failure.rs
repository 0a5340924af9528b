use std::process::ExitCode;

use super::terminal::Terminal;
use crate::base::{Diagnostic, render};

/// How a command that ran ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Done,
    /// A threshold was missed, or the run did not reach its end.
    No,
    /// Not one request got an answer.
    Silence,
}

impl Verdict {
    pub(super) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Verdict::Done => 0,
            Verdict::No => 1,
            Verdict::Silence => 3,
        })
    }
}

/// Who can do something about it; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// Arguments, files, environment.
    Input,
    /// A gateway or backend that refused or was silent.
    Remote,
    /// Us.
    Bug,
}

/// Why a command could not run.
#[derive(Debug)]
pub(super) struct Failure {
    blame: Blame,
    cause: Cause,
    hints: Vec<String>,
}

#[derive(Debug)]
enum Cause {
    Text(String),
    Diagnostics(Vec<Diagnostic>),
}

impl Failure {
    pub(super) fn input(cause: impl std::fmt::Display) -> Failure {
        Failure {
            blame: Blame::Input,
            cause: Cause::Text(cause.to_string()),
            hints: Vec::new(),
        }
    }

    pub(super) fn remote(cause: impl std::fmt::Display) -> Failure {
        Failure {
            blame: Blame::Remote,
            ..Failure::input(cause)
        }
    }

    pub(super) fn bug(cause: impl std::fmt::Display) -> Failure {
        Failure {
            blame: Blame::Bug,
            ..Failure::input(cause)
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hints.push(hint.into());
        self
    }

    /// True for a plain sentence, false for diagnostics that show their own places.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.cause, Cause::Text(_))
    }

    pub(super) fn report(&self, terminal: &Terminal) -> ExitCode {
        match &self.cause {
            Cause::Text(text) => terminal.complain(&format!("error: {text}")),
            Cause::Diagnostics(diagnostics) => {
                terminal.complain(&render(diagnostics, terminal.colour_err()));
            }
        }
        for hint in &self.hints {
            terminal.complain(&format!("hint: {hint}"));
        }
        ExitCode::from(match self.blame {
            Blame::Input => 2,
            Blame::Remote => 3,
            Blame::Bug => 70,
        })
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Failure {
        Failure {
            blame: Blame::Input,
            cause: Cause::Diagnostics(diagnostics),
            hints: Vec::new(),
        }
    }
}

impl From<crate::files::FileError> for Failure {
    fn from(error: crate::files::FileError) -> Failure {
        Failure::input(error)
    }
}
