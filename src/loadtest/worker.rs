//! A thread with a runtime of its own that sends its part of the tries.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, LocalSet};

use super::batch::{Batch, Counts};
use super::lane::{Lane, Problem, Seat};
use super::pacer::{Due, Pacer};
use super::requests::{ReportNames, Requests};
use super::run::{LoadTest, Stop};
use super::tally::Tally;
use crate::base::Moment;
use crate::clock;
use crate::results::{Failure, Record, write_line};
use crate::scenario::{CallerLoop, Ending};

/// How often what was done is handed over.
const HAND_OVER: Duration = Duration::from_millis(200);
/// How many times until the tally goes with it.
const HAND_OVERS_A_TALLY: u32 = 5;
/// Lines that are handed over at once.
const MANY_LINES: usize = 64 * 1024;
/// Tries that are taken from the pacer at once.
const TAKEN_AT_ONCE: usize = 256;

/// How long a closed-loop caller waits that found no connection.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// What all lanes of one worker have in common.
pub(super) struct Worker {
    pub(super) test: Arc<LoadTest>,
    pub(super) names: ReportNames,
    pub(super) requests: RefCell<Requests>,
    pub(super) connections: Rc<Gauge>,
    pacer: Pacer,
    /// Arrivals of the whole run that are not concluded.
    open: Arc<AtomicUsize>,
    /// Every how manyth closed-loop caller is this worker's, and which those are.
    workers: usize,
    loops: RefCell<Vec<CallerLoop>>,
    /// Something wants to hear of every try.
    watched: bool,
    /// Nothing new is begun.
    draining: Cell<bool>,
    /// Lanes that have nothing to do, the one that was busy last on top.
    idle: RefCell<Vec<Rc<Seat>>>,
    lanes: RefCell<Vec<AbortHandle>>,
    /// Lanes that this worker may have.
    most_lanes: usize,
    /// Tries that are under way.
    busy: Cell<usize>,
    /// Woken whenever none is.
    quiet: Notify,
    /// A bug of ours ended a lane.
    pub(super) panicked: Cell<bool>,
    out: RefCell<Out>,
}

/// A number that goes up and down, and how high it was.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    now: Cell<u64>,
    most: Cell<u64>,
}

/// What is not handed over yet.
struct Out {
    batches: mpsc::Sender<Batch>,
    lines: Vec<u8>,
    counts: Counts,
    tally: Box<Tally>,
}

/// What a worker needs to begin.
pub(super) struct Setup {
    pub(super) test: Arc<LoadTest>,
    pub(super) pacer: Pacer,
    pub(super) open: Arc<AtomicUsize>,
    pub(super) loops: Vec<CallerLoop>,
    pub(super) workers: usize,
    pub(super) most_lanes: usize,
    pub(super) batches: mpsc::Sender<Batch>,
}

/// What a worker says of itself at its end.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Worked {
    pub(super) cpu: Option<Duration>,
    pub(super) connections_at_once: u64,
}

/// Sends until nothing more can be due.
pub(super) fn work(
    setup: Setup,
    due: UnboundedReceiver<Due>,
    stop: watch::Receiver<Stop>,
) -> std::io::Result<Worked> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let worker = Rc::new(Worker::new(setup));
    LocalSet::new().block_on(&runtime, send(&worker, due, stop));
    worker.out.borrow_mut().hand_over(true);
    assert!(!worker.panicked.get(), "no request ends in a panic");
    Ok(Worked {
        cpu: clock::thread_cpu(),
        connections_at_once: worker.connections.most.get(),
    })
}

