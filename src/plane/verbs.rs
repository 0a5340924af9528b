//! What the methods of HTTP do to a resource, to a list, and to a deployment.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::deployment::{self, Wanted};
use super::filter::Filter;
use super::id::Target;
use super::operation::{Effect, Operation};
use super::policy::{self, is_document};
use super::provider::{self, Expected};
use super::router::{method, nowhere};
use super::state::Entry;
use super::wire::{Ask, Refusal, Reply, page};
use super::{Plane, actions, apim};

impl Plane {
    pub(super) fn verb(
        &mut self,
        now: Timestamp,
        ask: &Ask,
        target: &Target,
    ) -> Result<Reply, Refusal> {
        let apim = target.namespace == "Microsoft.ApiManagement";
        let reply = match (ask.method.as_str(), target.is_item()) {
            ("GET", true) => self.read(ask, target)?,
            ("HEAD", true) => self.head(target),
            ("GET", false) => self.list(ask, target)?,
            ("PUT", true) => self.write(now, ask, target, false)?,
            ("PATCH", true) => self.write(now, ask, target, true)?,
            ("DELETE", true) => self.delete(now, ask, target)?,
            ("POST", false) => self.act(ask, target)?,
            _ => return Err(method(ask)),
        };
        Ok(Reply {
            pretty: apim,
            ..reply
        })
    }

    fn read(&self, ask: &Ask, target: &Target) -> Result<Reply, Refusal> {
        let found = self.state.find(&target.id());
        let entry = found.ok_or_else(|| provider::missing(&self.state, &target.id()))?;
        let value = shown(entry, target, ask.parameter("format").as_deref());
        Ok(Reply::json(200, value).with("etag", entry.etag()))
    }

    fn head(&self, target: &Target) -> Reply {
        match self.state.find(&target.id()) {
            Some(entry) => Reply::empty(200).with("etag", entry.etag()),
            None => Reply::empty(404),
        }
    }

    fn list(&self, ask: &Ask, target: &Target) -> Result<Reply, Refusal> {
        if let Some(parent) = target.parent() {
            let id = parent.id();
            self.state
                .find(&id)
                .ok_or_else(|| provider::missing(&self.state, &id))?;
        }
        let filter = Filter::read(ask.parameter("$filter").as_deref())?;
        let kind = target.kind();
        let whole = super::id::place(&target.scope).1.is_none() && target.types.len() == 1;
        let items: Vec<&Entry> = if whole {
            self.state.of_kind(&kind).collect()
        } else {
            let id = target.id();
            let (parent, list) = id.rsplit_once('/').unwrap_or(("", ""));
            self.state.children(parent, list)
        };
        let format = ask.parameter("format");
        let values = items
            .into_iter()
            .map(|entry| shown(entry, target, format.as_deref()));
        let values = values.filter(|value| filter.fits(value)).collect();
        let apim = target.namespace == "Microsoft.ApiManagement" && target.types.len() > 1;
        Ok(page(ask, values, self.state.settings.page, apim))
    }

    fn write(
        &mut self,
        now: Timestamp,
        ask: &Ask,
        target: &Target,
        patch: bool,
    ) -> Result<Reply, Refusal> {
        let mut body = ask.json_or_empty()?;
        if patch {
            let found = self.state.find(&target.id());
            let entry = found.ok_or_else(|| provider::missing(&self.state, &target.id()))?;
            let mut whole = entry.value.clone();
            merge(&mut whole, &body);
            body = whole;
        }
        let written = self.state.write(now, target, body, &expected(ask))?;
        let Some(entry) = self.state.find(&target.id()).cloned() else {
            return Err(provider::missing(&self.state, &target.id()));
        };
        let format = if is_document(target) {
            Some(entry.secret("format"))
        } else {
            None
        };
        let value = shown(&entry, target, format);
        let reply =
            Reply::json(if written.created { 201 } else { 200 }, value).with("etag", entry.etag());
        if written.lasts.is_zero() {
            return Ok(reply);
        }
        let operation = self.operate(now, &entry.id, Effect::Provision, written.lasts);
        let led = self.accepted(ask, &operation, &ask.api_version(), true);
        let mut headers = reply.headers;
        headers.extend(led.headers);
        Ok(Reply { headers, ..reply })
    }

