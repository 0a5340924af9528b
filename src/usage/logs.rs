//! Answers of log queries.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::AnswerError;

/// The first table of an answer.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Rows {
    columns: BTreeMap<String, usize>,
    lines: Vec<Vec<Value>>,
    /// What the service said of rows that are missing.
    pub(super) partial: Option<String>,
}

impl Rows {
    /// # Errors
    ///
    /// When the body is a refusal, or no answer of this API.
    pub(crate) fn decode(body: &Value) -> Result<Rows, AnswerError> {
        let Some(table) = body["tables"].get(0) else {
            return Err(AnswerError::of(body).unwrap_or(AnswerError::Shape("no `tables`")));
        };
        let columns = table["columns"].as_array();
        let columns = columns.ok_or(AnswerError::Shape("a table without columns"))?;
        let names = columns.iter().enumerate().map(|(place, column)| {
            let name = column["name"].as_str();
            name.map(|name| (name.to_owned(), place))
        });
        let columns: Option<BTreeMap<String, usize>> = names.collect();
        let rows = table["rows"].as_array();
        let rows = rows.ok_or(AnswerError::Shape("a table without rows"))?;
        let rows = rows
            .iter()
            .map(|row| row.as_array().cloned().unwrap_or_default());
        Ok(Rows {
            columns: columns.ok_or(AnswerError::Shape("a column without a name"))?,
            lines: rows.collect(),
            partial: AnswerError::of(body).map(|error| error.to_string()),
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.lines.iter().map(|cells| Row { rows: self, cells })
    }
}

pub(super) struct Row<'a> {
    rows: &'a Rows,
    cells: &'a [Value],
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Option<&Value> {
        self.cells.get(*self.rows.columns.get(name)?)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.cell(name)?.as_str()
    }

    /// Counts may come as numbers with a point.
    pub(super) fn count(&self, name: &str) -> u64 {
        let cell = self.cell(name);
        let whole = cell.and_then(Value::as_u64);
        whole.unwrap_or_else(|| super::model::whole(cell.and_then(Value::as_f64)))
    }

    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.parse().ok()
    }
}
