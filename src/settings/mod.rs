//! Which gateway a command talks to, and where each value came from.
//!
//! Flags beat the environment, the environment beats `apimon.toml`, and that beats the default.
//! Pure: the file's text and the environment's values are handed in, and a key is only ever named
//! by the variable that holds it.

mod file;
mod resolve;
#[cfg(test)]
mod tests;

pub(crate) use file::{SettingsFile, parse};
pub(crate) use resolve::{Given, Origin, Setting, Settings, SettingsError, resolve};

/// Name of the settings file, in the working directory.
pub(crate) const FILE_NAME: &str = "apimon.toml";
/// Environment variable of the gateway's URL.
pub(crate) const GATEWAY_URL_ENV: &str = "APIM_GATEWAY_URL";
/// Environment variable that holds the key unless the target names another.
pub(crate) const KEY_ENV: &str = "APIM_API_KEY";
/// Target that needs no settings: a gateway in this process.
pub(crate) const LOCAL: &str = "local";
