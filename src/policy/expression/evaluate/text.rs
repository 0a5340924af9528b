//! Methods of `string` and `StringBuilder`.

use std::sync::{Arc, Mutex};

use super::call::{int, position, unknown};
use super::{Eval, Interpreter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Value, encoding, lock};

/// More than any policy pads to; what is longer is a mistake or an attack.
const MAX_WIDTH: usize = 1 << 20;

impl Interpreter<'_> {
    pub(super) fn text_call(
        &mut self,
        text: &Arc<str>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        self.read(text)?;
        let result = match (name, arguments) {
            ("ToString", _) => return Ok(Value::Str(text.clone())),
            ("ToLower" | "ToLowerInvariant", _) => text.to_lowercase(),
            ("ToUpper" | "ToUpperInvariant", _) => text.to_uppercase(),
            ("Trim", _) => trimmed(text, arguments, true, true)?,
            ("TrimStart", _) => trimmed(text, arguments, true, false)?,
            ("TrimEnd", _) => trimmed(text, arguments, false, true)?,
            ("Substring", [start]) => {
                let length = encoding::length(text);
                let start = position(start)?.ok_or_else(|| Fault::range("startIndex"))?;
                encoding::slice(text, start, length).ok_or_else(|| Fault::range("startIndex"))?
            }
            ("Substring", [start, length]) => {
                let start = position(start)?.ok_or_else(|| Fault::range("startIndex"))?;
                let length = position(length)?.ok_or_else(|| Fault::range("length"))?;
                let end = start.saturating_add(length);
                encoding::slice(text, start, end).ok_or_else(|| Fault::range("length"))?
            }
            ("Replace", [from, to, ..]) => self.replaced(text, from, to)?,
            ("PadLeft" | "PadRight", [width, ..]) => pad(text, name, width, arguments.get(1))?,
            ("Insert", [start, inserted]) => {
                let at = position(start)?.and_then(|at| encoding::offset(text, at));
                let at = at.ok_or_else(|| Fault::range("startIndex"))?;
                format!("{}{}{}", &text[..at], inserted.to_text(), &text[at..])
            }
            ("Remove", [start]) => {
                let start = position(start)?.ok_or_else(|| Fault::range("startIndex"))?;
                encoding::slice(text, 0, start).ok_or_else(|| Fault::range("startIndex"))?
            }
            ("Remove", [start, count]) => {
                let start = position(start)?.ok_or_else(|| Fault::range("startIndex"))?;
                let end = position(count)?.map(|count| start.saturating_add(count));
                let end = end.ok_or_else(|| Fault::range("count"))?;
                let head = encoding::slice(text, 0, start).ok_or_else(|| Fault::range("count"))?;
                let tail = encoding::slice(text, end, encoding::length(text))
                    .ok_or_else(|| Fault::range("count"))?;
                head + &tail
            }
            _ => return self.text_question(text, name, types, arguments),
        };
        self.new_text(result)
    }

    /// Methods that answer with something else than a text.
    fn text_question(
        &mut self,
        text: &Arc<str>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let folded = arguments.iter().any(ignores_case);
        let first = || -> Result<String, Raise> { needle(arguments.first(), folded) };
        let text_here = if folded {
            text.to_lowercase()
        } else {
            text.to_string()
        };
        Ok(match name {
            "Contains" => Value::Bool(text_here.contains(&first()?)),
            "StartsWith" => Value::Bool(text_here.starts_with(&first()?)),
            "EndsWith" => Value::Bool(text_here.ends_with(&first()?)),
            "Equals" => match arguments.first() {
                Some(Value::Str(_)) => Value::Bool(text_here == first()?),
                _ => Value::Bool(false),
            },
            "IndexOf" => {
                let from = match arguments.get(1) {
                    Some(start @ (Value::Int(_) | Value::Long(_))) => {
                        let at = position(start)?.and_then(|at| encoding::offset(&text_here, at));
                        at.ok_or_else(|| Fault::range("startIndex"))?
                    }
                    _ => 0,
                };
                found(
                    &text_here,
                    text_here[from..].find(&first()?).map(|at| at + from),
                )
            }
            "LastIndexOf" if arguments.len() == 1 || folded => {
                found(&text_here, text_here.rfind(&first()?))
            }
            "IndexOfAny" => {
                let wanted = characters(arguments)?;
                found(&text_here, text_here.find(|c| wanted.contains(&c)))
            }
            "Split" => return self.split(text, arguments),
            "ToCharArray" if arguments.is_empty() => {
                let units = text.encode_utf16().map(Value::Char).collect();
                return self.new_array(units);
            }
            "AsJwt" if arguments.is_empty() => return self.as_jwt(text),
            "AsBasic" if arguments.is_empty() => return self.as_basic(text),
            "Normalize" | "IsNormalized" | "TryParseJwt" | "TryParseBasic" | "CopyTo"
            | "LastIndexOf" | "LastIndexOfAny" | "Encrypt" | "Decrypt" => {
                return Err(unknown(&Value::Str(text.clone()), name).into());
            }
            _ => {
                let items = self.items(&Value::Str(text.clone()))?;
                return self.sequence(items, name, types, arguments);
            }
        })
    }

    fn replaced(&mut self, text: &str, from: &Value, to: &Value) -> Eval<String> {
        let from = match from {
            Value::Str(from) if from.is_empty() => {
                return Err(Fault::argument(
                    "String cannot be of zero length. (Parameter 'oldValue')",
                )
                .into());
            }
            Value::Str(_) | Value::Char(_) => from.to_text(),
            Value::Null => return Err(Fault::null_argument("oldValue").into()),
            other => {
                return Err(Fault::refused(format!(
                    "`Replace` needs texts, this is a `{}`",
                    other.type_name()
                ))
                .into());
            }
        };
        let to = to.to_text();
        let count = text.matches(&*from).count();
        self.allocate(count.saturating_mul(to.len()))?;
        Ok(text.replace(&*from, &to))
    }

    fn split(&mut self, text: &str, arguments: &[Value]) -> Eval {
        let mut separators: Vec<String> = Vec::new();
        let mut limit = usize::MAX;
        let (mut drop_empty, mut trim) = (false, false);
        for argument in arguments {
            match argument {
                Value::Str(text) => separators.push(text.to_string()),
                Value::Char(_) => separators.push(argument.to_text()),
                Value::List(list) => {
                    separators.extend(lock(&list.items).iter().map(Value::to_text));
                }
                Value::Int(count) => {
                    limit = usize::try_from(*count).map_err(|_| Fault::range("count"))?;
                }
                Value::Enum(("StringSplitOptions", option)) => {
                    drop_empty |= *option == "RemoveEmptyEntries";
                    trim |= *option == "TrimEntries";
                }
                Value::Null => {}
                other => {
                    return Err(
                        Fault::unsupported(format!("String.Split({})", other.type_name())).into(),
                    );
                }
            }
        }
        separators.retain(|separator| !separator.is_empty());
        let mut parts = Vec::new();
        for part in pieces(text, &separators, limit) {
            let part = if trim { part.trim() } else { part };
            if !(drop_empty && part.is_empty()) {
                parts.push(Value::text(part));
            }
        }
        self.allocate(text.len())?;
        self.new_array(parts)
    }

    pub(super) fn builder_call(
        &mut self,
        target: &Value,
        text: &Arc<Mutex<String>>,
        name: &str,
        arguments: &[Value],
    ) -> Eval {
        let length = lock(text).len();
        match (name, arguments) {
            ("Append", [value]) => {
                let added = self.text_of(value);
                self.allocate(added.len())?;
                lock(text).push_str(&added);
            }
            ("AppendLine", [] | [_]) => {
                let added = arguments
                    .first()
                    .map_or(String::new(), |value| self.text_of(value));
                self.allocate(added.len() + 2)?;
                let mut text = lock(text);
                text.push_str(&added);
                text.push_str("\r\n");
            }
            ("AppendFormat", [Value::Str(pattern), values @ ..]) => {
                let added = self.composed(pattern, values)?;
                self.allocate(added.len())?;
                lock(text).push_str(&added);
            }
            ("Insert", [start, value]) => {
                self.spend(length / 256)?;
                let added = self.text_of(value);
                self.allocate(added.len())?;
                let mut text = lock(text);
                let at = position(start)?.and_then(|at| encoding::offset(&text, at));
                text.insert_str(at.ok_or_else(|| Fault::range("index"))?, &added);
            }
            ("Replace", [from, to]) => {
                self.spend(length / 256)?;
                let old = lock(text).clone();
                let new = self.replaced(&old, from, to)?;
                *lock(text) = new;
            }
            ("Clear", []) => lock(text).clear(),
            _ => return Err(unknown(target, name).into()),
        }
        Ok(target.clone())
    }

    /// `String.Format`
    pub(super) fn composed(&mut self, pattern: &str, values: &[Value]) -> Eval<String> {
        let invalid = || Fault::format("Input string was not in a correct format.");
        let mut text = String::new();
        let mut rest = pattern;
        while let Some(brace) = rest.find(['{', '}']) {
            text.push_str(&rest[..brace]);
            let doubled = rest[brace..].starts_with("{{") || rest[brace..].starts_with("}}");
            if doubled {
                text.push_str(&rest[brace..=brace]);
                rest = &rest[brace + 2..];
                continue;
            }
            let end = rest[brace..]
                .find('}')
                .filter(|end| *end > 0)
                .ok_or_else(invalid)?
                + brace;
            let hole = &rest[brace + 1..end];
            let (hole, format) = hole
                .split_once(':')
                .map_or((hole, None), |(hole, format)| (hole, Some(format)));
            let (index, width) = hole.split_once(',').unwrap_or((hole, "0"));
            let index: usize = index.trim().parse().map_err(|_| invalid())?;
            let width: i32 = width
                .trim()
                .parse()
                .ok()
                .filter(|width: &i32| width.abs() <= 1_000)
                .ok_or_else(invalid)?;
            let value = values.get(index).ok_or_else(|| {
                Fault::format("Index (zero based) must be greater than or equal to zero and less than the size of the argument list.")
            })?;
            let shown = match format {
                Some(format) => self.formatted(value, format)?,
                None => self.text_of(value),
            };
            self.allocate(shown.len())?;
            text.push_str(&super::expression::padded(&shown, width));
            rest = &rest[end + 1..];
        }
        text.push_str(rest);
        Ok(text)
    }
}

