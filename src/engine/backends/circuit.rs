//! What the gateway has learned of each backend: failures lately, open circuits, and whose turn it
//! is in each pool. Kept by id, so that a changed configuration goes on where the old one was.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{Backends, Single};
use crate::base::Moment;

/// How a call to a backend ended.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Outcome<'a> {
    Status {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// Without an answer: `LastError.Reason`, and the status that the caller gets for it.
    Nothing { reason: &'a str },
}

#[derive(Debug, Default)]
pub(in crate::engine) struct Circuits {
    by_backend: BTreeMap<String, Circuit>,
    /// By pool: the credit of each member.
    turns: BTreeMap<String, BTreeMap<String, i64>>,
}

#[derive(Debug, Default)]
struct Circuit {
    /// For each rule the moments of its last failures, as many as trip it at most.
    failures: Vec<VecDeque<Moment>>,
    open_until: Option<Moment>,
}

impl Circuits {
    /// When the backend is asked again, if it is left alone now.
    pub(in crate::engine) fn open_until(&self, now: Moment, backend: &str) -> Option<Moment> {
        let circuit = self.by_backend.get(backend)?;
        circuit.open_until.filter(|until| now < *until)
    }

    /// Takes note of how a call ended.
    pub(in crate::engine) fn note(&mut self, now: Moment, backend: &Single, outcome: Outcome<'_>) {
        if backend.rules.is_empty() {
            return;
        }
        let circuit = self.by_backend.entry(backend.id.to_string()).or_default();
        // Calls that were under way when it tripped say nothing new.
        if circuit.open_until.is_some_and(|until| now < until) {
            return;
        }
        circuit
            .failures
            .resize_with(backend.rules.len(), VecDeque::new);
        for (rule, failures) in backend.rules.iter().zip(&mut circuit.failures) {
            let (failed, told) = match outcome {
                Outcome::Status {
                    status,
                    retry_after,
                } => {
                    let listed = rule.statuses.iter().any(|range| range.contains(&status));
                    (listed, retry_after.filter(|_| rule.accept_retry_after))
                }
                Outcome::Nothing { reason } => {
                    let named = rule.reasons.iter().any(|known| known == reason);
                    // The caller gets a 500 for it, so a range that has 500 means it as well.
                    (
                        named || rule.statuses.iter().any(|range| range.contains(&500)),
                        None,
                    )
                }
            };
            if !failed {
                continue;
            }
            failures.push_back(now);
            let recent = |at: &Moment| now.since(*at) < rule.interval;
            while failures.front().is_some_and(|at| !recent(at)) || failures.len() > rule.count {
                failures.pop_front();
            }
            if failures.len() >= rule.count {
                let until = now + told.unwrap_or(rule.trip);
                circuit.open_until = Some(circuit.open_until.map_or(until, |open| open.max(until)));
            }
        }
        if circuit.open_until.is_some_and(|until| now < until) {
            circuit.failures.clear();
        }
    }

    /// Credits of a pool's members, for the one whose turn it is.
    pub(super) fn turns(&mut self, pool: &str) -> &mut BTreeMap<String, i64> {
        self.turns.entry(pool.to_owned()).or_default()
    }

    /// Forgets what is not configured any more.
    pub(in crate::engine) fn keep(&mut self, backends: &Backends) {
        self.by_backend.retain(|id, _| backends.find(id).is_some());
        self.turns.retain(|id, _| backends.find(id).is_some());
    }

    /// Open circuits in words.
    pub(in crate::engine) fn describe(&self, now: Moment) -> Vec<String> {
        let open = self.by_backend.keys().filter_map(|id| {
            let wait = self.open_until(now, id)?.since(now);
            let wait = crate::base::format_duration(wait);
            Some(format!("backend `{id}`: left alone for {wait}"))
        });
        open.collect()
    }
}
