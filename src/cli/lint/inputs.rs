//! What `lint` reads besides the policies: named values, fragments, a scenario.

use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use super::super::prepare::{read_scenario, set_named_values};
use super::arguments::LintArguments;
use crate::base::{Tokens, nearest_hint};
use crate::files;
use crate::policy::NamedValues;
use crate::policy::lint::{Fragments, Options, Platform, Scale};
use crate::scenario::Scenario;

/// The policy files among the arguments, folders replaced by what is in them.
pub(super) fn policies(arguments: &LintArguments) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for path in &arguments.paths {
        if files::is_folder(path) {
            let found = files::xml_files(path)?;
            if found.is_empty() {
                let failure = Failure::input(format!("`{}` holds no *.xml file", path.display()));
                return Err(failure);
            }
            paths.extend(found);
        } else {
            paths.push(path.clone());
        }
    }
    Ok(paths)
}

pub(super) fn options(arguments: &LintArguments) -> Result<Options, Failure> {
    let platform = Platform::from_name(&arguments.tier).ok_or_else(|| {
        Failure::input(format!("`{}` is not a tier", arguments.tier))
            .hint(nearest_hint(&arguments.tier, Platform::names()))
    })?;
    let mut named_values = NamedValues::new();
    let mut scale = None;
    if let Some(path) = &arguments.scenario {
        let (_, scenario) = read_scenario(path)?;
        scale = largest(&scenario);
        named_values.extend(scenario.named_values);
    }
    if let Some(path) = &arguments.named_values {
        named_values.extend(read_named_values(path)?);
    }
    set_named_values(&mut named_values, &arguments.set)?;
    let fragments = arguments
        .fragments
        .as_deref()
        .map(read_fragments)
        .transpose()?;
    Ok(Options {
        scope: arguments.scope.into(),
        platform,
        format: arguments.policy_format.into(),
        named_values,
        fragments,
        method: arguments
            .method
            .as_ref()
            .map(|method| method.to_ascii_uppercase()),
        scale,
    })
}

/// `None` for a scenario that sends nothing.
fn largest(scenario: &Scenario) -> Option<Scale> {
    let plan = scenario.plan();
    let prompt = plan
        .arrivals
        .iter()
        .map(|arrival| arrival.prompt_tokens)
        .max()?;
    let arrivals = plan.arrivals.iter();
    let most = arrivals.filter_map(|arrival| arrival.content.max_tokens);
    Some(Scale {
        prompt,
        completion: most.max().map(|most| Tokens(u64::from(most))),
    })
}

fn read_named_values(path: &Path) -> Result<NamedValues, Failure> {
    use serde_json::Value;
    let text = files::read_text(path)?;
    let shown = path.display();
    let values: std::collections::BTreeMap<String, Value> =
        serde_saphyr::from_str(&text).map_err(|error| {
            Failure::input(format!("`{shown}` holds no named values: {error}"))
                .hint("write one `name: value` a line")
        })?;
    values
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            Value::Number(number) => Ok((name, number.to_string())),
            Value::Bool(value) => Ok((name, value.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => Err(Failure::input(format!(
                "named value `{name}` of `{shown}` is not a text"
            ))
            .hint(format!("write `{name}: \"…\"`"))),
        })
        .collect()
}

fn read_fragments(folder: &Path) -> Result<Fragments, Failure> {
    if !files::is_folder(folder) {
        return Err(
            Failure::input(format!("`{}` is not a folder", folder.display()))
                .hint("`--fragments` names a folder with one `<id>.xml` for each fragment"),
        );
    }
    let mut fragments = Fragments::default();
    for path in files::xml_files(folder)? {
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        fragments.insert(id.into_owned(), files::read_source(&path)?);
    }
    Ok(fragments)
}