/// True for a `StringComparison` that takes `a` for `A`.
pub(super) fn ignores_case(value: &Value) -> bool {
    matches!(value, Value::Enum(("StringComparison" | "StringComparer", member)) if member.ends_with("IgnoreCase"))
}

fn needle(value: Option<&Value>, folded: bool) -> Result<String, Raise> {
    let text = match value {
        Some(Value::Str(_) | Value::Char(_)) => value.map(Value::to_text).unwrap_or_default(),
        Some(Value::Null) => return Err(Fault::null_argument("value")),
        _ => {
            return Err(Fault::refused(
                "a text is needed here, cast it: `(string)…`",
            ));
        }
    };
    Ok(if folded { text.to_lowercase() } else { text })
}

fn found(text: &str, offset: Option<usize>) -> Value {
    offset.map_or(Value::Int(-1), |offset| {
        int(encoding::position(text, offset))
    })
}

/// Characters given one by one or as an array.
fn characters(arguments: &[Value]) -> Result<Vec<char>, Raise> {
    let mut wanted = Vec::new();
    for argument in arguments {
        match argument {
            Value::Char(_) | Value::Str(_) => wanted.extend(argument.to_text().chars()),
            Value::List(list) => wanted.extend(
                lock(&list.items)
                    .iter()
                    .flat_map(|item| item.to_text().chars().collect::<Vec<_>>()),
            ),
            Value::Null => {}
            other => {
                return Err(Fault::refused(format!(
                    "characters are needed here, this is a `{}`",
                    other.type_name()
                )));
            }
        }
    }
    Ok(wanted)
}