    fn delete(&mut self, now: Timestamp, ask: &Ask, target: &Target) -> Result<Reply, Refusal> {
        let id = target.id();
        apim::removable(&self.state, &id)?;
        let Some(lasts) = self.state.retire(&id, &expected(ask))? else {
            return Ok(Reply::empty(204));
        };
        if lasts.is_zero() {
            self.state.remove(now, &id);
            return Ok(Reply::empty(200));
        }
        let id = self.state.find(&id).map_or(id, |entry| entry.id.clone());
        let operation = self.operate(now, &id, Effect::Delete, lasts);
        Ok(self.accepted(ask, &operation, &ask.api_version(), true))
    }

    fn act(&mut self, ask: &Ask, target: &Target) -> Result<Reply, Refusal> {
        let Some((owner, action)) = target.action() else {
            return Err(nowhere(ask));
        };
        let body = ask.json_or_empty()?;
        let answer = actions::change(&mut self.state, &owner.id(), &action, &body)?;
        let etag = self
            .state
            .find(&owner.id())
            .map(Entry::etag)
            .unwrap_or_default();
        Ok(match answer {
            Some(value) => Reply::json(200, value),
            None => Reply::empty(204),
        }
        .with("etag", etag))
    }

    /// 202 with what leads to an operation; `status` adds `Azure-AsyncOperation`.
    pub(super) fn accepted(
        &self,
        ask: &Ask,
        operation: &Operation,
        version: &str,
        status: bool,
    ) -> Reply {
        let (state, result) = operation.paths(&self.state);
        let link = |path: &str| format!("{}{path}?api-version={version}", ask.base);
        let reply = Reply::empty(202)
            .with("location", link(&result))
            .with("retry-after", self.state.settings.retry_after.to_string());
        if status {
            return reply.with("azure-asyncoperation", link(&state));
        }
        reply
    }

    pub(super) fn list_deployments(&self, ask: &Ask, target: &Target) -> Result<Reply, Refusal> {
        if super::id::place(&target.scope).1.is_some() && self.state.find(&target.scope).is_none() {
            return Err(provider::missing(&self.state, &target.scope));
        }
        let filter = Filter::read(ask.parameter("$filter").as_deref())?;
        let id = target.id();
        let (parent, list) = id.rsplit_once('/').unwrap_or(("", ""));
        let all = self.state.children(parent, list).into_iter();
        let all = all
            .map(|entry| entry.value.clone())
            .filter(|value| filter.fits(value));
        Ok(page(ask, all.collect(), self.state.settings.page, false))
    }

    pub(super) fn one_deployment(
        &mut self,
        now: Timestamp,
        ask: &Ask,
        target: &Target,
    ) -> Result<Reply, Refusal> {
        let id = target.id();
        let Some(entry) = self.state.find(&id).cloned() else {
            return match ask.method.as_str() {
                "HEAD" => Ok(Reply::empty(404)),
                "DELETE" => Ok(Reply::empty(204)),
                _ => Err(self.no_deployment(target)),
            };
        };
        match ask.method.as_str() {
            "HEAD" => Ok(Reply::empty(204)),
            "GET" => Ok(Reply::json(200, entry.value)),
            "DELETE" => {
                if self
                    .running
                    .iter()
                    .any(|running| running.wanted.id.eq_ignore_ascii_case(&id))
                {
                    let message = format!(
                        "The deployment '{}' is still active and cannot be deleted.",
                        entry.name()
                    );
                    return Err(Refusal::new(409, "DeploymentActive", message));
                }
                let operation =
                    self.operate(now, &entry.id, Effect::Delete, std::time::Duration::ZERO);
                Ok(self.accepted(ask, &operation, &ask.api_version(), false))
            }
            _ => Err(method(ask)),
        }
    }

    fn no_deployment(&self, target: &Target) -> Refusal {
        if super::id::place(&target.scope).1.is_some() && self.state.find(&target.scope).is_none() {
            return provider::missing(&self.state, &target.scope);
        }
        let message = format!(
            "Deployment '{}' could not be found.",
            target.names.first().map_or("", String::as_str)
        );
        Refusal::new(404, "DeploymentNotFound", message)
    }

