//! What can be typed. Help texts are the reference of each command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::base::Shard;

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
    /// Show what changed from one run to another
    #[command(
        after_help = "Exit codes: 0 no rule of --fail-if applies · 1 one applies, or cannot be judged · 2 wrong input."
    )]
    Compare(CompareArguments),
    /// Join the shards of a run that several machines played
    #[command(
        after_help = "Exit codes: as of `loadtest`, whose thresholds are judged here · 2 the runs are not the shards of one run."
    )]
    Merge(MergeArguments),
    /// Print the manifest of a Kubernetes Job that plays a scenario in shards
    K8s(K8sArguments),
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
    /// Print where commands go, and where each setting came from
    #[command(
        after_help = "Flags beat the environment, the environment beats `apimon.toml`, and that beats the default. \
                            Keys are never printed."
    )]
    Config(ConfigArguments),
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

    /// Prices of models (`apimon schema prices`), instead of the table in the binary
    #[arg(long, value_name = "FILE")]
    pub(super) prices: Option<PathBuf>,

    /// Folder in which the run's own folder is made
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(super) out: PathBuf,

    #[command(flatten)]
    pub(super) printed: PrintedArguments,
}

/// What a command that ends with a run leaves beside the run's own folder.
#[derive(Debug, Args)]
pub(super) struct PrintedArguments {
    /// What is printed at the end
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Also write the thresholds as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,

    /// Also write the report as Markdown; in GitHub Actions it is added to the summary of the step
    /// as well
    #[arg(long, value_name = "FILE")]
    pub(super) summary_md: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct LoadtestArguments {
    #[command(flatten)]
    pub(super) scenario: ScenarioArguments,

    /// Print what would be sent, when, and what it would cost, and send nothing
    #[arg(long)]
    pub(super) plan: bool,

    /// `local`, a name of `apimon.toml`, or the URL of a gateway, instead of `APIM_GATEWAY_URL`; its
    /// key is read from where the scenario or `apimon.toml` says, else from `APIM_API_KEY`
    #[arg(long, value_name = "NAME|URL")]
    pub(super) target: Option<String>,

    #[command(flatten)]
    pub(super) place: PlaceArguments,

    #[command(flatten)]
    pub(super) backend: BackendArguments,

    #[command(flatten)]
    pub(super) sending: super::sending::SendingArguments,
}

/// What one of several machines plays, and from when.
#[derive(Debug, Args)]
pub(super) struct PlaceArguments {
    /// Play one part of the plan, such as `0/4`: the first of four; `apimon merge` joins them
    #[arg(long, value_name = "I/N", conflicts_with = "shards")]
    pub(super) shard: Option<Shard>,

    /// The same with the number in `JOB_COMPLETION_INDEX`, as Kubernetes sets it
    #[arg(long, value_name = "N")]
    pub(super) shards: Option<u64>,

    /// UTC time at which the plan begins (RFC 3339), so that shards begin together
    #[arg(long, value_name = "TIME")]
    pub(super) start_at: Option<jiff::Timestamp>,
}

#[derive(Debug, Args)]
pub(super) struct MergeArguments {
    /// Run directories of the shards, or folders that hold them
    #[arg(required = true, value_name = "DIR")]
    pub(super) runs: Vec<PathBuf>,

    /// Folder in which the merged run's own folder is made
    #[arg(long, short, value_name = "DIR", default_value = "runs")]
    pub(super) out: PathBuf,

    /// Merge although shards are missing; the run counts as interrupted
    #[arg(long)]
    pub(super) partial: bool,

    #[command(flatten)]
    pub(super) printed: PrintedArguments,
}

#[derive(Debug, Args)]
pub(super) struct K8sArguments {
    /// Scenario file (YAML)
    pub(super) scenario: PathBuf,

    /// Pods that play a part each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) shards: u32,

    /// URL of the gateway, as the pods reach it
    #[arg(long, env = "APIM_GATEWAY_URL", value_name = "URL")]
    pub(super) target: String,

    /// Image with `apimon` on its path
    #[arg(long, default_value = concat!("apimon:", env!("CARGO_PKG_VERSION")))]
    pub(super) image: String,

    /// UTC time at which the plan begins (RFC 3339); without it, each pod begins when it runs
    #[arg(long, value_name = "TIME")]
    pub(super) start_at: Option<jiff::Timestamp>,

    /// Policy file, instead of the scenario's
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,

    /// Write the manifest to this file instead of printing it
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
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

    #[command(flatten)]
    pub(super) printed: PrintedArguments,
}

#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// Run directory A, the base
    pub(super) base: PathBuf,

    /// Run directory B
    pub(super) other: PathBuf,

    /// A rule that must not apply, such as `p95(ttft) > 1.1 * base` or `throttled_ratio > base + 5%`;
    /// may be given several times
    #[arg(long, value_name = "RULE")]
    pub(super) fail_if: Vec<String>,

    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Also write the comparison as Markdown; in GitHub Actions it is added to the summary of the
    /// step as well
    #[arg(long, value_name = "FILE")]
    pub(super) summary_md: Option<PathBuf>,
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

    /// Backend entities: a file (YAML or JSON) of ids and ARM `properties`, or a folder with a file
    /// for each; without any, every backend id stands for the one model
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) backends: Option<PathBuf>,

    /// Read policy, fragments and backends again when they change; counters go on
    #[arg(long)]
    pub(super) watch: bool,

    /// Append the events of `log-to-eventhub` to this file, one line of JSON each
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,

    /// File (YAML) of the key sets that `validate-jwt` and `validate-azure-ad-token` trust
    #[arg(long, value_name = "FILE")]
    pub(super) credentials: Option<PathBuf>,

    /// Ids of the subscriptions that have a key
    #[arg(long = "subscription", value_name = "ID", default_value = "default")]
    pub(super) subscriptions: Vec<String>,

    /// Loopback port; 0 lets the system choose
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,

    /// Serve Prometheus series at `/.apimon/metrics`
    #[arg(long)]
    pub(super) metrics: bool,

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

    /// Print the trace of every request, as the request inspector shows it
    #[arg(long)]
    pub(super) trace: bool,

    /// Run again whenever a test or one of its policies changes
    #[arg(long)]
    pub(super) watch: bool,

    /// Inferred behaviour, such as `v2-debt=off`; `apimon emulate --explain` lists it
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) behaviour: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    /// `local`, a name of `apimon.toml`, or the URL of a gateway, instead of `APIM_GATEWAY_URL`
    #[arg(long, value_name = "NAME|URL")]
    pub(super) target: Option<String>,

    /// How the settings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
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
    /// The table of prices
    Prices,
}
