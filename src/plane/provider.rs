//! Writing and removing a resource: what Azure checks for all of them, then what each type says.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::id::{Target, place};
use super::state::{Entry, State, etag};
use super::wire::Refusal;
use super::{account, apim, catalog, model, service, telemetry};
use crate::arm::ArmError;

/// A resource on its way into the store.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) now: Timestamp,
    pub(super) id: String,
    pub(super) target: Target,
    /// What is there now.
    pub(super) old: Option<Entry>,
    /// As it was sent.
    pub(super) body: Value,
    /// What a GET will answer; it begins as the body.
    pub(super) value: Value,
    pub(super) hidden: Map<String, Value>,
    /// How long it takes until it is provisioned.
    pub(super) lasts: Duration,
}

/// A resource that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) created: bool,
    pub(super) lasts: Duration,
}

/// What a caller says of the state it expects: `If-Match` and `If-None-Match`.
#[derive(Debug, Default, Clone)]
pub(super) struct Expected {
    pub(super) matches: Option<String>,
    pub(super) none: Option<String>,
}

/// Types that lie in a region.
const TRACKED: [&str; 8] = [
    "microsoft.apimanagement/service",
    "microsoft.cognitiveservices/accounts",
    "microsoft.operationalinsights/workspaces",
    "microsoft.insights/components",
    "microsoft.eventhub/namespaces",
    "microsoft.managedidentity/userassignedidentities",
    "microsoft.keyvault/vaults",
    "microsoft.storage/storageaccounts",
];

impl Draft {
    pub(super) fn is(&self, kind: &str) -> bool {
        self.target.kind().eq_ignore_ascii_case(kind)
    }

    /// A property of the body.
    pub(super) fn property(&self, name: &str) -> &Value {
        &self.body["properties"][name]
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.value["properties"][name] = value.into();
    }

    /// Sets a property unless the body has it.
    pub(super) fn default(&mut self, name: &str, value: impl Into<Value>) {
        if self.value["properties"][name].is_null() {
            self.set(name, value);
        }
    }

    /// Takes a property out of what is shown and keeps it hidden; what was kept before stays when
    /// the body has none.
    pub(super) fn hide(&mut self, name: &str) {
        let shown = self.value["properties"].as_object_mut();
        let given = shown.and_then(|shown| shown.remove(name));
        let kept = self.old.as_ref().and_then(|old| old.hidden.get(name));
        match given.filter(|given| !given.is_null()).or(kept.cloned()) {
            Some(value) => self.hidden.insert(name.to_owned(), value),
            None => None,
        };
    }
}

impl Expected {
    /// # Errors
    ///
    /// 412 when the resource is not in the state that the caller expects.
    pub(super) fn check(&self, old: Option<&Entry>) -> Result<(), Refusal> {
        let failed = |message: &str| Err(Refusal::new(412, "PreconditionFailed", message));
        if let Some(wanted) = &self.matches {
            let fits = old.is_some_and(|old| {
                wanted.split(',').any(|tag| {
                    let tag = tag.trim().trim_start_matches("W/");
                    tag == "*" || tag.trim_matches('"') == etag(old.etag).trim_matches('"')
                })
            });
            // An update of everything there is: a new resource is no update.
            let upsert = wanted.trim() == "*" && old.is_none();
            if !fits && !upsert {
                return failed("Resource was modified since last retrieval.");
            }
        }
        if self.none.as_deref().map(str::trim) == Some("*") && old.is_some() {
            return failed("Resource already exists.");
        }
        Ok(())
    }
}

impl State {
    /// Writes a resource.
    ///
    /// # Errors
    ///
    /// What the provider says against it; nothing was changed then.
    pub(super) fn write(
        &mut self,
        now: Timestamp,
        target: &Target,
        body: Value,
        expected: &Expected,
    ) -> Result<Written, Refusal> {
        let mut draft = self.draft(now, target, body)?;
        expected.check(draft.old.as_ref())?;
        self.shape(&mut draft)?;
        let created = draft.old.is_none();
        let lasts = draft.lasts;
        if !lasts.is_zero() {
            let state = if created { "Creating" } else { "Updating" };
            let state = match draft.target.kind().as_str() {
                "Microsoft.ApiManagement/service" if created => "Activating",
                _ => state,
            };
            draft.set("provisioningState", state);
        }
        let kind = draft.target.kind();
        self.put(&draft.id, &kind, draft.value, draft.hidden);
        if created && kind == "Microsoft.ApiManagement/service" {
            service::furnish(self, &draft.id);
        }
        Ok(Written { created, lasts })
    }