    pub(super) fn deployment_action(
        &mut self,
        now: Timestamp,
        ask: &Ask,
        target: &Target,
    ) -> Result<Reply, Refusal> {
        let Some((owner, action)) = target.action() else {
            return Err(nowhere(ask));
        };
        match action.to_lowercase().as_str() {
            "validate" => {
                let wanted = Wanted::read(&mut self.state, now, &owner, &ask.json()?)?;
                let resources = deployment::examine(&self.state, now, &wanted)?;
                Ok(Reply::json(
                    200,
                    deployment::validated(&self.state, &wanted, &resources),
                ))
            }
            "whatif" => {
                let body = ask.json()?;
                let wanted = Wanted::read(&mut self.state, now, &owner, &body)?;
                let answer = deployment::what_if(&self.state, &wanted, &body);
                let operation =
                    self.operate(now, &wanted.id, Effect::Nothing, std::time::Duration::ZERO);
                if let Some(kept) = self.operations.get_mut(&operation.id) {
                    kept.answer = Some(answer);
                }
                Ok(self.accepted(ask, &operation, &ask.api_version(), false))
            }
            "cancel" => self.cancel(&owner),
            "exporttemplate" => {
                let found = self
                    .state
                    .find(&owner.id())
                    .ok_or_else(|| self.no_deployment(&owner))?;
                let template = found.hidden.get("template").cloned().unwrap_or_default();
                Ok(Reply::json(200, json!({"template": template})))
            }
            _ => Err(nowhere(ask)),
        }
    }

    fn cancel(&mut self, target: &Target) -> Result<Reply, Refusal> {
        let id = target.id();
        let found = self
            .state
            .find(&id)
            .ok_or_else(|| self.no_deployment(target))?;
        let state = found.provisioning().to_owned();
        let running = self
            .running
            .iter_mut()
            .find(|running| running.wanted.id.eq_ignore_ascii_case(&id));
        match running {
            Some(running) => {
                running.cancel();
                Ok(Reply::empty(204))
            }
            None => {
                let message = format!(
                    "The deployment '{}' cannot be cancelled because its state is '{state}'.",
                    target.name()
                );
                Err(Refusal::new(409, "DeploymentCannotBeCancelled", message))
            }
        }
    }

    pub(super) fn deployment_operations(
        &self,
        ask: &Ask,
        target: &Target,
    ) -> Result<Reply, Refusal> {
        let owner = target.parent().ok_or_else(|| nowhere(ask))?;
        let found = self
            .state
            .find(&owner.id())
            .ok_or_else(|| self.no_deployment(&owner))?;
        let all = found.hidden.get("operations").and_then(Value::as_array);
        let all = all.cloned().unwrap_or_default();
        match target.names.get(1) {
            None => Ok(page(ask, all, self.state.settings.page, false)),
            Some(id) => {
                let one = all.into_iter().find(|one| {
                    one["operationId"]
                        .as_str()
                        .is_some_and(|known| known.eq_ignore_ascii_case(id))
                });
                let one = one.ok_or_else(|| {
                    let message = format!("Deployment operation '{id}' could not be found.");
                    Refusal::new(404, "DeploymentOperationNotFound", message)
                })?;
                Ok(Reply::json(200, one))
            }
        }
    }

    /// The id under which a deployment's own operation is polled.
    pub(super) fn status_id(&self, wanted: &Wanted) -> String {
        let id = self
            .state
            .guid(&format!("status {} {}", wanted.id, wanted.at));
        // The deployment is found again by it.
        format!("{id}-{}", self.state.hex(&wanted.id, 1))
    }

    pub(super) fn deployment_status(&self, status: &str) -> Option<Reply> {
        let mark = status
            .rsplit_once('-')
            .filter(|(head, _)| head.len() == 36)?
            .1;
        let all = self.state.of_kind(deployment::KIND);
        let entry = all
            .into_iter()
            .find(|entry| self.state.hex(&entry.id, 1) == mark)?;
        let status = match entry.provisioning() {
            "Accepted" => "Running",
            other => other,
        };
        let mut body = json!({"status": status});
        if !entry.value["properties"]["error"].is_null() {
            body["error"] = entry.value["properties"]["error"].clone();
        }
        let reply = Reply::json(200, body);
        if status == "Running" {
            return Some(reply.with("retry-after", self.state.settings.retry_after.to_string()));
        }
        Some(reply)
    }
}

/// The resource as a caller asks for it.
fn shown(entry: &Entry, target: &Target, format: Option<&str>) -> Value {
    let mut value = entry.value.clone();
    if is_document(target) {
        let form = policy::form(format);
        let word = if form == policy::Form::Raw {
            "rawxml"
        } else {
            "xml"
        };
        value["properties"]["format"] = word.into();
        value["properties"]["value"] = policy::shown(entry, form).into();
    }
    value
}

fn expected(ask: &Ask) -> Expected {
    Expected {
        matches: ask.header("if-match").map(str::to_owned),
        none: ask.header("if-none-match").map(str::to_owned),
    }
}

/// A JSON merge patch (RFC 7396).
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    if let Some(map) = into.as_object_mut() {
        for (key, value) in patch {
            if value.is_null() {
                map.remove(key);
            } else {
                merge(map.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}
