//! What a deployment would make, as far as it has to be asked about beforehand.

use std::collections::BTreeSet;

use serde_json::Value;

use super::id::Id;
use super::trouble::text;
use crate::arm::Planned;

/// Everything that the pre-flight asks about.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) services: Vec<Service>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) models: Vec<ModelDeployment>,
    /// Resource providers, `Microsoft.ApiManagement` and the like.
    pub(crate) namespaces: BTreeSet<String>,
    /// Kinds of resources, for the permissions to write them.
    pub(crate) kinds: BTreeSet<String>,
}

/// An API Management service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) sku: String,
    /// A soft-deleted twin is to be brought back.
    pub(crate) restore: bool,
}

/// An Azure AI account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) kind: String,
    /// The part of its host name that is unique in all of Azure.
    pub(crate) subdomain: Option<String>,
    pub(crate) restore: bool,
}

/// A model deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelDeployment {
    pub(crate) account: String,
    pub(crate) name: String,
    /// Of its account, when that is in the template.
    pub(crate) location: Option<String>,
    pub(crate) format: String,
    pub(crate) model: String,
    pub(crate) version: Option<String>,
    pub(crate) sku: String,
    /// Thousands of tokens per minute.
    pub(crate) capacity: u64,
}

/// Looks for what matters in what a deployment would write.
pub(crate) fn wanted(planned: &[Planned]) -> Wanted {
    let mut wanted = Wanted::default();
    for one in planned {
        let (space, _) = one.resource_type.split_once('/').unwrap_or_default();
        wanted.namespaces.insert(space.to_owned());
        wanted.kinds.insert(one.resource_type.clone());
        // Of some, only the kind is known beforehand.
        if one.open.is_some() {
            continue;
        }
        let body = one.shown();
        let location = text(&body, "location").replace(' ', "").to_lowercase();
        let restore = body.pointer("/properties/restore") == Some(&Value::Bool(true));
        let id = Id(&one.id);
        if id.is("Microsoft.ApiManagement/service") {
            wanted.services.push(Service {
                name: id.name(),
                location,
                sku: body["sku"]["name"].as_str().unwrap_or_default().to_owned(),
                restore,
            });
        } else if id.is("Microsoft.CognitiveServices/accounts") {
            let subdomain = body["properties"]["customSubDomainName"].as_str();
            wanted.accounts.push(Account {
                name: id.name(),
                location,
                kind: text(&body, "kind").to_owned(),
                subdomain: subdomain.map(str::to_owned),
                restore,
            });
        } else if id.is("Microsoft.CognitiveServices/accounts/deployments") {
            wanted.models.extend(model(id, &body));
        }
    }
    for model in &mut wanted.models {
        let account = wanted
            .accounts
            .iter()
            .find(|account| account.name.eq_ignore_ascii_case(&model.account));
        model.location = account.map(|account| account.location.clone());
    }
    wanted
}

fn model(id: Id<'_>, body: &Value) -> Option<ModelDeployment> {
    let name = id.name();
    let (account, name) = name.split_once('/')?;
    let of = |pointer: &str| {
        let text = body.pointer(pointer).and_then(Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Some(ModelDeployment {
        account: account.to_owned(),
        name: name.to_owned(),
        location: None,
        format: of("/properties/model/format").unwrap_or_default(),
        model: of("/properties/model/name")?,
        version: of("/properties/model/version"),
        sku: of("/sku/name")?,
        capacity: body.pointer("/sku/capacity").and_then(Value::as_u64)?,
    })
}
