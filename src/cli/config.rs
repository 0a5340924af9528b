//! `apimon config`, and the settings that other commands read.

use std::path::Path;

use serde_json::json;

use super::Outcome;
use super::args::{ConfigArguments, Format};
use super::azure;
use super::failure::{Failure, Verdict};
use super::terminal::{Terminal, variable};
use crate::base::Secret;
use crate::files::{self, FileError};
use crate::http::Endpoint;
use crate::settings::{
    self, AzureFlags, FILE_NAME, GATEWAY_URL_ENV, Given, LOCAL, Origin, Setting, Settings,
    SettingsError, SettingsFile, StateValue,
};

pub(super) fn run(terminal: &Terminal, arguments: &ConfigArguments) -> Outcome {
    let settings = read(arguments.target.as_deref())?;
    let rows = rows(&settings);
    let azure = azure_rows(arguments.target.as_deref())?;
    match arguments.format {
        Format::Text => {
            terminal.data(&text(&rows));
            if !azure.is_empty() {
                terminal.data(&format!("\n{}", text(&azure)));
            }
        }
        Format::Json => {
            let values = rows
                .iter()
                .chain(&azure)
                .map(|row| json!({ "name": row.name, "value": row.value, "source": row.source }));
            let values: Vec<_> = values.collect();
            terminal.data(&serde_json::to_string_pretty(&values).map_err(Failure::bug)?);
        }
    }
    Ok(Verdict::Done)
}

/// The settings of this folder and environment. URLs come back without what follows their path,
/// where people put keys.
pub(super) fn read(flag: Option<&str>) -> Result<Settings, Failure> {
    let file = read_file()?;
    let environment = variable(GATEWAY_URL_ENV);
    let given = Given {
        flag,
        gateway_url: environment.as_deref(),
        file: &file,
    };
    let mut settings = settings::resolve(&given).map_err(|error| {
        let SettingsError::UnknownTarget { hint, .. } = &error;
        Failure::input(format!("target: {error}"))
            .hint(hint)
            .hint("a URL such as `https://NAME.azure-api.net` is a target too")
    })?;
    if settings.gateway_url.is_none() && settings.target.value != LOCAL {
        let left = azure::of_azure(&settings.target.value, StateValue::Output("gatewayUrl"));
        settings.gateway_url = left.map(|(value, file)| Setting {
            value,
            origin: Origin::State(file),
        });
    }
    let Some(url) = &mut settings.gateway_url else {
        return Ok(settings);
    };
    let endpoint = Endpoint::parse(&url.value).map_err(|error| {
        Failure::input(format!("target: {error}")).hint(
            "give `local`, a name of `apimon.toml`, or a URL such as `https://NAME.azure-api.net`",
        )
    })?;
    let is_url = settings.target.value == url.value;
    url.value = endpoint.to_string();
    if is_url {
        settings.target.value.clone_from(&url.value);
    }
    Ok(settings)
}

/// `apimon.toml` of this folder; an empty one where there is none.
pub(super) fn read_file() -> Result<SettingsFile, Failure> {
    match files::read_source(Path::new(FILE_NAME)) {
        Ok(source) => Ok(settings::parse(&source)?),
        Err(FileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
            Ok(SettingsFile::default())
        }
        Err(error) => Err(error.into()),
    }
}

/// One line of what is printed; a value that is not there has none.
struct Row {
    name: &'static str,
    value: Option<String>,
    source: String,
}

fn rows(settings: &Settings) -> Vec<Row> {
    let row = |name, setting: &Setting| Row {
        name,
        value: Some(setting.value.clone()),
        source: setting.origin.to_string(),
    };
    let mut rows = vec![row("target", &settings.target)];
    if let Some(url) = &settings.gateway_url {
        rows.push(row("gateway-url", url));
        rows.push(row("key-env", &settings.key_env));
        rows.push(key(&settings.key_env.value));
    }
    rows
}

/// Where in Azure commands work; nothing for a gateway that is named by its URL.
fn azure_rows(target: Option<&str>) -> Result<Vec<Row>, Failure> {
    if target.is_some_and(|target| target.contains("://")) {
        return Ok(Vec::new());
    }
    let settings = azure::settings(target, &AzureFlags::default())?;
    let place = Row {
        name: "azure",
        value: Some(settings.target.value.clone()),
        source: settings.target.origin.to_string(),
    };
    let rows = settings.rows().into_iter().filter_map(|(name, setting)| {
        let setting = setting?;
        Some(Row {
            name,
            value: Some(setting.value.clone()),
            source: setting.origin.to_string(),
        })
    });
    Ok(std::iter::once(place).chain(rows).collect())
}

fn key(name: &str) -> Row {
    let held = variable(name).filter(|key| !key.trim().is_empty());
    Row {
        name: "key",
        value: held.map(|key| Secret::new(key).to_string()),
        source: format!("environment variable {name}"),
    }
}

fn text(rows: &[Row]) -> String {
    let value = |row: &Row| row.value.clone().unwrap_or_else(|| "not set".to_owned());
    let width = |of: &dyn Fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let names = width(&|row| row.name.chars().count());
    let values = width(&|row| value(row).chars().count());
    let lines = rows.iter().map(|row| {
        let (name, value, source) = (row.name, value(row), &row.source);
        format!("{name:names$}  {value:values$}  {source}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