async fn send(
    worker: &Rc<Worker>,
    mut due: UnboundedReceiver<Due>,
    mut stop: watch::Receiver<Stop>,
) {
    let clock = worker.test.clock;
    let mut taken = Vec::new();
    let mut more = true;
    let mut ticks = 0_u32;
    let mut tick = std::pin::pin!(clock.timer(clock.now() + HAND_OVER));
    while more || worker.busy.get() > 0 {
        tokio::select! {
            count = due.recv_many(&mut taken, TAKEN_AT_ONCE), if more => {
                more = count > 0;
                for due in taken.drain(..) {
                    worker.begin(due);
                }
            }
            () = worker.quiet.notified() => {}
            () = &mut tick => {
                ticks += 1;
                worker.out.borrow_mut().hand_over(ticks.is_multiple_of(HAND_OVERS_A_TALLY));
                tick.set(clock.timer(clock.now() + HAND_OVER));
            }
            stop = told(&mut stop) => {
                more = false;
                worker.draining.set(true);
                worker.pacer.end();
                if stop == Stop::Now {
                    worker.give_up();
                }
            }
        }
    }
}

/// The next thing that the run is told.
async fn told(stop: &mut watch::Receiver<Stop>) -> Stop {
    match stop.changed().await {
        Ok(()) => *stop.borrow_and_update(),
        // Nobody is left who could stop the run.
        Err(_) => std::future::pending().await,
    }
}

impl Worker {
    fn new(setup: Setup) -> Worker {
        let subscriptions = setup.test.scenario.subscriptions.len();
        Worker {
            names: ReportNames::new(&setup.test.names),
            requests: RefCell::new(Requests::new()),
            connections: Rc::default(),
            pacer: setup.pacer,
            open: setup.open,
            workers: setup.workers,
            loops: RefCell::new(setup.loops),
            watched: setup.test.is_watched(),
            draining: Cell::new(false),
            idle: RefCell::default(),
            lanes: RefCell::default(),
            most_lanes: setup.most_lanes,
            busy: Cell::new(0),
            quiet: Notify::new(),
            panicked: Cell::new(false),
            out: RefCell::new(Out {
                batches: setup.batches,
                lines: Vec::with_capacity(MANY_LINES),
                counts: Counts::default(),
                tally: Box::new(Tally::new(subscriptions)),
            }),
            test: setup.test,
        }
    }

    /// Gives a try to a lane that has nothing to do, or to a new one.
    fn begin(self: &Rc<Worker>, due: Due) {
        self.busy.set(self.busy.get() + 1);
        if let Some(seat) = self.idle.borrow_mut().pop() {
            return seat.give(due);
        }
        let mut lanes = self.lanes.borrow_mut();
        if lanes.len() < self.most_lanes {
            let lane = tokio::task::spawn_local(Lane::new(Rc::clone(self)).run(due));
            lanes.push(lane.abort_handle());
        } else {
            drop(lanes);
            self.refuse(&due);
        }
    }

    /// Records a try that found no connection to go out on.
    fn refuse(&self, due: &Due) {
        let now = self.test.clock.now().as_micros();
        let mut record = self.record(due);
        record.sent_us = now;
        record.done_us = now;
        let problem = Problem::new(Failure::NoConnection, "all connections were busy");
        let next = self.finish(due, record, Some(&problem));
        // A closed-loop caller would come again at once, to find nothing else.
        if let Some(mut next) = next {
            next.at = next.at.max(Moment::from_micros(now) + REFUSED_PAUSE);
            self.pacer.add(next);
        }
        self.rest();
    }

    /// A record of which only the plan's part is known.
    pub(super) fn record(&self, due: &Due) -> Record {
        let scenario = &self.test.scenario;
        let arrival = &due.arrival;
        let mut record = Record::new(
            arrival.number,
            due.attempt,
            &scenario.callers[arrival.caller].name,
            &scenario.subscriptions[arrival.subscription].id,
            arrival.at,
        );
        record.stream = arrival.content.stream;
        record.warm_up = scenario.is_warm_up(arrival);
        record.planned_prompt_tokens = arrival.prompt_tokens.0;
        record.waited_until_us = due.waited_until.map(Moment::as_micros);
        record
    }

