use serde_json::Value;

use super::job::{DIGEST_TAG, Job};
use crate::azure::{ArmClient, AzureError, GroupId, RESOURCES};

/// How a deployment came to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// We began it.
    New,
    /// One of the same template and parameters was under way.
    Joined,
    /// One of another template or other parameters was under way.
    Other,
}

/// The deployment of this name as it stands, whoever began it.
///
/// # Errors
///
/// As all calls of [`ArmClient`].
pub(crate) async fn last(
    client: &ArmClient,
    group: &GroupId,
    name: &str,
) -> Result<Option<Value>, AzureError> {
    client.deployment(group, name).await
}

/// Is it under way, and is it ours?
pub(crate) fn active(deployment: &Value, job: &Job) -> Option<Begun> {
    if ended(deployment) {
        return None;
    }
    let digest = deployment["tags"][DIGEST_TAG].as_str();
    Some(if digest == Some(job.digest.as_str()) {
        Begun::Joined
    } else {
        Begun::Other
    })
}

impl Job {
    /// Has a deployment succeeded with this template and these parameters?
    pub(crate) fn is_done_by(&self, deployment: &Value) -> bool {
        let state = deployment["properties"]["provisioningState"].as_str();
        let digest = deployment["tags"][DIGEST_TAG].as_str();
        state == Some("Succeeded") && digest == Some(self.digest.as_str())
    }
}

/// Begins the deployment, or says that one is under way.
///
/// # Errors
///
/// What Azure says when it refuses, before it has changed anything.
pub(crate) async fn begin(client: &ArmClient, job: &Job) -> Result<Begun, AzureError> {
    let path = job.group.deployment(&job.name);
    let Err(error) = client.put(&path, RESOURCES, &job.body()).await else {
        return Ok(Begun::New);
    };
    // Also when the first of two attempts arrived and its answer did not; or when it failed at
    // once, and the report of that is the answer.
    let refusal = error.refusal();
    let under_way = refusal.is_some_and(|refusal| refusal.is("DeploymentActive"));
    let began = under_way || refusal.is_some_and(|refusal| refusal.status < 300);
    if !began {
        return Err(error);
    }
    match last(client, &job.group, &job.name).await? {
        Some(deployment) => Ok(active(&deployment, job).unwrap_or(Begun::New)),
        None => Err(error),
    }
}

pub(super) fn ended(deployment: &Value) -> bool {
    let state = deployment["properties"]["provisioningState"].as_str();
    let ends = ["Succeeded", "Failed", "Canceled"];
    state.is_some_and(|state| ends.iter().any(|end| end.eq_ignore_ascii_case(state)))
}
