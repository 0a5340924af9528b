//! From a path to who answers for it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Plane;
use super::deployment::{self, Wanted};
use super::filter::Filter;
use super::id::Target;
use super::operation::{self, Effect};
use super::running::Running;
use super::wire::{Ask, Refusal, Reply, page};
use super::{catalog, group, provider, rights, special};

impl Plane {
    pub(super) fn route(&mut self, now: Timestamp, ask: &Ask) -> Result<Reply, Refusal> {
        let segments = ask.segments();
        if let Some((id, result)) = operation::polled(&segments) {
            return self.poll(ask, id, result);
        }
        let small: Vec<String> = segments.iter().map(|part| part.to_lowercase()).collect();
        let small: Vec<&str> = small.iter().map(String::as_str).collect();
        if let ["subscriptions", ..] = small.as_slice()
            && let Some(subscription) = segments.get(1)
        {
            self.state.subscribed(subscription)?;
        }
        match (ask.method.as_str(), small.as_slice()) {
            ("GET", ["tenants"]) => Ok(self.tenants(ask)),
            ("GET", ["subscriptions"]) => {
                let all = vec![self.state.subscription_value()];
                Ok(page(ask, all, self.state.settings.page, false))
            }
            ("GET", ["subscriptions", _]) => Ok(Reply::json(200, self.state.subscription_value())),
            ("GET", ["subscriptions", _, "locations"]) => Ok(Reply::json(
                200,
                json!({"value": catalog::locations(&self.state)}),
            )),
            ("GET", ["subscriptions", _, "providers"]) => Ok(Reply::json(
                200,
                json!({"value": catalog::providers(&self.state)}),
            )),
            ("GET", ["subscriptions", _, "providers", name]) => self.registration(name),
            (
                "POST",
                [
                    "subscriptions",
                    _,
                    "providers",
                    name,
                    action @ ("register" | "unregister"),
                ],
            ) => self.register(name, *action == "register"),
            ("GET", ["subscriptions", _, "resources"]) => self.resources(ask, None),
            ("GET", ["subscriptions", _, "resourcegroups"]) => self.groups(ask),
            ("GET", ["subscriptions", _, "resourcegroups", _, "resources"]) => {
                self.resources(ask, Some(&segments[3]))
            }
            (_, ["subscriptions", _, "resourcegroups", _]) => self.group(now, ask, &segments),
            (_, ["subscriptions", _, "resourcegroups", _, "deployments", ..]) => {
                let mut whole = segments.clone();
                whole.splice(
                    4..4,
                    ["providers", "Microsoft.Resources"].map(str::to_owned),
                );
                self.target(now, ask, &whole)
            }
            _ => self.target(now, ask, &segments),
        }
    }

    /// What belongs to a provider.
    fn target(&mut self, now: Timestamp, ask: &Ask, segments: &[String]) -> Result<Reply, Refusal> {
        let Some(target) = Target::of(segments) else {
            return Err(nowhere(ask));
        };
        if target.namespace.eq_ignore_ascii_case("Microsoft.Resources")
            && target.types[0].eq_ignore_ascii_case("deployments")
        {
            return self.deployments(now, ask, &target);
        }
        catalog::provider(&self.state, &target)?;
        if let Some(answer) = rights::answer(&self.state, ask, &target) {
            return answer;
        }
        if let Some(answer) = special::answer(self, now, ask, &target) {
            return answer;
        }
        self.verb(now, ask, &target)
    }

    fn poll(&self, ask: &Ask, id: &str, result: bool) -> Result<Reply, Refusal> {
        // A deployment is its own operation.
        if let Some(running) = self.deployment_status(id) {
            return Ok(running);
        }
        let known = self.operations.get(&id.to_lowercase());
        let operation = known.ok_or_else(|| operation::unknown(id))?;
        Ok(if result {
            operation.poll_result(ask, &self.state)
        } else {
            operation.poll_status(&ask.path, self.state.settings.retry_after)
        })
    }

    fn tenants(&self, ask: &Ask) -> Reply {
        let tenant = &self.state.settings.tenant;
        let value = json!({
            "id": format!("/tenants/{tenant}"),
            "tenantId": tenant,
            "displayName": "apimon local",
            "countryCode": "NL",
            "defaultDomain": "apimon.localhost",
            "domains": ["apimon.localhost"],
            "tenantCategory": "Home",
        });
        page(ask, vec![value], self.state.settings.page, false)
    }

    fn registration(&self, name: &str) -> Result<Reply, Refusal> {
        let found = catalog::registration(&self.state, name).ok_or_else(|| {
            let message = format!("The resource namespace '{name}' is invalid.");
            Refusal::new(404, "InvalidResourceNamespace", message)
        })?;
        Ok(Reply::json(200, found))
    }

    fn register(&mut self, name: &str, on: bool) -> Result<Reply, Refusal> {
        self.registration(name)?;
        if on {
            self.state.unregistered.remove(name);
        } else {
            self.state.unregistered.insert(name.to_owned());
        }
        self.registration(name)
    }

