//! `SelectToken` and `SelectTokens`: paths of names, indices, wildcards and filters.

use super::convert::parse_double;
use super::json_filter::{self, Filter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::value::Json;

/// Nodes that one path may look at.
const MAX_NODES: usize = 50_000;

enum Step {
    Name(String),
    Names(Vec<String>),
    Index(i64),
    Indices(Vec<i64>),
    Slice(Option<i64>, Option<i64>, i64),
    All,
    /// `..`: the node itself and everything below.
    Deep,
    Filter(Filter),
}

/// All nodes at the path.
pub(super) fn select(json: &Json, path: &str) -> Result<Vec<Json>, Raise> {
    let mut found = vec![json.clone()];
    let mut budget = MAX_NODES;
    for step in steps(path)? {
        let mut next = Vec::new();
        for node in &found {
            taken(node, &step, &mut next)?;
            budget = budget.saturating_sub(next.len().max(1));
            if budget == 0 {
                return Err(Fault::unsupported(format!(
                    "`{path}` on so large a document"
                )));
            }
        }
        found = next;
    }
    Ok(found)
}

fn steps(path: &str) -> Result<Vec<Step>, Raise> {
    let unsupported = || Fault::unsupported(format!("SelectToken(\"{path}\")"));
    let mut steps = Vec::new();
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut first = true;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("..") {
            steps.push(Step::Deep);
            rest = behind;
            if rest.is_empty() {
                return Err(unsupported());
            }
            first = true;
            continue;
        }
        if let Some(inner) = rest.strip_prefix('[') {
            let end = bracket_end(inner).ok_or_else(unsupported)?;
            steps.push(bracket(inner[..end].trim()).ok_or_else(unsupported)?);
            rest = &inner[end + 1..];
        } else {
            let name = rest
                .strip_prefix('.')
                .or_else(|| first.then_some(rest))
                .ok_or_else(unsupported)?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            rest = &name[end..];
            steps.push(match &name[..end] {
                "*" => Step::All,
                name if name.is_empty() || name.contains(['*', '?', '(', '@']) => {
                    return Err(unsupported());
                }
                name => Step::Name(name.to_owned()),
            });
        }
        first = false;
    }
    Ok(steps)
}

/// Offset of the `]` that closes, quotes and brackets within respected.
fn bracket_end(inner: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    for (at, byte) in inner.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[') => depth += 1,
            (None, b']') if depth == 0 => return Some(at),
            (None, b']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(inner: &str) -> Option<Step> {
    if inner == "*" {
        return Some(Step::All);
    }
    if let Some(filter) = inner
        .strip_prefix("?(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        return json_filter::parse(filter).map(Step::Filter);
    }
    if let Some(name) = quoted(inner) {
        return Some(Step::Name(name));
    }
    let names: Option<Vec<String>> = inner.split(',').map(|name| quoted(name.trim())).collect();
    if let Some(names) = names {
        return Some(Step::Names(names));
    }
    if inner.contains(':') {
        let mut parts = inner.split(':').map(str::trim);
        let mut number = || match parts.next() {
            None | Some("") => Some(None),
            Some(text) => text.parse::<i64>().ok().map(Some),
        };
        let (start, end, step) = (number()?, number()?, number()?);
        let step = step.unwrap_or(1);
        return (step > 0).then_some(Step::Slice(start, end, step));
    }
    let indices: Option<Vec<i64>> = inner
        .split(',')
        .map(|index| index.trim().parse().ok())
        .collect();
    match indices?.as_slice() {
        [index] if *index >= 0 => Some(Step::Index(*index)),
        many if many.len() > 1 => Some(Step::Indices(many.to_vec())),
        _ => None,
    }
}

/// The text between single or double quotes that holds no quote itself.
pub(super) fn quoted(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text[1..].strip_suffix(quote)?;
    (!inner.contains(quote)).then(|| inner.to_owned())
}

fn taken(node: &Json, step: &Step, next: &mut Vec<Json>) -> Result<(), Raise> {
    let item = |index: i64| match node {
        Json::Array(array) => usize::try_from(index).ok().and_then(|at| array.item(at)),
        _ => None,
    };
    match (step, node) {
        (Step::Name(name), Json::Object(object)) => next.extend(object.field(name)),
        (Step::Names(names), Json::Object(object)) => {
            next.extend(names.iter().filter_map(|name| object.field(name)));
        }
        (Step::Index(index), _) => next.extend(item(*index)),
        (Step::Indices(indices), _) => next.extend(indices.iter().filter_map(|at| item(*at))),
        (Step::Slice(start, end, step), Json::Array(array)) => {
            let count = i64::try_from(array.len()).unwrap_or(i64::MAX);
            let from_end = |at: i64| {
                if at < 0 {
                    (count + at).max(0)
                } else {
                    at.min(count)
                }
            };
            let (mut at, end) = (from_end(start.unwrap_or(0)), from_end(end.unwrap_or(count)));
            while at < end {
                next.extend(item(at));
                at += step;
            }
        }
        (Step::All, _) => next.extend(node.children()),
        (Step::Deep, _) => {
            let mut pending = vec![node.clone()];
            while let Some(node) = pending.pop() {
                let mut children = node.children();
                children.reverse();
                pending.append(&mut children);
                if matches!(node, Json::Array(_) | Json::Object(_)) {
                    next.push(node);
                }
                if next.len() + pending.len() > MAX_NODES {
                    return Err(Fault::unsupported("`..` on so large a document"));
                }
            }
        }
        (Step::Filter(filter), _) => {
            for child in node.children() {
                if filter.accepts(&child)? {
                    next.push(child);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// A number in a filter.
pub(super) fn number(text: &str) -> Option<f64> {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        .then(|| parse_double(text))
        .flatten()
}
