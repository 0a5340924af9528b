use std::fmt;

use serde_json::Value;

use super::body::{body, redacted};
use super::plan::{Deployment, Operation, Outcome, Run, secure_outputs};
use super::request::Store;
use super::world::{Live, SECURE};
use crate::arm::error::ArmError;
use crate::arm::template::{base, nested, outputs, template_error};
use crate::arm::value::{same_name, text};

/// Names one step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StepId {
    /// Position in [`Run::deployments`].
    pub(crate) deployment: usize,
    pub(super) index: usize,
}

/// A resource to PUT now.
#[derive(Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) id: StepId,
    pub(crate) resource_id: String,
    pub(crate) resource_type: String,
    pub(crate) name: String,
    pub(crate) api_version: String,
    pub(crate) body: Value,
    /// JSON pointers into the body that hold secrets.
    pub(crate) secrets: Vec<String>,
}

/// What happens in a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// Do this and tell [`Run::finish`].
    Put(Step),
    /// Delete this and tell [`Run::finish`]: the deployment is complete and does not name it.
    Delete { id: StepId, resource_id: String },
    /// A nested deployment begins; the number is its position in [`Run::deployments`].
    Began { deployment: usize },
    /// A deployment ended, the one asked for included.
    Ended { deployment: usize },
    /// A resource failed before anything could be sent.
    Failed {
        id: StepId,
        resource_id: String,
        error: ArmError,
    },
}

impl fmt::Debug for Step {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("id", &self.id)
            .field("resource_id", &self.resource_id)
            .field("api_version", &self.api_version)
            .field("body", &self.shown())
            .finish_non_exhaustive()
    }
}

impl Step {
    /// The body with secrets hidden, for logs and lists of operations.
    pub(crate) fn shown(&self) -> Value {
        redacted(&self.body, &self.secrets)
    }
}

impl Run {
    /// What can be done now. Empty while everything under way has still to finish.
    pub(crate) fn advance(&mut self, store: &dyn Store) -> Vec<Event> {
        let mut events = Vec::new();
        // Each pass may free others: a nested deployment that ends at once, a skipped resource.
        loop {
            let before = events.len();
            let mut moved = false;
            for deployment in 0..self.deployments.len() {
                moved |= self.advance_one(deployment, store, &mut events);
            }
            if !moved && events.len() == before {
                return events;
            }
        }
    }

    /// Tells how a step went.
    pub(crate) fn finish(&mut self, id: StepId, result: Result<(), ArmError>) {
        let operation = match result {
            Ok(()) => Operation::Done,
            Err(error) => Operation::Failed(self.hidden(error)),
        };
        let Some(deployment) = self.deployments.get_mut(id.deployment) else {
            return;
        };
        let count = deployment.operations.len();
        let slot = match deployment.operations.get_mut(id.index) {
            Some(slot) => Some(slot),
            None => deployment
                .deletions
                .as_mut()
                .and_then(|all| all.get_mut(id.index - count))
                .map(|(_, slot)| slot),
        };
        if let Some(slot) = slot
            && *slot == Operation::Running
        {
            *slot = operation;
        }
    }

    /// Starts nothing more; what is under way is still to be finished.
    pub(crate) fn cancel(&mut self) {
        self.cancelled = true;
    }

    fn advance_one(&mut self, at: usize, store: &dyn Store, events: &mut Vec<Event>) -> bool {
        if self.deployments[at].outcome.is_some() {
            return false;
        }
        let mut moved = false;
        for index in 0..self.deployments[at].operations.len() {
            if self.deployments[at].operations[index] != Operation::Waiting {
                continue;
            }
            match self.deployments[at].readiness(index) {
                Readiness::Never => {
                    self.deployments[at].operations[index] = Operation::Blocked;
                    moved = true;
                }
                Readiness::Now if self.cancelled => {
                    self.deployments[at].operations[index] = Operation::Blocked;
                    moved = true;
                }
                Readiness::Now => {
                    self.begin(at, index, store, events);
                    moved = true;
                }
                Readiness::Later => {}
            }
        }
        self.settle(at, store, events) || moved
    }

    /// Starts one resource: its body is evaluated now, when what it refers to exists.
    fn begin(&mut self, at: usize, index: usize, store: &dyn Store, events: &mut Vec<Event>) {
        let deployment = &self.deployments[at];
        let one = &deployment.instances[index];
        if one.existing {
            self.deployments[at].operations[index] = Operation::Done;
            return;
        }
        let world = Live {
            store,
            answers: &self.answers,
        };
        let id = StepId {
            deployment: at,
            index,
        };
        let resource_id = one.id.clone();
        let failed = if same_name(&one.resource_type, "Microsoft.Resources/deployments") {
            let who = (one.id.clone(), one.name.clone(), one.place.clone());
            let made = nested(one, &deployment.frame, &world, false).and_then(|nested| {
                Deployment::plan(nested, who, Some((at, index)), &world)
                    .map_err(|error| error.below(&base(one)))
            });
            match made {
                Ok(child) => {
                    self.deployments[at].operations[index] = Operation::Running;
                    self.remember(&child.frame.secrets());
                    self.deployments.push(child);
                    events.push(Event::Began {
                        deployment: self.deployments.len() - 1,
                    });
                    return;
                }
                Err(error) => error,
            }
        } else {
            match body(one, &deployment.frame, &world, false) {
                Ok((body, secrets)) => {
                    events.push(Event::Put(Step {
                        id,
                        resource_id,
                        resource_type: one.resource_type.clone(),
                        name: one.name.clone(),
                        api_version: one.api_version.clone(),
                        body,
                        secrets,
                    }));
                    self.deployments[at].operations[index] = Operation::Running;
                    return;
                }
                Err(fault) => template_error(fault, &one.pointer).target(&one.id),
            }
        };
        let error = self.hidden(self.placed(at, failed));
        self.deployments[at].operations[index] = Operation::Failed(error.clone());
        events.push(Event::Failed {
            id,
            resource_id,
            error,
        });
    }

