//! From a file to the rows of a trace, with every mistake on the way.

use std::time::Duration;

use super::columns::Columns;
use super::csv::{self, Field};
use super::{TraceRow, TraceSpec, json, time};
use crate::base::{Diagnostic, Source, Span, nearest_hint};

/// A file that is wrong from end to end need not say so a million times.
const MOST_MISTAKES: usize = 10;

/// Subscriptions of the scenario by id, and whether the group has a model of its own, which then
/// holds for every row.
pub(in super::super) struct Known<'a> {
    pub(in super::super) subscriptions: &'a [String],
    pub(in super::super) one_model: bool,
}

/// Reads the rows of a trace into `trace`, which says how it is replayed.
pub(in super::super) fn read(
    trace: &mut TraceSpec,
    source: &Source,
    known: &Known<'_>,
) -> Result<(), Vec<Diagnostic>> {
    let mut reader = Reader {
        source,
        known,
        trace,
        problems: Vec::new(),
    };
    let rows = reader.records().and_then(|records| reader.rows(&records));
    let Some(mut rows) = rows.filter(|_| reader.problems.is_empty()) else {
        return Err(reader.problems);
    };
    // Stable: what came at one moment stays in the order of the file.
    rows.sort_by_key(|(micros, _)| *micros);
    let first = rows.first().map_or(0, |(micros, _)| *micros);
    let window = trace.from..trace.span.map_or(Duration::MAX, |span| trace.from + span);
    let offset = |micros: i64| Duration::from_micros(u64::try_from(micros - first).unwrap_or(0));
    trace.rows = rows
        .into_iter()
        .map(|(micros, row)| (offset(micros), row))
        .filter(|(at, _)| window.contains(at))
        .map(|(at, row)| TraceRow {
            at: at.saturating_sub(trace.from),
            ..row
        })
        .collect();
    if trace.rows.is_empty() {
        let whole = Span::new(0, source.text.len().min(1));
        let message = "no row of the trace is in the time that is to be replayed";
        let problem = Diagnostic::error(source, whole, message);
        return Err(vec![
            problem.hint("`from` and `for` count from its first row"),
        ]);
    }
    Ok(())
}

