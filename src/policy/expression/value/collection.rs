//! Arrays, lists, dictionaries and records.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::{Value, lock};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// Fixed length.
    Array,
    List,
    /// `HashSet`, with or without regard to case.
    Set {
        ignore_case: bool,
    },
    /// First in, first out; the next one is the first.
    Queue,
    /// The next one is the first too, so that walking it is in its order.
    Stack,
}

pub(crate) struct List {
    pub(crate) kind: ListKind,
    pub(crate) items: Mutex<Vec<Value>>,
    /// Place of each item in the order that made the list, the same for items that `ThenBy` may
    /// still order; empty where nothing ordered it.
    pub(crate) ranks: Vec<usize>,
}

impl List {
    pub(crate) fn new(kind: ListKind, items: Vec<Value>) -> List {
        List {
            kind,
            items: Mutex::new(items),
            ranks: Vec::new(),
        }
    }

    pub(crate) fn ranked(items: Vec<Value>, ranks: Vec<usize>) -> List {
        List {
            kind: ListKind::List,
            items: Mutex::new(items),
            ranks,
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self.kind {
            ListKind::List => "System.Collections.Generic.List",
            ListKind::Set { .. } => "System.Collections.Generic.HashSet",
            ListKind::Queue => "System.Collections.Generic.Queue",
            ListKind::Stack => "System.Collections.Generic.Stack",
            // The item type is not kept; arrays of anything else than text are rare in policies.
            ListKind::Array
                if lock(&self.items)
                    .iter()
                    .all(|item| matches!(item, Value::Str(_) | Value::Null)) =>
            {
                "System.String[]"
            }
            ListKind::Array => "System.Object[]",
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        dismantle(std::mem::take(&mut *lock(&self.items)));
    }
}

/// Entries in the order of their addition, which is what .NET shows as long as none is removed.
pub(crate) struct Dictionary {
    pub(crate) entries: Mutex<Vec<(Value, Value)>>,
    /// Made with `StringComparer.OrdinalIgnoreCase` or one like it.
    pub(crate) ignore_case: bool,
    /// `GetValueOrDefault` gives the values of an entry as one text, as the claims of a token do.
    pub(crate) joins: bool,
}

impl Dictionary {
    pub(crate) fn new(entries: Vec<(Value, Value)>, ignore_case: bool) -> Dictionary {
        Dictionary {
            entries: Mutex::new(entries),
            ignore_case,
            joins: false,
        }
    }

    pub(crate) fn joining(entries: Vec<(Value, Value)>) -> Dictionary {
        Dictionary {
            entries: Mutex::new(entries),
            ignore_case: false,
            joins: true,
        }
    }

    pub(crate) fn find(&self, key: &Value) -> Option<Value> {
        lock(&self.entries)
            .iter()
            .find(|(known, _)| self.same_key(known, key))
            .map(|(_, value)| value.clone())
    }

    pub(crate) fn insert(&self, key: Value, value: Value) {
        let mut entries = lock(&self.entries);
        match entries
            .iter_mut()
            .find(|(known, _)| self.same_key(known, &key))
        {
            Some(entry) => entry.1 = value,
            None => entries.push((key, value)),
        }
    }

    pub(crate) fn remove(&self, key: &Value) -> bool {
        let mut entries = lock(&self.entries);
        let found = entries
            .iter()
            .position(|(known, _)| self.same_key(known, key));
        found.map(|index| entries.remove(index)).is_some()
    }

    fn same_key(&self, left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Str(left), Value::Str(right)) if self.ignore_case => {
                left.to_lowercase() == right.to_lowercase()
            }
            _ => left.equals(right),
        }
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        let entries = std::mem::take(&mut *lock(&self.entries));
        dismantle(
            entries
                .into_iter()
                .flat_map(|(key, value)| [key, value])
                .collect(),
        );
    }
}

pub(crate) struct Record {
    pub(crate) type_name: &'static str,
    pub(crate) fields: Vec<(Arc<str>, Value)>,
}

impl Record {
    pub(crate) const PAIR: &'static str = "System.Collections.Generic.KeyValuePair";
    pub(crate) const GROUPING: &'static str = "System.Linq.IGrouping";
    pub(crate) const TUPLE: &'static str = "System.ValueTuple";
    pub(crate) const ANONYMOUS: &'static str = "anonymous type";

    pub(crate) fn pair(key: Value, value: Value) -> Value {
        let fields = vec![(Arc::from("Key"), key), (Arc::from("Value"), value)];
        Value::Record(Arc::new(Record {
            type_name: Record::PAIR,
            fields,
        }))
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(known, _)| &**known == name)
            .map(|(_, value)| value)
    }

    pub(super) fn to_text(&self) -> String {
        let shown = |value: &Value| match value {
            // Records within records could nest without end.
            Value::Record(_) => value.type_name().to_owned(),
            _ => value.to_text(),
        };
        if self.type_name == Record::PAIR {
            let parts: Vec<String> = self.fields.iter().map(|(_, value)| shown(value)).collect();
            return format!("[{}]", parts.join(", "));
        }
        if self.type_name == Record::TUPLE {
            let parts: Vec<String> = self.fields.iter().map(|(_, value)| shown(value)).collect();
            return format!("({})", parts.join(", "));
        }
        if self.type_name != Record::ANONYMOUS {
            return self.type_name.to_owned();
        }
        let parts: Vec<String> = self
            .fields
            .iter()
            .map(|(name, value)| format!("{name} = {}", shown(value)))
            .collect();
        format!("{{ {} }}", parts.join(", "))
    }

    /// Field by field; records within compare by identity, so that the walk stays flat.
    pub(super) fn equals(&self, other: &Record) -> bool {
        self.type_name == other.type_name
            && self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|(left, right)| {
                left.0 == right.0
                    && match (&left.1, &right.1) {
                        (Value::Record(left), Value::Record(right)) => Arc::ptr_eq(left, right),
                        (left, right) => left.equals(right),
                    }
            })
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        dismantle(self.fields.drain(..).map(|(_, value)| value).collect());
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.type_name(), lock(&self.items).len())
    }
}

/// Frees values that hold values one by one: a loop can nest lists deeper than the stack is.
fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::List(list) => {
                if let Some(list) = Arc::into_inner(list) {
                    pending.append(&mut lock(&list.items));
                }
            }
            Value::Dictionary(dictionary) => {
                if let Some(dictionary) = Arc::into_inner(dictionary) {
                    let entries = std::mem::take(&mut *lock(&dictionary.entries));
                    pending.extend(entries.into_iter().flat_map(|(key, value)| [key, value]));
                }
            }
            Value::Record(record) => {
                if let Some(mut record) = Arc::into_inner(record) {
                    pending.extend(record.fields.drain(..).map(|(_, value)| value));
                }
            }
            _ => {}
        }
    }
}
