use serde_json::{Value, json};

use super::trouble::text;

/// What a deployment would change, as the what-if operation answers it.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Changes {
    pub(crate) resources: Vec<Change>,
    /// What Azure could not look into, in its own words.
    pub(crate) notes: Vec<String>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// It may happen: what decides it is known only when the deployment runs.
    pub(crate) perhaps: bool,
    pub(crate) before: Value,
    pub(crate) after: Value,
    pub(crate) properties: Vec<Property>,
    /// Why it is unsupported.
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Create,
    /// Something changes, but not said what.
    Deploy,
    Modify,
    Delete,
    NoChange,
    /// The resource is there, and not in the template.
    Ignore,
    Unsupported,
}

/// One property that changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Property {
    pub(crate) path: String,
    pub(crate) kind: PropertyKind,
    pub(crate) before: Value,
    pub(crate) after: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PropertyKind {
    Create,
    Modify,
    Delete,
}

/// What a property that may be a secret is shown as.
const HIDDEN: &str = "*******";

/// Names of properties that are never shown, whatever Azure sends; compared without letter case,
/// at the end of a name.
const SECRET_NAMES: [&str; 8] = [
    "password",
    "secret",
    "connectionstring",
    "primarykey",
    "secondarykey",
    "accesskey",
    "instrumentationkey",
    "token",
];

impl Changes {
    /// Reads the answer `{status, properties: {changes, potentialChanges, diagnostics}}`, or its
    /// `properties` alone. Nothing when there is no list of changes in it.
    pub(crate) fn read(answer: &Value) -> Option<Changes> {
        let properties = answer.get("properties").unwrap_or(answer);
        let mut changes = Changes::default();
        for (list, perhaps) in [("changes", false), ("potentialChanges", true)] {
            match properties.get(list).and_then(Value::as_array) {
                Some(items) => changes
                    .resources
                    .extend(items.iter().filter_map(|item| change(item, perhaps))),
                None if !perhaps => return None,
                None => {}
            }
        }
        changes
            .resources
            .sort_by_cached_key(|one| one.id.to_ascii_lowercase());
        let notes = properties.get("diagnostics").and_then(Value::as_array);
        changes.notes = notes
            .into_iter()
            .flatten()
            .map(|note| text(note, "message").to_owned())
            .collect();
        Some(changes)
    }

    /// Nothing that is known would be written or deleted.
    pub(crate) fn nothing(&self) -> bool {
        let quiet = |one: &Change| matches!(one.kind, Kind::NoChange | Kind::Ignore);
        self.resources.iter().all(quiet)
    }

    /// `3 to create, 1 to modify, 12 unchanged`
    pub(crate) fn count(&self) -> String {
        let words = [
            (Kind::Create, "to create"),
            (Kind::Modify, "to modify"),
            (Kind::Deploy, "to deploy"),
            (Kind::Delete, "to delete"),
            (Kind::NoChange, "unchanged"),
            (Kind::Ignore, "not in the template"),
            (Kind::Unsupported, "not foreseeable"),
        ];
        let counts = words.iter().filter_map(|(kind, words)| {
            let of_kind = self.resources.iter().filter(|one| one.kind == *kind);
            let count = of_kind.count();
            (count > 0).then(|| format!("{count} {words}"))
        });
        let counts: Vec<String> = counts.collect();
        match (self.nothing(), counts.is_empty()) {
            (_, true) => "nothing to deploy".to_owned(),
            (true, false) => format!("nothing changes: {}", counts.join(", ")),
            (false, false) => counts.join(", "),
        }
    }
}

impl Changes {
    /// The same for programs: `{count, resources: [{id, change, properties}], notes}`.
    pub(crate) fn json(&self) -> Value {
        let resources: Vec<Value> = self.resources.iter().map(Change::json).collect();
        json!({"count": self.count(), "resources": resources, "notes": self.notes})
    }
}

