use super::Sketch;
use crate::report::outcome::index;
use crate::report::stats::{due_us, latency_us, lateness_us, ttft_us};
use crate::results::{Line, Outcome};

/// One interval of the run, as charts over time show it.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::report) struct Column {
    /// Requests that were done in it, by outcome, in the order of `OUTCOMES`.
    pub(in crate::report) requests: [u64; 4],
    /// Their tokens: reported by passed requests, asked for (as planned) by all others.
    pub(in crate::report) tokens: [u64; 4],
    /// Requests that should have gone out in it.
    pub(in crate::report) due: u64,
    /// Requests that did.
    pub(in crate::report) sent: u64,
    /// Of passed requests that were done in it, microseconds.
    pub(in crate::report) latency: Sketch<3>,
    pub(in crate::report) ttft: Sketch<3>,
    /// From sent to done, of requests that were throttled.
    pub(in crate::report) refusal: Sketch<3>,
    /// Of requests that were sent in it.
    pub(in crate::report) lateness: Sketch<3>,
}

impl Column {
    pub(super) fn merge(&mut self, other: &Column) {
        for (count, more) in self.requests.iter_mut().zip(other.requests) {
            *count += more;
        }
        for (count, more) in self.tokens.iter_mut().zip(other.tokens) {
            *count += more;
        }
        self.due += other.due;
        self.sent += other.sent;
        self.latency.merge(&other.latency);
        self.ttft.merge(&other.ttft);
        self.refusal.merge(&other.refusal);
        self.lateness.merge(&other.lateness);
    }
}

/// Adds a request to the columns of its moments; what lies beyond the last column goes there.
pub(super) fn add(columns: &mut [Column], interval_us: u64, line: &Line<'_>) {
    let last = columns.len() - 1;
    let place = |moment: u64| usize::try_from(moment / interval_us).map_or(last, |at| at.min(last));
    let outcome = line.outcome();
    let column = &mut columns[place(line.done_us)];
    column.requests[index(outcome)] += 1;
    column.tokens[index(outcome)] += match outcome {
        Outcome::Passed => line.total_tokens().unwrap_or(0),
        _ => line.planned_prompt_tokens,
    };
    if let Some(time) = latency_us(line) {
        column.latency.add(time);
    }
    if let Some(time) = ttft_us(line) {
        column.ttft.add(time);
    }
    if outcome == Outcome::Throttled {
        column
            .refusal
            .add(line.done_us.saturating_sub(line.sent_us));
    }
    columns[place(due_us(line))].due += 1;
    let column = &mut columns[place(line.sent_us)];
    column.sent += 1;
    column.lateness.add(lateness_us(line));
}
