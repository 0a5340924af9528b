//! Where the data of a resource group is.

use serde_json::Value;

use crate::azure::{AzureError, GroupId, segment};
use crate::cli::azure::{Connection, refused};
use crate::cli::failure::Failure;
use crate::usage::Places;

const RESOURCES: &str = "2021-04-01";
const WORKSPACE: &str = "2022-10-01";

/// What was found, and sentences about what was not.
pub(super) struct Found {
    pub(super) places: Places,
    /// Name of the API Management service.
    pub(super) name: String,
    pub(super) absent: Vec<String>,
}

/// Looks through the resource group.
///
/// # Errors
///
/// When it cannot be read, or holds no API Management service, or several.
pub(super) async fn find(
    connection: &Connection,
    apim_name: Option<&str>,
    namespace: &str,
) -> Result<Found, Failure> {
    let group = &connection.group;
    let resources = resources(connection, group).await.map_err(refused)?;
    let named = apim_name.map(str::to_owned);
    let settings = connection.settings.apim_name.as_ref();
    let named = named.or_else(|| settings.map(|name| name.value.clone()));
    let (service, name) = service(&resources, named.as_deref(), group)?;
    let mut absent = Vec::new();
    let mut one = |kind: &str, what: &str| {
        let found = of_kind(&resources, kind);
        match &found[..] {
            [] => {
                absent.push(format!("{what}: the resource group holds none"));
                None
            }
            [(id, _), rest @ ..] => {
                if !rest.is_empty() {
                    absent.push(format!(
                        "{what}: the resource group holds several, this is of the first one"
                    ));
                }
                Some((*id).to_owned())
            }
        }
    };
    let account = one("Microsoft.CognitiveServices/accounts", "Azure OpenAI");
    let component = one("Microsoft.Insights/components", "Application Insights");
    let workspace = one("Microsoft.OperationalInsights/workspaces", "Log Analytics");
    let workspace = match workspace {
        Some(id) => match connection.client.get(&id, WORKSPACE).await {
            Ok(body) => body["properties"]["customerId"].as_str().map(str::to_owned),
            Err(error) => {
                absent.push(format!("Log Analytics: {error}"));
                None
            }
        },
        None => None,
    };
    Ok(Found {
        places: Places {
            service: Some(service),
            account,
            component,
            workspace,
            namespace: namespace.to_owned(),
        },
        name,
        absent,
    })
}

async fn resources(connection: &Connection, group: &GroupId) -> Result<Vec<Value>, AzureError> {
    let path = format!(
        "/subscriptions/{}/resourceGroups/{}/resources",
        segment(&group.subscription),
        segment(&group.name)
    );
    connection.client.list(&path, RESOURCES, &[]).await
}

fn of_kind<'r>(resources: &'r [Value], kind: &str) -> Vec<(&'r str, &'r str)> {
    let of_kind = resources.iter().filter(|resource| {
        let known = resource["type"].as_str();
        known.is_some_and(|known| known.eq_ignore_ascii_case(kind))
    });
    of_kind
        .filter_map(|resource| Some((resource["id"].as_str()?, resource["name"].as_str()?)))
        .collect()
}

fn service(
    resources: &[Value],
    named: Option<&str>,
    group: &GroupId,
) -> Result<(String, String), Failure> {
    let services = of_kind(resources, "Microsoft.ApiManagement/service");
    let fitting: Vec<&(&str, &str)> = services
        .iter()
        .filter(|(_, name)| named.is_none_or(|named| name.eq_ignore_ascii_case(named)))
        .collect();
    match &fitting[..] {
        [(id, name)] => Ok(((*id).to_owned(), (*name).to_owned())),
        [] => {
            let failure = match named {
                Some(named) => format!(
                    "resource group `{}` has no API Management service `{named}`",
                    group.name
                ),
                None => format!(
                    "resource group `{}` has no API Management service",
                    group.name
                ),
            };
            Err(Failure::input(failure).hint("`--resource-group` names another one"))
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(_, name)| format!("`{name}`"))
                .collect();
            let failure = format!(
                "resource group `{}` has several API Management services",
                group.name
            );
            Err(Failure::input(failure).hint(format!("give `--apim-name`: {}", names.join(", "))))
        }
    }
}