impl Change {
    fn json(&self) -> Value {
        let properties = self.properties.iter().map(|one| {
            json!({
                "path": one.path,
                "change": match one.kind {
                    PropertyKind::Create => "create",
                    PropertyKind::Modify => "modify",
                    PropertyKind::Delete => "delete",
                },
                "before": one.before,
                "after": one.after,
            })
        });
        let kind = match self.kind {
            Kind::Create => "create",
            Kind::Deploy => "deploy",
            Kind::Modify => "modify",
            Kind::Delete => "delete",
            Kind::NoChange => "noChange",
            Kind::Ignore => "ignore",
            Kind::Unsupported => "unsupported",
        };
        json!({
            "id": self.id,
            "change": kind,
            "perhaps": self.perhaps,
            "reason": self.reason,
            "properties": properties.collect::<Vec<_>>(),
        })
    }
}

fn change(item: &Value, perhaps: bool) -> Option<Change> {
    let kind = match text(item, "changeType") {
        "Create" => Kind::Create,
        "Deploy" => Kind::Deploy,
        "Modify" => Kind::Modify,
        "Delete" => Kind::Delete,
        // NoEffect: read-only properties, which the service ignores.
        "NoChange" | "NoEffect" => Kind::NoChange,
        "Ignore" => Kind::Ignore,
        _ => Kind::Unsupported,
    };
    let after = item.get("after").cloned().unwrap_or(Value::Null);
    let before = item.get("before").cloned().unwrap_or(Value::Null);
    let mut properties = Vec::new();
    for delta in item
        .get("delta")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        flatten(delta, "", &mut properties);
    }
    let secret = [&before, &after]
        .iter()
        .any(|side| side.pointer("/properties/secret") == Some(&Value::Bool(true)));
    // Azure answers no secrets, so that each of them looks new every time.
    let before_count = properties.len();
    properties.retain(|property| {
        let new = property.kind == PropertyKind::Create && property.before.is_null();
        !(new && is_secret(property, secret))
    });
    let kind = match kind {
        Kind::Modify if properties.is_empty() && before_count > 0 => Kind::NoChange,
        kind => kind,
    };
    for property in &mut properties {
        conceal(property, secret);
    }
    let reason = text(item, "unsupportedReason");
    Some(Change {
        id: item.get("resourceId")?.as_str()?.to_owned(),
        kind,
        perhaps,
        before,
        after,
        properties,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
    })
}

/// Deltas of arrays lie in their children; each gets the whole path.
fn flatten(delta: &Value, above: &str, found: &mut Vec<Property>) {
    let own = text(delta, "path");
    let path = match (above, own.parse::<usize>()) {
        ("", _) => own.to_owned(),
        (_, Ok(index)) => format!("{above}[{index}]"),
        (_, Err(_)) if own.starts_with('[') => format!("{above}{own}"),
        (_, Err(_)) => format!("{above}.{own}"),
    };
    let children = delta.get("children").and_then(Value::as_array);
    if let Some(children) = children.filter(|children| !children.is_empty()) {
        for child in children {
            flatten(child, &path, found);
        }
        return;
    }
    let kind = match text(delta, "propertyChangeType") {
        "Create" => PropertyKind::Create,
        "Delete" => PropertyKind::Delete,
        "NoEffect" => return,
        _ => PropertyKind::Modify,
    };
    let side = |name: &str| delta.get(name).cloned().unwrap_or(Value::Null);
    found.push(Property {
        path,
        kind,
        before: side("before"),
        after: side("after"),
    });
}

/// `secret`: the resource says that its value is one.
fn is_secret(property: &Property, secret: bool) -> bool {
    let last = property.path.rsplit('.').next().unwrap_or_default();
    let last = last.to_ascii_lowercase();
    let named = SECRET_NAMES.iter().any(|name| last.ends_with(name));
    named || (secret && property.path == "properties.value")
}

fn conceal(property: &mut Property, secret: bool) {
    let hide = is_secret(property, secret);
    for side in [&mut property.before, &mut property.after] {
        if hide && side.is_string() {
            *side = HIDDEN.into();
        } else {
            conceal_inside(side);
        }
    }
}

fn conceal_inside(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(conceal_inside),
        Value::Object(map) => {
            for (key, item) in map {
                let key = key.to_ascii_lowercase();
                if item.is_string() && SECRET_NAMES.iter().any(|name| key.ends_with(name)) {
                    *item = HIDDEN.into();
                } else {
                    conceal_inside(item);
                }
            }
        }
        _ => {}
    }
}
