//! Named values and fragments. Their writing is a long-running operation, which the crate gets
//! wrong, so it goes through [`ArmClient`](crate::azure::ArmClient).

use std::time::Duration;

use serde_json::json;

use super::Apim;
use super::apim::VERSION;
use super::pages::pages;
use crate::azure::adapt::error_of;
use crate::azure::{AzureError, segment};
use crate::base::Secret;

/// Such operations take seconds.
const LIMIT: Duration = Duration::from_mins(5);

/// A named value of a service. A policy names it by its display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedValue {
    pub(crate) id: String,
    pub(crate) display_name: String,
    pub(crate) is_secret: bool,
    /// Absent for a secret, which lists do not tell.
    pub(crate) value: Option<Secret>,
}

impl Apim {
    /// # Errors
    ///
    /// As all calls.
    pub(crate) async fn named_values(&self) -> Result<Vec<NamedValue>, AzureError> {
        let (group, service, subscription) = self.names();
        let stream = self
            .client
            .named_value_client()
            .list_by_service(group, service, subscription)
            .into_stream();
        let pages = pages("list named values", stream).await?;
        let values = pages.into_iter().flat_map(|page| page.value).map(|value| {
            let id = value.proxy_resource.resource.name.unwrap_or_default();
            let Some(properties) = value.properties else {
                return NamedValue {
                    display_name: id.clone(),
                    id,
                    is_secret: false,
                    value: None,
                };
            };
            NamedValue {
                id,
                is_secret: properties
                    .named_value_entity_base_parameters
                    .secret
                    .unwrap_or(false),
                display_name: properties.display_name,
                value: properties.value.map(Secret::new),
            }
        });
        Ok(values.collect())
    }

    /// The value of a named value that is a secret.
    ///
    /// # Errors
    ///
    /// As all calls.
    pub(crate) async fn secret_value(&self, id: &str) -> Result<Secret, AzureError> {
        let (group, service, subscription) = self.names();
        let operation = format!("read named value `{id}`");
        let request = self
            .client
            .named_value_client()
            .list_value(group, service, id, subscription);
        let answer = request
            .send()
            .await
            .map_err(|error| error_of(&operation, error))?;
        let value = answer
            .into_body()
            .await
            .map_err(|error| error_of(&operation, error))?;
        let value = value.value.map(Secret::new);
        value.ok_or_else(|| AzureError::Answer {
            operation,
            problem: "it holds no value".to_owned(),
        })
    }

    /// Makes a named value, or gives it another value.
    ///
    /// # Errors
    ///
    /// As all calls.
    pub(crate) async fn put_named_value(
        &self,
        id: &str,
        display_name: &str,
        value: &Secret,
        is_secret: bool,
    ) -> Result<(), AzureError> {
        let path = format!("{}/namedValues/{}", self.path(), segment(id));
        let body = json!({
            "properties": { "displayName": display_name, "value": value.reveal(), "secret": is_secret },
        });
        let running = self.arm.put(&path, VERSION, &body).await?;
        running.ended(&self.arm, LIMIT).await?;
        Ok(())
    }

    /// As [`Apim::put_policy`] for a fragment.
    pub(super) async fn put_fragment(
        &self,
        id: &str,
        text: &str,
        etag: Option<&str>,
    ) -> Result<String, AzureError> {
        let path = format!("{}/policyFragments/{}", self.path(), segment(id));
        let body = json!({ "properties": { "value": text, "format": "rawxml" } });
        let running = self.arm.put_if(&path, VERSION, &body, etag).await?;
        running.ended(&self.arm, LIMIT).await?;
        let place = super::PolicyPlace::Fragment(id.to_owned());
        Ok(self
            .policy(&place)
            .await?
            .map(|live| live.etag)
            .unwrap_or_default())
    }
}
