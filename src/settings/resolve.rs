//! One value out of several places, and which place it was.

use std::fmt;

use super::file::{NamedTarget, Placed};
use super::{AZURE, FILE_NAME, GATEWAY_URL_ENV, KEY_ENV, LOCAL, SettingsFile};
use crate::base::nearest_hint;

/// What the places hold; an empty text counts as absent.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    /// `--target`
    pub(crate) flag: Option<&'a str>,
    /// `APIM_GATEWAY_URL`
    pub(crate) gateway_url: Option<&'a str>,
    pub(crate) file: &'a SettingsFile,
}

/// A value and the place that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) value: String,
    pub(crate) origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The flag as it is typed.
    Flag(&'static str),
    Environment(&'static str),
    /// Line of `apimon.toml`, counted from 1.
    File(usize),
    /// File that `deploy` left.
    State(String),
    Default,
}

/// Where commands go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `local`, a name of `apimon.toml`, or a URL.
    pub(crate) target: Setting,
    /// Absent for `local`, whose port is not known before it runs, and for what `deploy` makes.
    pub(crate) gateway_url: Option<Setting>,
    /// Name of the environment variable that holds the key.
    pub(crate) key_env: Setting,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SettingsError {
    /// Neither `local`, nor a name in `apimon.toml`, nor a URL.
    #[error("`{name}` is not an http or https URL, and no target of `apimon.toml`")]
    UnknownTarget { name: String, hint: String },
}

/// Chooses the target, then its values.
///
/// The environment's URL is a target of its own, so it never mixes with the key of a named one.
///
/// # Errors
///
/// When the target is a name that nobody defined.
pub(crate) fn resolve(given: &Given<'_>) -> Result<Settings, SettingsError> {
    let target = chosen(given);
    let default_key = Setting {
        value: KEY_ENV.to_owned(),
        origin: Origin::Default,
    };
    if target.value == LOCAL || target.value == AZURE {
        return Ok(Settings {
            target,
            gateway_url: None,
            key_env: default_key,
        });
    }
    if let Some(named) = given.file.targets.get(&target.value) {
        return Ok(of_name(target, named, default_key));
    }
    if target.value.contains("://") {
        return Ok(Settings {
            gateway_url: Some(target.clone()),
            target,
            key_env: default_key,
        });
    }
    let names = given.file.targets.keys().map(String::as_str).chain([LOCAL]);
    Err(SettingsError::UnknownTarget {
        hint: nearest_hint(&target.value, names),
        name: target.value,
    })
}

fn chosen(given: &Given<'_>) -> Setting {
    let set = |text: Option<&str>| {
        text.map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    if let Some(value) = set(given.flag) {
        let origin = Origin::Flag("--target");
        return Setting { value, origin };
    }
    if let Some(value) = set(given.gateway_url) {
        let origin = Origin::Environment(GATEWAY_URL_ENV);
        return Setting { value, origin };
    }
    match &given.file.target {
        Some(placed) => Setting::from(placed),
        None => Setting {
            value: LOCAL.to_owned(),
            origin: Origin::Default,
        },
    }
}

fn of_name(target: Setting, named: &NamedTarget, default_key: Setting) -> Settings {
    Settings {
        target,
        gateway_url: named.gateway_url.as_ref().map(Setting::from),
        key_env: named.key_env.as_ref().map_or(default_key, Setting::from),
    }
}

impl From<&Placed> for Setting {
    fn from(placed: &Placed) -> Setting {
        Setting {
            value: placed.value.clone(),
            origin: Origin::File(placed.line),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => f.write_str(name),
            Origin::Environment(name) => write!(f, "environment variable {name}"),
            Origin::File(line) => write!(f, "{FILE_NAME}:{line}"),
            Origin::State(file) => f.write_str(file),
            Origin::Default => f.write_str("default"),
        }
    }
}
