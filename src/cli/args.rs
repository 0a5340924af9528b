//! What can be typed. Help texts are the reference of each command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
#[command(
    name = "apimon",
    version,
    about = "Prove, before and after it is live, where an Azure API Management token limit bites",
    after_help = "Exit codes: 0 done · 1 the answer is no (a threshold missed, an interrupted run) · 2 wrong input \
                  · 3 the endpoint refused or was silent · 70 our bug"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Print results only, no progress and no notes
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,

    /// When to use colour; `NO_COLOR` is respected
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(super) color: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables and lines for people
    Text,
    /// One JSON value
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Play a scenario in real time against a gateway and write the report
    #[command(
        after_help = "Without a target, a local gateway is started that executes the scenario's policy in \
                            front of a simulated gpt-4o-mini; nothing leaves this machine."
    )]
    Loadtest(LoadtestArguments),
    /// Play a scenario in virtual time through the same policy engine
    Simulate(ScenarioArguments),
    /// Write the report of a run again and print its tables
    Report(ReportArguments),
    /// Run the local gateway in the foreground
    Emulate(EmulateArguments),
    /// Check policy files: every problem with its place and what to do
    Lint(super::lint::LintArguments),
    /// Run policy tests in virtual time
    #[command(
        after_help = "Exit codes: 0 all passed · 1 some failed · 2 a file is wrong. The format is described by \
                      `apimon schema policy-test`."
    )]
    TestPolicy(TestPolicyArguments),
    /// Compile Bicep files with the embedded compiler
    Bicep(super::bicep::BicepArguments),
    /// Print the JSON Schema of a file format, for editors
    Schema(SchemaArguments),
}

#[derive(Debug, Args)]
pub(super) struct ScenarioArguments {
    /// Scenario file (YAML)
    pub(super) scenario: PathBuf,

    /// Seed for everything that is drawn by lot, instead of the scenario's
    #[arg(long)]
    pub(super) seed: Option<u64>,

    /// Tier of the local gateway, instead of the scenario's
    #[arg(long, value_name = "NAME")]
    pub(super) tier: Option<String>,

    /// Tokens per minute: the named value `tpm`, instead of the scenario's
    #[arg(long, env = "TPM_LIMIT", value_name = "TOKENS")]
    pub(super) tpm: Option<u32>,

    /// A named value of the policy, instead of the scenario's; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(super) named_values: Vec<String>,

    /// Inferred behaviour of the local gateway, such as `v2-debt=off`; `apimon emulate --explain`
    /// lists it
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) behaviour: Vec<String>,

    /// Policy file, instead of the scenario's
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,

    #[command(flatten)]
    pub(super) fragments: FragmentArguments,

    /// Folder in which the run's own folder is made
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(super) out: PathBuf,

    /// What is printed at the end
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct LoadtestArguments {
    #[command(flatten)]
    pub(super) scenario: ScenarioArguments,

    /// `local`, or the URL of a gateway; its key is read from `APIM_API_KEY` or from
    /// where the scenario says
    #[arg(
        long,
        env = "APIM_GATEWAY_URL",
        value_name = "URL",
        default_value = "local"
    )]
    pub(super) target: String,

    #[command(flatten)]
    pub(super) backend: BackendArguments,
}

#[derive(Debug, Args)]
pub(super) struct FragmentArguments {
    /// Folder of policy fragments; `limits.xml` in it is the fragment `limits`
    #[arg(long, value_name = "DIR")]
    pub(super) fragments: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct BackendArguments {
    /// OpenAI-compatible server behind the local gateway, instead of the simulated model
    #[arg(long, value_name = "URL")]
    pub(super) backend: Option<String>,

    /// Environment variable that holds the key of that server
    #[arg(long, value_name = "NAME", requires = "backend")]
    pub(super) backend_key_env: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// Run directory, such as runs/20260101T000000Z-burst
    pub(super) run: PathBuf,

    /// What is printed at the end
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct EmulateArguments {
    /// Policy file of the API
    #[arg(long, value_name = "FILE", default_value = "policies/token-limit.xml")]
    pub(super) policy: PathBuf,

    #[command(flatten)]
    pub(super) fragments: FragmentArguments,

    /// Tier whose limiter decides
    #[arg(long, value_name = "NAME", default_value = "basicv2")]
    pub(super) tier: String,

    /// Tokens per minute: the named value `tpm`
    #[arg(long, env = "TPM_LIMIT", value_name = "TOKENS", default_value_t = 500)]
    pub(super) tpm: u32,

    /// A named value of the policy; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(super) named_values: Vec<String>,

    /// File (YAML) of the key sets that `validate-jwt` and `validate-azure-ad-token` trust
    #[arg(long, value_name = "FILE")]
    pub(super) credentials: Option<PathBuf>,

    /// Ids of the subscriptions that have a key
    #[arg(long = "subscription", value_name = "ID", default_value = "default")]
    pub(super) subscriptions: Vec<String>,

    /// Loopback port; 0 lets the system choose
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,

    /// Inferred behaviour, such as `v2-debt=off`; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) behaviour: Vec<String>,

    /// List inferred behaviour with its switches, and do nothing else
    #[arg(long)]
    pub(super) explain: bool,

    /// Seed of the simulated model and of the keys
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,

    #[command(flatten)]
    pub(super) backend: BackendArguments,
}

#[derive(Debug, Args)]
pub(super) struct TestPolicyArguments {
    /// Policy tests, or folders of them (names end in `.test.yaml`)
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(super) paths: Vec<PathBuf>,

    /// Run only the tests that have this text in their names
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,

    /// How the outcome is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Also write the outcome as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,

    /// Show which elements, branches and expressions of the policies no test ran
    #[arg(long)]
    pub(super) coverage: bool,

    /// Also write the coverage of policy files as an lcov tracefile
    #[arg(long, value_name = "FILE")]
    pub(super) lcov: Option<PathBuf>,

    /// Run again whenever a test or one of its policies changes
    #[arg(long)]
    pub(super) watch: bool,

    /// Inferred behaviour, such as `v2-debt=off`; `apimon emulate --explain` lists it
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) behaviour: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArguments {
    #[arg(value_enum)]
    pub(super) of: SchemaName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaName {
    /// The scenario file
    Scenario,
    /// The policy test file
    PolicyTest,
}