    fn draft(&self, now: Timestamp, target: &Target, body: Value) -> Result<Draft, Refusal> {
        if !body.is_object() {
            let message = "The request content was invalid and could not be deserialized: 'expected an object'.";
            return Err(Refusal::new(400, "InvalidRequestContent", message));
        }
        self.reachable(target)?;
        let id = self.spelled(target);
        let old = self.find(&id).cloned();
        let id = old.as_ref().map_or(id, |old| old.id.clone());
        located(&id, &target.kind(), old.as_ref(), &body)?;
        let mut value = Map::new();
        value.insert("id".into(), id.clone().into());
        value.insert("name".into(), target.name().into());
        value.insert("type".into(), target.kind().into());
        if let Value::Object(body) = &body {
            let ours = ["id", "name", "type", "etag", "apiVersion"];
            let theirs = body.iter().filter(|(key, value)| {
                !ours.iter().any(|ours| ours.eq_ignore_ascii_case(key)) && !value.is_null()
            });
            value.extend(theirs.map(|(key, value)| (key.clone(), without_nulls(value))));
        }
        let mut value = Value::Object(value);
        if !value["properties"].is_object() {
            value["properties"] = json!({});
        }
        Ok(Draft {
            now,
            id,
            target: target.clone(),
            old,
            body,
            value,
            hidden: Map::new(),
            lasts: Duration::ZERO,
        })
    }

    /// # Errors
    ///
    /// When something above the resource is missing.
    fn reachable(&self, target: &Target) -> Result<(), Refusal> {
        catalog::provider(self, target)?;
        let (subscription, group) = place(&target.scope);
        if let Some(subscription) = subscription {
            self.subscribed(subscription)?;
        }
        if let (Some(group), scope) = (group, &target.scope) {
            self.open_group(group, scope)?;
        }
        if target.scope.to_lowercase().contains("/providers/") && self.find(&target.scope).is_none()
        {
            return Err(missing(self, &target.scope));
        }
        if let Some(parent) = target.parent() {
            let id = parent.id();
            let Some(found) = self.find(&id) else {
                let message = format!(
                    "Can not perform requested operation on nested resource. Parent resource '{}' not found.",
                    parent.name()
                );
                return Err(Refusal::new(404, "ParentResourceNotFound", message));
            };
            if found.provisioning() == "Deleting" {
                let message = format!("The resource '{}' is being deleted.", parent.name());
                return Err(Refusal::new(409, "Conflict", message));
            }
        }
        Ok(())
    }

    fn open_group(&self, group: &str, scope: &str) -> Result<(), Refusal> {
        let Some(found) = self.group_of(scope) else {
            let message = format!("Resource group '{group}' could not be found.");
            return Err(Refusal::new(404, "ResourceGroupNotFound", message));
        };
        if found.provisioning() == "Deleting" {
            let message = format!(
                "The resource group '{group}' is in deprovisioning state and cannot perform this operation."
            );
            return Err(Refusal::new(409, "ResourceGroupBeingDeleted", message));
        }
        Ok(())
    }

    /// What the type itself says.
    fn shape(&mut self, draft: &mut Draft) -> Result<(), Refusal> {
        let kind = draft.target.kind();
        match draft.target.namespace.as_str() {
            "Microsoft.ApiManagement" if draft.is("Microsoft.ApiManagement/service") => {
                service::shape(self, draft)
            }
            "Microsoft.ApiManagement" => apim::shape(self, draft),
            "Microsoft.CognitiveServices" => match kind.as_str() {
                "Microsoft.CognitiveServices/accounts" => account::shape(self, draft),
                "Microsoft.CognitiveServices/accounts/deployments" => model::shape(self, draft),
                _ => {
                    draft.default("provisioningState", "Succeeded");
                    Ok(())
                }
            },
            "Microsoft.Authorization" => telemetry::assignment(self, draft),
            _ => {
                telemetry::shape(self, draft);
                Ok(())
            }
        }
    }

    /// A resource is provisioned now.
    pub(super) fn provisioned(&mut self, id: &str, state: &str) {
        let Some(entry) = self.find(id) else { return };
        let (id, kind, hidden) = (entry.id.clone(), entry.kind.clone(), entry.hidden.clone());
        let mut value = entry.value.clone();
        value["properties"]["provisioningState"] = state.into();
        self.put(&id, &kind, value, hidden);
    }

