use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::policy::lint::{PolicyFormat, PolicyScope};

#[derive(Debug, Args)]
#[command(
    after_help = "With `--format json` an array is printed; each finding has file, line, column, end-line, end-column \
                  (from 1, columns count characters), severity (error, warning, info), code, message, hints, and \
                  deployment: the sentence with which API Management refuses a deployment, null when it does not. Keys may be added, none \
                  is renamed or removed.\n\n\
                  Exit codes: 0 clean · 1 findings (errors; warnings too with `--deny warnings`) · 2 a file is \
                  missing or an argument is wrong"
)]
pub(in crate::cli) struct LintArguments {
    /// Policy files, and folders whose *.xml files are read, subfolders included
    #[arg(required_unless_present = "explain")]
    pub(super) paths: Vec<PathBuf>,

    /// Explain one rule, or list all of them
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "list")]
    pub(super) explain: Option<String>,

    /// Where the documents stand; a `<fragment>` is known by its root
    #[arg(long, value_enum, default_value_t = ScopeName::Api)]
    pub(super) scope: ScopeName,

    /// Gateway that the documents are for: a tier, `consumption`, `self-hosted` or `workspace`
    #[arg(long, value_name = "NAME", default_value = "basicv2")]
    pub(super) tier: String,

    /// Format in which the documents are deployed
    #[arg(long, value_enum, default_value_t = FormatName::Rawxml)]
    pub(super) policy_format: FormatName,

    /// HTTP method of the operation that the documents belong to
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<String>,

    /// Named values: a YAML or JSON file of `name: value`
    #[arg(long, value_name = "FILE")]
    pub(super) named_values: Option<PathBuf>,

    /// A named value, instead of the file's; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,

    /// Folder with one `<id>.xml` for each policy fragment
    #[arg(long, value_name = "DIR")]
    pub(super) fragments: Option<PathBuf>,

    /// Scenario whose requests the token limits must have room for; its named values are used
    #[arg(long, value_name = "FILE")]
    pub(super) scenario: Option<PathBuf>,

    /// Leave out the findings of a rule; may be given several times
    #[arg(long, value_name = "ID")]
    pub(super) allow: Vec<String>,

    /// What makes the answer no, besides errors
    #[arg(long, value_enum)]
    pub(super) deny: Option<Deny>,

    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub(super) format: Output,

    /// Add to each error the sentence with which API Management refuses a deployment
    #[arg(long)]
    pub(super) apim_format: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ScopeName {
    Global,
    Workspace,
    Product,
    Api,
    Operation,
    Fragment,
}

impl From<ScopeName> for PolicyScope {
    fn from(name: ScopeName) -> PolicyScope {
        match name {
            ScopeName::Global => PolicyScope::Global,
            ScopeName::Workspace => PolicyScope::Workspace,
            ScopeName::Product => PolicyScope::Product,
            ScopeName::Api => PolicyScope::Api,
            ScopeName::Operation => PolicyScope::Operation,
            ScopeName::Fragment => PolicyScope::Fragment,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatName {
    /// Expressions as they are
    Rawxml,
    /// Well-formed XML
    Xml,
}

impl From<FormatName> for PolicyFormat {
    fn from(name: FormatName) -> PolicyFormat {
        match name {
            FormatName::Rawxml => PolicyFormat::RawXml,
            FormatName::Xml => PolicyFormat::Xml,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Deny {
    Warnings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people: source line, caret, hint
    Text,
    /// An array of findings
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands that annotate a pull request
    Github,
}
