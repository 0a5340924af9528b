//! `$filter` of lists: comparisons that clients really send, and a refusal of all others.

use serde_json::Value;

use super::id::place;
use super::wire::Refusal;

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Equal(String, String),
    Unequal(String, String),
    Contains(String, String),
    StartsWith(String, String),
    /// `atScope()` and the like, which lists of rights mind themselves.
    Word(String),
}

/// All of them must hold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Filter(Vec<Term>);

impl Filter {
    /// # Errors
    ///
    /// When it is anything but comparisons with texts, joined by `and`.
    pub(super) fn read(text: Option<&str>) -> Result<Filter, Refusal> {
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(Filter::default());
        };
        let mut terms = Vec::new();
        for part in split(text) {
            terms.push(term(part.trim()).ok_or_else(|| {
                let message = format!(
                    "The local Azure does not know the filter '{}'.",
                    part.trim()
                );
                Refusal::new(400, "InvalidFilterInQueryString", message)
            })?);
        }
        Ok(Filter(terms))
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.0
            .iter()
            .any(|term| matches!(term, Term::Word(known) if known.eq_ignore_ascii_case(word)))
    }

    pub(super) fn fits(&self, value: &Value) -> bool {
        self.0.iter().all(|term| match term {
            Term::Equal(path, wanted) => read(value, path).eq_ignore_ascii_case(wanted),
            Term::Unequal(path, wanted) => !read(value, path).eq_ignore_ascii_case(wanted),
            Term::Contains(path, wanted) => read(value, path)
                .to_lowercase()
                .contains(&wanted.to_lowercase()),
            Term::StartsWith(path, wanted) => read(value, path)
                .to_lowercase()
                .starts_with(&wanted.to_lowercase()),
            Term::Word(_) => true,
        })
    }
}

/// At each `and` outside of quotes.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (index, letter) in text.char_indices() {
        quoted ^= letter == '\'';
        let rest = &text[index..];
        if !quoted
            && index >= start
            && rest
                .get(..5)
                .is_some_and(|word| word.eq_ignore_ascii_case(" and "))
        {
            parts.push(&text[start..index]);
            start = index + 5;
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn term(text: &str) -> Option<Term> {
    let text = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .unwrap_or(text);
    if let Some((name, inner)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let name = name.trim().to_lowercase();
        if name == "assignedto" {
            return Some(Term::Equal("principalId".to_owned(), quoted(inner)?));
        }
        if inner.trim().is_empty() {
            return Some(Term::Word(name));
        }
        let (path, value) = inner.split_once(',')?;
        let (path, value) = (path.trim().to_owned(), quoted(value)?);
        return match name.as_str() {
            "contains" => Some(Term::Contains(path, value)),
            "startswith" => Some(Term::StartsWith(path, value)),
            _ => None,
        };
    }
    let mut words = text.splitn(3, ' ');
    let (path, operator, value) = (words.next()?, words.next()?, words.next()?);
    let (path, value) = (path.to_owned(), quoted(value)?);
    match operator.to_lowercase().as_str() {
        "eq" => Some(Term::Equal(path, value)),
        "ne" => Some(Term::Unequal(path, value)),
        _ => None,
    }
}

fn quoted(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

/// A member, of the resource or of its properties.
fn read(value: &Value, path: &str) -> String {
    let path = if path.eq_ignore_ascii_case("resourceType") {
        "type"
    } else {
        path
    };
    if path.eq_ignore_ascii_case("resourceGroup") {
        let id = value["id"].as_str().unwrap_or_default();
        return place(id).1.unwrap_or_default().to_owned();
    }
    let at = |from: &Value| {
        path.split('/').try_fold(from.clone(), |value, name| {
            let map = value.as_object()?;
            let found = map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        })
    };
    match at(value).or_else(|| at(&value["properties"])) {
        Some(Value::String(text)) => text,
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_choose_or_are_refused() {
        let value = json!({"id": "/subscriptions/s/resourceGroups/G/providers/X/y/a", "name": "a", "type": "X/y", "properties": {"displayName": "It's and that", "count": 2}});
        for (text, fits) in [
            ("name eq 'a'", Some(true)),
            ("name ne 'a'", Some(false)),
            ("resourceType eq 'x/Y' and name eq 'a'", Some(true)),
            ("properties/displayName eq 'It''s and that'", Some(true)),
            ("contains(displayName, 'AND')", Some(true)),
            ("startswith(displayName,'that')", Some(false)),
            ("atScope() and name eq 'b'", Some(false)),
            ("resourceGroup eq 'g'", Some(true)),
            ("", Some(true)),
            ("name gt 'a'", None),
            ("substringof('a', name) or name eq 'b'", None),
        ] {
            let outcome = Filter::read(Some(text)).map(|filter| filter.fits(&value));
            assert_eq!(outcome.ok(), fits, "{text}");
        }
    }
}
