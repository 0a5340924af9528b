use serde_json::{Map, Value, json};

use crate::arm::value::{get, same, same_name, shown, unknown_text};

/// Properties that services report and templates cannot set.
const READ_ONLY: [&str; 2] = ["provisioningState", "etag"];

/// One property that would change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub(super) path: String,
    /// `Create`, `Modify`, `Delete`, `Array`, `NoEffect`
    pub(super) kind: &'static str,
    pub(super) before: Value,
    pub(super) after: Value,
    pub(super) children: Vec<Change>,
}

impl Change {
    fn of(path: &str, kind: &'static str, before: &Value, after: &Value) -> Change {
        Change {
            path: path.to_owned(),
            kind,
            before: before.clone(),
            after: shown(after),
            children: Vec::new(),
        }
    }

    pub(super) fn wire(&self) -> Value {
        let children: Value = match self.children.as_slice() {
            [] => Value::Null,
            children => children.iter().map(Change::wire).collect(),
        };
        json!({
            "path": self.path,
            "propertyChangeType": self.kind,
            "before": self.before,
            "after": self.after,
            "children": children,
        })
    }
}

/// The differences of two resources, as far as the template's side names properties.
pub(super) fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (key, wanted) in after {
        let now = get(before, key).unwrap_or(&Value::Null);
        match key.as_str() {
            "id" | "name" | "type" | "apiVersion" => {}
            "location" if same_place(now, wanted) => {}
            "tags" => tags(now, wanted, &mut changes),
            _ => value(key, now, wanted, &mut changes),
        }
    }
    changes
}

/// `West Europe` is `westeurope`.
fn same_place(now: &Value, wanted: &Value) -> bool {
    let plain = |value: &Value| {
        value
            .as_str()
            .map(|text| text.replace(' ', "").to_lowercase())
    };
    plain(now).is_some() && plain(now) == plain(wanted)
}

/// Tags are replaced as a whole: those that the template does not name go.
fn tags(now: &Value, wanted: &Value, changes: &mut Vec<Change>) {
    value("tags", now, wanted, changes);
    if let (Value::Object(now), Value::Object(wanted)) = (now, wanted) {
        for (key, gone) in now {
            if get(wanted, key).is_none() {
                let path = joined("tags", key);
                changes.push(Change::of(&path, "Delete", gone, &Value::Null));
            }
        }
    }
}

fn value(path: &str, now: &Value, wanted: &Value, changes: &mut Vec<Change>) {
    if wanted.is_null() || equal(now, wanted) {
        return;
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    if READ_ONLY.iter().any(|name| same_name(name, last)) {
        changes.push(Change::of(path, "NoEffect", now, wanted));
        return;
    }
    match (now, wanted) {
        (Value::Null, _) => changes.push(Change::of(path, "Create", now, wanted)),
        (Value::Object(now), Value::Object(inner)) if unknown_text(wanted).is_none() => {
            for (key, wanted) in inner {
                let now = get(now, key).unwrap_or(&Value::Null);
                value(&joined(path, key), now, wanted, changes);
            }
        }
        (Value::Array(now), Value::Array(wanted)) => {
            let children = elements(now, wanted);
            if !children.is_empty() {
                let mut change = Change::of(path, "Array", &Value::Null, &Value::Null);
                change.children = children;
                changes.push(change);
            }
        }
        _ => changes.push(Change::of(path, "Modify", now, wanted)),
    }
}

fn elements(now: &[Value], wanted: &[Value]) -> Vec<Change> {
    let mut changes = Vec::new();
    for index in 0..now.len().max(wanted.len()) {
        let path = index.to_string();
        match (now.get(index), wanted.get(index)) {
            (Some(now), None) => changes.push(Change::of(&path, "Delete", now, &Value::Null)),
            (None, Some(wanted)) => {
                changes.push(Change::of(&path, "Create", &Value::Null, wanted));
            }
            (Some(Value::Object(now)), Some(Value::Object(map)))
                if unknown_text(&wanted[index]).is_none() =>
            {
                let mut children = Vec::new();
                for (key, wanted) in map {
                    let now = get(now, key).unwrap_or(&Value::Null);
                    value(&joined("", key), now, wanted, &mut children);
                }
                if !children.is_empty() {
                    let mut change = Change::of(&path, "Modify", &Value::Null, &Value::Null);
                    change.children = children;
                    changes.push(change);
                }
            }
            (Some(now), Some(wanted)) => value(&path, now, wanted, &mut changes),
            (None, None) => {}
        }
    }
    changes
}

/// Scalars, and ids without regard to letter case.
fn equal(now: &Value, wanted: &Value) -> bool {
    match (now, wanted) {
        (Value::String(now), Value::String(wanted)) if wanted.starts_with("/subscriptions/") => {
            same_name(now, wanted)
        }
        (Value::Object(_) | Value::Array(_), _) => false,
        _ => same(now, wanted),
    }
}

/// A key that is not a plain name stands in brackets.
fn joined(path: &str, key: &str) -> String {
    let plain = key
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (path, plain) {
        ("", true) => key.to_owned(),
        (_, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}['{key}']"),
    }
}