    /// Begins the removal of a resource; answers with the time it takes.
    ///
    /// # Errors
    ///
    /// When it is not there, or not in the state that the caller expects.
    pub(super) fn retire(
        &mut self,
        id: &str,
        expected: &Expected,
    ) -> Result<Option<Duration>, Refusal> {
        let Some(entry) = self.find(id) else {
            return Ok(None);
        };
        expected.check(Some(entry))?;
        let kind = entry.kind.to_lowercase();
        let lasts = match kind.as_str() {
            "microsoft.apimanagement/service" | "microsoft.cognitiveservices/accounts" => {
                self.settings.pace.account
            }
            _ => Duration::ZERO,
        };
        if kind == "microsoft.cognitiveservices/accounts" {
            account::deletable(self, id)?;
        }
        if !lasts.is_zero() {
            self.provisioned(id, "Deleting");
        }
        Ok(Some(lasts))
    }

    /// Removes a resource; services and accounts can be brought back.
    pub(super) fn remove(&mut self, now: Timestamp, id: &str) {
        let mut taken = self.take(id).into_iter();
        let Some(first) = taken.next() else { return };
        for (entry, children) in soft(first, taken.collect()) {
            let deleted = super::state::Deleted {
                entry,
                children,
                at: now,
            };
            self.deleted
                .insert(deleted.entry.id.to_lowercase(), deleted);
        }
    }
}

/// # Errors
///
/// When a resource that lies in a region names none, or another than it lies in.
fn located(id: &str, kind: &str, old: Option<&Entry>, body: &Value) -> Result<(), Refusal> {
    if !TRACKED.contains(&kind.to_lowercase().as_str()) {
        return Ok(());
    }
    let name = id.rsplit('/').next().unwrap_or(id);
    let Some(location) = body["location"].as_str() else {
        if old.is_some() {
            return Ok(());
        }
        let message = "The location property is required for this definition.";
        return Err(Refusal::new(400, "LocationRequired", message));
    };
    let location = catalog::region(location).ok_or_else(|| {
        let message = format!(
            "The provided location '{location}' is not available for resource type '{kind}'. List of available regions for the resource type is '{}'.",
            catalog::REGIONS.map(|(name, _)| name).join(",")
        );
        Refusal::new(400, "LocationNotAvailableForResourceType", message)
    })?;
    let lies = old.and_then(|old| catalog::region(old.value["location"].as_str()?));
    match lies {
        Some(lies) if lies != location => {
            let group = place(id).1.unwrap_or_default();
            let message = format!(
                "The resource '{name}' already exists in location '{lies}' in resource group '{group}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name."
            );
            Err(Refusal::new(409, "InvalidResourceLocation", message))
        }
        _ => Ok(()),
    }
}

/// Those of the removed resources that stay for a while, each with what lies below it.
fn soft(first: Entry, rest: Vec<Entry>) -> Vec<(Entry, Vec<Entry>)> {
    let all: Vec<Entry> = std::iter::once(first).chain(rest).collect();
    let kinds = [
        "microsoft.apimanagement/service",
        "microsoft.cognitiveservices/accounts",
    ];
    let kept = all
        .iter()
        .filter(|entry| kinds.contains(&entry.kind.to_lowercase().as_str()));
    kept.map(|entry| {
        let below = format!("{}/", entry.id.to_lowercase());
        let children = all
            .iter()
            .filter(|other| other.id.to_lowercase().starts_with(&below));
        (entry.clone(), children.cloned().collect())
    })
    .collect()
}

/// 404 in the words of Azure Resource Manager, or of API Management for what it keeps.
pub(super) fn missing(state: &State, id: &str) -> Refusal {
    let (subscription, group) = place(id);
    if let (Some(_), Some(group)) = (subscription, group)
        && state.group_of(id).is_none()
    {
        let message = format!("Resource group '{group}' could not be found.");
        return Refusal::new(404, "ResourceGroupNotFound", message);
    }
    let target = Target::of_id(id);
    if let Some(target) = &target
        && target.namespace == "Microsoft.ApiManagement"
        && target.types.len() > 1
    {
        return apim::missing(state, target);
    }
    let kind = target.as_ref().map(Target::kind).unwrap_or_default();
    let name = target
        .as_ref()
        .map(|target| target.names.join("/"))
        .unwrap_or_default();
    let under = group
        .map(|group| format!(" under resource group '{group}'"))
        .unwrap_or_default();
    let error = ArmError::new(
        "ResourceNotFound",
        format!(
            "The Resource '{kind}/{name}'{under} was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        ),
    );
    Refusal::of(404, error)
}

/// The value with its empty properties left out, as Azure does.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect::<Map<String, Value>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
