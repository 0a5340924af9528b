use std::collections::BTreeMap;

use serde_json::Value;

use super::request::Store;
use crate::arm::error::{ArmError, Fault};
use crate::arm::evaluate::{Place, World};

/// Answers about deployments inside the run, by id in small letters.
pub(in crate::arm) type Answers = BTreeMap<String, Value>;

/// Ends the key of a deployment's secure outputs among the answers.
pub(in crate::arm) const SECURE: &str = "/listoutputswithsecurevalues";

/// A deployment inside the run lists its secure outputs.
fn secure(answers: &Answers, id: &str, action: &str) -> Option<Value> {
    if !action.eq_ignore_ascii_case("listOutputsWithSecureValues") {
        return None;
    }
    answers
        .get(&format!("{}{SECURE}", id.to_lowercase()))
        .cloned()
}

/// A deployment under way: what is missing is an error.
pub(super) struct Live<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) answers: &'a Answers,
}

/// Nothing is deployed: what does not exist is not known yet.
pub(in crate::arm) struct Dry<'a> {
    pub(in crate::arm) store: &'a dyn Store,
    pub(in crate::arm) answers: &'a Answers,
}

impl World for Live<'_> {
    fn resource(&self, id: &str, api_version: Option<&str>) -> Result<Value, Fault> {
        self.answers
            .get(&id.to_lowercase())
            .cloned()
            .or_else(|| self.store.resource(id, api_version))
            .ok_or_else(|| Fault::Failed(Box::new(not_found(id))))
    }

    fn list(
        &self,
        id: &str,
        action: &str,
        api_version: &str,
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        if let Some(outputs) = secure(self.answers, id, action) {
            return Ok(outputs);
        }
        self.store
            .list(id, action, api_version, body)
            .map_err(|error| Fault::Failed(Box::new(error)))
    }

    fn group(&self, subscription: &str, name: &str) -> Result<Value, Fault> {
        group(self.store, subscription, name)
    }

    fn subscription(&self, id: &str) -> Result<Value, Fault> {
        subscription(self.store, id)
    }
}

impl World for Dry<'_> {
    fn resource(&self, id: &str, api_version: Option<&str>) -> Result<Value, Fault> {
        self.answers
            .get(&id.to_lowercase())
            .cloned()
            .or_else(|| self.store.resource(id, api_version))
            .ok_or(Fault::Deferred)
    }

    fn list(
        &self,
        id: &str,
        action: &str,
        api_version: &str,
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        if let Some(outputs) = secure(self.answers, id, action) {
            return Ok(outputs);
        }
        self.store
            .list(id, action, api_version, body)
            .map_err(|_| Fault::Deferred)
    }

    /// A group that the deployment itself makes is not there yet.
    fn group(&self, subscription: &str, name: &str) -> Result<Value, Fault> {
        group(self.store, subscription, name).map_err(|_| Fault::Deferred)
    }

    fn subscription(&self, id: &str) -> Result<Value, Fault> {
        subscription(self.store, id)
    }
}

fn group(store: &dyn Store, subscription: &str, name: &str) -> Result<Value, Fault> {
    store.group(subscription, name).ok_or_else(|| {
        Fault::Failed(Box::new(ArmError::new(
            "ResourceGroupNotFound",
            format!("Resource group '{name}' could not be found."),
        )))
    })
}

fn subscription(store: &dyn Store, id: &str) -> Result<Value, Fault> {
    store.subscription(id).ok_or_else(|| {
        Fault::Failed(Box::new(ArmError::new(
            "SubscriptionNotFound",
            format!("The subscription '{id}' could not be found."),
        )))
    })
}

/// Azure's sentence names the resource by type and name, and its group.
fn not_found(id: &str) -> ArmError {
    let (scope, tail) = id.rsplit_once("/providers/").unwrap_or(("", id));
    let group = Place::of_id(scope)
        .and_then(|place| place.group().map(str::to_owned))
        .map(|group| format!(" under resource group '{group}'"))
        .unwrap_or_default();
    ArmError::new(
        "ResourceNotFound",
        format!(
            "The Resource '{tail}'{group} was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        ),
    )
    .target(id)
}
