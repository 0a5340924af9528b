//! Settings of Azure, out of flags, environment, `apimon.toml` and what `deploy` left.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::config::read_file;
use crate::cli::failure::Failure;
use crate::cli::terminal::variable;
use crate::files;
use crate::settings::{
    AZURE, AzureFlags, AzureGiven, AzureSettings, GATEWAY_URL_ENV, LOCAL, Origin, Setting,
    StateValue, resolve_azure,
};

/// Folder of what is kept for each target, in the working directory.
pub(super) const FOLDER: &str = ".apimon";

/// Where the state of a target is. Names of targets may hold what names of files may not.
pub(in crate::cli) fn path_of(target: &str) -> PathBuf {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let name: String = target
        .chars()
        .map(|letter| if plain(letter) { letter } else { '_' })
        .collect();
    Path::new(FOLDER).join(format!("{}.json", name.trim_start_matches('.')))
}

/// A value that `deploy` left for a target, and the file that holds it.
pub(in crate::cli) fn of_azure(target: &str, value: StateValue) -> Option<(String, String)> {
    let path = path_of(target);
    // A file that is broken is told by `deploy`, which writes it; here it is as if there was none.
    let state: Value = serde_json::from_str(&files::read_text(&path).ok()?).ok()?;
    let found = match value {
        StateValue::ManagementUrl => &state["managementUrl"],
        StateValue::Subscription => &state["subscriptionId"],
        StateValue::ResourceGroup => &state["resourceGroup"],
        StateValue::Output(name) => &state["outputs"][name],
    };
    let text = found.as_str().filter(|text| !text.is_empty())?;
    Some((text.to_owned(), path.display().to_string()))
}

/// The settings of this folder and environment.
///
/// # Errors
///
/// When `apimon.toml` is wrong, or the target is none of its names.
pub(in crate::cli) fn settings(
    target: Option<&str>,
    flags: &AzureFlags,
) -> Result<AzureSettings, Failure> {
    let file = read_file()?;
    let chosen = match target.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => Some(Setting {
            value: name.to_owned(),
            origin: Origin::Flag("--target"),
        }),
        None => file.target.as_ref().map(Setting::from),
    };
    let named = chosen
        .as_ref()
        .and_then(|target| file.targets.get(&target.value));
    if let Some(target) = &chosen
        && named.is_none()
        && ![LOCAL, AZURE].contains(&target.value.as_str())
    {
        let all = file
            .targets
            .keys()
            .map(String::as_str)
            .chain([LOCAL, AZURE]);
        let hint = crate::base::nearest_hint(&target.value, all);
        let failure = Failure::input(format!(
            "target: `{}` is no target of `apimon.toml`",
            target.value
        ));
        return Err(failure.hint(hint).hint(format!(
            "a URL, as in `{GATEWAY_URL_ENV}`, is a gateway and not a place in Azure"
        )));
    }
    Ok(resolve_azure(&AzureGiven {
        named,
        target: chosen,
        flags,
        variable: &variable,
        state: &of_azure,
    }))
}
