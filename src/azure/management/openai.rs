use std::sync::Arc;

use azure_core_021::{RetryOptions, TransportOptions};
use azure_mgmt_cognitiveservices::package_2024_10::{Client, ClientBuilder};
use serde_json::json;

use super::pages::pages;
use crate::azure::adapt::{ManagementPipe, NoCredential, error_of};
use crate::azure::{ArmClient, AzureError};

/// Azure OpenAI of a subscription: what a region offers, and how much of it.
#[derive(Clone)]
pub(crate) struct OpenAi {
    client: Client,
    subscription: String,
}

/// A quota, such as `OpenAI.GlobalStandard.gpt-4o-mini`, in thousands of tokens per minute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quota {
    pub(crate) name: String,
    pub(crate) used: f64,
    pub(crate) limit: f64,
}

/// A model in one of the ways in which it can be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelOffer {
    pub(crate) model: String,
    pub(crate) version: String,
    /// Such as `GlobalStandard`.
    pub(crate) sku: String,
    /// Name of the quota that it takes from.
    pub(crate) quota: String,
    /// When Azure retires it, as Azure writes the date.
    pub(crate) retires: Option<String>,
    /// Such as `GenerallyAvailable`.
    pub(crate) stage: String,
}

impl OpenAi {
    /// # Errors
    ///
    /// When the crate cannot be set up.
    pub(crate) fn new(arm: &ArmClient, subscription: &str) -> Result<OpenAi, AzureError> {
        let session = arm.session();
        let cloud = session.cloud();
        let pipe = ManagementPipe::new(Arc::clone(session));
        let client = ClientBuilder::new(Arc::new(NoCredential))
            .endpoint(cloud.arm.clone())
            .scopes(&[&cloud.arm_scope])
            .retry(RetryOptions::none())
            .transport(TransportOptions::new(Arc::new(pipe)))
            .build()
            .map_err(|error| error_of("set up Azure OpenAI", error))?;
        Ok(OpenAi {
            client,
            subscription: subscription.to_owned(),
        })
    }

    /// What is used of each quota in a region.
    ///
    /// # Errors
    ///
    /// As all calls: when Azure refuses, is silent, or makes no sense.
    pub(crate) async fn quotas(&self, region: &str) -> Result<Vec<Quota>, AzureError> {
        let stream = self
            .client
            .usages_client()
            .list(&self.subscription, region)
            .into_stream();
        let pages = pages("list quotas of Azure OpenAI", stream).await?;
        let quotas = pages
            .into_iter()
            .flat_map(|page| page.value)
            .map(|usage| Quota {
                name: usage.name.and_then(|name| name.value).unwrap_or_default(),
                used: usage.current_value.unwrap_or(0.0),
                limit: usage.limit.unwrap_or(0.0),
            });
        Ok(quotas.collect())
    }

    /// Every model that a region offers, a line for each way to deploy it.
    ///
    /// # Errors
    ///
    /// As [`OpenAi::quotas`].
    pub(crate) async fn models(&self, region: &str) -> Result<Vec<ModelOffer>, AzureError> {
        let stream = self
            .client
            .models_client()
            .list(&self.subscription, region)
            .into_stream();
        let pages = pages("list models of Azure OpenAI", stream).await?;
        let mut offers = Vec::new();
        for model in pages
            .into_iter()
            .flat_map(|page| page.value)
            .filter_map(|model| model.model)
        {
            let stage = json!(model.lifecycle_status)
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let retires = model
                .deprecation
                .and_then(|deprecation| deprecation.inference);
            for sku in model.skus {
                let own = sku.deprecation_date.map(|date| date.date().to_string());
                offers.push(ModelOffer {
                    model: model.deployment_model.name.clone().unwrap_or_default(),
                    version: model.deployment_model.version.clone().unwrap_or_default(),
                    sku: sku.name.unwrap_or_default(),
                    quota: sku.usage_name.unwrap_or_default(),
                    retires: own.or_else(|| retires.clone()),
                    stage: stage.clone(),
                });
            }
        }
        Ok(offers)
    }
}

impl std::fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenAi of {}", self.subscription)
    }
}
