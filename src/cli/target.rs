//! Which gateway a load test talks to, and with which keys.

use std::path::Path;

use super::args::{BackendArguments, LoadtestArguments};
use super::failure::Failure;
use super::prepare::{Prepared, beside};
use super::terminal::{Terminal, variable};
use super::{config, local};
use crate::base::{Secret, number};
use crate::clock::Clock;
use crate::files;
use crate::gateway::{Backend, Gateway, RemoteBackend, Watchers};
use crate::http::Endpoint;
use crate::model::ModelSettings;
use crate::results::TargetInfo;
use crate::scenario::KeyReference;

/// A gateway that is there, and what reaches it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) endpoint: Endpoint,
    /// Header that carries the key.
    pub(super) key_header: String,
    pub(super) keys: Vec<Secret>,
    pub(super) info: TargetInfo,
    /// The local gateway, which runs as long as this is held.
    pub(super) gateway: Option<Gateway>,
}

/// Header that carries the key, on the local gateway and on what `deploy` sets up.
pub(super) const KEY_HEADER: &str = "api-key";

pub(super) fn open(
    terminal: &Terminal,
    arguments: &LoadtestArguments,
    prepared: &Prepared,
    clock: Clock,
) -> Result<Target, Failure> {
    let settings = config::read(arguments.target.as_deref())?;
    let Some(url) = &settings.gateway_url else {
        return open_local(terminal, &arguments.backend, prepared, clock);
    };
    if arguments.backend.backend.is_some() {
        return Err(Failure::input("`--backend` belongs to the local gateway")
            .hint("leave out `--backend`, or give `--target local`"));
    }
    let endpoint = Endpoint::parse(&url.value).map_err(Failure::bug)?;
    let keys = remote_keys(
        &arguments.scenario.scenario,
        prepared,
        &settings.key_env.value,
    )?;
    let name = if settings.target.value == url.value {
        endpoint.host.clone()
    } else {
        settings.target.value.clone()
    };
    terminal.note(&format!("target: {endpoint}"));
    let info = TargetInfo {
        name,
        url: Some(endpoint.to_string()),
        tier: None,
        model: prepared.scenario.deployment.clone(),
    };
    Ok(Target {
        endpoint,
        key_header: prepared.scenario.key_header.name.clone(),
        keys,
        info,
        gateway: None,
    })
}

fn open_local(
    terminal: &Terminal,
    arguments: &BackendArguments,
    prepared: &Prepared,
    clock: Clock,
) -> Result<Target, Failure> {
    let scenario = &prepared.scenario;
    let callers = local::callers(scenario);
    let engine = local::engine(
        prepared.policy.clone(),
        prepared.behaviour,
        clock.started(),
        &scenario.seed,
        &callers,
    );
    let (backend, behind) = backend(arguments, local::model(scenario))?;
    let gateway =
        Gateway::start(engine, backend, clock, 0, Watchers::default()).map_err(Failure::remote)?;
    let url = gateway.url();
    let limit = prepared
        .limits()
        .iter()
        .find_map(|limit| limit.tokens_per_minute);
    let limit = limit.map_or_else(
        || "no token limit".to_owned(),
        |tpm| format!("{} tokens per minute", number(tpm as f64, 0)),
    );
    terminal.note(&format!(
        "target: local gateway at {url}, tier {}, {limit}, in front of {behind}",
        scenario.tier.as_str()
    ));
    let endpoint = Endpoint::parse(&url).map_err(Failure::bug)?;
    let info = TargetInfo {
        name: "local".to_owned(),
        url: Some(url),
        tier: Some(scenario.tier.as_str().to_owned()),
        model: arguments
            .backend
            .as_ref()
            .map_or_else(|| format!("simulated {}", local::MODEL), |_| behind),
    };
    Ok(Target {
        endpoint,
        key_header: KEY_HEADER.to_owned(),
        keys: local::keys(scenario),
        info,
        gateway: Some(gateway),
    })
}

/// What stands behind a local gateway, and its name for people.
pub(super) fn backend(
    arguments: &BackendArguments,
    model: ModelSettings,
) -> Result<(Backend, String), Failure> {
    let Some(url) = &arguments.backend else {
        model.check().map_err(Failure::input)?;
        let name = format!("a simulated {}", model.name);
        return Ok((Backend::Model(model), name));
    };
    let key = arguments
        .backend_key_env
        .as_ref()
        .map(|name| secret_variable(name))
        .transpose()?;
    let remote = RemoteBackend::new(url, key.as_ref())
        .map_err(|error| Failure::input(format!("backend: {error}")))?;
    let name = Endpoint::parse(url).map_err(Failure::bug)?.to_string();
    Ok((Backend::Remote(remote), name))
}

/// `key_env` names the variable of the one subscription that does not say where its key is.
fn remote_keys(
    scenario_path: &Path,
    prepared: &Prepared,
    key_env: &str,
) -> Result<Vec<Secret>, Failure> {
    let subscriptions = &prepared.scenario.subscriptions;
    let unnamed = subscriptions
        .iter()
        .filter(|subscription| subscription.key == KeyReference::Local)
        .count();
    if unnamed > 1 {
        let failure = Failure::input(format!(
            "{unnamed} subscriptions of the scenario do not say where their key is"
        ));
        return Err(failure.hint(format!(
            "give each `key-env: NAME` or `key-file: PATH`; {key_env} serves for one"
        )));
    }
    subscriptions
        .iter()
        .map(|subscription| match &subscription.key {
            KeyReference::Local => secret_variable(key_env),
            KeyReference::Env(name) => secret_variable(name),
            KeyReference::State(_) | KeyReference::Azure(_) => Err(Failure::input(format!(
                "the key of subscription `{}` is with Azure, where loadtest cannot ask for it yet",
                subscription.id
            ))
            .hint("give it `key-env: NAME` or `key-file: PATH`")),
            KeyReference::File(path) => {
                let text = files::read_text(&beside(scenario_path, path))?;
                Ok(Secret::new(text.trim()))
            }
        })
        .map(|key: Result<Secret, Failure>| {
            let key = key?;
            let bearer = prepared.scenario.key_header.bearer;
            Ok(if bearer {
                Secret::new(format!("Bearer {}", key.reveal()))
            } else {
                key
            })
        })
        .collect()
}

fn secret_variable(name: &str) -> Result<Secret, Failure> {
    match variable(name) {
        Some(value) if !value.trim().is_empty() => Ok(Secret::new(value.trim())),
        _ => Err(
            Failure::input(format!("environment variable `{name}` is not set"))
                .hint("it holds the key to call with"),
        ),
    }
}
