use std::collections::HashMap;

use super::accounts::Accounts;
use super::column::{self, Column};
use super::leaf::Leaf;
use super::ledger::FINEST_US;
use super::retries::Retries;
use super::times::Times;
use crate::base::{Metric, Scope, Threshold};
use crate::report::axis;
use crate::report::listing::MOST_REFUSALS;
use crate::results::{self, Line, Outcome, Record, Run, RunInfo};

/// Steps that a run may have.
const MOST_STEPS: u64 = 1 << 20;

/// A record that was done that much before the one above it stepped back in time.
const STEP_BACK_US: u64 = 1_000_000;

/// What is kept of the requests of a run; see the module for what is exact.
#[derive(Debug, Clone)]
pub(crate) struct Digest {
    pub(in crate::report) interval_us: u64,
    pub(in crate::report) columns: Vec<Column>,
    pub(in crate::report) times: Times,
    pub(in crate::report) accounts: Accounts,
    pub(in crate::report) leaves: Vec<Leaf>,
    /// Requests that were first attempts.
    pub(in crate::report) arrived: u64,
    /// The first that did not pass.
    pub(in crate::report) refusals: Vec<Record>,
    /// More left in the header than that, at most.
    pub(in crate::report) most_remaining: Option<u64>,
    /// Requests that were done a second or more before the one above them.
    pub(in crate::report) steps_back: u64,
    /// Requests that have a status.
    pub(in crate::report) answered: u64,
    /// Requests that were done after the end of the run.
    pub(in crate::report) beyond: u64,
    pub(super) retries: Retries,
    pub(super) step_us: u64,
    /// Requests read, which are lines of the file.
    pub(super) lines: usize,
    first_done_us: Option<u64>,
    last_done_us: u64,
    extent_us: u64,
    places: HashMap<Box<str>, HashMap<Box<str>, usize>>,
    /// The leaf of the request before, which is often that of the next.
    latest: usize,
    scopes: Vec<Scope>,
    without_retries: Vec<Box<str>>,
}

/// A line that is not a record.
#[derive(Debug)]
pub(crate) struct LineError {
    /// From 1, in the part of the file that was read.
    pub(crate) line: usize,
    pub(crate) cause: serde_json::Error,
}

impl Digest {
    /// Ready for the requests of a run. `last_done_us` is the end of the last request, as far as it
    /// is known before all are read: charts reach to there, or to the end of the run.
    pub(crate) fn new(info: &RunInfo, last_done_us: u64) -> Digest {
        let extent_us = last_done_us.max(info.duration_us.unwrap_or(0)).max(1);
        let interval_us = axis::interval_us(extent_us);
        let columns = usize::try_from(extent_us.div_ceil(interval_us)).unwrap_or(1);
        let mut step_us = FINEST_US;
        while extent_us / step_us > MOST_STEPS {
            step_us *= 2;
        }
        Digest {
            interval_us,
            columns: vec![Column::default(); columns],
            times: Times::default(),
            accounts: Accounts::default(),
            leaves: Vec::new(),
            arrived: 0,
            refusals: Vec::new(),
            most_remaining: None,
            steps_back: 0,
            answered: 0,
            beyond: 0,
            retries: Retries::default(),
            step_us,
            lines: 0,
            first_done_us: None,
            last_done_us: 0,
            extent_us,
            places: HashMap::new(),
            latest: 0,
            scopes: scopes(info),
            without_retries: info
                .callers
                .iter()
                .filter(|caller| caller.on_429 == "ignore")
                .map(|caller| caller.name.as_str().into())
                .collect(),
        }
    }

    /// The digest of a run that is in memory.
    pub(crate) fn of(run: &Run) -> Digest {
        let last = run.records.iter().map(|record| record.done_us).max();
        let mut digest = Digest::new(&run.info, last.unwrap_or(0));
        for record in &run.records {
            digest.add(&record.as_line());
        }
        digest.begins();
        digest
    }

    /// Reads whole lines.
    ///
    /// # Errors
    ///
    /// At the first line that is not a record.
    pub(crate) fn read(&mut self, text: &str) -> Result<(), LineError> {
        let mut rest = text;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = results::read_line(rest[..end].trim_end_matches('\r'));
            let line = line.map_err(|cause| LineError {
                line: self.lines + 1,
                cause,
            })?;
            self.add(&line);
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        Ok(())
    }

    pub(super) fn add(&mut self, line: &Line<'_>) {
        self.lines += 1;
        // What was sent to warm up is no part of statistics.
        if line.warm_up {
            return;
        }
        self.arrived += u64::from(line.attempt == 1);
        self.answered += u64::from(line.status.is_some());
        self.beyond += u64::from(line.done_us > self.extent_us);
        self.most_remaining = self.most_remaining.max(line.remaining_tokens);
        self.in_order(line.done_us, line.done_us);
        column::add(&mut self.columns, self.interval_us, line);
        self.times.add(line);
        self.accounts.add(line);
        if line.outcome() != Outcome::Passed && self.refusals.len() < MOST_REFUSALS {
            self.refusals.push(line.to_record());
        }
        let leaf = self.leaf(&line.caller, &line.subscription);
        self.leaves[leaf].add(line);
        self.retries.add(&mut self.leaves, leaf, line);
    }

    /// Looks at the next stretch of requests, which begins and ends at these moments.
    fn in_order(&mut self, first_us: u64, last_us: u64) {
        if first_us.saturating_add(STEP_BACK_US) <= self.last_done_us {
            self.steps_back += 1;
        }
        self.first_done_us.get_or_insert(first_us);
        self.last_done_us = last_us;
    }

    /// Joins the stretch that the next part of the file is.
    pub(super) fn in_order_with(&mut self, later: &Digest) {
        if let Some(first) = later.first_done_us {
            self.in_order(first, later.last_done_us);
        }
    }

    /// The place of a caller with a subscription, made when it is new.
    pub(super) fn leaf(&mut self, caller: &str, subscription: &str) -> usize {
        let is = |leaf: &Leaf| *leaf.subscription == *subscription && *leaf.caller == *caller;
        if self.leaves.get(self.latest).is_some_and(is) {
            return self.latest;
        }
        let known = self.places.get(caller);
        if let Some(place) = known.and_then(|places| places.get(subscription)) {
            self.latest = *place;
            return *place;
        }
        let place = self.leaves.len();
        let mut leaf = Leaf::new(caller, subscription, self.step_us);
        leaf.retries = !self.without_retries.iter().any(|name| **name == *caller);
        let asked = self
            .scopes
            .iter()
            .any(|scope| scope.holds(caller, subscription));
        leaf.times = asked.then(Box::default);
        self.leaves.push(leaf);
        let places = self.places.entry(caller.into()).or_default();
        places.insert(subscription.into(), place);
        self.latest = place;
        place
    }

    /// Says that this is the beginning of the file.
    pub(crate) fn begins(&mut self) {
        self.retries.begins();
    }
}

/// Whose times thresholds ask for.
fn scopes(info: &RunInfo) -> Vec<Scope> {
    let rules = info.judged_by().iter();
    let rules = rules.filter_map(|text| Threshold::parse(text).ok());
    let timed = rules.filter(|rule| matches!(rule.metric, Metric::Time(..)));
    timed.filter_map(|rule| rule.scope).collect()
}