struct Reader<'a> {
    source: &'a Source,
    known: &'a Known<'a>,
    trace: &'a mut TraceSpec,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn error(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        let problem = Diagnostic::error(self.source, span, message).hint(hint);
        self.problems.push(problem);
    }

    fn records(&mut self) -> Option<Vec<Vec<Field>>> {
        let text = &*self.source.text;
        if text.trim_start().starts_with(['[', '{']) {
            return match json::records(text) {
                Ok(records) => Some(records),
                Err((span, message, hint)) => {
                    self.error(span, message, hint);
                    None
                }
            };
        }
        match csv::records(text) {
            Ok(records) => Some(records),
            Err(csv::Unfinished(span)) => {
                self.error(
                    span,
                    "the value that begins here has no closing quote",
                    "a quote within a value is written twice",
                );
                None
            }
        }
    }

    fn rows(&mut self, records: &[Vec<Field>]) -> Option<Vec<(i64, TraceRow)>> {
        const HINT: &str = "the first line names the columns: `timestamp,prompt_tokens,completion_tokens`, and where known `subscription`, `model`, `stream`; Azure's published traces and exports of the gateway's log of language models are read as they are";
        let Some((head, rows)) = records.split_first() else {
            self.error(Span::default(), "the trace is empty", HINT);
            return None;
        };
        let columns = Columns::of(head.iter().map(|field| field.text.as_str()));
        if let Some(missing) = columns.missing() {
            let end = head.last().map_or(0, |field| field.span.end);
            let place = Span::new(head.first().map_or(0, |field| field.span.start), end);
            self.error(place, format!("there is no column `{missing}`"), HINT);
            return None;
        }
        let mut read = Vec::with_capacity(rows.len());
        for fields in rows {
            if self.problems.len() >= MOST_MISTAKES {
                break;
            }
            if let Some(row) = self.row(&columns, fields) {
                read.push(row);
            }
        }
        Some(read)
    }

    fn row(&mut self, columns: &Columns, fields: &[Field]) -> Option<(i64, TraceRow)> {
        let field = |column: Option<usize>| column.and_then(|column| fields.get(column));
        let text = |column| field(column).filter(|field| !field.text.is_empty());
        let whole = Span::new(
            fields.first().map_or(0, |field| field.span.start),
            fields.last().map_or(0, |field| field.span.end),
        );
        // A further part of a long message, whose tokens its first part has.
        let counted = text(columns.prompt).filter(|field| field.text != "0");
        if columns.part.is_some() && counted.is_none() {
            return None;
        }
        let time = text(columns.time);
        let moment = time.and_then(|field| time::micros(&field.text));
        if moment.is_none() {
            let (place, written) = time.map_or((whole, ""), |field| (field.span, &field.text));
            self.error(
                place,
                format!("`{written}` is not a moment"),
                "write UTC times such as `2026-01-01T09:00:00.250Z`, or seconds",
            );
        }
        let prompt = self.count(text(columns.prompt), whole);
        let completion = self.count(text(columns.completion), whole);
        let subscription = self.subscription(text(columns.subscription));
        let stream = self.flag(text(columns.stream));
        let model = match text(columns.model) {
            Some(field) if !self.known.one_model => Some(self.model(&field.text)),
            _ => None,
        };
        let row = TraceRow {
            at: Duration::ZERO,
            prompt_tokens: prompt?,
            completion_tokens: completion?,
            subscription: subscription?,
            model,
            stream: stream?,
        };
        Some((moment?, row))
    }

    fn count(&mut self, field: Option<&Field>, row: Span) -> Option<u64> {
        let text = field.map_or("", |field| &field.text);
        // Exports may write whole numbers with a fraction.
        let plain = text.strip_suffix(".0").unwrap_or(text);
        let most = super::super::amount::MOST_TOKENS;
        let count = plain.parse::<u64>().ok().filter(|count| *count <= most);
        if count.is_none() {
            let place = field.map_or(row, |field| field.span);
            self.error(
                place,
                format!("`{text}` is not a number of tokens"),
                format!("write a whole number from 0 to {most}"),
            );
        }
        count
    }

    #[expect(clippy::option_option, reason = "the outer one is `reported`")]
    fn flag(&mut self, field: Option<&Field>) -> Option<Option<bool>> {
        let Some(field) = field else {
            return Some(None);
        };
        match field.text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(Some(true)),
            "false" | "0" | "no" => Some(Some(false)),
            text => {
                let message = format!("`{text}` is neither true nor false");
                self.error(field.span, message, "write `true` or `false`");
                None
            }
        }
    }

    #[expect(clippy::option_option, reason = "the outer one is `reported`")]
    fn subscription(&mut self, field: Option<&Field>) -> Option<Option<usize>> {
        let Some(Field { text, span }) = field else {
            return Some(None);
        };
        let mapped = self.trace.subscriptions.iter();
        if let Some((_, index)) = mapped.clone().find(|(name, _)| name == text) {
            return Some(Some(*index));
        }
        let ids = self.known.subscriptions;
        let found = ids.iter().position(|id| id == text);
        if found.is_none() {
            let hint = nearest_hint(text, ids.iter().map(String::as_str));
            let message = format!("there is no subscription `{text}` in the scenario");
            let problem = Diagnostic::error(self.source, *span, message).hint(hint);
            self.problems.push(problem.hint(format!(
                "list it under `subscriptions` of the scenario, or say there which it is: `trace: {{ subscriptions: {{ {text}: {} }} }}`",
                ids.first().map_or("ID", String::as_str)
            )));
            return None;
        }
        Some(found)
    }

    fn model(&mut self, name: &str) -> u32 {
        let models = &mut self.trace.models;
        let index = models.iter().position(|known| known == name);
        let index = index.unwrap_or_else(|| {
            models.push(name.to_owned());
            models.len() - 1
        });
        super::super::content::narrow(index as u64)
    }
}
