//! `Regex`, on a bounded backtracking engine. Where .NET's syntax differs from that engine's, the
//! pattern is brought over ([`translated`]) or refused: balancing groups, `RightToLeft` and
//! `ECMAScript` are not executed.

use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};

use super::native::native;
use super::statics::static_unknown;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Capture, Found, Native, Value, encoding};

/// A filter of a path looks at many texts, so that each may take less.
const MAX_BACKTRACKS_IN_FILTER: usize = 1_000;

/// Steps back that one search may take, and bytes that a compiled pattern may have.
const MAX_BACKTRACKS: usize = 50_000;
const MAX_COMPILED: usize = 1 << 20;

/// The pattern of a path's filter, with the flags `i`, `m` and `s`; `None` for one that is not
/// executed here.
pub(super) fn for_filter(pattern: &str, flags: &str) -> Option<Regex> {
    RegexBuilder::new(&translated(pattern).ok()?)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .backtrack_limit(MAX_BACKTRACKS_IN_FILTER)
        .delegate_size_limit(MAX_COMPILED)
        .build()
        .ok()
}

impl Interpreter<'_> {
    pub(super) fn new_regex(&mut self, arguments: &[Value]) -> Eval {
        let (pattern, options): (&str, &[Value]) = match arguments {
            [Value::Str(pattern), options @ ..] => (pattern, options),
            [Value::Null, ..] => return Err(Fault::null_argument("pattern").into()),
            _ => return Err(Fault::refused("`Regex` needs a pattern, a `string`").into()),
        };
        // Making one costs far more than looking at its text.
        self.allocate(pattern.len() * 64)?;
        self.spend(2_000 + pattern.len())?;
        let mut flags = Vec::new();
        for option in options {
            match option {
                Value::Enum(("RegexOptions", member)) => flags.push(*member),
                Value::Native(object) => {
                    if let Native::Flags("RegexOptions", members) = &**object {
                        flags.extend(members);
                    }
                }
                // Time never passes while an expression runs.
                Value::TimeSpan(_) => {}
                _ => return Err(Fault::refused("`Regex` has no such constructor").into()),
            }
        }
        for flag in ["RightToLeft", "ECMAScript", "ExplicitCapture"] {
            if flags.contains(&flag) {
                return Err(Fault::unsupported(format!("RegexOptions.{flag}")).into());
            }
        }
        let regex = RegexBuilder::new(&translated(pattern)?)
            .case_insensitive(flags.contains(&"IgnoreCase"))
            .multi_line(flags.contains(&"Multiline"))
            .dot_matches_new_line(flags.contains(&"Singleline"))
            .verbose_mode(flags.contains(&"IgnorePatternWhitespace"))
            .backtrack_limit(MAX_BACKTRACKS)
            .delegate_size_limit(MAX_COMPILED)
            .build()
            .map_err(|error| Fault::argument(format!("Invalid pattern '{pattern}': {error}")))?;
        Ok(native(Native::Regex(regex)))
    }

    /// `Regex.IsMatch(text, pattern[, options])` and its like.
    pub(super) fn regex_static(&mut self, name: &str, arguments: &[Value]) -> Eval {
        match (name, arguments) {
            ("Escape", [Value::Str(text)]) => {
                let escaped = escape(text);
                self.new_text(escaped)
            }
            ("Replace", [text, pattern, replacement, options @ ..]) => {
                let made = [std::slice::from_ref(pattern), options].concat();
                let regex = self.new_regex(&made)?;
                self.regex_call(&regex, name, &[text.clone(), replacement.clone()])
            }
            ("IsMatch" | "Match" | "Matches" | "Split", [text, made @ ..]) if !made.is_empty() => {
                let regex = self.new_regex(made)?;
                self.regex_call(&regex, name, std::slice::from_ref(text))
            }
            _ => Err(static_unknown(&Type::Native("Regex"), name).into()),
        }
    }

    pub(super) fn regex_call(&mut self, target: &Value, name: &str, arguments: &[Value]) -> Eval {
        let text = match arguments.first() {
            Some(Value::Str(text)) => text.clone(),
            Some(Value::Null) => return Err(Fault::null_argument("input").into()),
            _ => return Err(Fault::refused(format!("`{name}` needs a `string`")).into()),
        };
        match (name, &arguments[1..]) {
            ("IsMatch", []) => {
                let found = self.regex_find(target, &text, 0)?;
                self.member(&found, "Success")
            }
            ("Match", []) => self.regex_find(target, &text, 0),
            ("Matches", []) => {
                let matches = self.matches_of(target, &text)?;
                self.new_list(matches)
            }
            ("Split", []) => {
                let mut parts = Vec::new();
                let mut from = 0;
                for found in self.matches_of(target, &text)? {
                    let groups = groups_of(&found);
                    let (start, end) = groups[0].range.unwrap_or((from, from));
                    parts.push(Value::text(&text[from..start]));
                    let kept = groups[1..].iter().filter(|group| group.range.is_some());
                    parts.extend(kept.map(|group| Value::text(&group.value)));
                    from = end;
                }
                parts.push(Value::text(&text[from..]));
                self.allocate(text.len())?;
                self.new_array(parts)
            }
            ("Replace", [with]) => {
                let mut out = String::new();
                let mut from = 0;
                for found in self.matches_of(target, &text)? {
                    let groups = groups_of(&found);
                    let (start, end) = groups[0].range.unwrap_or((from, from));
                    out.push_str(&text[from..start]);
                    let put = match with {
                        Value::Str(replacement) => expanded(replacement, &text, groups)?,
                        Value::Function(function) => {
                            let value =
                                self.invoke(&function.clone(), std::slice::from_ref(&found))?;
                            self.text_of(&value)
                        }
                        _ => return Err(Fault::null_argument("replacement").into()),
                    };
                    self.allocate(put.len())?;
                    out.push_str(&put);
                    from = end;
                }
                out.push_str(&text[from..]);
                self.new_text(out)
            }
            _ => Err(super::call::unknown(target, name).into()),
        }
    }

    fn matches_of(&mut self, regex: &Value, text: &Arc<str>) -> Eval<Vec<Value>> {
        let mut matches = Vec::new();
        let mut at = 0;
        while at <= text.len() {
            let found = self.regex_find(regex, text, at)?;
            let Some(next) = next_of(&found) else { break };
            matches.push(found);
            at = next;
        }
        Ok(matches)
    }

    /// The first match at or behind a byte offset; one without success when there is none.
    pub(super) fn regex_find(&mut self, target: &Value, text: &Arc<str>, from: usize) -> Eval {
        let Some(regex) = regex_of(target) else {
            return Err(Fault::null().into());
        };
        self.spend(100 + text.len() / 8)?;
        let found = if from > text.len() {
            None
        } else {
            let captures = regex.captures_from_pos(&**text, from);
            captures.map_err(|_| timeout())?
        };
        let names = regex.capture_names();
        let mut groups = Vec::new();
        for (number, name) in names.enumerate() {
            let range = found.as_ref().and_then(|captures| captures.get(number));
            let value = range.as_ref().map_or("", |range| range.as_str());
            self.allocate(value.len() + 64)?;
            groups.push(Capture {
                name: name.map_or_else(|| number.to_string(), str::to_owned),
                range: range.as_ref().map(|range| (range.start(), range.end())),
                value: value.to_owned(),
                index: range.map_or(0, |range| encoding::position(text, range.start())),
            });
        }
        let next = match groups[0].range {
            // Behind an empty match the search goes on with the next character.
            Some((start, end)) if start == end => {
                end + text[end..].chars().next().map_or(1, char::len_utf8)
            }
            Some((_, end)) => end,
            None => text.len() + 1,
        };
        Ok(native(Native::Match(Found {
            groups,
            regex: target.clone(),
            text: text.clone(),
            next,
        })))
    }
}

