//! YAML text to wire types, and the reader's errors in our words.

use serde_saphyr::{Error, Options};

use crate::base::{Diagnostic, Source, Span};

use super::entries::{Document, File};
use super::placed::span;
use crate::base::nearest_hint;

/// # Errors
///
/// The first mistake of form: the reader cannot go on behind it.
pub(crate) fn read<D: Document>(source: &Source) -> Result<D, Vec<Diagnostic>> {
    let mut options = Options::default();
    options.with_snippet = false;
    // `yes` is a text to most editors and to the schema, so it is no boolean here either.
    options.strict_booleans = true;
    match serde_saphyr::from_str_with_options::<File<D>>(&source.text, options) {
        Ok(File(wire)) => Ok(wire),
        Err(error) => Err(vec![diagnose(&without_keys(source), &error, D::WHAT)]),
    }
}

fn diagnose(source: &Source, error: &Error, what: &str) -> Diagnostic {
    let error = match error.without_snippet() {
        Error::AliasError { error, .. } => error,
        error => error,
    };
    let place = place(source, error);
    let written = source.text.get(place.start..place.end).unwrap_or_default();
    let (message, hint) = explain(error, written, what);
    let diagnostic = Diagnostic::error(source, place, message);
    if hint.is_empty() {
        diagnostic
    } else {
        diagnostic.hint(hint)
    }
}

/// What went wrong, and what to do (which may be empty).
fn explain(error: &Error, written: &str, what: &str) -> (String, String) {
    let say = |message: &str, hint: &str| (message.to_owned(), hint.to_owned());
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => {
            // `key` is known only to be refused.
            let known = expected.iter().copied().filter(|name| *name != "key");
            (format!("unknown key `{field}`"), nearest_hint(field, known))
        }
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or(written);
            (
                format!("key `{key}` is there twice"),
                "keep one of them".to_owned(),
            )
        }
        Error::InvalidBooleanStrict { .. } | Error::InvalidScalar { ty: "boolean", .. } => (
            format!("`{written}` is neither true nor false"),
            "write `true` or `false`".to_owned(),
        ),
        Error::Unexpected {
            expected: "mapping start",
            ..
        } => say(
            "keys with values belong here",
            "write `key: value` lines, indented",
        ),
        Error::Unexpected {
            expected: "sequence start",
            ..
        } => say("a list belongs here", "begin each entry with `- `"),
        Error::Unexpected {
            expected: "string scalar",
            ..
        } => say(
            "a single value belongs here, not a list or a mapping",
            "put quotes around a text that begins with `[` or `{`",
        ),
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } if unexpected == "sequence" => {
            (format!("expected {expected}, found a list"), String::new())
        }
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } if unexpected == "unit value" => {
            (format!("expected {expected}, found nothing"), String::new())
        }
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } => (
            format!("expected {expected}, found {unexpected}"),
            "put quotes around it".to_owned(),
        ),
        Error::NullIntoString { .. } => {
            say("a value is missing", "write a value or leave the key out")
        }
        Error::MultipleDocuments { .. } => say(
            &format!("a file holds one {what}"),
            "put what follows `---` into a file of its own",
        ),
        Error::UnknownAnchor { .. } => say(
            "no anchor of that name stands above",
            "define it first, under a key that begins with `x-`",
        ),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. } => say(
            "the file is too large, too deep, or repeats its anchors too often",
            "",
        ),
        other => (sentence(other), String::new()),
    }
}

/// The reader's own words, without the place, which is shown in another way.
fn sentence(error: &Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line
        .rsplit_once(" at line ")
        .map_or(line, |(message, _)| message);
    let mut letters = line.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// Where the reader stopped: a range of bytes when it knows one, else the rest of a word.
fn place(source: &Source, error: &Error) -> Span {
    let Some(location) = error.location() else {
        return Span::new(source.text.len(), source.text.len());
    };
    if let Some(known) = span(location) {
        return known;
    }
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let position = crate::base::Position {
        line: number(location.line()),
        column: number(location.column()),
    };
    let start = source.offset(position);
    let rest = &source.text[start..];
    let word = rest
        .find(|letter: char| letter.is_whitespace())
        .unwrap_or(rest.len());
    Span::new(start, start + word)
}

/// The same text with everything that stands behind a key such as `key:` or `api-key:` made
/// unreadable, byte for byte. Messages quote lines of the file, and a key that somebody wrote into
/// it by mistake must not reach a log through them.
pub(crate) fn without_keys(source: &Source) -> Source {
    let mut text = String::with_capacity(source.text.len());
    for line in source.text.split_inclusive('\n') {
        let (before, value) = line.split_at(behind_secret_name(line));
        text.push_str(before);
        for letter in value.chars() {
            if letter.is_whitespace() {
                text.push(letter);
            } else {
                text.extend(std::iter::repeat_n('*', letter.len_utf8()));
            }
        }
    }
    Source::new(source.name.clone(), text)
}

/// Where the value begins behind the first `key:`, `password:` and the like of a line; the end of
/// the line when there is none.
fn behind_secret_name(line: &str) -> usize {
    let folded = line.to_ascii_lowercase();
    let names = ["key", "authorization", "cookie", "secret", "password"];
    let spellings = names
        .iter()
        .flat_map(|name| ["", "\"", "'"].map(|quote| format!("{name}{quote}:")));
    let ends = spellings.filter_map(|name| folded.find(&name).map(|found| found + name.len()));
    ends.min().unwrap_or(line.len())
}
