use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::batch::Batch;
use super::pacer::Pacer;
use super::worker::{Setup, Worked, work};
use crate::base::Secret;
use crate::clock::Clock;
use crate::http::Endpoint;
use crate::results::HeaderNames;
use crate::scenario::{Plan, Scenario};

/// All that a load test needs.
#[derive(Debug)]
pub(crate) struct LoadTest {
    pub(crate) scenario: Scenario,
    pub(crate) plan: Arc<Plan>,
    pub(crate) endpoint: Endpoint,
    /// Header that carries the key, and the key of each of the scenario's subscriptions.
    pub(crate) key_header: String,
    pub(crate) keys: Vec<Secret>,
    pub(crate) names: HeaderNames,
    /// Its moment zero is the plan's.
    pub(crate) clock: Clock,
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

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// False when it was told to stop before every arrival was concluded.
    pub(crate) complete: bool,
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
    let open = Arc::new(AtomicUsize::new(test.plan.arrivals.len()));
    let workers = test.workers.max(1);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..workers)
        .map(|_| tokio::sync::mpsc::unbounded_channel())
        .unzip();
    let (pacer, pacing) = Pacer::start(test.clock, Arc::clone(&test.plan), senders)?;
    if test.plan.arrivals.is_empty() {
        pacer.end();
    }
    let mut threads = Vec::new();
    for (index, due) in receivers.into_iter().enumerate() {
        let setup = Setup {
            test: Arc::clone(&test),
            pacer: pacer.clone(),
            open: Arc::clone(&open),
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
    let paced = pacing.join().unwrap_or(None);
    let stopped = *stop.borrow() != Stop::No;
    Ok(Ended::of(!stopped, &all, paced))
}

/// One worker's part of the connections, at least one.
fn share(all: usize, workers: usize, index: usize) -> usize {
    (all / workers + usize::from(index < all % workers)).max(1)
}

impl Ended {
    fn of(complete: bool, workers: &[Worked], paced: Option<Duration>) -> Ended {
        let cpu = workers
            .iter()
            .map(|worked| worked.cpu)
            .chain([paced])
            .sum::<Option<Duration>>();
        Ended {
            complete,
            cpu,
            connections_at_once: workers
                .iter()
                .map(|worked| worked.connections_at_once)
                .sum(),
        }
    }
}
