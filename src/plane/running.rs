//! Deployments under way: their steps are done one after another as time goes on, and each of them
//! is a resource that can be read at any moment.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Fault;
use super::deployment::{KIND, Wanted};
use super::group;
use super::id::{Target, place};
use super::provider::Expected;
use super::state::State;
use super::wire::Refusal;
use crate::arm::{ArmError, Event, Outcome, Run, Step, StepId};

/// One deployment under way, with those nested in it.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) wanted: Wanted,
    run: Run,
    pending: Vec<Pending>,
    records: Vec<Record>,
    /// The fault of the request that began it: its first step has it.
    struck: Option<Fault>,
}

/// A step that takes time.
#[derive(Debug)]
struct Pending {
    id: StepId,
    resource: String,
    ends: Timestamp,
    delete: bool,
}

/// One line of the list of operations.
#[derive(Debug)]
struct Record {
    /// Position of the deployment that it belongs to.
    deployment: usize,
    resource: String,
    kind: String,
    name: String,
    operation: &'static str,
    created: bool,
    started: Timestamp,
    ended: Option<(Timestamp, Option<Value>)>,
}

impl Running {
    /// # Errors
    ///
    /// What the template says against it.
    pub(super) fn begin(
        state: &mut State,
        wanted: Wanted,
        struck: Option<Fault>,
    ) -> Result<Running, Refusal> {
        let request = wanted.request(state);
        let run = Run::start(&request, state).map_err(|error| Refusal::of(400, error))?;
        let running = Running {
            wanted,
            run,
            pending: Vec::new(),
            records: Vec::new(),
            struck,
        };
        running.store(running.wanted.at, state, Some("Accepted"));
        Ok(running)
    }

    pub(super) fn cancel(&mut self) {
        self.run.cancel();
    }

    pub(super) fn over(&self) -> bool {
        self.run.outcome().is_some()
    }

    /// When something ends next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.pending.iter().map(|pending| pending.ends).min()
    }

    /// Does what can be done now; false when nothing could.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        state: &mut State,
        delay: &mut dyn FnMut(&str) -> Option<Result<Duration, ArmError>>,
    ) -> bool {
        let mut moved = false;
        for pending in std::mem::take(&mut self.pending) {
            if pending.ends > now {
                self.pending.push(pending);
                continue;
            }
            moved = true;
            if pending.delete {
                state.remove(now, &pending.resource);
            } else if state
                .find(&pending.resource)
                .is_some_and(|entry| !matches!(entry.provisioning(), "Succeeded" | "Deleting" | ""))
            {
                state.provisioned(&pending.resource, "Succeeded");
            }
            self.done(now, pending.id, &pending.resource, Ok(()));
        }
        let events = self.run.advance(state);
        moved |= !events.is_empty();
        for event in events {
            self.event(now, state, event, delay);
        }
        if moved {
            self.store(now, state, None);
        }
        moved
    }

    fn event(
        &mut self,
        now: Timestamp,
        state: &mut State,
        event: Event,
        delay: &mut dyn FnMut(&str) -> Option<Result<Duration, ArmError>>,
    ) {
        match event {
            Event::Put(step) => {
                self.record(now, step.id.deployment, &step.resource_id, "Create");
                let struck = self.struck.take().map(|fault| fault.delay());
                let written = match struck.or_else(|| delay(&step.resource_id)) {
                    Some(Err(error)) => Err(error),
                    Some(Ok(more)) => put(now, state, &step).map(|lasts| lasts + more),
                    None => put(now, state, &step),
                };
                self.started(now, step.id, step.resource_id, written, false);
            }
            Event::Delete { id, resource_id } => {
                self.record(now, id.deployment, &resource_id, "Delete");
                let lasts = state.retire(&resource_id, &Expected::default());
                let lasts = lasts
                    .map(Option::unwrap_or_default)
                    .map_err(|refusal| refusal.error);
                self.started(now, id, resource_id, lasts, true);
            }
            Event::Began { deployment } => {
                let nested = &self.run.deployments()[deployment];
                if let Some(parent) = nested.parent() {
                    let id = nested.id.clone();
                    self.record(now, parent, &id, "Create");
                }
            }
            Event::Ended { deployment } => {
                let nested = &self.run.deployments()[deployment];
                let error = match nested.outcome() {
                    Some(Outcome::Failed(error)) => Some(error.wire()),
                    _ => None,
                };
                let id = nested.id.clone();
                self.close(now, &id, error);
            }
            Event::Failed {
                id,
                resource_id,
                error,
            } => {
                self.record(now, id.deployment, &resource_id, "Create");
                self.close(now, &resource_id, Some(error.wire()));
            }
        }
    }

    /// A step was begun, or refused.
    fn started(
        &mut self,
        now: Timestamp,
        id: StepId,
        resource: String,
        lasts: Result<Duration, ArmError>,
        delete: bool,
    ) {
        match lasts {
            Ok(lasts) => {
                let lasts = jiff::SignedDuration::try_from(lasts).unwrap_or_default();
                let ends = now.saturating_add(lasts).unwrap_or(now);
                self.pending.push(Pending {
                    id,
                    resource,
                    ends,
                    delete,
                });
            }
            Err(error) => self.done(now, id, &resource, Err(error)),
        }
    }

    fn done(&mut self, now: Timestamp, id: StepId, resource: &str, result: Result<(), ArmError>) {
        let error = result.as_ref().err().map(ArmError::wire);
        self.close(now, resource, error);
        self.run.finish(id, result);
    }

    fn record(
        &mut self,
        now: Timestamp,
        deployment: usize,
        resource: &str,
        operation: &'static str,
    ) {
        let target = Target::of_id(resource);
        let name = target.as_ref().map(|target| target.names.join("/"));
        let kind = target.as_ref().map(Target::kind);
        self.records.push(Record {
            deployment,
            resource: resource.to_owned(),
            kind: kind.unwrap_or_else(|| group::KIND.to_owned()),
            name: name.unwrap_or_else(|| resource.rsplit('/').next().unwrap_or("").to_owned()),
            operation,
            created: true,
            started: now,
            ended: None,
        });
    }

    fn close(&mut self, now: Timestamp, resource: &str, error: Option<Value>) {
        let open = self
            .records
            .iter_mut()
            .rfind(|record| record.ended.is_none() && record.resource == resource);
        if let Some(record) = open {
            record.created = error.is_none();
            record.ended = Some((now, error));
        }
    }

    /// Writes the deployments of the run where they are read.
    fn store(&self, now: Timestamp, state: &mut State, begin: Option<&str>) {
        for (index, deployment) in self.run.deployments().iter().enumerate() {
            let outcome = deployment.outcome();
            let provisioning = begin.unwrap_or_else(|| deployment.state());
            let mut properties = json!({
                "templateHash": self.wanted.template_hash(),
                "parameters": deployment.parameters(),
                "mode": deployment.mode(),
                "provisioningState": provisioning,
                "timestamp": now.to_string(),
                "duration": duration(self.wanted.at, now),
                "correlationId": state.guid(&format!("correlation {} {}", self.wanted.id, self.wanted.at)),
                "providers": deployment.providers(),
                "dependencies": deployment.dependencies(),
            });
            match outcome {
                Some(Outcome::Succeeded) => {
                    properties["outputs"] = deployment.outputs();
                    properties["outputResources"] = deployment.resources();
                }
                Some(Outcome::Failed(error)) => {
                    properties["error"] = error.wire();
                    properties["outputResources"] = deployment.resources();
                }
                Some(Outcome::Canceled) | None => {}
            }
            let mut value = if index == 0 {
                self.wanted.head(&properties)
            } else {
                json!({"id": deployment.id, "name": deployment.name, "type": KIND, "properties": properties})
            };
            // A nested deployment may lie in another group, spelled as that group is.
            value["id"] = json!(deployment.id);
            let mut hidden = Map::new();
            hidden.insert("operations".into(), self.operations(state, index));
            if index == 0 {
                hidden.insert("template".into(), self.wanted.template().clone());
                hidden.insert("started".into(), json!(self.wanted.at.to_string()));
            }
            state.put(&deployment.id, KIND, value, hidden);
        }
    }

    fn operations(&self, state: &State, deployment: usize) -> Value {
        let id = &self.run.deployments()[deployment].id;
        let records = self.records.iter().enumerate();
        let mine = records.filter(|(_, record)| record.deployment == deployment);
        mine.map(|(number, record)| record.value(state, id, number))
            .collect()
    }
}

