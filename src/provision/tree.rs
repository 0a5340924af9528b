//! What would change, as a tree: children below their parents, properties below their resource.

use std::fmt::Write as _;

use serde_json::Value;

use super::change::{Change, Changes, Kind, Property, PropertyKind};
use super::id::Id;
use super::look::{Ink, Look};

/// Characters of a value that are shown.
const WIDEST: usize = 72;
/// Changed lines of a text that are shown.
const MOST_LINES: usize = 12;

impl Changes {
    /// One line a resource, ids in order; what stays as it is and what is not in the template is
    /// dim.
    pub(crate) fn tree(&self, look: Look) -> String {
        let mut text = String::new();
        let mut around: Vec<&Change> = Vec::new();
        for one in &self.resources {
            while around
                .last()
                .is_some_and(|outer| Id(&one.id).within(Id(&outer.id)).is_none())
            {
                around.pop();
            }
            line(&mut text, one, around.last().copied(), around.len(), look);
            around.push(one);
        }
        for note in &self.notes {
            let _infallible = writeln!(text, "note: {note}");
        }
        text
    }
}

fn sign(kind: Kind) -> (char, Ink) {
    match kind {
        Kind::Create => ('+', Ink::Green),
        Kind::Modify | Kind::Deploy => ('~', Ink::Yellow),
        Kind::Delete => ('-', Ink::Red),
        Kind::NoChange => ('=', Ink::Dim),
        Kind::Ignore => ('*', Ink::Dim),
        Kind::Unsupported => ('?', Ink::Yellow),
    }
}

fn line(text: &mut String, one: &Change, outer: Option<&Change>, depth: usize, look: Look) {
    let (sign, ink) = sign(one.kind);
    let indent = "  ".repeat(depth);
    let id = Id(&one.id);
    let inner = outer.and_then(|outer| id.within(Id(&outer.id)));
    let (kind, name) = match inner {
        // Directly below: the last part of kind and name says it all.
        Some(rest) if rest.matches('/').count() == 2 => {
            let mut parts = rest[1..].splitn(2, '/');
            let kind = parts.next().unwrap_or_default().to_owned();
            (kind, parts.next().unwrap_or_default().to_owned())
        }
        _ => (id.kind(), id.name()),
    };
    let mut said = format!("{indent}{sign} {kind} {name}");
    if one.kind == Kind::Create {
        said.push_str(&summary(&one.after));
    }
    if one.perhaps {
        said.push_str(" (perhaps)");
    }
    text.push_str(&look.paint(ink, &said));
    text.push('\n');
    if let Some(reason) = &one.reason {
        let _infallible = writeln!(text, "{indent}    {}", reason.trim_end_matches('.'));
    }
    for property in &one.properties {
        delta(text, property, &indent, look);
    }
}

/// What decides price and place of a new resource.
fn summary(after: &Value) -> String {
    let of = |pointer: &str| {
        after
            .pointer(pointer)
            .filter(|value| value.is_string() || value.is_number())
            .map(short)
            .map(|text| text.trim_matches('"').to_owned())
    };
    let capacity = of("/sku/capacity").map(|units| format!("capacity {units}"));
    let model = of("/properties/model/name").map(|model| match of("/properties/model/version") {
        Some(version) => format!("{model} {version}"),
        None => model,
    });
    let parts = [model, of("/sku/name"), capacity, of("/location")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}

fn delta(text: &mut String, property: &Property, indent: &str, look: Look) {
    let (sign, ink) = match property.kind {
        PropertyKind::Create => ('+', Ink::Green),
        PropertyKind::Modify => ('~', Ink::Yellow),
        PropertyKind::Delete => ('-', Ink::Red),
    };
    let path = &property.path;
    let said = match (property.kind, &property.before, &property.after) {
        (PropertyKind::Modify, Value::String(before), Value::String(after))
            if before.contains('\n') || after.contains('\n') =>
        {
            return lines(text, path, (before, after), indent, look);
        }
        (PropertyKind::Create, _, after) => format!("{sign} {path}: {}", short(after)),
        (PropertyKind::Delete, before, _) => format!("{sign} {path}: {}", short(before)),
        (PropertyKind::Modify, before, after) => {
            format!("{sign} {path}: {} -> {}", short(before), short(after))
        }
    };
    let _infallible = writeln!(text, "{indent}    {}", look.paint(ink, &said));
}

/// A text of several lines: those between what both sides begin and end with.
fn lines(text: &mut String, path: &str, (before, after): (&str, &str), indent: &str, look: Look) {
    let old: Vec<&str> = before.lines().map(str::trim_end).collect();
    let new: Vec<&str> = after.lines().map(str::trim_end).collect();
    let same = |(one, other): &(&&str, &&str)| one == other;
    let head = old.iter().zip(&new).take_while(same).count();
    let ends = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = ends.take_while(same).count();
    let gone = &old[head..old.len() - tail];
    let come = &new[head..new.len() - tail];
    let said = if gone.is_empty() && come.is_empty() {
        format!("~ {path}: line ends only")
    } else {
        format!("~ {path}: from line {}", head + 1)
    };
    let _infallible = writeln!(text, "{indent}    {}", look.paint(Ink::Yellow, &said));
    for (part, sign, ink) in [(gone, '-', Ink::Red), (come, '+', Ink::Green)] {
        for line in part.iter().take(MOST_LINES) {
            let line = look.paint(ink, &format!("{sign} {}", clipped(line)));
            let _infallible = writeln!(text, "{indent}      {line}");
        }
        if part.len() > MOST_LINES {
            let more = part.len() - MOST_LINES;
            let _infallible = writeln!(text, "{indent}      {sign} ({more} more lines)");
        }
    }
}

/// One line of JSON, clipped.
fn short(value: &Value) -> String {
    clipped(&value.to_string())
}

fn clipped(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(WIDEST - 3).collect();
    format!("{kept}...")
}