fn trimmed(text: &str, arguments: &[Value], start: bool, end: bool) -> Result<String, Raise> {
    let wanted = characters(arguments)?;
    let drop = |c: char| {
        if wanted.is_empty() {
            c.is_whitespace()
        } else {
            wanted.contains(&c)
        }
    };
    let text = if start {
        text.trim_start_matches(drop)
    } else {
        text
    };
    Ok(if end {
        text.trim_end_matches(drop)
    } else {
        text
    }
    .to_owned())
}

fn pad(text: &str, name: &str, width: &Value, filler: Option<&Value>) -> Result<String, Raise> {
    let width = position(width)?
        .filter(|width| *width <= MAX_WIDTH)
        .ok_or_else(|| Fault::range("totalWidth"))?;
    let filler = filler.map_or(" ".to_owned(), Value::to_text);
    let missing = filler.repeat(width.saturating_sub(encoding::length(text)));
    Ok(if name == "PadLeft" {
        missing + text
    } else {
        text.to_owned() + &missing
    })
}

/// Parts between any of the separators, white space when there are none; the last part keeps the
/// rest when there would be more than `limit`.
fn pieces<'a>(text: &'a str, separators: &[String], limit: usize) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < text.len() && parts.len() + 1 < limit {
        let rest = &text[at..];
        let next = rest.chars().next().map_or(1, char::len_utf8);
        let separator = if separators.is_empty() {
            rest.starts_with(char::is_whitespace).then_some(next)
        } else {
            separators
                .iter()
                .find(|separator| rest.starts_with(&***separator))
                .map(String::len)
        };
        match separator {
            Some(length) => {
                parts.push(&text[start..at]);
                at += length;
                start = at;
            }
            None => at += next,
        }
    }
    if limit > 0 {
        parts.push(&text[start..]);
    }
    parts
}
