//! JSON text as Newtonsoft writes it.

use std::fmt::Write as _;

use super::json::{MAX_DEPTH, too_deep};
use super::{DateTime, Json, double_text};
use crate::policy::expression::fault::Raise;

/// Lines of indented JSON end as on Windows, where the managed gateway runs.
const NEW_LINE: &str = "\r\n";

pub(crate) fn write(json: &Json, indented: bool) -> Result<String, Raise> {
    let mut text = String::new();
    node(&mut text, json, indented, 0)?;
    Ok(text)
}

fn node(text: &mut String, json: &Json, indented: bool, depth: usize) -> Result<(), Raise> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    match json {
        Json::Null => text.push_str("null"),
        Json::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
        Json::Int(number) => text.push_str(&number.to_string()),
        Json::Float(number) => text.push_str(&float(*number)),
        Json::Str(content) => string(text, content),
        Json::Date(moment) => string(text, &date(*moment)),
        Json::Property(property) => {
            string(text, &property.name);
            text.push_str(if indented { ": " } else { ":" });
            node(text, &property.value(), indented, depth + 1)?;
        }
        Json::Array(array) => {
            let items = array.items();
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separate(text, index > 0, indented, depth + 1);
                node(text, item, indented, depth + 1)?;
            }
            end(text, ']', !items.is_empty() && indented, depth);
        }
        Json::Object(object) => {
            let fields = object.fields();
            text.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                separate(text, index > 0, indented, depth + 1);
                string(text, name);
                text.push_str(if indented { ": " } else { ":" });
                node(text, value, indented, depth + 1)?;
            }
            end(text, '}', !fields.is_empty() && indented, depth);
        }
    }
    Ok(())
}

fn separate(text: &mut String, comma: bool, indented: bool, depth: usize) {
    if comma {
        text.push(',');
    }
    if indented {
        line(text, depth);
    }
}

fn end(text: &mut String, bracket: char, own_line: bool, depth: usize) {
    if own_line {
        line(text, depth);
    }
    text.push(bracket);
}

fn line(text: &mut String, depth: usize) {
    text.push_str(NEW_LINE);
    for _ in 0..depth {
        text.push_str("  ");
    }
}

/// A number that stays one with a fraction when it is read again.
fn float(number: f64) -> String {
    if !number.is_finite() {
        return format!("\"{}\"", double_text(number));
    }
    let text = double_text(number);
    if text.contains(['.', 'E']) {
        text
    } else {
        format!("{text}.0")
    }
}

pub(super) fn date(moment: DateTime) -> String {
    moment
        .format("yyyy-MM-ddTHH:mm:ss.FFFFFFFK")
        .unwrap_or_default()
}

fn string(text: &mut String, content: &str) {
    text.push('"');
    for c in content.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c if u32::from(c) < 0x20 => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}
