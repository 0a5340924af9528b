use std::time::Duration;

use serde_json::{Value, json};

use super::client::segment;
use super::{ArmClient, LongRunning};
use crate::azure::AzureError;

/// Version of resource groups and ARM deployments.
pub(crate) const RESOURCES: &str = "2024-11-01";
/// Validation and what-if look at every resource of a template.
const LOOK_LIMIT: Duration = Duration::from_mins(15);

/// A resource group, there or to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupId {
    pub(crate) subscription: String,
    pub(crate) name: String,
}

impl GroupId {
    pub(crate) fn path(&self) -> String {
        format!(
            "/subscriptions/{}/resourcegroups/{}",
            segment(&self.subscription),
            segment(&self.name)
        )
    }

    /// Path of an ARM deployment into the group.
    pub(crate) fn deployment(&self, name: &str) -> String {
        format!(
            "{}/providers/Microsoft.Resources/deployments/{}",
            self.path(),
            segment(name)
        )
    }
}

/// Resource groups and ARM deployments into them. Bodies are the `properties` of a deployment:
/// `mode`, `template`, `parameters`.
impl ArmClient {
    /// # Errors
    ///
    /// As all calls of [`ArmClient`].
    pub(crate) async fn group_exists(&self, group: &GroupId) -> Result<bool, AzureError> {
        self.exists(&group.path(), RESOURCES).await
    }

    /// Makes a group, or sets the tags of one that is there.
    ///
    /// # Errors
    ///
    /// As all calls of [`ArmClient`].
    pub(crate) async fn put_group(
        &self,
        group: &GroupId,
        location: &str,
        tags: &Value,
    ) -> Result<Value, AzureError> {
        let body = json!({ "location": location, "tags": tags });
        let running = self.put(&group.path(), RESOURCES, &body).await?;
        running.ended(self, LOOK_LIMIT).await
    }

    /// Deletes a group with everything in it.
    ///
    /// # Errors
    ///
    /// As all calls of [`ArmClient`].
    pub(crate) async fn delete_group(&self, group: &GroupId) -> Result<LongRunning, AzureError> {
        self.delete(&group.path(), RESOURCES, &[]).await
    }

    /// Azure's own check of a template, without deploying it.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a refusal.
    pub(crate) async fn validate(
        &self,
        group: &GroupId,
        name: &str,
        properties: &Value,
    ) -> Result<Value, AzureError> {
        let path = format!("{}/validate", group.deployment(name));
        let running = self
            .ask(&path, RESOURCES, Some(&json!({ "properties": properties })))
            .await?;
        running.ended(self, LOOK_LIMIT).await
    }

    /// What a deployment would change: `properties.changes`.
    ///
    /// # Errors
    ///
    /// As all calls of [`ArmClient`].
    pub(crate) async fn what_if(
        &self,
        group: &GroupId,
        name: &str,
        properties: &Value,
    ) -> Result<Value, AzureError> {
        let path = format!("{}/whatIf", group.deployment(name));
        let running = self
            .ask(&path, RESOURCES, Some(&json!({ "properties": properties })))
            .await?;
        running.ended(self, LOOK_LIMIT).await
    }

    /// Begins a deployment; its end is the deployment with its outputs.
    ///
    /// # Errors
    ///
    /// As all calls of [`ArmClient`]. `DeploymentActive` also comes when the first of two attempts
    /// arrived and its answer did not: see [`ArmClient::join_deployment`].
    pub(crate) async fn create_deployment(
        &self,
        group: &GroupId,
        name: &str,
        properties: &Value,
    ) -> Result<LongRunning, AzureError> {
        let body = json!({ "properties": properties });
        self.put(&group.deployment(name), RESOURCES, &body).await
    }

    /// Follows a deployment that is under way.
    ///
    /// # Errors
    ///
    /// When the name makes no URL.
    pub(crate) fn join_deployment(
        &self,
        group: &GroupId,
        name: &str,
    ) -> Result<LongRunning, AzureError> {
        Ok(LongRunning::joined(self.url(
            &group.deployment(name),
            RESOURCES,
            &[],
        )?))
    }

    /// # Errors
    ///
    /// As all calls of [`ArmClient`].
    pub(crate) async fn deployment(
        &self,
        group: &GroupId,
        name: &str,
    ) -> Result<Option<Value>, AzureError> {
        self.find(&group.deployment(name), RESOURCES).await
    }

    /// What a deployment did so far, resource by resource.
    ///
    /// # Errors
    ///
    /// As all calls of [`ArmClient`].
    pub(crate) async fn deployment_operations(
        &self,
        group: &GroupId,
        name: &str,
    ) -> Result<Vec<Value>, AzureError> {
        let path = format!("{}/operations", group.deployment(name));
        self.list(&path, RESOURCES, &[]).await
    }

    /// Asks a deployment to stop; false when it has ended already.
    ///
    /// # Errors
    ///
    /// As all calls of [`ArmClient`].
    pub(crate) async fn cancel_deployment(
        &self,
        group: &GroupId,
        name: &str,
    ) -> Result<bool, AzureError> {
        let path = format!("{}/cancel", group.deployment(name));
        match self.ask(&path, RESOURCES, None).await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(409) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
