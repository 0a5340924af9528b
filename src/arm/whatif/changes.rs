use serde_json::{Map, Value, json};

use super::delta::{Change, differences};
use super::walk::{Planned, walk};
use crate::arm::error::ArmError;
use crate::arm::run::{Mode, Request, Store, redacted};
use crate::arm::value::{same_name, shown, text};

/// How much of each change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    FullResourcePayloads,
    ResourceIdOnly,
}

/// What a deployment would change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WhatIf {
    changes: Vec<ResourceChange>,
}

#[derive(Debug, Clone, PartialEq)]
struct ResourceChange {
    id: String,
    /// `Create`, `Modify`, `NoChange`, `Deploy`, `Ignore`, `Delete`, `Unsupported`
    kind: &'static str,
    before: Option<Value>,
    after: Option<Value>,
    delta: Vec<Change>,
    unsupported: Option<String>,
}

/// Finds out what a deployment would change; the error is that of a validation.
pub(crate) fn what_if(
    request: &Request,
    store: &dyn Store,
    format: Format,
) -> Result<WhatIf, ArmError> {
    let planned = walk(request, store)?;
    let mut changes: Vec<ResourceChange> = planned
        .iter()
        .map(|one| change(one, store, format))
        .collect();
    changes.extend(others(request, store, &planned, format));
    Ok(WhatIf { changes })
}

impl WhatIf {
    /// The answer of the operation: `{status, properties: {changes}}`.
    pub(crate) fn wire(&self) -> Value {
        let changes: Vec<Value> = self.changes.iter().map(ResourceChange::wire).collect();
        json!({"status": "Succeeded", "properties": {"correlationId": null, "changes": changes}})
    }
}

impl ResourceChange {
    fn wire(&self) -> Value {
        let mut wire = Map::new();
        wire.insert("resourceId".into(), self.id.clone().into());
        wire.insert("changeType".into(), self.kind.into());
        if let Some(reason) = &self.unsupported {
            wire.insert("unsupportedReason".into(), reason.clone().into());
        }
        if let Some(before) = &self.before {
            wire.insert("before".into(), before.clone());
        }
        if let Some(after) = &self.after {
            wire.insert("after".into(), after.clone());
        }
        if self.kind == "Modify" || !self.delta.is_empty() {
            let delta = self.delta.iter().map(Change::wire).collect();
            wire.insert("delta".into(), delta);
        }
        Value::Object(wire)
    }
}

fn change(one: &Planned, store: &dyn Store, format: Format) -> ResourceChange {
    let mut change = ResourceChange {
        id: one.id.clone(),
        kind: "Unsupported",
        before: None,
        after: None,
        delta: Vec::new(),
        unsupported: None,
    };
    if let Some(open) = &one.open {
        change.unsupported = Some(format!(
            "Changes to the resource cannot be determined, because its '{open}' depends on a resource that is not deployed yet."
        ));
        return change;
    }
    let before = store.resource(&one.id, Some(&one.api_version));
    let wanted = resource(one);
    if format == Format::ResourceIdOnly {
        change.kind = match before {
            Some(_) => "Deploy",
            None => "Create",
        };
        return change;
    }
    let hide = |value: &Value| redacted(value, &one.secrets);
    change.after = Some(shown(&hide(&Value::Object(wanted.clone()))));
    let Some(before) = before else {
        change.kind = "Create";
        return change;
    };
    if let Value::Object(now) = &before {
        change.delta = differences(now, &wanted);
    }
    for part in &mut change.delta {
        conceal(part, &one.secrets, "");
    }
    let matters = change.delta.iter().any(|part| part.kind != "NoEffect");
    change.kind = if matters { "Modify" } else { "NoChange" };
    change.before = Some(hide(&before));
    change
}

/// The resource as the template wants it, in the shape of an answer.
fn resource(one: &Planned) -> Map<String, Value> {
    let mut resource = Map::new();
    let name = one.name.rsplit('/').next().unwrap_or(&one.name);
    resource.insert("apiVersion".into(), one.api_version.clone().into());
    resource.insert("id".into(), one.id.clone().into());
    resource.insert("name".into(), name.into());
    resource.insert("type".into(), one.resource_type.clone().into());
    if let Value::Object(body) = &one.body {
        resource.extend(body.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    resource
}

/// Hides the values of a change that lies in, or holds, a secret.
fn conceal(change: &mut Change, secrets: &[String], above: &str) {
    let path = change.path.replace("['", ".").replace("']", "");
    let here = format!("{above}/{}", path.trim_start_matches('.').replace('.', "/"));
    let touches = secrets.iter().any(|secret| {
        *secret == here
            || secret.starts_with(&format!("{here}/"))
            || here.starts_with(&format!("{secret}/"))
    });
    if touches && change.children.is_empty() {
        for value in [&mut change.before, &mut change.after] {
            if !value.is_null() {
                *value = crate::arm::value::HIDDEN.into();
            }
        }
    }
    for child in &mut change.children {
        conceal(child, secrets, &here);
    }
}

/// What the group has and the template does not name: left alone, or deleted.
fn others(
    request: &Request,
    store: &dyn Store,
    planned: &[Planned],
    format: Format,
) -> Vec<ResourceChange> {
    let place = &request.place;
    let (Some(subscription), Some(group)) = (place.subscription(), place.group()) else {
        return Vec::new();
    };
    store
        .group_resources(subscription, group)
        .into_iter()
        .filter(|resource| {
            let id = text(resource, "id");
            !planned.iter().any(|one| same_name(&one.id, id))
        })
        .map(|resource| ResourceChange {
            id: text(&resource, "id").to_owned(),
            kind: match request.mode {
                Mode::Incremental => "Ignore",
                Mode::Complete => "Delete",
            },
            before: (format == Format::FullResourcePayloads).then_some(resource),
            after: None,
            delta: Vec::new(),
            unsupported: None,
        })
        .collect()
}
