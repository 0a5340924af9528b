//! Which service, and which policy of it.

use super::arguments::ApplyPolicyArguments;
use crate::azure::{Apim, PolicyPlace, ServiceInfo};
use crate::base::nearest_hint;
use crate::cli::azure::{Connection, of_azure, refused};
use crate::cli::failure::Failure;
use crate::settings::StateValue;

/// The service that is named, or the only one of the group.
pub(in crate::cli) async fn service(
    connection: &Connection,
    flag: Option<&str>,
) -> Result<ServiceInfo, Failure> {
    let services = Apim::services(&connection.client, &connection.group)
        .await
        .map_err(refused)?;
    let group = &connection.group.name;
    let setting = connection
        .settings
        .apim_name
        .as_ref()
        .map(|setting| setting.value.as_str());
    let names = services.iter().map(|service| service.name.as_str());
    if let Some(name) = flag.or(setting) {
        let found = services
            .iter()
            .find(|service| service.name.eq_ignore_ascii_case(name));
        return found.cloned().ok_or_else(|| {
            Failure::input(format!(
                "resource group `{group}` has no API Management service `{name}`"
            ))
            .hint(nearest_hint(name, names))
        });
    }
    match services.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::input(format!(
            "resource group `{group}` has no API Management service"
        ))
        .hint("`apimon deploy` makes one; another group is named by `--resource-group`")),
        _ => Err(Failure::input(format!(
            "resource group `{group}` has several API Management services"
        ))
        .hint(format!(
            "name one of them with `--apim-name`: {}",
            names.collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// The scope that is asked for, or the API that `deploy` made, or the only one.
pub(super) async fn place(
    connection: &Connection,
    apim: &Apim,
    arguments: &ApplyPolicyArguments,
) -> Result<PolicyPlace, Failure> {
    if let Some(text) = &arguments.scope {
        return parsed(text);
    }
    if let Some((api, _)) = of_azure(&connection.target, StateValue::Output("apiName")) {
        return Ok(PolicyPlace::Api(api));
    }
    let apis = apim.apis().await.map_err(refused)?;
    match apis.as_slice() {
        [(one, _)] => Ok(PolicyPlace::Api(one.clone())),
        [] => Err(Failure::input("the service has no API")
            .hint("`--scope global` is for the whole service")),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(id, _)| format!("`api:{id}`"))
                .collect();
            Err(Failure::input("the service has several APIs")
                .hint(format!("say which with `--scope`: {}", names.join(", "))))
        }
    }
}

/// Checked before anything is asked.
pub(super) fn parsed(text: &str) -> Result<PolicyPlace, Failure> {
    let fragment = |place: &PolicyPlace| matches!(place, PolicyPlace::Fragment(_));
    PolicyPlace::parse(text)
        .filter(|place| !fragment(place))
        .ok_or_else(|| {
            Failure::input(format!("`--scope {text}` is no scope"))
                .hint("write `global`, `product:ID`, `api:ID` or `operation:API/ID`")
                .hint("fragments are set from a folder, with `--fragments`")
        })
}
