use std::io::{self, IsTerminal as _, Write as _};

use super::args::Colour;

/// The one way out: data to stdout, talk to stderr.
#[derive(Debug, Clone)]
pub(super) struct Terminal {
    quiet: bool,
    colour: Colour,
    no_color: bool,
}

impl Terminal {
    pub(super) fn new(quiet: bool, colour: Colour) -> Terminal {
        // https://no-color.org: any value but an empty one.
        let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        Terminal {
            quiet,
            colour,
            no_color,
        }
    }

    /// Data: what a pipeline reads.
    #[expect(
        clippy::unused_self,
        reason = "the terminal is the one way out, whatever it needs to know"
    )]
    pub(super) fn data(&self, text: &str) {
        // A reader that has gone (`| head`) wants no more; that is not our failure.
        let _closed = writeln!(io::stdout().lock(), "{}", text.trim_end());
    }

    /// Talk that `--quiet` silences.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// What must be said: errors and warnings.
    #[expect(
        clippy::unused_self,
        reason = "the terminal is the one way out, whatever it needs to know"
    )]
    pub(super) fn complain(&self, text: &str) {
        let _closed = writeln!(io::stderr().lock(), "{text}");
    }

    pub(super) fn quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn colour_out(&self) -> bool {
        self.colour(io::stdout().is_terminal())
    }

    pub(super) fn colour_err(&self) -> bool {
        self.colour(io::stderr().is_terminal())
    }

    /// True when somebody looks at progress.
    pub(super) fn live(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Columns of the terminal that data goes to; `None` when it goes elsewhere.
    #[expect(
        clippy::unused_self,
        reason = "the terminal is the one way out, whatever it needs to know"
    )]
    pub(super) fn width(&self) -> Option<u16> {
        terminal_size::terminal_size_of(io::stdout())
            .map(|(terminal_size::Width(columns), _)| columns)
    }

    fn colour(&self, is_terminal: bool) -> bool {
        match self.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && !self.no_color,
        }
    }
}

/// A variable of the environment, when it is set and is text.
pub(super) fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "edge: cli reads the environment")]
    std::env::var(name).ok()
}
