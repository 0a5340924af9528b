//! Recorded traffic: when requests came, how long they were, and who sent them.

mod columns;
mod csv;
mod json;
mod rows;
#[cfg(test)]
mod tests;
mod time;

use std::sync::Arc;
use std::time::Duration;

use super::content::Traced;
use super::request::FileReference;
use crate::base::Moment;

pub(super) use rows::{Known, read};

/// A trace and how it is replayed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TraceSpec {
    pub(crate) file: FileReference,
    /// 2 replays in half of the time.
    pub(crate) speed: f64,
    /// Rows of the trace before this, counted from its first, are left out.
    pub(crate) from: Duration,
    /// So much of the trace's time is replayed; all of it without one.
    pub(crate) span: Option<Duration>,
    /// What the trace calls subscriptions, and their indices in the scenario.
    pub(crate) subscriptions: Vec<(String, usize)>,
    /// In order of time, those of the window alone; empty until the file is read.
    pub(crate) rows: Arc<[TraceRow]>,
    /// Models that rows name.
    pub(crate) models: Vec<String>,
}

/// One recorded request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceRow {
    /// Since the window began.
    pub(crate) at: Duration,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    /// Index into the scenario's subscriptions; `None` where the trace names none.
    pub(crate) subscription: Option<usize>,
    /// Index into the trace's models.
    pub(crate) model: Option<u32>,
    pub(crate) stream: Option<bool>,
}

impl TraceSpec {
    /// The moments of the rows at the wanted speed, in whole microseconds, and what they say.
    pub(super) fn replayed(&self, start: Duration) -> impl Iterator<Item = (Moment, Traced)> {
        self.rows.iter().map(move |row| {
            let traced = Traced {
                prompt_tokens: row.prompt_tokens,
                completion_tokens: row.completion_tokens,
                subscription: row.subscription,
                model: row.model.map_or(0, |model| model + 1),
                stream: row.stream,
            };
            (self.moment(start, row.at), traced)
        })
    }

    /// When its last row, or its window, is over.
    pub(super) fn end(&self, start: Duration) -> Moment {
        let last = self.rows.last().map_or(Duration::ZERO, |row| row.at);
        self.moment(start, self.span.unwrap_or(last).max(last))
    }

    fn moment(&self, start: Duration, at: Duration) -> Moment {
        let scaled = Duration::try_from_secs_f64(at.as_secs_f64() / self.speed);
        let since = start.saturating_add(scaled.unwrap_or(Duration::MAX));
        let micros = (since.as_nanos() + 500) / 1_000;
        Moment::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}
