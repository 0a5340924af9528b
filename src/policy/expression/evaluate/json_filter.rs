//! Filters of paths: `@.price < 10 && @.name == 'x'`.

use std::cmp::Ordering;

use fancy_regex::Regex;

use super::json_path::{number, quoted, select};
use super::regex;
use crate::policy::expression::fault::Raise;
use crate::policy::expression::value::Json;

pub(super) struct Filter {
    /// True when any of the alternatives holds, false when all of the conditions must.
    alternatives: Vec<Vec<Condition>>,
}

struct Condition {
    path: String,
    test: Option<Test>,
}

enum Test {
    Compare(Comparison, Json),
    /// `=~ /…/i`
    Matches(Regex),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

const OPERATORS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// `None` for a filter that is not read here: brackets, paths on both sides.
pub(super) fn parse(text: &str) -> Option<Filter> {
    let alternatives = split(text, "||")
        .into_iter()
        .map(|part| split(part, "&&").into_iter().map(condition).collect())
        .collect::<Option<_>>()?;
    Some(Filter { alternatives })
}

/// Parts between a separator that stands outside of quotes.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut quote = None;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None if at >= start && text[at..].starts_with(separator) => {
                parts.push(&text[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn condition(text: &str) -> Option<Condition> {
    let text = text.trim();
    let path = text.strip_prefix('@')?;
    let end = path
        .find(|c: char| !c.is_alphanumeric() && !"._-[]'".contains(c))
        .unwrap_or(path.len());
    let (path, rest) = (path[..end].to_owned(), path[end..].trim());
    if rest.is_empty() {
        return (!path.is_empty()).then_some(Condition { path, test: None });
    }
    if let Some(pattern) = rest.strip_prefix("=~") {
        return Some(Condition {
            path,
            test: Some(Test::Matches(pattern_of(pattern.trim())?)),
        });
    }
    let (symbol, comparison) = OPERATORS
        .iter()
        .find(|(symbol, _)| rest.starts_with(symbol))?;
    let literal = rest[symbol.len()..].trim();
    let value = match literal {
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        "null" => Json::Null,
        literal => match quoted(literal) {
            Some(text) => Json::text(text),
            None => Json::Float(number(literal)?),
        },
    };
    Some(Condition {
        path,
        test: Some(Test::Compare(*comparison, value)),
    })
}

/// `/pattern/flags`
fn pattern_of(text: &str) -> Option<Regex> {
    let (pattern, flags) = text.strip_prefix('/')?.rsplit_once('/')?;
    if flags.contains(|flag| !"ims".contains(flag)) {
        return None;
    }
    regex::for_filter(pattern, flags)
}

impl Filter {
    pub(super) fn accepts(&self, node: &Json) -> Result<bool, Raise> {
        for conditions in &self.alternatives {
            let mut all = true;
            for condition in conditions {
                all = all && condition.holds(node)?;
            }
            if all {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Condition {
    fn holds(&self, node: &Json) -> Result<bool, Raise> {
        let found = if self.path.is_empty() {
            vec![node.clone()]
        } else {
            select(node, &self.path)?
        };
        let (comparison, wanted) = match &self.test {
            None => return Ok(!found.is_empty()),
            Some(Test::Matches(pattern)) => {
                for found in &found {
                    if let Json::Str(text) = found
                        && pattern.is_match(&**text).map_err(|_| regex::timeout())?
                    {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            Some(Test::Compare(comparison, wanted)) => (comparison, wanted),
        };
        Ok(found.iter().any(|found| {
            let order = order(found, wanted);
            match comparison {
                Comparison::Equal => order == Some(Ordering::Equal),
                Comparison::NotEqual => order != Some(Ordering::Equal),
                Comparison::Less => order == Some(Ordering::Less),
                Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
                Comparison::Greater => order == Some(Ordering::Greater),
                Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
            }
        }))
    }
}

fn order(left: &Json, right: &Json) -> Option<Ordering> {
    match (left, right) {
        (Json::Null, Json::Null) => Some(Ordering::Equal),
        (Json::Bool(left), Json::Bool(right)) => (left == right).then_some(Ordering::Equal),
        (Json::Str(left), Json::Str(right)) => Some(left.cmp(right)),
        _ => left
            .scalar()
            .as_f64()?
            .partial_cmp(&right.scalar().as_f64()?),
    }
}
