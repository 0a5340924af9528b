use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct BicepArguments {
    #[command(subcommand)]
    pub(super) command: BicepCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum BicepCommand {
    /// Print the ARM template that a Bicep file compiles to
    Build(BuildArguments),
}

#[derive(Debug, Args)]
pub(super) struct BuildArguments {
    /// Bicep file; without one, the template that ships with apimon
    pub(super) file: Option<PathBuf>,

    /// Write to this file instead of printing
    #[arg(long, value_name = "FILE", conflicts_with = "stdout")]
    pub(super) outfile: Option<PathBuf>,

    /// Print, which is what happens without `--outfile` too
    #[arg(long)]
    pub(super) stdout: bool,

    /// Print the files that the template is made of, and not the template
    #[arg(long)]
    pub(super) list_files: bool,

    /// Who compiles
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Choice::Auto)]
    pub(super) bicep_compiler: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Choice {
    /// The embedded compiler; for what it does not take, the Bicep command line tool if there is
    /// one
    Auto,
    /// The embedded compiler only
    Embedded,
    /// The Bicep command line tool: `$BICEP_PATH`, then PATH, then `~/.azure/bin/bicep`
    Bicep,
}
