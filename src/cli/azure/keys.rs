//! Keys that nobody keeps: they are asked for when they are needed.

use super::arguments::CloudArguments;
use super::connection::{block_on, connect};
use super::refused::refused;
use super::service::service;
use crate::azure::Apim;
use crate::base::{Secret, nearest_hint};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// The primary keys of subscriptions of a target's API Management service, by their ids.
///
/// # Errors
///
/// When nothing signs in, the service is not there, or has no such subscription.
pub(in crate::cli) fn keys(
    terminal: &Terminal,
    target: &str,
    ids: &[&str],
) -> Result<Vec<Secret>, Failure> {
    block_on(async {
        let connection = connect(terminal, &CloudArguments::of(target)).await?;
        let service = service(&connection, None).await?;
        let apim =
            Apim::new(&connection.client, &connection.group, &service.name).map_err(refused)?;
        let known = apim.subscriptions().await.map_err(refused)?;
        let mut keys = Vec::new();
        for id in ids {
            let found = known.iter().find(|one| one.id.eq_ignore_ascii_case(id));
            let found = found.ok_or_else(|| {
                let names = known.iter().map(|one| one.id.as_str());
                Failure::input(format!(
                    "API Management `{}` has no subscription `{id}`",
                    service.name
                ))
                .hint(nearest_hint(id, names))
            })?;
            keys.push(apim.key(&found.id).await.map_err(refused)?);
        }
        terminal.detail(&format!(
            "{} keys asked for from API Management `{}`",
            keys.len(),
            service.name
        ));
        Ok(keys)
    })
}
