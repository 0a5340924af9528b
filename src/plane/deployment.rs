//! Deployments that are asked for: what the body says, what a validation answers, what-if.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::id::{Target, place};
use super::provider::Expected;
use super::state::State;
use super::wire::Refusal;
use crate::arm::{self, ArmError, Format, Mode, Place};

pub(super) const KIND: &str = "Microsoft.Resources/deployments";

/// A deployment as it was asked for; enough to begin it again.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub(super) id: String,
    pub(super) name: String,
    subscription: String,
    group: Option<String>,
    location: Option<String>,
    complete: bool,
    template: Value,
    parameters: Value,
    pub(super) tags: Value,
    pub(super) at: Timestamp,
    seed: u64,
}

impl std::fmt::Debug for Wanted {
    /// Without parameters: any may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wanted")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Wanted {
    /// Reads the body of a request about the deployment that `target` names.
    ///
    /// # Errors
    ///
    /// When the group is missing, or the body is not of that shape.
    pub(super) fn read(
        state: &mut State,
        now: Timestamp,
        target: &Target,
        body: &Value,
    ) -> Result<Wanted, Refusal> {
        let (subscription, group) = place(&target.scope);
        let Some(subscription) = subscription else {
            let message = "The local Azure deploys to resource groups and subscriptions only.";
            return Err(Refusal::new(400, "InvalidDeploymentScope", message));
        };
        state.subscribed(subscription)?;
        let group = match group {
            None => None,
            Some(name) => match state.group_of(&target.scope) {
                Some(found) if found.provisioning() == "Deleting" => {
                    let message = format!(
                        "The resource group '{name}' is in deprovisioning state and cannot perform this operation."
                    );
                    return Err(Refusal::new(409, "ResourceGroupBeingDeleted", message));
                }
                Some(found) => Some(found.name().to_owned()),
                None => {
                    let message = format!("Resource group '{name}' could not be found.");
                    return Err(Refusal::new(404, "ResourceGroupNotFound", message));
                }
            },
        };
        let properties = &body["properties"];
        let invalid = |message: &str| Err(Refusal::new(400, "InvalidRequestContent", message));
        if !properties.is_object() {
            return invalid("The request content was invalid: 'properties' is missing.");
        }
        for link in ["templateLink", "parametersLink"] {
            if !properties[link].is_null() {
                return invalid(&format!(
                    "The local Azure follows no links: send the content itself instead of '{link}'."
                ));
            }
        }
        if !properties["template"].is_object() {
            return invalid("The request content was invalid: 'properties.template' is missing.");
        }
        let location = body["location"].as_str().map(str::to_owned);
        if group.is_none() && location.is_none() {
            let message =
                "The 'location' property must be specified for 'subscription' deployments.";
            return Err(Refusal::new(400, "InvalidDeployment", message));
        }
        let complete = match properties["mode"].as_str() {
            Some(mode) if mode.eq_ignore_ascii_case("Complete") => true,
            Some(mode) if mode.eq_ignore_ascii_case("Incremental") => false,
            other => {
                let message = format!(
                    "Deployment mode '{}' is not supported.",
                    other.unwrap_or_default()
                );
                return Err(Refusal::new(400, "InvalidDeploymentMode", message));
            }
        };
        let parameters = match &properties["parameters"] {
            Value::Null => json!({}),
            given => given.clone(),
        };
        Ok(Wanted {
            id: state.spelled(target),
            name: target.name().to_owned(),
            subscription: subscription.to_owned(),
            group,
            location,
            complete,
            template: properties["template"].clone(),
            parameters,
            tags: body["tags"].clone(),
            at: now,
            seed: state.next(),
        })
    }

    pub(super) fn request(&self, state: &State) -> arm::Request {
        let place = match &self.group {
            Some(group) => Place::Group {
                subscription: self.subscription.clone(),
                group: group.clone(),
            },
            None => Place::Subscription {
                subscription: self.subscription.clone(),
            },
        };
        arm::Request {
            name: self.name.clone(),
            place,
            location: self.location.clone(),
            mode: if self.complete {
                Mode::Complete
            } else {
                Mode::Incremental
            },
            template: self.template.clone(),
            parameters: self.parameters.clone(),
            now: self.at,
            seed: self.seed ^ state.settings.seed,
            tenant: state.settings.tenant.clone(),
            cloud: arm::public_cloud(),
            deployer: json!({
                "objectId": state.guid("deployer"),
                "tenantId": state.settings.tenant,
            }),
        }
    }

