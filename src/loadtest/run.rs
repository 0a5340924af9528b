use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::exchange::{Wire, exchange};
use super::pacer::{Due, Pacer};
use super::pool::Pool;
use crate::base::{Live, Moment, Secret, Tokens};
use crate::clock::Clock;
use crate::http::Endpoint;
use crate::results::{Failure, HeaderNames, Outcome, Record};
use crate::scenario::{Arrival, CallerLoop, Ending, Meter, Plan, Scenario};

/// All that a load test needs.
#[derive(Debug)]
pub(crate) struct LoadTest {
    pub(crate) scenario: Scenario,
    pub(crate) plan: Plan,
    pub(crate) endpoint: Endpoint,
    /// Header that carries the key, and the key of each of the scenario's subscriptions.
    pub(crate) key_header: String,
    pub(crate) keys: Vec<Secret>,
    pub(crate) names: HeaderNames,
    /// Its moment zero is the plan's.
    pub(crate) clock: Clock,
    /// The scenario's budget.
    pub(crate) meter: Meter,
    /// The scenario's rules that end the run early.
    pub(crate) live: Live,
}

/// How a run came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every arrival was sent and answered, retries included.
    Complete,
    /// It was asked to stop; requests under way were given up and recorded as such.
    Interrupted,
    /// A budget was spent or a rule broken; requests under way were waited for.
    Stopped {
        why: String,
        /// It was a rule.
        broken: bool,
    },
}

struct Shared {
    test: LoadTest,
    /// Those of the plan, then those of closed-loop callers as they come.
    arrivals: RefCell<Vec<Rc<Arrival>>>,
    loops: RefCell<Vec<CallerLoop>>,
    meter: RefCell<Meter>,
    live: RefCell<Live>,
    pool: Pool,
    pacer: Pacer,
    records: mpsc::Sender<Record>,
    stop: watch::Receiver<bool>,
}

