use std::fmt;

use serde_json::{Map, Value, json};

use super::request::{Request, Store};
use super::world::{Answers, Live};
use crate::arm::error::ArmError;
use crate::arm::evaluate::{Frame, Place, World};
use crate::arm::template::{
    Instance, Nested, Output, Template, Values, check, depend, expand, frame, known, read,
};

/// How far one resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::arm) enum Operation {
    Waiting,
    Running,
    Done,
    /// Its condition is false.
    Skipped,
    Failed(ArmError),
    /// Something before it failed, or the deployment was cancelled.
    Blocked,
}

/// A deployment's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed(ArmError),
    Canceled,
}

/// One deployment of the run: the one asked for, or a nested one.
pub(crate) struct Deployment {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    /// The deployment that it is nested in, and its position among the resources there.
    pub(in crate::arm) parent: Option<(usize, usize)>,
    pub(in crate::arm) mode: &'static str,
    pub(in crate::arm) template: Template,
    pub(in crate::arm) frame: Frame,
    pub(in crate::arm) instances: Vec<Instance>,
    pub(in crate::arm) before: Vec<Vec<usize>>,
    pub(in crate::arm) operations: Vec<Operation>,
    /// What a complete deployment deletes at its end.
    pub(in crate::arm) deletions: Option<Vec<(String, Operation)>>,
    pub(in crate::arm) outputs: Vec<Output>,
    pub(in crate::arm) outcome: Option<Outcome>,
}

/// A deployment under way, with all those nested in it.
pub(crate) struct Run {
    pub(super) deployments: Vec<Deployment>,
    pub(super) answers: Answers,
    pub(super) cancelled: bool,
    /// Texts that must not stand in an error, longest first.
    secrets: Vec<String>,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.deployments).finish()
    }
}

impl fmt::Debug for Deployment {
    /// Without parameters, variables and outputs: any may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployment")
            .field("id", &self.id)
            .field("operations", &self.operations)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

impl Run {
    /// Plans a deployment: everything that can be known before resources are made is evaluated
    /// and checked here.
    pub(crate) fn start(request: &Request, store: &dyn Store) -> Result<Run, ArmError> {
        let mut run = Run {
            deployments: Vec::new(),
            answers: Answers::new(),
            cancelled: false,
            secrets: Vec::new(),
        };
        let template = read(&request.template)?;
        check(&template)?;
        let world = Live {
            store,
            answers: &run.answers,
        };
        let frame = frame(
            &template,
            &request.identity(),
            &Values::Request(request.parameters.clone()),
            &request.facts(),
            &world,
            false,
        )?;
        let secrets = frame.secrets();
        let nested = Nested {
            template,
            frame,
            mode: request.mode.as_str(),
        };
        let place = request.place.clone();
        let id = format!(
            "{}/providers/Microsoft.Resources/deployments/{}",
            place.id(),
            request.name
        );
        let first = Deployment::plan(nested, (id, request.name.clone(), place), None, &world)
            .map_err(|error| error.without(&secrets))?;
        run.remember(&secrets);
        run.deployments.push(first);
        Ok(run)
    }

    pub(super) fn remember(&mut self, secrets: &[String]) {
        self.secrets.extend_from_slice(secrets);
        self.secrets
            .sort_by_key(|text| std::cmp::Reverse(text.len()));
        self.secrets.dedup();
    }

    /// Whether a secret's text is anywhere in a value.
    pub(super) fn tells(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.secrets.iter().any(|secret| text.contains(secret)),
            Value::Array(items) => items.iter().any(|item| self.tells(item)),
            Value::Object(map) => map.values().any(|item| self.tells(item)),
            _ => false,
        }
    }

    /// The error without the values of secure parameters.
    pub(super) fn hidden(&self, error: ArmError) -> ArmError {
        error.without(&self.secrets)
    }

    /// All deployments, the one asked for first.
    pub(crate) fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }

    /// How the deployment ended, once it has.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.deployments[0].outcome.as_ref()
    }
}

impl Deployment {
    /// Expands a deployment's resources and what they wait for.
    pub(super) fn plan(
        nested: Nested,
        (id, name, place): (String, String, Place),
        parent: Option<(usize, usize)>,
        world: &dyn World,
    ) -> Result<Deployment, ArmError> {
        let Nested {
            template,
            mut frame,
            mode,
        } = nested;
        let instances = expand(&template, &frame, &place, world, false)?;
        // In the scope of a parent, its resources can be named as well.
        let mut names = known(&instances);
        names.append(&mut frame.resources);
        frame.resources = names;
        let before = depend(&instances, &frame, world)?;
        let operations = instances
            .iter()
            .map(|one| {
                if one.deployed {
                    Operation::Waiting
                } else {
                    Operation::Skipped
                }
            })
            .collect();
        Ok(Deployment {
            id,
            name,
            place,
            parent,
            mode,
            template,
            frame,
            instances,
            before,
            operations,
            deletions: None,
            outputs: Vec::new(),
            outcome: None,
        })
    }

    /// The deployment as a resource: what `reference` sees of it. Outputs of a secure type have
    /// no value here; `listOutputsWithSecureValues` has it.
    pub(super) fn answer(&self) -> Value {
        answer(&self.id, &self.name, self.mode, self.state(), &self.outputs)
    }
}

/// A deployment as `reference` sees it.
pub(in crate::arm) fn answer(
    id: &str,
    name: &str,
    mode: &str,
    state: &str,
    outputs: &[Output],
) -> Value {
    let outputs: Map<String, Value> = outputs
        .iter()
        .map(|output| {
            let mut value = json!({"type": output.kind});
            if !output.kind.starts_with("Secure") {
                value["value"] = output.value.clone();
            }
            (output.name.clone(), value)
        })
        .collect();
    json!({
        "id": id,
        "name": name,
        "type": "Microsoft.Resources/deployments",
        "properties": {"mode": mode, "provisioningState": state, "outputs": outputs},
    })
}

/// What `listOutputsWithSecureValues` answers of a deployment: secure outputs by name.
pub(in crate::arm) fn secure_outputs(outputs: &[Output]) -> Value {
    outputs
        .iter()
        .filter(|output| output.kind.starts_with("Secure"))
        .map(|output| (output.name.clone(), output.value.clone()))
        .collect::<Map<String, Value>>()
        .into()
}
