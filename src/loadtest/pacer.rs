//! A thread that hands out every try at its moment.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::base::Moment;
use crate::clock::{self, Clock};
use crate::scenario::Plan;

/// One try of an arrival, at its moment; equal moments go by plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub(super) at: Moment,
    /// Index into the plan.
    pub(super) arrival: usize,
    pub(super) attempt: u32,
    /// End of the wait that the answer before asked for.
    pub(super) waited_until: Option<Moment>,
}

enum Told {
    Add(Due),
    End,
}

/// Takes further tries while the thread runs.
#[derive(Debug, Clone)]
pub(super) struct Pacer(mpsc::Sender<Told>);

impl Pacer {
    /// Starts the thread. It hands every arrival of the plan and every try that is added to one of
    /// `workers`, in turn, at its moment or as soon after as the machine manages. It answers with
    /// the processor time it took.
    pub(super) fn start(
        clock: Clock,
        plan: Arc<Plan>,
        workers: Vec<UnboundedSender<Due>>,
    ) -> std::io::Result<(Pacer, JoinHandle<Option<Duration>>)> {
        let (sender, told) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("pacer".to_owned())
            .spawn(move || {
                clock::wait_exactly();
                pace(clock, &plan, &told, &workers);
                clock::thread_cpu()
            })?;
        Ok((Pacer(sender), thread))
    }

    pub(super) fn add(&self, due: Due) {
        // A thread that has ended was told to; then nothing more is sent.
        let _ended = self.0.send(Told::Add(due));
    }

    /// Nothing more is handed out.
    pub(super) fn end(&self) {
        let _ended = self.0.send(Told::End);
    }
}

fn pace(
    clock: Clock,
    plan: &Plan,
    told: &mpsc::Receiver<Told>,
    workers: &[UnboundedSender<Due>],
) {
    let mut planned = plan.arrivals.iter().enumerate().map(|(arrival, planned)| Due {
        at: planned.at,
        arrival,
        attempt: 1,
        waited_until: None,
    });
    let mut next_planned = planned.next();
    let mut added: BinaryHeap<Reverse<Due>> = BinaryHeap::new();
    let mut turn = workers.iter().cycle();
    loop {
        let next_added = added.peek().map(|Reverse(due)| *due);
        let next = match (next_planned, next_added) {
            (Some(planned), Some(added)) => Some(planned.min(added)),
            (planned, added) => planned.or(added),
        };
        let received = match next {
            Some(due) if due.at <= clock.now() => {
                if next_planned == Some(due) {
                    next_planned = planned.next();
                } else {
                    added.pop();
                }
                // A worker that is gone has panicked, and the run ends because of it.
                let _gone = turn.next().map(|worker| worker.send(due));
                continue;
            }
            Some(due) => told.recv_timeout(clock.until(due.at)),
            None => told.recv().map_err(mpsc::RecvTimeoutError::from),
        };
        match received {
            Ok(Told::Add(due)) => added.push(Reverse(due)),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Ok(Told::End) | Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}
