use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::exchange::{Wire, exchange};
use super::pacer::{Due, Pacer};
use super::pool::Pool;
use crate::base::{Moment, Secret};
use crate::clock::Clock;
use crate::http::Endpoint;
use crate::results::{Failure, HeaderNames, Record};
use crate::scenario::{Plan, Scenario};

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
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every arrival was sent and answered, retries included.
    Complete,
    /// It was asked to stop; requests under way were given up and recorded as such.
    Interrupted,
}

struct Shared {
    test: LoadTest,
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
    let first = test.plan.arrivals.iter().enumerate();
    let first = first.map(|(arrival, planned)| Due {
        at: planned.at,
        arrival,
        attempt: 1,
        waited_until: None,
    });
    let mut open = test.plan.arrivals.len();
    let pacer = Pacer::start(test.clock, first.collect(), due_sender)?;
    let pool = Pool::new(test.endpoint.clone());
    let shared = Rc::new(Shared {
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
                tries.spawn_local(attempt(Rc::clone(&shared), next));
            }
            Some(finished) = tries.join_next() => match finished {
                Ok(Some(retry)) => shared.pacer.add(retry),
                Ok(None) => open = open.saturating_sub(1),
                // The task's own panic is our bug and belongs to the user as one.
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            },
            _ = stop.wait_for(|stop| *stop), if ended == Ended::Complete => {
                ended = Ended::Interrupted;
                open = 0;
            }
        }
    }
    Ok(ended)
}

/// Sends one try and records it. Answers with the try that follows, if the caller wants one.
async fn attempt(shared: Rc<Shared>, due: Due) -> Option<Due> {
    let Shared { test, pool, .. } = &*shared;
    let arrival = &test.plan.arrivals[due.arrival];
    let caller = &test.scenario.callers[arrival.caller];
    let subscription = &test.scenario.subscriptions[arrival.subscription].id;
    let mut record = Record::new(
        arrival.number,
        due.attempt,
        &caller.name,
        subscription,
        due.at,
    );
    record.stream = caller.request.stream;
    record.planned_prompt_tokens = arrival.prompt_tokens.0;
    record.waited_until_us = due.waited_until.map(Moment::as_micros);
    let call = test.scenario.call(arrival, due.attempt);
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
    let done = Moment::from_micros(record.done_us);
    let retry = match (record.status, record.failure) {
        (Some(status), None) => {
            caller.wait_before_retry(record.attempt, status, record.retry_after_s)
        }
        _ => None,
    };
    let retry_after = record.retry_after_s;
    // Without a receiver nobody wants records any more; the run is being torn down.
    let _torn_down = shared.records.send(record).await;
    retry.map(|wait| Due {
        at: done + wait,
        arrival: due.arrival,
        attempt: due.attempt + 1,
        waited_until: retry_after.map(|seconds| done + Duration::from_secs(seconds)),
    })
}