    /// Writes down a try that is done. Answers with the one that follows, if that is due already:
    /// whoever gets it goes on with it.
    pub(super) fn finish(
        &self,
        due: &Due,
        mut record: Record,
        problem: Option<&Problem>,
    ) -> Option<Due> {
        record.failure = problem.map(|problem| problem.failure);
        self.out
            .borrow_mut()
            .note(&record, due.arrival.subscription, problem);
        let next = self.follows(due, &record);
        if self.watched {
            self.pacer.done(due.arrival.clone(), record);
        }
        let at_once =
            |next: &Due| !self.watched && !self.draining.get() && next.at <= self.test.clock.now();
        match next {
            Some(next) if at_once(&next) => return Some(next),
            Some(next) => self.pacer.add(next),
            None => {
                if self.open.fetch_sub(1, Ordering::Relaxed) == 1 {
                    self.pacer.end();
                }
            }
        }
        None
    }

    /// The try after this one: the same again, or a closed-loop caller's next request.
    fn follows(&self, due: &Due, record: &Record) -> Option<Due> {
        if record.failure == Some(Failure::Interrupted) {
            return None;
        }
        let scenario = &self.test.scenario;
        let done = Moment::from_micros(record.done_us);
        let ending = Ending {
            arrival: due.arrival.number,
            attempt: record.attempt,
            due: due.arrival.at,
            done,
            status: record.status.filter(|_| record.failure.is_none()),
            retry_after_s: record.retry_after_s,
        };
        if let Some(retry) = scenario.reaction(due.arrival.caller, &ending) {
            return Some(Due {
                at: retry.at,
                arrival: due.arrival.clone(),
                attempt: due.attempt + 1,
                waited_until: retry.waited_until,
            });
        }
        let caller = due.arrival.in_loop? / self.workers;
        let next = self.loops.borrow_mut()[caller].next(scenario, done)?;
        Some(Due::first(next))
    }

    /// A try that is under way came to its end, and nothing follows at once.
    pub(super) fn rest(&self) {
        self.busy.set(self.busy.get() - 1);
        if self.busy.get() == 0 {
            self.quiet.notify_one();
        }
    }

    /// Takes back a lane that is done.
    pub(super) fn take_back(&self, seat: Rc<Seat>) {
        self.idle.borrow_mut().push(seat);
    }

    pub(super) fn tally(&self, note: impl FnOnce(&mut Tally)) {
        note(&mut self.out.borrow_mut().tally);
    }

    /// Ends every lane; one that is dropped records what it was at.
    fn give_up(&self) {
        for lane in self.lanes.borrow_mut().drain(..) {
            lane.abort();
        }
    }
}

impl Out {
    fn note(&mut self, record: &Record, subscription: usize, problem: Option<&Problem>) {
        write_line(&mut self.lines, record);
        self.counts.note(record);
        self.tally.note(record, subscription);
        if let Some(problem) = problem {
            self.tally.note_failure(problem.failure, &problem.detail);
        }
        if self.lines.len() >= MANY_LINES {
            self.hand_over(false);
        }
    }

    fn hand_over(&mut self, with_tally: bool) {
        let subscriptions = self.tally.subscriptions.len();
        let tally = with_tally
            .then(|| std::mem::replace(&mut self.tally, Box::new(Tally::new(subscriptions))));
        if self.lines.is_empty() && tally.is_none() {
            return;
        }
        let next = Vec::with_capacity(self.lines.len().min(MANY_LINES) + 1024);
        let batch = Batch {
            lines: std::mem::replace(&mut self.lines, next),
            counts: std::mem::take(&mut self.counts),
            tally,
        };
        // Without a recorder nobody wants records any more; the run is being torn down.
        let _torn_down = self.batches.send(batch);
    }
}

impl Gauge {
    pub(super) fn up(&self) {
        self.now.set(self.now.get() + 1);
        self.most.set(self.most.get().max(self.now.get()));
    }

    pub(super) fn down(&self) {
        self.now.set(self.now.get() - 1);
    }
}