    /// Top-level resources, of the subscription or of one group.
    fn resources(&self, ask: &Ask, name: Option<&String>) -> Result<Reply, Refusal> {
        if let Some(name) = name {
            let id = group::id(&self.state.settings.subscription, name);
            self.state
                .find(&id)
                .ok_or_else(|| provider::missing(&self.state, &id))?;
        }
        let filter = Filter::read(ask.parameter("$filter").as_deref())?;
        let items = self.state.resources.values().filter(|entry| {
            let target = Target::of_id(&entry.id);
            let in_group = name.is_none_or(|name| {
                super::id::place(&entry.id)
                    .1
                    .is_some_and(|group| group.eq_ignore_ascii_case(name))
            });
            in_group
                && !entry.kind.eq_ignore_ascii_case(deployment::KIND)
                && target.is_some_and(|target| {
                    target.types.len() == 1 && !target.scope.to_lowercase().contains("/providers/")
                })
        });
        let brief = |value: &Value| {
            let kept = [
                "id",
                "name",
                "type",
                "location",
                "kind",
                "sku",
                "tags",
                "identity",
                "managedBy",
            ];
            let pairs = kept.iter().filter(|name| !value[**name].is_null());
            Value::Object(
                pairs
                    .map(|name| ((*name).to_owned(), value[*name].clone()))
                    .collect(),
            )
        };
        let items = items
            .map(|entry| brief(&entry.value))
            .filter(|value| filter.fits(value));
        Ok(page(ask, items.collect(), self.state.settings.page, false))
    }

    fn groups(&self, ask: &Ask) -> Result<Reply, Refusal> {
        let filter = Filter::read(ask.parameter("$filter").as_deref())?;
        let groups = self
            .state
            .of_kind(group::KIND)
            .map(|entry| entry.value.clone());
        let groups = groups.filter(|value| filter.fits(value)).collect();
        Ok(page(ask, groups, self.state.settings.page, false))
    }

    fn group(&mut self, now: Timestamp, ask: &Ask, segments: &[String]) -> Result<Reply, Refusal> {
        let (subscription, name) = (&segments[1], &segments[3]);
        let id = group::id(subscription, name);
        let found = self.state.find(&id).cloned();
        match (ask.method.as_str(), found) {
            ("HEAD", found) => Ok(Reply::empty(if found.is_some() { 204 } else { 404 })),
            ("GET", Some(found)) => Ok(Reply::json(200, found.value)),
            ("PUT", _) | ("PATCH", Some(_)) => {
                let mut body = ask.json()?;
                if let ("PATCH", Some(old)) = (ask.method.as_str(), self.state.find(&id))
                    && body["tags"].is_null()
                {
                    body["tags"] = old.value["tags"].clone();
                }
                let created = group::write(&mut self.state, subscription, name, &body)?;
                let value = self.state.find(&id).map(|entry| entry.value.clone());
                Ok(Reply::json(
                    if created { 201 } else { 200 },
                    value.unwrap_or_default(),
                ))
            }
            ("DELETE", Some(found)) => {
                for running in &mut self.running {
                    let below = format!("{}/", found.id.to_lowercase());
                    if running.wanted.id.to_lowercase().starts_with(&below) {
                        running.cancel();
                    }
                }
                self.state.provisioned(&found.id, "Deleting");
                let lasts = self.state.settings.pace.account;
                let operation = self.operate(now, &found.id, Effect::DeleteGroup, lasts);
                Ok(self.accepted(ask, &operation, &ask.api_version(), false))
            }
            (_, None) => Err(provider::missing(&self.state, &id)),
            _ => Err(method(ask)),
        }
    }

    fn deployments(
        &mut self,
        now: Timestamp,
        ask: &Ask,
        target: &Target,
    ) -> Result<Reply, Refusal> {
        match (ask.method.as_str(), target.types.len(), target.names.len()) {
            ("GET", 1, 0) => self.list_deployments(ask, target),
            ("PUT", 1, 1) => self.deploy(now, ask, target),
            (_, 1, 1) => self.one_deployment(now, ask, target),
            ("POST", 2, 1) => self.deployment_action(now, ask, target),
            ("GET", 2, _) if target.types[1].eq_ignore_ascii_case("operations") => {
                self.deployment_operations(ask, target)
            }
            _ => Err(nowhere(ask)),
        }
    }

    fn deploy(&mut self, now: Timestamp, ask: &Ask, target: &Target) -> Result<Reply, Refusal> {
        let body = ask.json()?;
        let wanted = Wanted::read(&mut self.state, now, target, &body)?;
        if self
            .running
            .iter()
            .any(|running| running.wanted.id.eq_ignore_ascii_case(&wanted.id))
        {
            let message = format!(
                "Unable to edit or replace deployment '{}': previous deployment from '{now}' is still active (expiration time is '{now}'). Please see https://aka.ms/arm-deploy for usage details.",
                wanted.name
            );
            return Err(Refusal::new(409, "DeploymentActive", message));
        }
        deployment::examine(&self.state, now, &wanted)?;
        let created = self.state.find(&wanted.id).is_none();
        let (id, tracking) = (wanted.id.clone(), self.status_id(&wanted));
        let struck = self.struck.take();
        let running = Running::begin(&mut self.state, wanted, struck)?;
        self.running.push(running);
        let value = self.state.find(&id).map(|entry| entry.value.clone());
        let link = format!(
            "{}{id}/operationStatuses/{tracking}?api-version={}",
            ask.base,
            ask.api_version()
        );
        Ok(
            Reply::json(if created { 201 } else { 200 }, value.unwrap_or_default())
                .with("azure-asyncoperation", link)
                .with("retry-after", self.state.settings.retry_after.to_string()),
        )
    }
}

/// 404 for a path that nobody answers for.
pub(super) fn nowhere(ask: &Ask) -> Refusal {
    let message = format!(
        "The local Azure has nothing at '{}' for '{}'.",
        ask.path, ask.method
    );
    Refusal::new(404, "NotFound", message)
}

pub(super) fn method(ask: &Ask) -> Refusal {
    let message = format!(
        "The http method '{}' is not supported for '{}'.",
        ask.method, ask.path
    );
    Refusal::new(405, "HttpMethodNotSupported", message)
}
