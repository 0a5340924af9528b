//! What the files and flags ask for, and how that differs from what is live.

use std::collections::BTreeMap;

use super::arguments::ApplyPolicyArguments;
use crate::azure::{Apim, LivePolicy, NamedValue, PolicyPlace};
use crate::base::{Secret, Source};
use crate::cli::azure::refused;
use crate::cli::failure::Failure;
use crate::cli::lint::read_named_values;
use crate::cli::terminal::variable;
use crate::files;
use crate::policy::canonical;

/// Prefix of a value that stands in the environment.
const FROM_ENVIRONMENT: &str = "@env:";

/// A named value to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: Secret,
    pub(super) is_secret: bool,
}

/// Named values by display name, fragments by id.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) values: BTreeMap<String, Value>,
    pub(super) fragments: BTreeMap<String, Source>,
}

impl Wanted {
    /// Reads flags and files; flags beat the file.
    pub(super) fn read(arguments: &ApplyPolicyArguments) -> Result<Wanted, Failure> {
        let mut wanted = Wanted::default();
        if let Some(path) = &arguments.named_values {
            let read = read_named_values(path)?;
            let values = read.into_iter().map(|(name, text)| {
                let value = value(&name, &text)?;
                Ok::<_, Failure>((name, value))
            });
            wanted.values = values.collect::<Result<_, _>>()?;
        }
        for text in &arguments.set {
            let Some((name, text)) = text
                .split_once('=')
                .filter(|(name, _)| !name.trim().is_empty())
            else {
                return Err(Failure::input("`--set` has no name and value")
                    .hint("write `--set name=value`, such as `--set tpm=500`"));
            };
            wanted
                .values
                .insert(name.trim().to_owned(), value(name.trim(), text)?);
        }
        if let Some(folder) = &arguments.fragments {
            wanted.fragments = files::read_fragments(folder)?;
        }
        Ok(wanted)
    }
}

fn value(name: &str, text: &str) -> Result<Value, Failure> {
    let Some(variable_name) = text.strip_prefix(FROM_ENVIRONMENT) else {
        return Ok(Value {
            text: Secret::new(text),
            is_secret: false,
        });
    };
    let held = variable(variable_name).filter(|value| !value.is_empty());
    let held = held.ok_or_else(|| {
        Failure::input(format!("environment variable `{variable_name}` is not set"))
            .hint(format!("it holds the value of named value `{name}`"))
    })?;
    Ok(Value {
        text: Secret::new(held),
        is_secret: true,
    })
}

/// A named value that is not as it should be.
#[derive(Debug)]
pub(super) struct ValueChange {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) to: Value,
    /// What people are shown: nothing for one that is new, `***` for a secret.
    pub(super) from: Option<String>,
}

/// A policy or fragment that is not as it should be.
#[derive(Debug)]
pub(super) struct TextChange {
    pub(super) place: PolicyPlace,
    pub(super) live: Option<LivePolicy>,
    pub(super) text: String,
}

impl TextChange {
    /// True when the texts are the same policy.
    pub(super) fn is_nothing(&self) -> bool {
        match &self.live {
            Some(live) => canonical(&live.text) == canonical(&self.text),
            // A text that stands for no policy.
            None => self.text.is_empty(),
        }
    }
}

/// The named values that differ.
pub(super) async fn value_changes(
    apim: &Apim,
    live: &[NamedValue],
    wanted: &Wanted,
) -> Result<Vec<ValueChange>, Failure> {
    let mut changes = Vec::new();
    for (name, to) in &wanted.values {
        let found = live.iter().find(|value| value.display_name == *name);
        let Some(found) = found else {
            changes.push(ValueChange {
                id: id_of(name),
                name: name.clone(),
                to: to.clone(),
                from: None,
            });
            continue;
        };
        // A value that is a secret already stays one.
        let to = Value {
            is_secret: to.is_secret || found.is_secret,
            ..to.clone()
        };
        let is = match &found.value {
            Some(value) if !found.is_secret => value.clone(),
            _ => apim.secret_value(&found.id).await.map_err(refused)?,
        };
        if is == to.text && found.is_secret == to.is_secret {
            continue;
        }
        let from = if to.is_secret {
            "***".to_owned()
        } else {
            is.reveal().to_owned()
        };
        changes.push(ValueChange {
            id: found.id.clone(),
            name: name.clone(),
            to,
            from: Some(from),
        });
    }
    Ok(changes)
}

/// Ids hold fewer characters than display names.
fn id_of(name: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    name.chars()
        .map(|letter| if fits(letter) { letter } else { '-' })
        .collect()
}

/// A policy as it is and as it should be.
pub(super) async fn text_change(
    apim: &Apim,
    place: PolicyPlace,
    text: String,
) -> Result<TextChange, Failure> {
    let live = apim.policy(&place).await.map_err(refused)?;
    Ok(TextChange { place, live, text })
}
