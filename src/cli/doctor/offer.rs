//! What a region offers of the model, and how much of it is left.

use std::collections::BTreeMap;

use super::ask::unanswered;
use super::run::DoctorArguments;
use crate::azure::{ModelOffer, OpenAi};
use crate::cli::azure::Connection;
use crate::provision::{Check, Model, ModelDeployment, Quota, check_model, check_quota};

const COGNITIVE: &str = "2024-10-01";

pub(super) async fn offer(
    connection: &Connection,
    arguments: &DoctorArguments,
    location: &str,
) -> Vec<Check> {
    let client = &connection.client;
    let openai = match OpenAi::new(client, &connection.group.subscription) {
        Ok(openai) => openai,
        Err(error) => return vec![unanswered("model", &error)],
    };
    let wanted = ModelDeployment {
        location: Some(location.to_owned()),
        model: arguments.model.clone(),
        version: None,
        sku: arguments.model_sku.clone(),
        capacity: arguments.model_capacity,
        account: String::new(),
        name: arguments.model.clone(),
        format: "OpenAI".to_owned(),
    };
    let today = client
        .session()
        .transport()
        .pace()
        .timestamp()
        .strftime("%Y-%m-%d")
        .to_string();
    let model = match openai.models(location).await {
        Ok(offers) => check_model(&wanted, &models(offers, &wanted), &today),
        Err(error) => unanswered("model", &error),
    };
    let quota = match openai.quotas(location).await {
        Ok(quotas) => {
            let quotas: Vec<Quota> = quotas
                .into_iter()
                .map(|quota| Quota {
                    name: quota.name,
                    used: quota.used,
                    limit: quota.limit,
                })
                .collect();
            check_quota(&wanted, own(connection, &wanted).await, &quotas)
        }
        Err(error) => unanswered("quota", &error),
    };
    vec![model, quota]
}

/// Versions of the model that can be deployed as wanted first, and of those the one that stays
/// longest.
fn models(offers: Vec<ModelOffer>, wanted: &ModelDeployment) -> Vec<Model> {
    let mut by_version: BTreeMap<(String, String), Model> = BTreeMap::new();
    for offer in offers {
        let key = (offer.model.clone(), offer.version.clone());
        let model = by_version.entry(key).or_insert_with(|| Model {
            name: offer.model,
            version: offer.version,
            skus: Vec::new(),
            retires: None,
        });
        if offer.sku.eq_ignore_ascii_case(&wanted.sku) || model.retires.is_none() {
            model.retires = offer.retires;
        }
        model.skus.push(offer.sku);
    }
    let mut models: Vec<Model> = by_version.into_values().collect();
    models.sort_by_key(|model| {
        let fits = model
            .skus
            .iter()
            .any(|sku| sku.eq_ignore_ascii_case(&wanted.sku));
        (!fits, std::cmp::Reverse(model.retires.clone()))
    });
    models
}

/// What the resource group has deployed of it already.
async fn own(connection: &Connection, wanted: &ModelDeployment) -> u64 {
    let client = &connection.client;
    let path = format!(
        "{}/providers/Microsoft.CognitiveServices/accounts",
        connection.group.path()
    );
    let accounts = client.list(&path, COGNITIVE, &[]).await.unwrap_or_default();
    let mut own = 0;
    for account in &accounts {
        let Some(id) = account["id"].as_str() else {
            continue;
        };
        let deployments = client
            .list(&format!("{id}/deployments"), COGNITIVE, &[])
            .await
            .unwrap_or_default();
        for deployment in deployments {
            let is = |value: &serde_json::Value, name: &str| {
                value
                    .as_str()
                    .is_some_and(|text| text.eq_ignore_ascii_case(name))
            };
            if is(&deployment["properties"]["model"]["name"], &wanted.model)
                && is(&deployment["sku"]["name"], &wanted.sku)
            {
                own += deployment["sku"]["capacity"].as_u64().unwrap_or(0);
            }
        }
    }
    own
}