/// Plays the plan. Every try becomes one record, sent as soon as it is done. Must run on a
/// [`tokio::task::LocalSet`].
///
/// # Errors
///
/// When the pacing thread cannot be started.
pub(crate) async fn run(
    test: LoadTest,
    records: mpsc::Sender<Record>,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<Ended> {
    let (due_sender, mut due) = mpsc::unbounded_channel();
    let mut arrivals = test.plan.arrivals.clone();
    let mut loops = test.plan.loops.clone();
    arrivals.extend(
        loops
            .iter_mut()
            .filter_map(|caller| caller.begins(&test.scenario)),
    );
    let first = arrivals.iter().enumerate();
    let first = first.map(|(arrival, planned)| Due::first(arrival, planned));
    let pacer = Pacer::start(test.clock, first.collect(), due_sender)?;
    let mut open = arrivals.len();
    let pool = Pool::new(test.endpoint.clone());
    let shared = Rc::new(Shared {
        arrivals: RefCell::new(arrivals.into_iter().map(Rc::new).collect()),
        loops: RefCell::new(loops),
        meter: RefCell::new(test.meter.clone()),
        live: RefCell::new(test.live.clone()),
        test,
        pool,
        pacer,
        records,
        stop: stop.clone(),
    });
    let mut tries = JoinSet::new();
    let mut ended = Ended::Complete;
    while open > 0 || !tries.is_empty() {
        tokio::select! {
            Some(next) = due.recv(), if ended == Ended::Complete => {
                let taken = shared.meter.borrow_mut().take(next.at, &shared.arrival(next));
                match taken {
                    Ok(()) => { tries.spawn_local(attempt(Rc::clone(&shared), next)); }
                    Err(spent) => {
                        ended = Ended::Stopped { why: spent.sentence(), broken: false };
                        open = 0;
                    }
                }
            }
            Some(finished) = tries.join_next() => match finished {
                Ok(Some(next)) => shared.pacer.add(next),
                Ok(None) => open = open.saturating_sub(1),
                // The task's own panic is our bug and belongs to the user as one.
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            },
            _ = stop.wait_for(|stop| *stop), if ended != Ended::Interrupted => {
                ended = Ended::Interrupted;
                open = 0;
            }
        }
        let broken = shared.live.borrow_mut().check(shared.test.clock.now());
        if let (Some(broken), Ended::Complete) = (broken, &ended) {
            let why = format!("`{}` is broken: {}", broken.text, broken.actual);
            ended = Ended::Stopped { why, broken: true };
            open = 0;
        }
    }
    Ok(ended)
}

impl Shared {
    fn arrival(&self, due: Due) -> Rc<Arrival> {
        Rc::clone(&self.arrivals.borrow()[due.arrival])
    }

    /// What the caller sends next: the same again, or a closed-loop caller's next request.
    fn next(&self, due: Due, arrival: &Arrival, record: &Record) -> Option<Due> {
        let used = match record.outcome() {
            Outcome::Passed => (
                Tokens(record.prompt_tokens.unwrap_or(arrival.prompt_tokens.0)),
                Tokens(record.completion_tokens.unwrap_or(0)),
            ),
            _ => (Tokens::ZERO, Tokens::ZERO),
        };
        self.meter.borrow_mut().settle(arrival, used);
        if record.failure == Some(Failure::Interrupted) {
            return None;
        }
        let scenario = &self.test.scenario;
        let done = Moment::from_micros(record.done_us);
        let ending = Ending {
            arrival: arrival.number,
            attempt: record.attempt,
            due: arrival.at,
            done,
            status: record.status.filter(|_| record.failure.is_none()),
            retry_after_s: record.retry_after_s,
        };
        if let Some(retry) = scenario.reaction(arrival.caller, &ending) {
            return Some(Due {
                at: retry.at,
                arrival: due.arrival,
                attempt: due.attempt + 1,
                waited_until: retry.waited_until,
            });
        }
        let next = self.loops.borrow_mut()[arrival.in_loop?].next(scenario, done)?;
        let mut arrivals = self.arrivals.borrow_mut();
        let due = Due::first(arrivals.len(), &next);
        arrivals.push(Rc::new(next));
        Some(due)
    }
}

impl Due {
    fn first(arrival: usize, planned: &Arrival) -> Due {
        Due {
            at: planned.at,
            arrival,
            attempt: 1,
            waited_until: None,
        }
    }
}

/// Sends one try and records it. Answers with the try that follows, if the caller wants one.
async fn attempt(shared: Rc<Shared>, due: Due) -> Option<Due> {
    let Shared { test, pool, .. } = &*shared;
    let arrival = shared.arrival(due);
    let caller = &test.scenario.callers[arrival.caller];
    let subscription = &test.scenario.subscriptions[arrival.subscription].id;
    let mut record = Record::new(
        arrival.number,
        due.attempt,
        &caller.name,
        subscription,
        due.at,
    );
    record.stream = arrival.content.stream;
    record.warm_up = test.scenario.is_warm_up(&arrival);
    record.planned_prompt_tokens = arrival.prompt_tokens.0;
    record.waited_until_us = due.waited_until.map(Moment::as_micros);
    let call = test.scenario.call(&arrival, due.attempt);
    let key = (test.key_header.as_str(), &test.keys[arrival.subscription]);
    let wire = Wire {
        pool,
        clock: &test.clock,
        names: &test.names,
        key,
    };
    let mut stop = shared.stop.clone();
    let deadline = test.clock.now() + test.scenario.request_timeout;
    let given_up = tokio::select! {
        biased;
        () = exchange(&wire, &call, &mut record) => None,
        () = test.clock.sleep_until(deadline) => Some(Failure::Timeout),
        _ = stop.wait_for(|stop| *stop) => Some(Failure::Interrupted),
    };
    if let Some(failure) = given_up {
        record.done_us = test.clock.now().as_micros();
        record.failure = Some(failure);
    }
    let next = shared.next(due, &arrival, &record);
    if let Some(seen) = record.seen() {
        shared.live.borrow_mut().observe(&seen);
    }
    // Without a receiver nobody wants records any more; the run is being torn down.
    let _torn_down = shared.records.send(record).await;
    next
}
