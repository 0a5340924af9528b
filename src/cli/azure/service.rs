use super::connection::Connection;
use super::refused::refused;
use crate::azure::{Apim, ServiceInfo};
use crate::base::nearest_hint;
use crate::cli::failure::Failure;

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
