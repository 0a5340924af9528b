//! Azure Monitor of the local Azure: which resource a question is about, and whose records reach it.
//! The answers are `monitor`'s.
//!
//! As in Azure, nothing arrives where nobody sends it: token metrics need a diagnostic with `metrics`
//! on and a logger of the component, logs need a diagnostic setting that names the workspace.

use jiff::Timestamp;
use serde_json::Value;

use super::Plane;
use super::id::Target;
use super::provider::missing;
use super::state::{Entry, State};
use super::wire::{Ask, Refusal, Reply};
use crate::monitor::{
    self, Dialect, Kind, Resource, Sources, Store, batch, definitions, list, namespaces,
};
use crate::policy::message::percent_decode;

const SERVICE: &str = "Microsoft.ApiManagement/service";
const ACCOUNT: &str = "Microsoft.CognitiveServices/accounts";
const COMPONENT: &str = "Microsoft.Insights/components";
const WORKSPACE: &str = "Microsoft.OperationalInsights/workspaces";

impl Plane {
    /// `None` for what is no question of Azure Monitor.
    pub(crate) fn monitored(&self, calls: &Store, now: Timestamp, ask: &Ask) -> Option<Reply> {
        let segments = ask.segments();
        let small: Vec<String> = segments.iter().map(|part| part.to_lowercase()).collect();
        let small: Vec<&str> = small.iter().map(String::as_str).collect();
        let answer = match (ask.method.as_str(), small.as_slice()) {
            ("POST", ["v1", kind @ ("workspaces" | "apps"), id, "query"]) => {
                self.query(calls, now, ask, kind, id)
            }
            ("POST", ["subscriptions", _, "metrics:getbatch"]) => self.batch(calls, now, ask),
            ("GET", [.., "providers", "microsoft.insights", what])
                if ["metrics", "metricdefinitions", "metricnamespaces"].contains(what) =>
            {
                self.metrics(calls, now, ask, &segments[..segments.len() - 3], what)
            }
            _ => return None,
        };
        Some(answer.unwrap_or_else(|refusal| refusal.reply()))
    }

    fn metrics(
        &self,
        calls: &Store,
        now: Timestamp,
        ask: &Ask,
        of: &[String],
        what: &str,
    ) -> Result<Reply, Refusal> {
        let id = format!("/{}", of.join("/"));
        let entry = self
            .state
            .find(&id)
            .ok_or_else(|| missing(&self.state, &id))?;
        let resource = resource(&self.state, entry).ok_or_else(|| {
            let message = format!("The local Azure has no metrics of '{}'.", entry.kind);
            Refusal::new(400, "BadRequest", message)
        })?;
        let parameters = parameters(ask);
        Ok(reply(match what {
            "metrics" => list(calls, &resource, &parameters, now),
            "metricdefinitions" => definitions(calls, &resource, &parameters),
            _ => namespaces(calls, &resource),
        }))
    }

    fn batch(&self, calls: &Store, now: Timestamp, ask: &Ask) -> Result<Reply, Refusal> {
        let resources: Vec<Resource> = self
            .state
            .resources
            .values()
            .filter_map(|entry| resource(&self.state, entry))
            .collect();
        let body = ask.json_or_empty()?;
        Ok(reply(batch(
            calls,
            &resources,
            &parameters(ask),
            &body,
            now,
        )))
    }

    fn query(
        &self,
        calls: &Store,
        now: Timestamp,
        ask: &Ask,
        kind: &str,
        id: &str,
    ) -> Result<Reply, Refusal> {
        let body = ask.json_or_empty()?;
        let (dialect, kind, property) = match kind {
            "workspaces" => (Dialect::Workspace, WORKSPACE, "customerId"),
            _ => (Dialect::Component, COMPONENT, "AppId"),
        };
        let found = self
            .state
            .of_kind(kind)
            .find(|entry| entry.text(property).eq_ignore_ascii_case(id));
        let entry = found.ok_or_else(|| {
            let code = match dialect {
                Dialect::Workspace => "WorkspaceNotFoundError",
                Dialect::Component => "ApplicationNotFoundError",
            };
            Refusal::new(404, code, format!("'{id}' was not found."))
        })?;
        let sources = match dialect {
            Dialect::Workspace => workspace(&self.state, entry),
            Dialect::Component => Sources {
                metrics: senders(&self.state, entry),
                ..Sources::default()
            },
        };
        Ok(reply(monitor::query(calls, &sources, dialect, &body, now)))
    }
}

