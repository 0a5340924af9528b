//! Soft-deleted API Management services and Azure AI accounts: their names stay taken until they
//! are purged or brought back.

use std::time::Duration;

use serde_json::Value;

use crate::azure::{ArmClient, AzureError, GroupId, segment};
use crate::provision::{Id, Wanted};

/// Versions of the calls.
pub(super) const API_MANAGEMENT: &str = "2024-05-01";
pub(super) const COGNITIVE: &str = "2024-10-01";
/// Purging takes minutes at most.
const PURGE_LIMIT: Duration = Duration::from_mins(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TwinKind {
    ApiManagement,
    Account,
}

/// Something soft-deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Twin {
    pub(crate) kind: TwinKind,
    pub(crate) name: String,
    pub(crate) location: String,
    /// The group that it was in.
    pub(crate) group: String,
    /// When Azure purges it by itself, as Azure writes it.
    pub(crate) purged_on: String,
}

impl Twin {
    /// ``API Management service `x` ``
    pub(crate) fn shown(&self) -> String {
        let kind = match self.kind {
            TwinKind::ApiManagement => "API Management service",
            TwinKind::Account => "Azure OpenAI account",
        };
        format!("{kind} `{}`", self.name)
    }
}

/// Soft-deleted twins of what a deployment would make.
///
/// # Errors
///
/// As all calls of [`ArmClient`].
pub(crate) async fn twins_of(
    client: &ArmClient,
    subscription: &str,
    wanted: &Wanted,
) -> Result<Vec<Twin>, AzureError> {
    let mut found = all(
        client,
        subscription,
        !wanted.services.is_empty(),
        !wanted.accounts.is_empty(),
    )
    .await?;
    found.retain(|twin| match twin.kind {
        TwinKind::ApiManagement => {
            let mut names = wanted.services.iter().map(|one| &one.name);
            names.any(|name| name.eq_ignore_ascii_case(&twin.name))
        }
        TwinKind::Account => wanted
            .accounts
            .iter()
            .any(|one| one.name.eq_ignore_ascii_case(&twin.name) && one.location == twin.location),
    });
    Ok(found)
}

/// What was deleted softly with a group.
///
/// # Errors
///
/// As all calls of [`ArmClient`].
pub(crate) async fn twins_of_group(
    client: &ArmClient,
    group: &GroupId,
) -> Result<Vec<Twin>, AzureError> {
    let mut found = all(client, &group.subscription, true, true).await?;
    found.retain(|twin| twin.group.eq_ignore_ascii_case(&group.name));
    Ok(found)
}

async fn all(
    client: &ArmClient,
    subscription: &str,
    services: bool,
    accounts: bool,
) -> Result<Vec<Twin>, AzureError> {
    let base = format!("/subscriptions/{}/providers", segment(subscription));
    let mut found = Vec::new();
    if services {
        let path = format!("{base}/Microsoft.ApiManagement/deletedservices");
        let list = client.list(&path, API_MANAGEMENT, &[]).await?;
        found.extend(list.iter().filter_map(service));
    }
    if accounts {
        let path = format!("{base}/Microsoft.CognitiveServices/deletedAccounts");
        let list = client.list(&path, COGNITIVE, &[]).await?;
        found.extend(list.iter().filter_map(account));
    }
    Ok(found)
}

fn place(value: &Value) -> String {
    let place = value["location"].as_str().unwrap_or_default();
    place.replace(' ', "").to_lowercase()
}

fn service(item: &Value) -> Option<Twin> {
    let service = item["properties"]["serviceId"].as_str()?;
    Some(Twin {
        kind: TwinKind::ApiManagement,
        name: item["name"].as_str()?.to_owned(),
        location: place(item),
        group: Id(service).group().unwrap_or_default().to_owned(),
        purged_on: item["properties"]["scheduledPurgeDate"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    })
}

fn account(item: &Value) -> Option<Twin> {
    let id = item["id"].as_str()?;
    Some(Twin {
        kind: TwinKind::Account,
        name: item["name"].as_str()?.to_owned(),
        location: place(item),
        group: Id(id).group()?.to_owned(),
        purged_on: item["properties"]["scheduledPurgeDate"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    })
}

/// Deletes it for good, and waits until its name is free.
///
/// # Errors
///
/// As all calls of [`ArmClient`]. What is gone already is no error.
pub(crate) async fn purge(
    client: &ArmClient,
    subscription: &str,
    twin: &Twin,
) -> Result<(), AzureError> {
    let base = format!("/subscriptions/{}/providers", segment(subscription));
    let (place, name) = (segment(&twin.location), segment(&twin.name));
    let (path, version) = match twin.kind {
        TwinKind::ApiManagement => (
            format!("{base}/Microsoft.ApiManagement/locations/{place}/deletedservices/{name}"),
            API_MANAGEMENT,
        ),
        TwinKind::Account => (
            format!(
                "{base}/Microsoft.CognitiveServices/locations/{place}/resourceGroups/{}/deletedAccounts/{name}",
                segment(&twin.group)
            ),
            COGNITIVE,
        ),
    };
    let running = client.delete(&path, version, &[]).await?;
    running.ended(client, PURGE_LIMIT).await?;
    Ok(())
}
