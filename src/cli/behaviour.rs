//! `--behaviour NAME=VALUE`, and the list of what can be switched.

use super::failure::Failure;
use crate::base::nearest_hint;
use crate::engine::{Behaviour, SWITCHES};

/// What the flags change, checked before anything runs.
pub(super) fn adaptation(texts: &[String]) -> Result<Box<dyn Fn(Behaviour) -> Behaviour>, Failure> {
    let mut pairs = Vec::with_capacity(texts.len());
    for text in texts {
        pairs.push(read(text)?);
    }
    Ok(Box::new(move |mut behaviour| {
        for (name, value) in &pairs {
            let _known = behaviour.set(name, value);
        }
        behaviour
    }))
}

fn read(text: &str) -> Result<(String, String), Failure> {
    let Some((name, value)) = text.split_once('=') else {
        let failure = Failure::input(format!("`--behaviour {text}` has no name and value"));
        return Err(failure.hint("write it like `--behaviour v2-debt=off`"));
    };
    let names = SWITCHES.iter().map(|switch| switch.name);
    let Some(switch) = SWITCHES.iter().find(|switch| switch.name == name) else {
        let failure = Failure::input(format!("there is no behaviour `{name}`"));
        return Err(failure.hint(nearest_hint(name, names)));
    };
    if !switch.values.contains(&value) {
        let failure = Failure::input(format!("behaviour `{name}` cannot be `{value}`"));
        return Err(failure.hint(nearest_hint(value, switch.values.iter().copied())));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// Every switch: values with the default first, mark of the specification, meaning.
pub(super) fn list() -> String {
    let lines = SWITCHES.iter().map(|switch| {
        let values: Vec<&str> = switch.values.to_vec();
        format!(
            "{} = {} (default) | {}\n    {} [{}]\n",
            switch.name,
            values[0],
            values[1..].join(" | "),
            switch.what,
            switch.mark
        )
    });
    let lines: String = lines.collect();
    lines + "marks: I inferred, U unknown; numbers are sections of the gateway specification\n"
}