fn reply(reply: monitor::Reply) -> Reply {
    Reply::json(reply.status, reply.body)
}

fn parameters(ask: &Ask) -> Vec<(String, String)> {
    let pairs = ask.query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

/// `None` of what has no metrics here.
fn resource(state: &State, entry: &Entry) -> Option<Resource> {
    let is = |kind: &str| entry.kind.eq_ignore_ascii_case(kind);
    let kind = if is(SERVICE) {
        Kind::Service(entry.name().to_owned())
    } else if is(ACCOUNT) {
        let domain = entry.text("customSubDomainName");
        let name = if domain.is_empty() {
            entry.name()
        } else {
            domain
        };
        Kind::Account(name.to_owned())
    } else if is(COMPONENT) {
        Kind::Component {
            services: senders(state, entry),
            with_dimensions: entry
                .text("CustomMetricsOptedInType")
                .eq_ignore_ascii_case("WithDimensions"),
        }
    } else {
        return None;
    };
    Some(Resource {
        id: entry.id.clone(),
        region: entry.value["location"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        kind,
    })
}

/// Diagnostics of a service and of its APIs, with the name of the service.
fn diagnostics(state: &State) -> impl Iterator<Item = (String, &Entry)> {
    let kinds = [
        "Microsoft.ApiManagement/service/diagnostics",
        "Microsoft.ApiManagement/service/apis/diagnostics",
    ];
    let entries = kinds.into_iter().flat_map(|kind| state.of_kind(kind));
    entries.filter_map(|entry| {
        let target = Target::of_id(&entry.id)?;
        Some((target.names.first()?.clone(), entry))
    })
}

/// Services whose policies' metrics reach a component.
fn senders(state: &State, component: &Entry) -> Vec<String> {
    let mut services: Vec<String> = diagnostics(state)
        .filter(|(_, entry)| entry.value["properties"]["metrics"] == Value::Bool(true))
        .filter(|(_, entry)| {
            let logger = state.find(entry.text("loggerId"));
            logger.is_some_and(|logger| {
                logger
                    .text("resourceId")
                    .eq_ignore_ascii_case(&component.id)
            })
        })
        .map(|(service, _)| service)
        .collect();
    services.sort();
    services.dedup();
    services
}

/// What reaches a workspace.
fn workspace(state: &State, workspace: &Entry) -> Sources {
    let mut sources = Sources::default();
    for setting in state.of_kind("Microsoft.Insights/diagnosticSettings") {
        let here = setting
            .text("workspaceId")
            .eq_ignore_ascii_case(&workspace.id);
        let scope = Target::of_id(&setting.id).map(|target| target.scope);
        let service = scope.and_then(|scope| state.find(&scope));
        let Some(service) =
            service.filter(|service| here && service.kind.eq_ignore_ascii_case(SERVICE))
        else {
            continue;
        };
        let logs = setting.value["properties"]["logs"].as_array();
        let logged = |category: &str| {
            logs.into_iter().flatten().any(|log| {
                let named = |field: &str, name: &str| {
                    log[field]
                        .as_str()
                        .is_some_and(|known| known.eq_ignore_ascii_case(name))
                };
                log["enabled"] == Value::Bool(true)
                    && (named("category", category) || named("categoryGroup", "allLogs"))
            })
        };
        let name = service.name().to_owned();
        if logged("GatewayLogs") {
            sources.gateway.push(name.clone());
        }
        if logged("GatewayLlmLogs") && llm_logs(state, &name) {
            sources.llm.push(name);
        }
    }
    for component in state.of_kind(COMPONENT) {
        if component
            .text("WorkspaceResourceId")
            .eq_ignore_ascii_case(&workspace.id)
        {
            sources.metrics.extend(senders(state, component));
        }
    }
    sources
}

/// A diagnostic of the service asks for the logs of language models.
fn llm_logs(state: &State, service: &str) -> bool {
    diagnostics(state).any(|(of, entry)| {
        let logs = &entry.value["properties"]["largeLanguageModel"]["logs"];
        of.eq_ignore_ascii_case(service)
            && logs
                .as_str()
                .is_some_and(|logs| logs.eq_ignore_ascii_case("enabled"))
    })
}
