use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::Format;
use crate::cli::azure::CloudArguments;
use crate::cli::bicep::arguments::Choice;

#[derive(Debug, Args)]
pub(in crate::cli) struct DeployArguments {
    #[command(flatten)]
    pub(super) azure: CloudArguments,

    /// Bicep file or ARM template (JSON); without one, the template that ships with apimon
    #[arg(long, value_name = "FILE")]
    pub(super) template: Option<PathBuf>,

    /// Who compiles a Bicep file
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Choice::Auto)]
    pub(super) bicep_compiler: Choice,

    /// A parameter of the template, such as `tpm=500`; `NAME=@env:VARIABLE` takes it from the
    /// environment; may be given several times
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
    pub(super) parameters: Vec<String>,

    /// Parameters (YAML or JSON): ARM's parameters file, or plain `name: value`; `-p` beats it
    #[arg(long = "parameters", value_name = "FILE")]
    pub(super) parameter_files: Vec<PathBuf>,

    /// Region of the resource group, when it has to be made
    #[arg(
        long,
        env = "AZURE_LOCATION",
        value_name = "REGION",
        default_value = "swedencentral"
    )]
    pub(super) location: String,

    /// Name of the ARM deployment; a second one of the same name meets the first
    #[arg(long, value_name = "NAME", default_value = DEPLOYMENT)]
    pub(super) deployment_name: String,

    /// Show what would change, and change nothing
    #[arg(long)]
    pub(super) plan: bool,

    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,

    /// What to do with a soft-deleted service or account of the same name
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = SoftDeleted::Ask)]
    pub(super) soft_deleted: SoftDeleted,

    /// What Ctrl-C does with the ARM deployment; where nobody can be asked, `ask` leaves it running
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = OnInterrupt::Ask)]
    pub(super) on_interrupt: OnInterrupt,

    /// Write the outputs to this file, one `NAME=value` a line; in GitHub Actions they become
    /// outputs of the step as well
    #[arg(long, value_name = "FILE")]
    pub(super) output_env: Option<PathBuf>,

    /// How the plan or the outputs are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// Name of the ARM deployment unless another is given.
pub(in crate::cli) const DEPLOYMENT: &str = "apimon";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SoftDeleted {
    /// Ask at a terminal, else stop
    Ask,
    /// Stop
    Fail,
    /// Delete it for good, and make a new one
    Purge,
    /// Bring it back with what it had
    Restore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnInterrupt {
    /// Ask at a terminal, else leave it running
    Ask,
    /// Cancel it
    Cancel,
    /// Leave it running; a later `deploy` joins it
    Leave,
}
