use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::batch::Batch;
use super::pacer::{Due, Pacer};
use super::worker::{Setup, Worked, work};
use crate::base::{Live, Secret};
use crate::clock::Clock;
use crate::http::Endpoint;
use crate::results::HeaderNames;
use crate::scenario::{Budget, CallerLoop, Meter, Plan, Scenario};

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
    /// Threads that send, at least one.
    pub(crate) workers: usize,
    /// Connections that all of them together may have; a try that finds none left is recorded as
    /// not sent.
    pub(crate) most_connections: usize,
}

/// What a run is told while it goes on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    #[default]
    No,
    /// Nothing more is sent; what is under way is finished.
    Drain,
    /// What is under way is given up, and recorded as such.
    Now,
}

impl LoadTest {
    /// True when something may end the run early, which wants to hear of every request.
    pub(super) fn is_watched(&self) -> bool {
        self.scenario.budget != Budget::default() || !self.scenario.aborts.is_empty()
    }
}

/// Why nothing more was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) why: String,
    /// It was a rule, and not a budget.
    pub(crate) broken: bool,
}

/// How a run came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// False when it was told to stop before every arrival was concluded.
    pub(crate) complete: bool,
    /// It stopped itself: a budget is spent, or a rule is broken.
    pub(crate) stopped: Option<Stopped>,
    /// Processor time of the threads that sent and paced; `None` where the system does not tell.
    pub(crate) cpu: Option<Duration>,
    /// Most connections that were open at once.
    pub(crate) connections_at_once: u64,
}

/// Plays the plan. Every try becomes one line of a batch. Returns when everything is handed over.
///
/// # Errors
///
/// When a thread or a runtime cannot be started.
pub(crate) async fn run(
    test: LoadTest,
    batches: mpsc::Sender<Batch>,
    stop: watch::Receiver<Stop>,
) -> std::io::Result<Ended> {
    let test = Arc::new(test);
    let workers = test.workers.max(1);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..workers)
        .map(|_| tokio::sync::mpsc::unbounded_channel())
        .unzip();
    let mut loops = test.plan.loops.clone();
    let begin = loops
        .iter_mut()
        .filter_map(|caller| caller.begins(&test.scenario));
    let first: Vec<Due> = begin.map(Due::first).collect();
    let open = Arc::new(AtomicUsize::new(test.plan.arrivals.len() + first.len()));
    let nothing = open.load(Ordering::Relaxed) == 0;
    let (pacer, pacing) = Pacer::start(Arc::clone(&test), first, senders)?;
    if nothing {
        pacer.end();
    }
    let mut parts: Vec<Vec<CallerLoop>> = (0..workers).map(|_| Vec::new()).collect();
    for (index, caller) in loops.into_iter().enumerate() {
        parts[index % workers].push(caller);
    }
    let mut threads = Vec::new();
    for (index, (due, loops)) in receivers.into_iter().zip(parts).enumerate() {
        let setup = Setup {
            test: Arc::clone(&test),
            pacer: pacer.clone(),
            open: Arc::clone(&open),
            loops,
            workers,
            most_lanes: share(test.most_connections, workers, index),
            batches: batches.clone(),
        };
        let stop = stop.clone();
        let (done, ended) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || {
                let worked = work(setup, due, stop);
                // Nobody waits for a run that was dropped.
                let _dropped = done.send(worked);
            })?;
        threads.push((thread, ended));
    }
    // The recorder's end is when the last worker's sender is gone.
    drop((batches, pacer));
    let mut all = Vec::new();
    for (thread, ended) in threads {
        match ended.await {
            Ok(worked) => all.push(worked?),
            // Its panic is our bug and belongs to the user as one.
            Err(_) => {
                if let Err(panic) = thread.join() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
    let (pacing_cpu, stopped) = match pacing.join() {
        Ok(ended) => ended,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let told = *stop.borrow() != Stop::No;
    let complete = !told && stopped.is_none();
    Ok(Ended {
        complete,
        stopped,
        ..Ended::of(&all, pacing_cpu)
    })
}

/// One worker's part of the connections, at least one.
fn share(all: usize, workers: usize, index: usize) -> usize {
    (all / workers + usize::from(index < all % workers)).max(1)
}

impl Ended {
    fn of(workers: &[Worked], pacing: Option<Duration>) -> Ended {
        let cpu = workers
            .iter()
            .map(|worked| worked.cpu)
            .chain([pacing])
            .sum::<Option<Duration>>();
        Ended {
            complete: true,
            stopped: None,
            cpu,
            connections_at_once: workers
                .iter()
                .map(|worked| worked.connections_at_once)
                .sum(),
        }
    }
}
