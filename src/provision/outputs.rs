use std::fmt::Write as _;

use serde_json::Value;

/// Outputs as lines of a file, and the names of those that may not stand in one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct OutputLines {
    /// `NAME=value` for shells and `.env` readers.
    pub(crate) environment: String,
    /// `name=value` for `$GITHUB_OUTPUT`.
    pub(crate) github: String,
    /// Outputs that are, or may be, secrets.
    pub(crate) refused: Vec<String>,
}

/// Outputs that other commands read under a name of their own.
const KNOWN: [(&str, &str); 3] = [
    ("gatewayUrl", "APIM_GATEWAY_URL"),
    ("apiManagementName", "AZURE_APIM_NAME"),
    ("deploymentName", "OPENAI_MODEL"),
];

/// Ends of names behind which a secret stands.
const SECRET_ENDS: [&str; 6] = [
    "key",
    "keys",
    "secret",
    "password",
    "connectionstring",
    "sastoken",
];

/// Lines for `outputs` as a deployment answers them (`{name: {type, value}}`), and before them for
/// what is no output, such as the resource group.
pub(crate) fn output_lines(outputs: &Value, before: &[(&str, &str)]) -> OutputLines {
    let mut lines = OutputLines::default();
    for (name, value) in before {
        environment_line(&mut lines.environment, name, value);
        github_line(&mut lines.github, name, value);
    }
    for (name, output) in outputs.as_object().into_iter().flatten() {
        if is_secret(name, output) {
            lines.refused.push(name.clone());
            continue;
        }
        let value = match output.get("value") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        if let Some((_, known)) = KNOWN.iter().find(|(output, _)| output == name) {
            environment_line(&mut lines.environment, known, &value);
        }
        environment_line(&mut lines.environment, &shouted(name), &value);
        github_line(&mut lines.github, name, &value);
    }
    lines
}

/// Whether an output is secret by its type, or by what its name says.
pub(super) fn is_secret(name: &str, output: &Value) -> bool {
    let kind = output
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let name = name.to_ascii_lowercase();
    kind.to_ascii_lowercase().starts_with("secure")
        || SECRET_ENDS.iter().any(|end| name.ends_with(end))
}

/// `gatewayUrl` as `GATEWAY_URL`.
fn shouted(name: &str) -> String {
    let mut shouted = String::new();
    let mut small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && small {
            shouted.push('_');
        }
        small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        shouted.push(if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        });
    }
    shouted
}

/// Quoted where a shell would take it for more than a word.
fn environment_line(text: &mut String, name: &str, value: &str) {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:@,+=%".contains(letter);
    let value = if value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    };
    let _infallible = writeln!(text, "{name}={value}");
}

/// Several lines need a delimiter that none of them is.
fn github_line(text: &mut String, name: &str, value: &str) {
    if !value.contains(['\n', '\r']) {
        let _infallible = writeln!(text, "{name}={value}");
        return;
    }
    let mut delimiter = "END_OF_VALUE".to_owned();
    while value.lines().any(|line| line == delimiter) {
        delimiter.push('_');
    }
    let _infallible = writeln!(text, "{name}<<{delimiter}\n{value}\n{delimiter}");
}
