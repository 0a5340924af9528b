//! `--backends`: backend entities from a file, or from a folder with a file for each.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::failure::Failure;
use super::terminal::Terminal;
use crate::engine::{Backends, NamedBackend};
use crate::files;
use crate::policy::NamedValues;

/// Endings of the files of a folder; each is named after its backend.
pub(super) const ENDINGS: [&str; 3] = [".json", ".yaml", ".yml"];

/// Reads the backends; what of them is left aside is said once.
pub(super) fn read(
    terminal: &Terminal,
    path: &Path,
    values: &NamedValues,
) -> Result<Backends, Failure> {
    let mut backends = Backends::default();
    for (id, properties) in entities(path)? {
        let named = NamedBackend::from_arm(&id, &properties, values).map_err(Failure::input)?;
        for note in &named.notes {
            terminal.note(&format!("backend `{id}`: {note}"));
        }
        backends.add(named);
    }
    backends.check().map_err(Failure::input)?;
    Ok(backends)
}

fn entities(path: &Path) -> Result<BTreeMap<String, Value>, Failure> {
    if !files::is_folder(path) {
        let whole = parse(path)?;
        let hint = "write a mapping of ids to what `properties` hold in an ARM template";
        return serde_json::from_value(whole).map_err(|_| {
            let message = format!("`{}` is not a mapping of backends", path.display());
            Failure::input(message).hint(hint)
        });
    }
    let mut entities = BTreeMap::new();
    for ending in ENDINGS {
        for file in files::find(path, ending)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let id = name.strip_suffix(ending).unwrap_or(&name).to_owned();
            let mut value = parse(&file)?;
            // A whole resource as well as its properties alone.
            if value.get("url").is_none()
                && let Some(properties) = value.get_mut("properties")
            {
                value = properties.take();
            }
            entities.insert(id, value);
        }
    }
    Ok(entities)
}

fn parse(path: &Path) -> Result<Value, Failure> {
    let source = files::read_source(path)?;
    serde_saphyr::from_str(&source.text)
        .map_err(|error| Failure::input(format!("backends `{}`: {error}", source.name)))
}
