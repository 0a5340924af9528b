//! Times and groups of one worker, or of all of them added up.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::batch::Counts;
use crate::results::{Failure, Outcome, Record};

/// Digits that a histogram keeps: a value is off by less than a thousandth.
const DIGITS: u8 = 3;

/// Everything that a run counts while it goes on. Times are microseconds.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Done − due, passed requests.
    pub(crate) latency: Histogram<u64>,
    /// First token − due, passed and streamed requests.
    pub(crate) ttft: Histogram<u64>,
    /// From one content event of a stream to the next.
    pub(crate) itl: Histogram<u64>,
    /// Due to begun: the client's own delay.
    pub(crate) lateness: Histogram<u64>,
    /// By the scenario's subscription.
    pub(crate) subscriptions: Vec<Counts>,
    /// How often each failure was, and what the first of them said.
    pub(crate) failures: BTreeMap<Failure, (u64, String)>,
    /// Answers whose tokens could not be read, and why the first of them could not.
    pub(crate) unread: BTreeMap<&'static str, u64>,
    /// Connections opened.
    pub(crate) connections: u64,
}

impl Tally {
    pub(crate) fn new(subscriptions: usize) -> Tally {
        let histogram = || Histogram::new(DIGITS).expect("three digits are possible");
        Tally {
            latency: histogram(),
            ttft: histogram(),
            itl: histogram(),
            lateness: histogram(),
            subscriptions: vec![Counts::default(); subscriptions],
            failures: BTreeMap::new(),
            unread: BTreeMap::new(),
            connections: 0,
        }
    }

    pub(super) fn note(&mut self, record: &Record, subscription: usize) {
        self.subscriptions[subscription].note(record);
        if record.outcome() == Outcome::Passed && !record.warm_up {
            let due = record.waited_until_us.unwrap_or(record.scheduled_us);
            count(&mut self.latency, record.done_us.saturating_sub(due));
            if let Some(first) = record.first_token_us.filter(|_| record.stream) {
                count(&mut self.ttft, first.saturating_sub(due));
            }
        }
    }

    pub(super) fn note_failure(&mut self, failure: Failure, detail: &str) {
        let known = self.failures.entry(failure);
        known.or_insert_with(|| (0, detail.to_owned())).0 += 1;
    }

    pub(super) fn note_lateness(&mut self, micros: u64) {
        count(&mut self.lateness, micros);
    }

    pub(super) fn note_gap(&mut self, micros: u64) {
        count(&mut self.itl, micros);
    }

    /// Adds another worker's, or a later one of the same worker.
    pub(crate) fn add(&mut self, more: &Tally) {
        for (all, part) in [
            (&mut self.latency, &more.latency),
            (&mut self.ttft, &more.ttft),
            (&mut self.itl, &more.itl),
            (&mut self.lateness, &more.lateness),
        ] {
            all.add(part).expect("a histogram grows as it must");
        }
        for (all, part) in self.subscriptions.iter_mut().zip(&more.subscriptions) {
            *all += *part;
        }
        for (failure, (count, detail)) in &more.failures {
            let known = self.failures.entry(*failure);
            known.or_insert_with(|| (0, detail.clone())).0 += count;
        }
        for (why, count) in &more.unread {
            *self.unread.entry(why).or_default() += count;
        }
        self.connections += more.connections;
    }
}

fn count(histogram: &mut Histogram<u64>, micros: u64) {
    histogram
        .record(micros)
        .expect("a histogram that may grow takes every value");
}
