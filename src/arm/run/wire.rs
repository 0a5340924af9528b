use serde_json::{Map, Value, json};

use super::plan::{Deployment, Operation, Outcome};
use crate::arm::template::Instance;
use crate::arm::value::get;

/// The parts of a deployment's `properties` as a GET answers them.
impl Deployment {
    /// `provisioningState`
    pub(crate) fn state(&self) -> &'static str {
        match self.outcome {
            None => "Running",
            Some(Outcome::Succeeded) => "Succeeded",
            Some(Outcome::Failed(_)) => "Failed",
            Some(Outcome::Canceled) => "Canceled",
        }
    }

    pub(crate) fn mode(&self) -> &'static str {
        self.mode
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The deployment that this one is nested in, by its position in the run.
    pub(crate) fn parent(&self) -> Option<usize> {
        self.parent.map(|(parent, _)| parent)
    }

    /// `parameters`: `{name: {type, value}}`, secrets without their values.
    pub(crate) fn parameters(&self) -> Value {
        let mut all = Map::new();
        for bound in &self.frame.parameters {
            let mut shown = json!({"type": bound.kind});
            if !bound.secret {
                shown["value"] = bound.value.clone();
            }
            all.insert(bound.name.clone(), shown);
        }
        Value::Object(all)
    }

    /// `outputs`: `{name: {type, value}}`, secrets without their values.
    pub(crate) fn outputs(&self) -> Value {
        let outputs = self.outputs.iter();
        Value::Object(
            outputs
                .map(|output| (output.name.clone(), output.wire()))
                .collect(),
        )
    }

    /// `dependencies`: each resource that waits for others, and those.
    pub(crate) fn dependencies(&self) -> Value {
        let named = |one: &Instance| json!({"id": one.id, "resourceType": one.resource_type, "resourceName": one.name});
        let mut all = Vec::new();
        for (one, before) in self.instances.iter().zip(&self.before) {
            let before: Vec<Value> = before
                .iter()
                .map(|other| &self.instances[*other])
                .filter(|other| other.deployed)
                .map(named)
                .collect();
            if one.deployed && !before.is_empty() {
                let mut entry = named(one);
                entry["dependsOn"] = Value::Array(before);
                all.push(entry);
            }
        }
        Value::Array(all)
    }

    /// `providers`: the namespaces, their types and the locations that the template gives them.
    pub(crate) fn providers(&self) -> Value {
        let mut spaces: Map<String, Value> = Map::new();
        for one in self.instances.iter().filter(|one| one.deployed) {
            let Some((space, kind)) = one.resource_type.split_once('/') else {
                continue;
            };
            let location = get(&one.raw, "location")
                .and_then(Value::as_str)
                .filter(|location| !location.starts_with('['));
            let entry = json!({"resourceType": kind, "locations": [location]});
            match spaces.entry(space.to_owned()).or_insert(json!([])) {
                Value::Array(kinds) if !kinds.contains(&entry) => kinds.push(entry),
                _ => {}
            }
        }
        spaces
            .into_iter()
            .map(|(space, kinds)| json!({"namespace": space, "resourceTypes": kinds}))
            .collect()
    }

    /// `outputResources` (or, of a validation, `validatedResources`): the ids that are deployed.
    pub(crate) fn resources(&self) -> Value {
        let made = self.instances.iter().zip(&self.operations);
        made.filter(|(one, operation)| !one.existing && **operation == Operation::Done)
            .map(|(one, _)| json!({"id": one.id}))
            .collect()
    }

    /// What failed, resource by resource: id and error.
    #[cfg(test)]
    pub(crate) fn failed(&self) -> Vec<(&str, &crate::arm::ArmError)> {
        self.instances
            .iter()
            .zip(&self.operations)
            .filter_map(|(one, operation)| match operation {
                Operation::Failed(error) => Some((one.id.as_str(), error)),
                _ => None,
            })
            .collect()
    }
}