    /// The deployment as its answers begin, before anything is known of how it goes.
    pub(super) fn head(&self, properties: &Value) -> Value {
        let mut value = json!({
            "id": self.id,
            "name": self.name,
            "type": KIND,
            "properties": properties,
        });
        if let Some(location) = &self.location {
            value["location"] = json!(location);
        }
        if !self.tags.is_null() {
            value["tags"] = self.tags.clone();
        }
        value
    }

    pub(super) fn mode(&self) -> &'static str {
        if self.complete {
            "Complete"
        } else {
            "Incremental"
        }
    }

    pub(super) fn template(&self) -> &Value {
        &self.template
    }

    /// A number that tells templates apart, as text.
    pub(super) fn template_hash(&self) -> String {
        let mut hash = crate::base::Seed::new(0).derive(&self.template.to_string());
        hash.next_u64().to_string()
    }
}

/// What the template and the providers say against a deployment.
///
/// # Errors
///
/// As `validate` and `PUT` answer them.
pub(super) fn examine(
    state: &State,
    now: Timestamp,
    wanted: &Wanted,
) -> Result<Vec<String>, Refusal> {
    let request = wanted.request(state);
    let validated = arm::validate(&request, state).map_err(|error| Refusal::of(400, error))?;
    let mut details = Vec::new();
    // On a copy, one after another: quotas add up.
    let mut copy = state.clone();
    for planned in &validated.resources {
        if let Err(error) = preflight(&mut copy, now, planned) {
            details.push(error.target(&planned.id));
        }
    }
    if details.is_empty() {
        let ids = validated.resources.into_iter().map(|planned| planned.id);
        return Ok(ids.collect());
    }
    let tracking = state.guid(&format!("tracking {} {}", wanted.id, wanted.at));
    let mut error = ArmError::invalid_deployment(&wanted.name, &tracking);
    error.details = details;
    Err(Refusal::of(400, error))
}

/// What the provider would say against a resource, for the types whose providers are asked before
/// anything is deployed.
fn preflight(copy: &mut State, now: Timestamp, planned: &arm::Planned) -> Result<(), ArmError> {
    const ASKED: [&str; 3] = [
        "Microsoft.ApiManagement/service",
        "Microsoft.CognitiveServices/accounts",
        "Microsoft.CognitiveServices/accounts/deployments",
    ];
    let asked = ASKED
        .iter()
        .any(|kind| kind.eq_ignore_ascii_case(&planned.resource_type));
    let Some(target) = Target::of_id(&planned.id).filter(|_| asked && planned.open.is_none())
    else {
        return Ok(());
    };
    // What is made elsewhere, or by the deployment itself, is not there yet.
    let ready = target
        .parent()
        .is_none_or(|parent| copy.find(&parent.id()).is_some())
        && copy.group_of(&planned.id).is_some();
    let body = planned.shown();
    // Known only when the deployment runs.
    let open = |value: &Value| value.as_str().is_some_and(|text| text.starts_with('['));
    if !ready
        || open(&body["location"])
        || open(&body["sku"]["name"])
        || open(&body["sku"]["capacity"])
    {
        return Ok(());
    }
    copy.write(now, &target, body, &Expected::default())
        .map(|_| ())
        .map_err(|refusal| refusal.error)
}

/// The answer of `validate`.
pub(super) fn validated(state: &State, wanted: &Wanted, resources: &[String]) -> Value {
    let resources: Vec<Value> = resources.iter().map(|id| json!({"id": id})).collect();
    wanted.head(&json!({
        "templateHash": wanted.template_hash(),
        "mode": wanted.mode(),
        "provisioningState": "Succeeded",
        "timestamp": wanted.at.to_string(),
        "duration": "PT0S",
        "correlationId": state.guid(&format!("correlation {} {}", wanted.id, wanted.at)),
        "providers": [],
        "dependencies": [],
        "validatedResources": resources,
    }))
}

/// The outcome of a what-if operation, failed ones included.
pub(super) fn what_if(state: &State, wanted: &Wanted, body: &Value) -> Value {
    let asked = body["properties"]["whatIfSettings"]["resultFormat"].as_str();
    let format = match asked {
        Some(text) if text.eq_ignore_ascii_case("ResourceIdOnly") => Format::ResourceIdOnly,
        _ => Format::FullResourcePayloads,
    };
    match arm::what_if(&wanted.request(state), state, format) {
        Ok(found) => {
            let mut answer = found.wire();
            answer["properties"]["correlationId"] =
                json!(state.guid(&format!("correlation {} {}", wanted.id, wanted.at)));
            answer
        }
        Err(error) => json!({"status": "Failed", "error": error.wire()}),
    }
}
