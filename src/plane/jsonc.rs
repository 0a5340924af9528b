//! JSON as the clients of Azure write it: with comments, with names without quotes (`template:`),
//! with texts over several lines or in single quotes, with a comma before a closing bracket.

use serde_json::Value;

/// The value, or what is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Most bodies are JSON as they stand.
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    serde_json::from_str(&strict(text)).map_err(|error| error.to_string())
}

/// The same as strict JSON, as far as it can be; what is wrong beyond that stays wrong.
fn strict(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let used = match first {
            '"' | '\'' => string(rest, first, &mut out),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            ']' | '}' => {
                drop_comma(&mut out);
                out.push(first);
                1
            }
            letter if letter.is_alphabetic() || letter == '_' || letter == '$' => {
                word(rest, &mut out)
            }
            other => {
                out.push(other);
                other.len_utf8()
            }
        };
        rest = &rest[used..];
    }
    out
}

/// Copies a string literal in double quotes; answers with its length.
fn string(rest: &str, quote: char, out: &mut String) -> usize {
    out.push('"');
    let mut escaped = false;
    for (index, letter) in rest.char_indices().skip(1) {
        match letter {
            '\'' if escaped => {
                // `\'` is an escape in single quotes only, and needs none in double quotes.
                out.pop();
                out.push('\'');
            }
            _ if !escaped && letter == quote => {
                out.push('"');
                return index + 1;
            }
            '"' if !escaped => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
        escaped = letter == '\\' && !escaped;
    }
    rest.len()
}

/// A name without quotes gets them; `true`, `false` and `null` stay.
fn word(rest: &str, out: &mut String) -> usize {
    let end = rest
        .find(|letter: char| !(letter.is_alphanumeric() || "_$-.".contains(letter)))
        .unwrap_or(rest.len());
    let word = &rest[..end];
    if rest[end..].trim_start().starts_with(':') {
        out.push('"');
        out.push_str(word);
        out.push('"');
    } else {
        out.push_str(word);
    }
    end
}

fn drop_comma(out: &mut String) {
    let trimmed = out.trim_end();
    if trimmed.ends_with(',') {
        out.truncate(trimmed.len() - 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_clients_send_is_read() {
        for (text, value) in [
            (
                r#"{"properties": {"mode": "Incremental", template:{ // the template
                 "a": 'it''s', }, }}"#,
                None,
            ),
            (
                r#"{"properties": {"mode": "Incremental", template:{"a": [1, 2,], /* x */ "b": true}}}"#,
                Some(
                    json!({"properties": {"mode": "Incremental", "template": {"a": [1, 2], "b": true}}}),
                ),
            ),
            ("\u{feff}{\"a\": \"x\ny\"}", Some(json!({"a": "x\ny"}))),
            (
                r#"{'a': 'say "x" \'y\' // no comment'}"#,
                Some(json!({"a": "say \"x\" 'y' // no comment"})),
            ),
            (
                r#"{"a": "\\", b: -1.5e3}"#,
                Some(json!({"a": "\\", "b": -1500.0})),
            ),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(read(text.as_bytes()).ok(), value, "{text}");
        }
    }

    #[test]
    fn nothing_makes_it_panic() {
        proptest::proptest!(|(text in "[\\[\\]{}:,\"'/*\\\\a-c\\n $é1-]{0,40}")| {
            let _either = read(text.as_bytes());
        });
    }
}
