//! Text inside YAML.

use std::fmt::Write as _;

/// Room for what is put around a name within the 63 characters of a label.
const NAME_LENGTH: usize = 40;

/// A name as Kubernetes allows it: lower-case letters, digits and single hyphens.
pub(super) fn object_name(name: &str) -> String {
    let mut kept = String::from("apimon-");
    for letter in name.chars() {
        match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9') => kept.push(letter),
            _ if kept.ends_with('-') => {}
            _ => kept.push('-'),
        }
        if kept.len() == NAME_LENGTH {
            break;
        }
    }
    kept.trim_end_matches('-').to_owned()
}

/// A text on one line, in quotes that keep it as it is.
pub(super) fn scalar(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let mut out = String::new();
    for letter in quoted.chars() {
        if foreign(letter) {
            let _infallible = write!(out, "\\u{:04x}", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out
}

/// A value of a mapping, its newline included: a block that people can read where YAML keeps
/// every character of it, one quoted line where it does not.
pub(super) fn value(text: &str, indent: usize) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let readable = !body.is_empty()
        && !body.starts_with([' ', '\t', '\n'])
        && !body.ends_with('\n')
        && !body.contains(|letter| foreign(letter) && !matches!(letter, '\n' | '\t'));
    if !readable {
        return format!("{}\n", scalar(text));
    }
    let mut out = String::from(if text.ends_with('\n') { "|\n" } else { "|-\n" });
    for line in body.split('\n') {
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// What a reader of YAML may take for something else than a letter.
fn foreign(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
}
