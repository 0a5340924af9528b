//! `apimon k8s`: the manifest of a Job that plays a scenario in shards.

use super::Outcome;
use super::args::K8sArguments;
use super::failure::{Failure, Verdict};
use super::prepare::{beside, read_policy};
use super::terminal::Terminal;
use crate::files;
use crate::http::Endpoint;
use crate::kubernetes::Manifest;
use crate::policy::Fragments;
use crate::scenario::Scenario;

pub(super) fn run(terminal: &Terminal, arguments: &K8sArguments) -> Outcome {
    let source = files::read_source(&arguments.scenario)?;
    let scenario = Scenario::parse(&source)?;
    if let Some(file) = scenario.files().first() {
        let message = format!("the scenario reads `{}`, which pods do not have", file.path);
        return Err(Failure::input(message).hint("write prompts into the scenario itself"));
    }
    let path = match (&arguments.policy, &scenario.policy) {
        (Some(path), _) => Some(path.clone()),
        (None, path) => path.as_ref().map(|path| beside(&arguments.scenario, path)),
    };
    // Read here as the pods will: a mistake is found before anything is deployed.
    let policy = path
        .map(|path| read_policy(terminal, &path, &scenario.named_values, &Fragments::new()))
        .transpose()?;
    let target = Endpoint::parse(&arguments.target).map_err(|error| {
        Failure::input(format!("target: {error}")).hint(
            "give the URL of a gateway that the pods reach, such as `https://NAME.azure-api.net`",
        )
    })?;
    let manifest = Manifest {
        scenario: &scenario,
        scenario_text: &source.text,
        policy_text: policy.as_ref().map(|policy| policy.source.text.as_ref()),
        shards: arguments.shards,
        target: &target.to_string(),
        image: &arguments.image,
        start_at: arguments.start_at.map(|at| at.to_string()),
    };
    let yaml = manifest
        .yaml()
        .map_err(|error| Failure::input(&error).hint(error.hint()))?;
    match &arguments.out {
        Some(path) => files::write(path, &yaml)?,
        None => terminal.data(&yaml),
    }
    Ok(Verdict::Done)
}
