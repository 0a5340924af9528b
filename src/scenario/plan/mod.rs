//! From stages, loops and traces to arrivals.

mod arrivals;
mod loops;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::base::{Moment, Shard, Tokens};

use super::content::{Composed, Composer, Content, Counted};
use super::model::Scenario;
use super::schedule::Schedule;

pub(crate) use loops::CallerLoop;

/// Everything that a run will send, before anybody reacts to anything.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// Ordered by time, then by caller, and numbered in that order.
    pub(crate) arrivals: Vec<Arrival>,
    /// Callers that wait for their answers. What they send is known only while they are played:
    /// see [`CallerLoop::next`].
    pub(crate) loops: Vec<CallerLoop>,
    /// When the last stage ends.
    pub(crate) end: Moment,
}

/// One planned request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Counted from 0.
    pub(crate) number: u64,
    /// Whole microseconds, so that a record can hold it exactly.
    pub(crate) at: Moment,
    /// Index into the scenario's callers.
    pub(crate) caller: usize,
    /// Index into the scenario's subscriptions.
    pub(crate) subscription: usize,
    pub(crate) content: Content,
    /// What a gateway estimates for the prompt.
    pub(crate) prompt_tokens: Tokens,
    /// How long the answer is planned to be.
    pub(crate) completion_tokens: Tokens,
    /// Index into the plan's loops; `None` in open loop.
    pub(crate) in_loop: Option<usize>,
}

impl Arrival {
    pub(super) fn new(at: Moment, caller: usize, composed: &Composed) -> Arrival {
        Arrival {
            number: 0,
            at,
            caller,
            subscription: composed.subscription,
            content: composed.content,
            prompt_tokens: composed.prompt_tokens,
            completion_tokens: composed.completion_tokens,
            in_loop: None,
        }
    }

    /// What it is planned to cost.
    pub(crate) fn tokens(&self) -> Tokens {
        self.prompt_tokens + self.completion_tokens
    }
}

impl Scenario {
    /// Every arrival of the scenario, whose files must have been read. Each caller draws for
    /// itself, so that adding one caller leaves the arrivals of the others where they were.
    pub(crate) fn plan(&self) -> Plan {
        let mut arrivals = Vec::new();
        let mut loops = Vec::new();
        let mut end = Moment::ZERO;
        for (index, caller) in self.callers.iter().enumerate() {
            let counted = Arc::new(Counted::of(self, index));
            let mut composer = Composer::new(self, index, &caller.name, Arc::clone(&counted));
            let ends = match &caller.schedule {
                Schedule::Stages(stages) => {
                    let mut lots = self.seed.derive(&format!("arrivals/{}", caller.name));
                    arrivals::each(caller.start, stages, &mut lots, |at| {
                        let said = composer.next(self, None);
                        let arrival = Arrival::new(at, index, &said);
                        let tokens = arrival.tokens();
                        arrivals.push(arrival);
                        tokens
                    })
                }
                Schedule::Trace(trace) => {
                    for (at, row) in trace.replayed(caller.start) {
                        let said = composer.next(self, Some(row));
                        arrivals.push(Arrival::new(at, index, &said));
                    }
                    trace.end(caller.start)
                }
                Schedule::Loop(looped) => loops::each(self, index, looped, &counted, &mut loops),
            };
            end = end.max(ends);
        }
        // Stable, and callers come one after another: equal moments stay in the order of callers.
        arrivals.sort_by_key(|arrival| arrival.at);
        for (number, arrival) in (0..).zip(&mut arrivals) {
            arrival.number = number;
        }
        let mut plan = Plan {
            arrivals,
            loops,
            end,
        };
        plan.number_loops(1);
        plan
    }

    /// True for what is recorded and left out of statistics.
    pub(crate) fn is_warm_up(&self, arrival: &Arrival) -> bool {
        arrival.at.since_start() < self.warm_up
    }
}

impl Plan {
    /// The part of one shard. Arrivals keep their numbers, so they are the same requests as in the
    /// whole plan; the parts of all shards together are the plan. Closed-loop callers are dealt
    /// out whole.
    pub(crate) fn shard(mut self, shard: Shard) -> Plan {
        self.number_loops(shard.of());
        self.arrivals.retain(|arrival| shard.has(arrival.number));
        self.loops.retain(|looped| shard.has(looped.session()));
        for (index, looped) in self.loops.iter_mut().enumerate() {
            looped.place(index);
        }
        self
    }

    /// Requests that are known to be made: closed-loop callers that go on until their time is over
    /// make some that are not counted here.
    pub(crate) fn planned(&self) -> u64 {
        let looped = self.loops.iter().filter_map(CallerLoop::requests);
        self.arrivals.len() as u64 + looped.sum::<u64>()
    }

    /// Gives closed-loop callers numbers behind those of the arrivals, so that the shard of a
    /// caller has the numbers of all that it sends.
    fn number_loops(&mut self, shards: u64) {
        let first = (self.arrivals.len() as u64).next_multiple_of(shards);
        let stride = (self.loops.len() as u64).next_multiple_of(shards);
        for (index, looped) in self.loops.iter_mut().enumerate() {
            looped.number(index, first, stride);
        }
    }
}
