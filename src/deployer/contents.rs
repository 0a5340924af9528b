use std::collections::BTreeSet;

use serde_json::Value;

use super::follow::read;
use crate::azure::{ArmClient, AzureError, GroupId, RESOURCES};
use crate::provision::Board;

/// Version of the list of a group's resources.
const RESOURCE_LIST: &str = "2021-04-01";

/// Deployments inside deployments: Azure's limit.
const DEEPEST: usize = 5;

/// Kinds that Azure adds by itself to Application Insights.
const AZURES_OWN: [&str; 2] = [
    "microsoft.alertsmanagement/smartdetectoralertrules",
    "microsoft.insights/actiongroups",
];

/// What is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Ids of top-level resources, in order.
    pub(crate) resources: Vec<String>,
    /// Those that the deployment of this name did not make.
    pub(crate) foreign: BTreeSet<String>,
}

/// Looks what is in a group; nothing when there is no such group.
///
/// # Errors
///
/// As all calls of [`ArmClient`].
pub(crate) async fn contents(
    client: &ArmClient,
    group: &GroupId,
    deployment: &str,
) -> Result<Option<Contents>, AzureError> {
    if client.find(&group.path(), RESOURCES).await?.is_none() {
        return Ok(None);
    }
    let resources = match resources(client, group).await {
        Err(error) if error.status() == Some(404) => return Ok(None),
        other => other?,
    };
    let made = made(client, group, deployment).await?;
    let foreign = |resource: &&Value| {
        let kind = resource["type"].as_str().unwrap_or_default().to_lowercase();
        let id = resource["id"].as_str().unwrap_or_default().to_lowercase();
        !AZURES_OWN.contains(&kind.as_str()) && !made.contains(&id)
    };
    let id = |resource: &Value| resource["id"].as_str().unwrap_or_default().to_owned();
    Ok(Some(Contents {
        foreign: resources.iter().filter(foreign).map(id).collect(),
        resources: resources.iter().map(id).collect(),
    }))
}

/// # Errors
///
/// As all calls of [`ArmClient`]; 404 when the group is gone.
pub(super) async fn resources(
    client: &ArmClient,
    group: &GroupId,
) -> Result<Vec<Value>, AzureError> {
    let path = format!("{}/resources", group.path());
    let mut found = client.list(&path, RESOURCE_LIST, &[]).await?;
    found.sort_by_key(|one| one["id"].as_str().unwrap_or_default().to_lowercase());
    Ok(found)
}

/// Ids of what a deployment of this name made, nested deployments included, in small letters. A
/// failed one tells too, as far as it came.
async fn made(
    client: &ArmClient,
    group: &GroupId,
    name: &str,
) -> Result<BTreeSet<String>, AzureError> {
    let mut board = Board::default();
    if client.deployment(group, name).await?.is_some() {
        read(client, (group, name), &mut board).await?;
        // Each round opens the deployments that the last one found; Azure allows five levels.
        for _ in 0..DEEPEST {
            if board.unread().is_empty() {
                break;
            }
            read(client, (group, name), &mut board).await?;
        }
    }
    let ids = board.rows().iter().map(|row| row.id.to_lowercase());
    Ok(ids.collect())
}
