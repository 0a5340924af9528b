//! A thread that hands out every try at its moment, and minds what ends a run early.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::run::{LoadTest, Stopped};
use crate::base::{Live, Moment, Tokens};
use crate::clock::{self, Clock};
use crate::results::{Outcome, Record};
use crate::scenario::{Arrival, Meter};

/// One try of an arrival, at its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) at: Moment,
    pub(super) arrival: Arrival,
    pub(super) attempt: u32,
    /// End of the wait that the answer before asked for.
    pub(super) waited_until: Option<Moment>,
}

impl Due {
    pub(super) fn first(arrival: Arrival) -> Due {
        Due {
            at: arrival.at,
            arrival,
            attempt: 1,
            waited_until: None,
        }
    }
}

/// Equal moments go by number.
impl Ord for Due {
    fn cmp(&self, other: &Due) -> Ordering {
        let key = |due: &Due| (due.at, due.arrival.number, due.attempt);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

enum Told {
    Add(Due),
    Done(Box<Done>),
    End,
}

/// A try that was done, for budgets and for rules that end a run.
struct Done {
    arrival: Arrival,
    record: Record,
}

/// Takes further tries while the thread runs.
#[derive(Debug, Clone)]
pub(super) struct Pacer(mpsc::Sender<Told>);

/// What the thread says at its end: its processor time, and why it stopped early, if it did.
pub(super) type Paced = (Option<Duration>, Option<Stopped>);

impl Pacer {
    /// Starts the thread. It hands every arrival of the plan, every one of `first` and every try
    /// that is added to one of `workers`, at its moment or as soon after as the machine manages.
    /// Those of a closed-loop caller always go to the same worker, all others in turn.
    pub(super) fn start(
        test: Arc<LoadTest>,
        first: Vec<Due>,
        workers: Vec<UnboundedSender<Due>>,
    ) -> std::io::Result<(Pacer, JoinHandle<Paced>)> {
        let (sender, told) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("pacer".to_owned())
            .spawn(move || {
                clock::wait_exactly();
                let watched = test.is_watched();
                let mut pacing = Pacing {
                    clock: test.clock,
                    workers,
                    turn: 0,
                    added: first.into_iter().map(Reverse).collect(),
                    watch: watched.then(|| (test.meter.clone(), test.live.clone())),
                };
                let stopped = pacing.pace(&test.plan.arrivals, &told);
                (clock::thread_cpu(), stopped)
            })?;
        Ok((Pacer(sender), thread))
    }

    pub(super) fn add(&self, due: Due) {
        self.tell(Told::Add(due));
    }

    /// Wanted of every try when the run is watched.
    pub(super) fn done(&self, arrival: Arrival, record: Record) {
        self.tell(Told::Done(Box::new(Done { arrival, record })));
    }

    /// Nothing more is handed out.
    pub(super) fn end(&self) {
        self.tell(Told::End);
    }

    fn tell(&self, told: Told) {
        // A thread that has ended was told to; then nothing more is sent.
        let _ended = self.0.send(told);
    }
}

struct Pacing {
    clock: Clock,
    workers: Vec<UnboundedSender<Due>>,
    turn: usize,
    added: BinaryHeap<Reverse<Due>>,
    watch: Option<(Meter, Live)>,
}

impl Pacing {
    fn pace(&mut self, planned: &[Arrival], told: &mpsc::Receiver<Told>) -> Option<Stopped> {
        let mut planned = planned.iter().cloned().map(Due::first).peekable();
        loop {
            let planned_at = planned.peek().map(|due| (due.at, due.arrival.number));
            let added_at = self
                .added
                .peek()
                .map(|Reverse(due)| (due.at, due.arrival.number));
            let from_plan = added_at.is_none() || planned_at.is_some_and(|at| Some(at) < added_at);
            let next = if from_plan { planned_at } else { added_at };
            let received = match next {
                Some((at, _)) if at <= self.clock.now() => {
                    let due = if from_plan {
                        planned.next()
                    } else {
                        self.added.pop().map(|Reverse(due)| due)
                    };
                    if let Err(stopped) = self.hand_out(due?) {
                        return Some(stopped);
                    }
                    match told.try_recv() {
                        Ok(told) => told,
                        Err(mpsc::TryRecvError::Empty) => continue,
                        Err(mpsc::TryRecvError::Disconnected) => return None,
                    }
                }
                Some((at, _)) => match told.recv_timeout(self.clock.until(at)) {
                    Ok(told) => told,
                    Err(mpsc::RecvTimeoutError::Timeout) => continue,
                    Err(mpsc::RecvTimeoutError::Disconnected) => return None,
                },
                None => told.recv().ok()?,
            };
            match received {
                Told::Add(due) => self.added.push(Reverse(due)),
                Told::Done(done) => {
                    if let Some(stopped) = self.watch(&done) {
                        return Some(stopped);
                    }
                }
                Told::End => return None,
            }
        }
    }

    fn hand_out(&mut self, due: Due) -> Result<(), Stopped> {
        if let Some((meter, _)) = &mut self.watch {
            meter.take(due.at, &due.arrival).map_err(|spent| Stopped {
                why: spent.sentence(),
                broken: false,
            })?;
        }
        let worker = due.arrival.in_loop.unwrap_or_else(|| {
            self.turn += 1;
            self.turn
        });
        // A worker that is gone has panicked, and the run ends because of it.
        let _gone = self.workers[worker % self.workers.len()].send(due);
        Ok(())
    }

    /// Accounts for a try that is done. Answers with why nothing more is to be sent.
    fn watch(&mut self, done: &Done) -> Option<Stopped> {
        let (meter, live) = self.watch.as_mut()?;
        let Done { arrival, record } = done;
        let used = match record.outcome() {
            Outcome::Passed => (
                Tokens(record.prompt_tokens.unwrap_or(arrival.prompt_tokens.0)),
                Tokens(record.completion_tokens.unwrap_or(0)),
            ),
            _ => (Tokens::ZERO, Tokens::ZERO),
        };
        meter.settle(arrival, used);
        if let Some(seen) = record.seen() {
            live.observe(&seen);
        }
        let broken = live.check(self.clock.now())?;
        Some(Stopped {
            why: format!("`{}` is broken: {}", broken.text, broken.actual),
            broken: true,
        })
    }
}