impl Record {
    fn value(&self, state: &State, deployment: &str, number: usize) -> Value {
        let operation = state
            .hex(&format!("operation {deployment} {number}"), 1)
            .to_uppercase();
        let now = self.ended.as_ref().map_or(self.started, |(at, _)| *at);
        let (provisioning, code) = match &self.ended {
            None => ("Running", None),
            Some((_, None)) => (
                "Succeeded",
                Some(if self.created { "Created" } else { "OK" }),
            ),
            Some((_, Some(error))) => {
                let code = error["code"].as_str().unwrap_or_default();
                (
                    "Failed",
                    Some(if code.contains("NotFound") {
                        "NotFound"
                    } else {
                        "Conflict"
                    }),
                )
            }
        };
        let mut properties = json!({
            "provisioningOperation": self.operation,
            "provisioningState": provisioning,
            "timestamp": now.to_string(),
            "duration": duration(self.started, now),
            "trackingId": state.guid(&format!("tracking {deployment} {number}")),
            "targetResource": {
                "id": self.resource,
                "resourceType": self.kind,
                "resourceName": self.name,
            },
        });
        if let Some(code) = code {
            properties["statusCode"] = json!(code);
        }
        if let Some((_, Some(error))) = &self.ended {
            properties["statusMessage"] = json!({"status": "Failed", "error": error});
        }
        json!({
            "id": format!("{deployment}/operations/{operation}"),
            "operationId": operation,
            "properties": properties,
        })
    }
}

/// Writes what a step asks for; answers with the time it takes.
fn put(now: Timestamp, state: &mut State, step: &Step) -> Result<Duration, ArmError> {
    let refused = |refusal: Refusal| refusal.error;
    let Some(target) = Target::of_id(&step.resource_id) else {
        let (subscription, name) = place(&step.resource_id);
        let made = group::write(
            state,
            subscription.unwrap_or_default(),
            name.unwrap_or_default(),
            &step.body,
        );
        return made.map(|_| Duration::ZERO).map_err(refused);
    };
    state
        .write(now, &target, step.body.clone(), &Expected::default())
        .map(|written| written.lasts)
        .map_err(refused)
}

/// An ISO 8601 duration of seconds, as deployments tell it.
fn duration(from: Timestamp, to: Timestamp) -> String {
    let span = to.duration_since(from);
    format!("PT{:.4}S", span.as_secs_f64().max(0.0))
}
