//! The local Azure's management plane: resources, deployments, long-running operations, and what
//! a request is answered.
//!
//! Pure: it is told a request and the time and answers; whatever takes time is finished by
//! [`Plane::advance`]. It opens no socket and checks no token: that is `emulator`. Every resource
//! lives in one store under its id in small letters; what a type adds to that is in the file of
//! its name. A type, filter or action that is not known here is refused by name, never made up.

mod account;
mod actions;
mod apim;
mod catalog;
mod config;
mod deployment;
mod faults;
mod filter;
mod group;
mod id;
mod jsonc;
mod kept;
mod model;
mod monitored;
mod operation;
mod policy;
mod provider;
mod render;
mod rights;
mod router;
mod running;
mod service;
mod special;
mod state;
mod telemetry;
#[cfg(test)]
mod tests;
mod verbs;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

pub(crate) use config::Accounts;
pub(crate) use faults::{Fault, Faults, read as read_faults, schema as faults_schema};
pub(crate) use kept::KeptError;
use operation::{Effect, Operation};
use running::Running;
use state::State;
pub(crate) use state::{Pace, Settings};
pub(crate) use wire::{Ask, Refusal, Reply};

use crate::engine::Service;

/// Operations that are remembered.
const MOST_OPERATIONS: usize = 1_000;

/// All that the local Azure knows.
#[derive(Debug)]
pub(crate) struct Plane {
    state: State,
    running: Vec<Running>,
    operations: BTreeMap<String, Operation>,
    faults: Option<Faults>,
    /// The fault of the request that is answered now.
    struck: Option<Fault>,
    /// Something happened that should be kept.
    dirty: bool,
}

impl Plane {
    pub(crate) fn new(settings: Settings, faults: Option<Faults>) -> Plane {
        Plane {
            state: State::new(settings),
            running: Vec::new(),
            operations: BTreeMap::new(),
            faults,
            struck: None,
            dirty: false,
        }
    }

    /// The fault that the plan has for a request that has arrived.
    pub(crate) fn strike(&mut self, ask: &Ask) -> Option<Fault> {
        self.faults.as_mut()?.request(&ask.method, &ask.path)
    }

    /// Answers one request of a caller that has signed in; `fault` is what strikes it.
    pub(crate) fn answer(&mut self, now: Timestamp, ask: &Ask, fault: Option<Fault>) -> Reply {
        self.struck = fault;
        self.dirty |= !matches!(ask.method.as_str(), "GET" | "HEAD");
        self.route(now, ask)
            .unwrap_or_else(|refusal| refusal.reply())
    }

    /// Goes one step on with everything that is under way; false when nothing moved. Between two
    /// steps, gateways are brought up to date with [`changed`](Self::changed).
    pub(crate) fn advance(&mut self, now: Timestamp) -> bool {
        let mut moved = false;
        for operation in self.operations.values_mut() {
            if !operation.ended && operation.ends <= now {
                operation.end(now, &mut self.state);
                moved = true;
            }
        }
        let faults = &mut self.faults;
        let mut delay = |resource: &str| Some(faults.as_mut()?.step(resource)?.delay());
        for running in &mut self.running {
            moved |= running.advance(now, &mut self.state, &mut delay);
        }
        self.running.retain(|running| !running.over());
        self.forget();
        self.dirty |= moved;
        moved
    }

    /// When [`advance`](Self::advance) has something to do next.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let operations = self
            .operations
            .values()
            .filter(|operation| !operation.ended);
        let steps = self.running.iter().filter_map(Running::next);
        operations
            .map(|operation| operation.ends)
            .chain(steps)
            .min()
    }

    /// Ids of the services that were made, changed or removed since somebody asked.
    pub(crate) fn changed(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.state.changed)
    }

    /// What the gateway of a service runs; `None` when there is no such service. `started` is the
    /// UTC time of its moment zero.
    ///
    /// # Errors
    ///
    /// When resources of the service do not fit each other.
    pub(crate) fn configuration(
        &self,
        service: &str,
        started: Timestamp,
    ) -> Option<Result<Service, Refusal>> {
        self.state.find(service)?;
        Some(config::build(&self.state, service, started))
    }

    /// Everything that stands behind the gateway of a service.
    pub(crate) fn accounts(&self, service: &str) -> Accounts {
        config::accounts(&self.state, service)
    }

    /// Where the gateway of a service was told to listen, if it ever was.
    pub(crate) fn gateway_url(&self, service: &str) -> Option<String> {
        let entry = self.state.find(service)?;
        Some(entry.text("gatewayUrl").to_owned()).filter(|url| !url.is_empty())
    }

    /// Where the gateway of a service listens.
    pub(crate) fn gateway(&mut self, service: &str, url: &str) {
        let Some(entry) = self.state.find(service) else {
            return;
        };
        let (id, kind, hidden) = (entry.id.clone(), entry.kind.clone(), entry.hidden.clone());
        let mut value = entry.value.clone();
        value["properties"]["gatewayUrl"] = url.into();
        value["properties"]["gatewayRegionalUrl"] = url.into();
        self.state.put(&id, &kind, value, hidden);
        // The gateway is where this comes from: it needs not be told.
        self.state.changed.remove(&id.to_lowercase());
    }

    /// Forgets the operations that ended first, beyond those that somebody may still poll.
    fn forget(&mut self) {
        while self.operations.len() > MOST_OPERATIONS {
            let ended = self.operations.values().filter(|operation| operation.ended);
            let Some(oldest) = ended.min_by_key(|operation| operation.ends) else {
                return;
            };
            let id = oldest.id.clone();
            self.operations.remove(&id);
        }
    }

    /// Begins an operation that ends after `lasts`, and answers with it.
    fn operate(
        &mut self,
        now: Timestamp,
        subject: &str,
        effect: Effect,
        lasts: Duration,
    ) -> Operation {
        let number = self.state.next();
        let (more, error) = match self.struck.take() {
            Some(Fault::Slow(more)) => (more, None),
            Some(fault) => (Duration::ZERO, fault.error()),
            None => (Duration::ZERO, None),
        };
        let lasts = lasts.saturating_add(more);
        let lasts = jiff::SignedDuration::try_from(lasts).unwrap_or_default();
        let operation = Operation {
            id: self.state.guid(&format!("operation {number}")),
            subject: subject.to_owned(),
            effect,
            started: now,
            ends: now.saturating_add(lasts).unwrap_or(now),
            ended: false,
            error,
            answer: None,
        };
        self.operations
            .insert(operation.id.clone(), operation.clone());
        operation
    }
}
