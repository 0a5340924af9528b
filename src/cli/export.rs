//! `apimon export`: a scenario for another engine than ours.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::failure::{Failure, Verdict};
use super::prepare::read_scenario;
use super::terminal::Terminal;
use crate::files;
use crate::http::Endpoint;
use crate::locust;

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// Scenario file (YAML)
    scenario: PathBuf,

    /// The service that shall play it
    #[arg(long, value_enum)]
    engine: Engine,

    /// URL of the gateway, as the engines reach it
    #[arg(long, env = "APIM_GATEWAY_URL", value_name = "URL")]
    target: String,

    /// Machines that play a part each
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=400))]
    engines: u32,

    /// Folder for the files; made where it is missing
    #[arg(long, value_name = "DIR", default_value = "load-test")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Engine {
    /// A Locust program and the test's configuration
    AzureLoadTesting,
}

pub(super) fn run(terminal: &Terminal, arguments: &ExportArguments) -> Outcome {
    std::thread::spawn(crate::tokens::load);
    let Engine::AzureLoadTesting = arguments.engine;
    let (_, scenario) = read_scenario(&arguments.scenario)?;
    let target = Endpoint::parse(&arguments.target).map_err(|error| {
        Failure::input(format!("target: {error}"))
            .hint("give the URL of a gateway, such as `https://NAME.azure-api.net`")
    })?;
    let plan = scenario.plan();
    let export = locust::export(&scenario, &plan, &target.to_string(), arguments.engines)
        .map_err(|error| Failure::input(&error).hint(error.hint()))?;
    let written = [
        ("locustfile.py", locust::LOCUSTFILE),
        ("plan.jsonl", &export.plan),
        ("settings.json", &export.settings),
        ("load-test.yaml", &export.configuration),
    ];
    files::make_folder(&arguments.out)?;
    for (name, text) in written {
        let path = arguments.out.join(name);
        files::write(&path, text)?;
        terminal.data(&format!("{}\n", path.display()));
    }
    terminal.note(&format!(
        "{} planned requests for {} engines; thresholds, budgets and warm-up are not taken along",
        plan.arrivals.len(),
        arguments.engines
    ));
    Ok(Verdict::Done)
}
