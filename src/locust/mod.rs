//! The plan of a scenario as a test for Azure Load Testing, which plays Locust files: for teams that
//! want Microsoft's engines, networks and portal, and give up some exactness for them.
//!
//! Pure: a scenario in, texts out. Keys never come here, only the names under which the engines
//! find them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::base::Moment;
use crate::scenario::{KeyReference, Plan, Reaction, Scenario, Wait};

/// The program that plays a plan.
pub(crate) const LOCUSTFILE: &str = include_str!("locustfile.py");

/// Variable that holds the key of the one subscription that does not say where its key is.
const DEFAULT_KEY: &str = "APIM_API_KEY";

/// More criteria than this Azure Load Testing does not take.
const MAX_CRITERIA: usize = 10;

/// What is written beside [`LOCUSTFILE`].
#[derive(Debug, PartialEq)]
pub(crate) struct Export {
    /// One planned request a line, as JSON.
    pub(crate) plan: String,
    /// What holds for all of them, as JSON.
    pub(crate) settings: String,
    /// The test for `az load test create --load-test-config-file`, as YAML.
    pub(crate) configuration: String,
}

/// Why a scenario cannot be played by Locust.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExportError {
    #[error("callers that wait for their answers have no plan to export (`{caller}`)")]
    ClosedLoop { caller: String },
    #[error("the key of subscription `{subscription}` is not in the environment")]
    KeyElsewhere { subscription: String },
    #[error("{count} subscriptions of the scenario do not say where their key is")]
    KeysUnknown { count: usize },
}

impl ExportError {
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            ExportError::ClosedLoop { .. } => "give the group stages, or play it with `apimon k8s`",
            ExportError::KeyElsewhere { .. } => "give it `key-env: NAME`",
            ExportError::KeysUnknown { .. } => {
                "give each `key-env: NAME`; APIM_API_KEY serves for one"
            }
        }
    }
}

/// Writes `plan`, the whole of the scenario's, for `engines` machines against `target`.
///
/// # Errors
///
/// When Locust could not play it as it was meant.
pub(crate) fn export(
    scenario: &Scenario,
    plan: &Plan,
    target: &str,
    engines: u32,
) -> Result<Export, ExportError> {
    if let Some(first) = plan.loops.first() {
        let caller = scenario.callers[first.caller()].name.clone();
        return Err(ExportError::ClosedLoop { caller });
    }
    let keys = keys(scenario)?;
    let lines = plan.arrivals.iter().map(|arrival| {
        // The program numbers the tries.
        let id = scenario.request_id(arrival, 1);
        let headers = scenario.headers(arrival).into_iter();
        let headers: serde_json::Map<String, Value> =
            headers.map(|(name, value)| (name, value.into())).collect();
        let line = json!({
            "at": arrival.at.since(Moment::ZERO).as_secs_f64(),
            "id": id.strip_suffix("-1").unwrap_or(&id),
            "caller": arrival.caller,
            "subscription": arrival.subscription,
            "path": scenario.path_and_query(arrival.caller, &arrival.content),
            "headers": headers,
            "body": scenario.body(arrival),
        });
        line.to_string() + "\n"
    });
    let settings = settings(scenario, target, &keys);
    Ok(Export {
        plan: lines.collect(),
        settings: format!("{settings:#}\n"),
        configuration: configuration(scenario, plan, engines, &keys),
    })
}

/// The variable of each subscription.
fn keys(scenario: &Scenario) -> Result<Vec<&str>, ExportError> {
    let mut unnamed = 0;
    let names = scenario
        .subscriptions
        .iter()
        .map(|subscription| match &subscription.key {
            KeyReference::Env(name) => Ok(name.as_str()),
            KeyReference::Local => {
                unnamed += 1;
                Ok(DEFAULT_KEY)
            }
            _ => Err(ExportError::KeyElsewhere {
                subscription: subscription.id.clone(),
            }),
        });
    let names = names.collect::<Result<Vec<&str>, ExportError>>()?;
    if unnamed > 1 {
        return Err(ExportError::KeysUnknown { count: unnamed });
    }
    Ok(names)
}

