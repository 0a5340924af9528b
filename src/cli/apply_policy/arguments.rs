use std::path::PathBuf;

use clap::Args;

use crate::cli::args::Format;
use crate::cli::azure::CloudArguments;

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that is typed"
)]
#[command(
    after_help = "What is live is read first and compared without regard to indentation, comments and order of \
                  attributes; only what differs is written, and only while nobody else changed it. The text that was \
                  replaced is kept below `.apimon/`.\n\n\
                  Exit codes: 0 done, or nothing differs · 1 with --check live and file differ; the policy has lint \
                  errors; --probe was not answered · 2 wrong input, or API Management found a mistake in the policy · \
                  3 Azure refused or was silent, somebody else was faster"
)]
pub(in crate::cli) struct ApplyPolicyArguments {
    /// Policy file (XML)
    #[arg(required_unless_present = "rollback", conflicts_with = "rollback")]
    pub(super) policy: Option<PathBuf>,

    /// `global`, `product:ID`, `api:ID` or `operation:API/ID`; without one, the API that `deploy`
    /// made, or the only one there is
    #[arg(long, value_name = "SCOPE")]
    pub(super) scope: Option<String>,

    /// API Management service, instead of `AZURE_APIM_NAME`; without one, the only one of the
    /// resource group
    #[arg(long, value_name = "NAME")]
    pub(super) apim_name: Option<String>,

    /// A named value to set, such as `tpm=500`; `NAME=@env:VARIABLE` sets a secret from the
    /// environment; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE", conflicts_with = "rollback")]
    pub(super) set: Vec<String>,

    /// Named values to set: a YAML or JSON file of `name: value`
    #[arg(long, value_name = "FILE", conflicts_with = "rollback")]
    pub(super) named_values: Option<PathBuf>,

    /// Folder with one `<id>.xml` for each policy fragment to set
    #[arg(long, value_name = "DIR", conflicts_with = "rollback")]
    pub(super) fragments: Option<PathBuf>,

    /// Show what would change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// As --dry-run, and answer with 1 when live and file differ
    #[arg(long)]
    pub(super) check: bool,

    /// Only when the live policy still has this ETag, which --dry-run prints
    #[arg(long, value_name = "ETAG")]
    pub(super) if_match: Option<String>,

    /// Send one request through the gateway afterwards
    #[arg(long)]
    pub(super) probe: bool,

    /// Put back what the last apply-policy replaced; named values and fragments stay
    #[arg(long)]
    pub(super) rollback: bool,

    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    #[command(flatten)]
    pub(super) azure: CloudArguments,
}