    /// The places of an error in one deployment, as the body of the request has them.
    fn placed(&self, at: usize, mut error: ArmError) -> ArmError {
        let mut at = at;
        while let Some((parent, index)) = self.deployments[at].parent {
            error = error.below(&base(&self.deployments[parent].instances[index]));
            at = parent;
        }
        error
    }

    /// Ends a deployment whose resources have all ended.
    fn settle(&mut self, at: usize, store: &dyn Store, events: &mut Vec<Event>) -> bool {
        let deployment = &self.deployments[at];
        if deployment.operations.iter().any(Operation::is_open) {
            return false;
        }
        let mut failures = deployment.failures();
        if failures.is_empty() && !self.cancelled && deployment.mode == "Complete" {
            if deployment.deletions.is_none() {
                self.delete(at, store, events);
                return true;
            }
            let deletions = deployment.deletions.iter().flatten();
            if deletions.clone().any(|(_, operation)| operation.is_open()) {
                return false;
            }
            failures.extend(deletions.filter_map(|(id, operation)| match operation {
                Operation::Failed(error) => Some(error.clone().target(id)),
                _ => None,
            }));
        }
        let outcome = if !failures.is_empty() {
            Outcome::Failed(deployment_failed(failures))
        } else if self.cancelled && deployment.operations.contains(&Operation::Blocked) {
            Outcome::Canceled
        } else {
            let world = Live {
                store,
                answers: &self.answers,
            };
            match outputs(&deployment.template, &deployment.frame, &world, false) {
                Ok(mut outputs) => {
                    // What came by way of another deployment's output is still a secret.
                    for output in &mut outputs {
                        output.secret |= self.tells(&output.value);
                    }
                    self.deployments[at].outputs = outputs;
                    Outcome::Succeeded
                }
                Err(error) => Outcome::Failed(self.hidden(self.placed(at, error))),
            }
        };
        self.end(at, outcome, events);
        true
    }

    fn end(&mut self, at: usize, outcome: Outcome, events: &mut Vec<Event>) {
        let deployment = &mut self.deployments[at];
        let operation = match &outcome {
            Outcome::Succeeded => Operation::Done,
            Outcome::Failed(error) => Operation::Failed(error.clone().target(&deployment.id)),
            Outcome::Canceled => Operation::Blocked,
        };
        deployment.outcome = Some(outcome);
        let key = deployment.id.to_lowercase();
        let answer = deployment.answer();
        let parent = deployment.parent;
        let secure = secure_outputs(&deployment.outputs);
        self.answers.insert(format!("{key}{SECURE}"), secure);
        self.answers.insert(key, answer);
        if let Some((parent, index)) = parent {
            self.deployments[parent].operations[index] = operation;
        }
        events.push(Event::Ended { deployment: at });
    }

    /// What the group has and the template does not name goes.
    fn delete(&mut self, at: usize, store: &dyn Store, events: &mut Vec<Event>) {
        let deployment = &mut self.deployments[at];
        let mut deletions = Vec::new();
        if let (Some(subscription), Some(group)) =
            (deployment.place.subscription(), deployment.place.group())
        {
            for resource in store.group_resources(subscription, group) {
                let resource_id = text(&resource, "id").to_owned();
                let named = deployment
                    .instances
                    .iter()
                    .any(|one| one.deployed && same_name(&one.id, &resource_id));
                if !named {
                    let id = StepId {
                        deployment: at,
                        index: deployment.operations.len() + deletions.len(),
                    };
                    deletions.push((resource_id.clone(), Operation::Running));
                    events.push(Event::Delete { id, resource_id });
                }
            }
        }
        deployment.deletions = Some(deletions);
    }
}

/// When a resource can start.
enum Readiness {
    Now,
    Later,
    Never,
}

impl Operation {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Operation::Waiting | Operation::Running)
    }
}

impl Deployment {
    fn readiness(&self, index: usize) -> Readiness {
        let before = self.before[index]
            .iter()
            .map(|other| &self.operations[*other]);
        let mut readiness = Readiness::Now;
        for operation in before {
            match operation {
                Operation::Done | Operation::Skipped => {}
                Operation::Waiting | Operation::Running => readiness = Readiness::Later,
                Operation::Failed(_) | Operation::Blocked => return Readiness::Never,
            }
        }
        readiness
    }

    fn failures(&self) -> Vec<ArmError> {
        self.operations
            .iter()
            .zip(&self.instances)
            .filter_map(|(operation, one)| match operation {
                Operation::Failed(error) => Some(error.clone().target(&one.id)),
                _ => None,
            })
            .collect()
    }
}

fn deployment_failed(failures: Vec<ArmError>) -> ArmError {
    let mut error = ArmError::new(
        "DeploymentFailed",
        "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.",
    );
    error.details = failures;
    error
}
