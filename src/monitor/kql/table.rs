use serde_json::{Value as Json, json};

use super::Problem;
use super::value::{Type, Value};

/// Columns and rows, on their way through the operators.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::monitor) struct Table {
    pub(super) columns: Vec<(String, Type)>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Table {
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(known, _)| known == name)
    }

    pub(super) fn column(&self, name: &str) -> Result<usize, Problem> {
        self.place(name).ok_or_else(|| Problem::Unknown {
            kind: "column",
            name: name.to_owned(),
        })
    }

    /// A name that no column has yet: Kusto counts on.
    pub(super) fn fresh(&self, name: &str) -> String {
        let mut number = 0;
        let mut fresh = name.to_owned();
        while self.place(&fresh).is_some() {
            number += 1;
            fresh = format!("{name}{number}");
        }
        fresh
    }

    /// The answer's form.
    pub(in crate::monitor) fn json(&self) -> Json {
        let columns = self.columns.iter();
        let columns = columns.map(|(name, kind)| json!({ "name": name, "type": kind.name() }));
        let rows = self
            .rows
            .iter()
            .map(|row| row.iter().map(Value::json).collect());
        json!({
            "name": "PrimaryResult",
            "columns": columns.collect::<Vec<_>>(),
            "rows": rows.collect::<Vec<Json>>(),
        })
    }
}