pub(super) fn timeout() -> Raise {
    let message =
        "The Regex engine has timed out while trying to match a pattern to an input string.";
    Fault::raise("RegexMatchTimeoutException", message)
}

fn regex_of(value: &Value) -> Option<&Regex> {
    match value {
        Value::Native(object) => match &**object {
            Native::Regex(regex) => Some(regex),
            _ => None,
        },
        _ => None,
    }
}

fn groups_of(value: &Value) -> &[Capture] {
    match value {
        Value::Native(object) => match &**object {
            Native::Match(found) => &found.groups,
            _ => &[],
        },
        _ => &[],
    }
}

/// Where the search goes on; `None` for no match.
fn next_of(value: &Value) -> Option<usize> {
    match value {
        Value::Native(object) => match &**object {
            Native::Match(found) if found.groups[0].range.is_some() => Some(found.next),
            _ => None,
        },
        _ => None,
    }
}

/// `$1`, `${name}`, `$&` and `$$` of a replacement.
pub(super) fn expanded(replacement: &str, text: &str, groups: &[Capture]) -> Result<String, Raise> {
    let mut out = String::new();
    let mut rest = replacement;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        let (start, end) = groups[0].range.unwrap_or((0, 0));
        let simple = match rest.chars().next() {
            Some('$') => Some("$"),
            Some('&') => Some(&text[start..end]),
            Some('`') => Some(&text[..start]),
            Some('\'') => Some(&text[end..]),
            Some('_') => Some(text),
            Some('+') => return Err(Fault::unsupported("$+ in a replacement")),
            _ => None,
        };
        if let Some(simple) = simple {
            out.push_str(simple);
            rest = &rest[1..];
            continue;
        }
        let braced = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (name, behind) = braced.unwrap_or((&rest[..digits], &rest[digits..]));
        match groups.iter().find(|group| group.name == name) {
            Some(group) if !name.is_empty() => {
                out.push_str(&group.value);
                rest = behind;
            }
            _ => out.push('$'),
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if "\\*+?|{[()^$.# ".contains(c) => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The pattern in the syntax of our engine: `(?'name'…)` becomes `(?<name>…)`, `\Z` and `$` keep
/// their meaning (before a last line feed as well), an unknown escape of punctuation is that
/// character.
fn translated(pattern: &str) -> Result<String, Raise> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut class = false;
    while let Some(c) = rest.chars().next() {
        let (piece, length) = match c {
            '\\' => {
                let next = rest[1..].chars().next().unwrap_or(' ');
                (
                    rest[..=next.len_utf8().min(rest.len() - 1)].to_owned(),
                    1 + next.len_utf8(),
                )
            }
            '[' if class && rest[1..].starts_with(':') => (String::from("\\["), 1),
            // In .NET a bracket within a class is a character, except after `-`.
            '[' if class => {
                if out.ends_with('-') {
                    return Err(Fault::unsupported("class subtraction in a Regex"));
                }
                (String::from("\\["), 1)
            }
            '&' | '~' if class => (format!("\\{c}"), 1),
            '[' => {
                class = true;
                let negated = rest[1..].starts_with('^');
                let start = if negated { "[^" } else { "[" };
                // A bracket that stands first closes nothing.
                if rest[start.len()..].starts_with(']') {
                    (format!("{start}\\]"), start.len() + 1)
                } else {
                    (start.to_owned(), start.len())
                }
            }
            ']' if class => {
                class = false;
                (String::from("]"), 1)
            }
            '(' if !class && rest.starts_with("(?'") => {
                let name = &rest[3..];
                let end = name.find('\'').unwrap_or(name.len());
                (format!("(?<{}>", &name[..end]), (4 + end).min(rest.len()))
            }
            '(' if !class && balancing(rest) => {
                return Err(Fault::unsupported("balancing groups in a Regex"));
            }
            c => (c.to_string(), c.len_utf8()),
        };
        out.push_str(&piece);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}

/// `(?<a-b>`
fn balancing(rest: &str) -> bool {
    rest.strip_prefix("(?<")
        .filter(|rest| !rest.starts_with(['=', '!']))
        .and_then(|rest| rest.split_once('>'))
        .is_some_and(|(name, _)| name.contains('-'))
}
