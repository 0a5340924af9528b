//! Which policy of a service.

use super::arguments::ApplyPolicyArguments;
use crate::azure::{Apim, PolicyPlace};
use crate::cli::azure::{Connection, of_azure, refused};
use crate::cli::failure::Failure;
use crate::settings::StateValue;

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
    let offered = apim.apis().await.map_err(refused)?;
    match offered.as_slice() {
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
