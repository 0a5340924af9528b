use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::arm::{self, ArmError, Mode, Place, Request, Store, public_cloud};
use crate::azure::{ArmClient, AzureError, GroupId};
use crate::provision::{Changes, Wanted, wanted};

/// Version of the calls on subscriptions.
const SUBSCRIPTIONS: &str = "2022-12-01";
/// Tag of a deployment that tells which template and parameters it was.
pub(super) const DIGEST_TAG: &str = "apimon-digest";

/// What is to be deployed, and where to.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) group: GroupId,
    /// Of the group, when it has to be made.
    pub(crate) location: String,
    /// Name of the ARM deployment. It stays the same, so that a second one meets the first.
    pub(crate) name: String,
    pub(crate) template: Value,
    /// `{name: {value}}`; may hold secrets.
    pub(crate) parameters: Map<String, Value>,
    /// Of template and parameters, without secrets.
    pub(crate) digest: String,
}

impl Job {
    /// The `properties` of the deployment.
    pub(crate) fn properties(&self) -> Value {
        json!({
            "mode": "Incremental",
            "template": self.template,
            "parameters": self.parameters,
        })
    }

    pub(super) fn body(&self) -> Value {
        json!({
            "properties": self.properties(),
            "tags": {DIGEST_TAG: self.digest},
        })
    }
}

/// Subscription and group as Azure knows them before anything is done.
#[derive(Debug, Clone)]
pub(crate) struct GroupFacts {
    pub(crate) subscription: Value,
    /// Absent when it is still to be made.
    pub(crate) group: Option<Value>,
}

impl GroupFacts {
    /// # Errors
    ///
    /// When Azure refuses or is silent.
    pub(crate) async fn read(
        client: &ArmClient,
        group: &GroupId,
    ) -> Result<GroupFacts, AzureError> {
        let subscription = format!("/subscriptions/{}", group.subscription);
        Ok(GroupFacts {
            subscription: client.get(&subscription, SUBSCRIPTIONS).await?,
            group: client.find(&group.path(), crate::azure::RESOURCES).await?,
        })
    }

    /// The group is on its way out: nothing can be deployed into it.
    pub(crate) fn going(&self) -> bool {
        let state = self
            .group
            .as_ref()
            .map(|group| &group["properties"]["provisioningState"]);
        state.and_then(Value::as_str) == Some("Deleting")
    }

    /// What the deployment would write, evaluated here: Azure is not asked.
    ///
    /// # Errors
    ///
    /// What is wrong with the template, or what our evaluator does not know.
    pub(crate) fn wanted(&self, job: &Job, now: Timestamp) -> Result<Wanted, ArmError> {
        let validated = arm::validate(&self.request(job, now), &Empty(self, job))?;
        Ok(wanted(&validated.resources))
    }

    /// What would change in a group that is not there yet: everything is new.
    ///
    /// # Errors
    ///
    /// As [`GroupFacts::wanted`].
    pub(crate) fn changes(&self, job: &Job, now: Timestamp) -> Result<Changes, ArmError> {
        let request = self.request(job, now);
        let format = arm::Format::FullResourcePayloads;
        let answer = arm::what_if(&request, &Empty(self, job), format)?.wire();
        Ok(Changes::read(&answer).unwrap_or_default())
    }

    fn request(&self, job: &Job, now: Timestamp) -> Request {
        let named = self.group.as_ref().and_then(|group| group["name"].as_str());
        Request {
            name: job.name.clone(),
            place: Place::Group {
                subscription: job.group.subscription.clone(),
                group: named.unwrap_or(&job.group.name).to_owned(),
            },
            location: None,
            mode: Mode::Incremental,
            template: job.template.clone(),
            parameters: Value::Object(job.parameters.clone()),
            now,
            seed: 0,
            tenant: self.subscription["tenantId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            cloud: public_cloud(),
            deployer: json!({}),
        }
    }
}

/// The subscription and the group, and nothing in it.
struct Empty<'a>(&'a GroupFacts, &'a Job);

impl Store for Empty<'_> {
    fn resource(&self, _: &str, _: Option<&str>) -> Option<Value> {
        None
    }

    fn list(&self, id: &str, action: &str, _: &str, _: Option<&Value>) -> Result<Value, ArmError> {
        Err(ArmError::new(
            "ResourceNotFound",
            format!("`{action}` of `{id}` is known only once it is deployed"),
        ))
    }

    fn group(&self, subscription: &str, name: &str) -> Option<Value> {
        if let Some(group) = &self.0.group
            && name.eq_ignore_ascii_case(&self.1.group.name)
        {
            return Some(group.clone());
        }
        Some(json!({
            "id": format!("/subscriptions/{subscription}/resourceGroups/{name}"),
            "name": name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": self.1.location,
            "properties": {"provisioningState": "Succeeded"},
        }))
    }

    fn subscription(&self, _: &str) -> Option<Value> {
        Some(self.0.subscription.clone())
    }

    fn group_resources(&self, _: &str, _: &str) -> Vec<Value> {
        Vec::new()
    }
}
