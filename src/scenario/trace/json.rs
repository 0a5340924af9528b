//! The rows of a trace in JSON: a list of objects, one object a line, or the answer of a Log
//! Analytics query (`tables` with `columns` and `rows`).

use serde_json::{Map, Value};

use super::csv::Field;
use crate::base::Span;

/// What is wrong, where, and what to do.
pub(super) type Problem = (Span, String, String);

/// Like a CSV file: the first record has the names of the columns. JSON tells no places within a
/// document, so fields have the place of their document.
pub(super) fn records(text: &str) -> Result<Vec<Vec<Field>>, Problem> {
    let mut head: Vec<String> = Vec::new();
    let mut rows: Vec<(Span, Map<String, Value>)> = Vec::new();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let from = values.byte_offset();
        let from = from + text[from..].len() - text[from..].trim_start().len();
        let Some(value) = values.next() else { break };
        let value = value.map_err(|error| {
            let span = place(text, error.line(), error.column());
            let error = error.to_string();
            let why = error.split(" at line ").next().unwrap_or_default();
            let message = format!("this is not JSON: {why}");
            (span, message, EXPECTED.to_owned())
        })?;
        let span = Span::new(from, values.byte_offset());
        add(value, span, &mut rows).ok_or_else(|| {
            let message = "these are not the rows of a trace".to_owned();
            (Span::new(from, from + 1), message, EXPECTED.to_owned())
        })?;
    }
    for (_, row) in &rows {
        for name in row.keys() {
            if !head.contains(name) {
                head.push(name.clone());
            }
        }
    }
    let begin = Span::new(0, text.len().min(1));
    let names = head.iter().map(|name| Field {
        text: name.clone(),
        span: begin,
    });
    let mut records = vec![names.collect()];
    for (span, row) in rows {
        let fields = head.iter().map(|name| Field {
            text: row.get(name).map_or_else(String::new, plain),
            span,
        });
        records.push(fields.collect());
    }
    Ok(records)
}

const EXPECTED: &str =
    "write a list of objects, or one object on each line, or the answer of a query with `tables`";

fn add(value: Value, span: Span, rows: &mut Vec<(Span, Map<String, Value>)>) -> Option<()> {
    match value {
        Value::Array(items) => {
            for item in items {
                let Value::Object(row) = item else {
                    return None;
                };
                rows.push((span, row));
            }
        }
        Value::Object(mut object) => match object.remove("tables") {
            Some(tables) => table(&tables, span, rows)?,
            None => rows.push((span, object)),
        },
        _ => return None,
    }
    Some(())
}

/// The first table is the answer; further ones are about the query.
fn table(tables: &Value, span: Span, rows: &mut Vec<(Span, Map<String, Value>)>) -> Option<()> {
    let table = tables.as_array()?.first()?;
    let columns = table.get("columns")?.as_array()?;
    let name = |column: &Value| Some(column.get("name")?.as_str()?.to_owned());
    let names = columns.iter().map(name).collect::<Option<Vec<_>>>()?;
    for row in table.get("rows")?.as_array()? {
        let values = row.as_array()?.iter().cloned();
        rows.push((span, names.iter().cloned().zip(values).collect()));
    }
    Some(())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn place(text: &str, line: usize, column: usize) -> Span {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let start = (before + column.saturating_sub(1)).min(text.len());
    Span::new(start, (start + 1).min(text.len()))
}
