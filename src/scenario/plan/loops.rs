//! Callers that wait for their answers.

use std::sync::Arc;
use std::time::Duration;

use crate::base::{Moment, Seed};

use super::super::content::{Composer, Counted};
use super::super::model::Scenario;
use super::super::schedule::LoopSpec;
use super::Arrival;

/// One closed-loop caller: it sends a request, waits until it has done with it, thinks, and sends
/// the next.
///
/// Whoever plays the plan asks every caller for its first request with [`begins`](Self::begins),
/// and for each further one when the one before is done, retries and the waits between them
/// included. What it answers is sent like any other arrival, at its moment; its `in_loop` says
/// which caller is to be asked next. The draws of a caller are its own, so what it sends does not
/// depend on when others get their answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CallerLoop {
    caller: usize,
    /// Number among all closed-loop callers of the scenario.
    session: u64,
    /// Index in the plan, which holds fewer in a shard.
    index: usize,
    begins: Moment,
    /// No request begins from here on.
    until: Option<Moment>,
    left: Option<u64>,
    turn: u64,
    first: u64,
    stride: u64,
    think: super::super::amount::Pause,
    pauses: Seed,
    composer: Composer,
}

/// Adds the callers of one group and answers with the moment at which its time is over.
pub(super) fn each(
    scenario: &Scenario,
    caller: usize,
    spec: &LoopSpec,
    counted: &Arc<Counted>,
    loops: &mut Vec<CallerLoop>,
) -> Moment {
    let group = &scenario.callers[caller];
    let start = Moment::at(group.start);
    for number in 0..spec.callers {
        let session = loops.len() as u64;
        let owner = format!("{}/{number}", group.name);
        let lag = spec.ramp_up.as_nanos() * u128::from(number) / u128::from(spec.callers);
        let lag = Duration::from_micros(u64::try_from(lag / 1_000).unwrap_or(u64::MAX));
        loops.push(CallerLoop {
            caller,
            session,
            index: loops.len(),
            begins: start + lag,
            until: spec.span.map(|span| start + span),
            left: spec.requests,
            turn: 0,
            first: 0,
            stride: 1,
            think: spec.think,
            pauses: scenario.seed.derive(&format!("pauses/{owner}")),
            composer: Composer::new(scenario, caller, &owner, Arc::clone(counted))
                .sharing_rows(number, spec.callers),
        });
    }
    start + spec.span.unwrap_or_default()
}

impl CallerLoop {
    /// The first request; `None` when its time ends before it begins.
    pub(crate) fn begins(&mut self, scenario: &Scenario) -> Option<Arrival> {
        self.request(scenario, self.begins)
    }

    /// The request after one that was done at `free`; `None` when the caller has done all.
    pub(crate) fn next(&mut self, scenario: &Scenario, free: Moment) -> Option<Arrival> {
        let pause = self.think.draw(&mut self.pauses);
        // Whole microseconds, rounded up: nobody sends before it is free.
        let nanos = (free + pause).since_start().as_nanos().div_ceil(1_000);
        let at = Moment::from_micros(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.request(scenario, at)
    }

    fn request(&mut self, scenario: &Scenario, at: Moment) -> Option<Arrival> {
        if self.until.is_some_and(|until| at >= until) || self.left == Some(0) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        let composed = self.composer.next(scenario, None);
        let mut arrival = Arrival::new(at, self.caller, &composed);
        arrival.number = self.first + self.turn * self.stride + self.session;
        arrival.in_loop = Some(self.index);
        self.turn += 1;
        Some(arrival)
    }

    /// Index into the scenario's callers.
    pub(crate) fn caller(&self) -> usize {
        self.caller
    }

    /// How many requests it makes, where their number and not a time ends it.
    pub(crate) fn requests(&self) -> Option<u64> {
        self.left.filter(|_| self.until.is_none())
    }

    pub(super) fn session(&self) -> u64 {
        self.session
    }

    pub(super) fn place(&mut self, index: usize) {
        self.index = index;
    }

    pub(super) fn number(&mut self, index: usize, first: u64, stride: u64) {
        self.index = index;
        self.first = first;
        self.stride = stride.max(1);
    }
}