fn settings(scenario: &Scenario, target: &str, keys: &[&str]) -> Value {
    let subscriptions = scenario.subscriptions.iter().zip(keys);
    let subscriptions: Vec<Value> = subscriptions
        .map(|(subscription, key)| json!({ "id": subscription.id, "key": key }))
        .collect();
    let callers = scenario.callers.iter().map(|caller| {
        let reactions = &caller.reactions;
        json!({
            "name": caller.name,
            "reactions": {
                "429": reaction(&reactions.on_429),
                "403": reaction(&reactions.on_403),
                "5xx": reaction(&reactions.on_5xx),
                "failure": reaction(&reactions.on_failure),
            },
        })
    });
    let header = &scenario.key_header;
    json!({
        "scenario": scenario.name,
        "seed": scenario.seed_number,
        "target": target,
        "timeout": scenario.request_timeout.as_secs_f64(),
        "key-header": { "name": header.name, "prefix": if header.bearer { "Bearer " } else { "" } },
        "subscriptions": subscriptions,
        "callers": callers.collect::<Vec<Value>>(),
    })
}

fn reaction(reaction: &Reaction) -> Value {
    let mut out = json!({
        "wait": reaction.wait.as_str(),
        "max-attempts": reaction.max_attempts,
        "give-up-after": reaction.give_up_after.map(|after| after.as_secs_f64()),
    });
    if let Wait::Exponential(backoff) = reaction.wait {
        out["first"] = backoff.first.as_secs_f64().into();
        out["factor"] = backoff.factor.into();
        out["most"] = backoff.most.as_secs_f64().into();
        out["jitter"] = backoff.jitter.into();
    }
    out
}

/// The engine's own stop at 90 % errors is off: refusals are no errors here, and a run that ends
/// early proves nothing of a limit.
fn configuration(scenario: &Scenario, plan: &Plan, engines: u32, keys: &[&str]) -> String {
    let name = identifier(&scenario.name);
    let names: BTreeSet<&str> = keys.iter().copied().collect();
    let secrets = names.iter().map(|name| {
        format!(
            "  - name: {name}\n    value: https://YOUR-VAULT.vault.azure.net/secrets/{}\n",
            name.replace('_', "-").to_lowercase()
        )
    });
    // A user a machine plays its part; the time covers answers that come after the last request.
    let seconds = plan.end.since(Moment::ZERO) + scenario.request_timeout;
    let callers = scenario.callers.iter().take(MAX_CRITERIA - 1);
    let criteria = callers.map(|caller| {
        let name = Value::from(caller.name.as_str());
        format!("  - {name}: percentage(error) > 1\n")
    });
    format!(
        "# Made by `apimon export`; create the test with
#   az load test create --load-test-config-file load-test.yaml --test-id {name} …
# and put the keys into the vault named below.
version: v0.1
testId: {name}
displayName: {display}
testPlan: locustfile.py
testType: Locust
engineInstances: {engines}
configurationFiles:
  - plan.jsonl
  - settings.json
env:
  - name: LOCUST_USERS
    value: {engines}
  - name: LOCUST_SPAWN_RATE
    value: {engines}
  - name: LOCUST_RUN_TIME
    value: {run_time}
secrets:
{secrets}failureCriteria:
{criteria}autoStop: disable
",
        display = Value::from(scenario.name.as_str()),
        run_time = seconds.as_secs() + 10,
        secrets = secrets.collect::<String>(),
        criteria = criteria.collect::<String>(),
    )
}

/// Lower-case letters, digits and single hyphens, which every test of the service may be called.
fn identifier(name: &str) -> String {
    let mut kept = String::new();
    for letter in name.chars().map(|letter| letter.to_ascii_lowercase()) {
        match letter {
            'a'..='z' | '0'..='9' => kept.push(letter),
            _ if kept.is_empty() || kept.ends_with('-') => {}
            _ => kept.push('-'),
        }
    }
    kept.truncate(50);
    kept.trim_end_matches('-').to_owned()
}
