//! One connection and the tries that go over it, one after another.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Poll, Waker};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::time::Sleep;

use super::answer;
use super::link::{Link, SendError};
use super::pacer::Due;
use super::worker::{Gauge, Worker};
use crate::base::Moment;
use crate::clock::Clock;
use crate::http::HttpError;
use crate::results::{Failure, Record};

/// Where a lane waits for its next try.
#[derive(Default)]
pub(super) struct Seat {
    due: Cell<Option<Due>>,
    waker: Cell<Option<Waker>>,
}

impl Seat {
    pub(super) fn give(&self, due: Due) {
        self.due.set(Some(due));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Why there is no whole answer, for the record and for people.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) failure: Failure,
    pub(super) detail: String,
}

impl Problem {
    pub(super) fn new(failure: Failure, detail: impl Into<String>) -> Problem {
        Problem {
            failure,
            detail: detail.into(),
        }
    }
}

/// A task that lives as long as its worker.
pub(super) struct Lane {
    worker: Rc<Worker>,
    seat: Rc<Seat>,
    line: Option<Line>,
    /// What is under way; taken out when it is recorded.
    trying: Option<(Due, Record)>,
}

/// An open connection that is counted.
struct Line {
    link: Link,
    connections: Rc<Gauge>,
}

impl Lane {
    pub(super) fn new(worker: Rc<Worker>) -> Lane {
        Lane {
            worker,
            seat: Rc::default(),
            line: None,
            trying: None,
        }
    }

    pub(super) async fn run(mut self, first: Due) {
        let clock = self.worker.test.clock;
        // Set anew only when it rings too early: most requests are done long before their limit,
        // and a timer for each would cost more than reading its answer.
        let mut timer = pin!(clock.timer(clock.now() + self.worker.test.scenario.request_timeout));
        let mut due = first;
        loop {
            while let Some(next) = self.attempt(due, timer.as_mut()).await {
                due = next;
            }
            self.worker.rest();
            self.worker.take_back(Rc::clone(&self.seat));
            due = self.next().await;
        }
    }

    /// Answers with the try that follows at once.
    async fn attempt(&mut self, due: Due, timer: Pin<&mut Sleep>) -> Option<Due> {
        let worker = Rc::clone(&self.worker);
        let clock = worker.test.clock;
        let began = clock.now();
        let late = u64::try_from(began.since(due.at).as_micros()).unwrap_or(u64::MAX);
        worker.tally(|tally| tally.note_lateness(late));
        let deadline = began + worker.test.scenario.request_timeout;
        let record = worker.record(&due);
        let (due, record) = self.trying.insert((due, record));
        record.sent_us = began.as_micros();
        let exchange = exchange(&worker, &mut self.line, due, record);
        let outcome = match within(clock, deadline, timer, exchange).await {
            Some(outcome) => outcome,
            None => Err(Problem::new(
                Failure::Timeout,
                "the answer was not whole within the scenario's `request-timeout`",
            )),
        };
        let (due, mut record) = self.trying.take()?;
        record.done_us = clock.now().as_micros();
        worker.finish(&due, record, outcome.err().as_ref())
    }

    /// Waits for the next try. Meanwhile the connection may close.
    async fn next(&mut self) -> Due {
        poll_fn(|cx| {
            if let Some(due) = self.seat.due.take() {
                return Poll::Ready(due);
            }
            if let Some(line) = &mut self.line
                && !line.link.is_open(cx)
            {
                self.line = None;
            }
            self.seat.waker.set(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await
    }
}

impl Drop for Lane {
    /// A lane ends early only when the run is stopped at once, or because of a bug of ours.
    fn drop(&mut self) {
        let bug = std::thread::panicking();
        self.worker.panicked.set(bug || self.worker.panicked.get());
        if let Some((due, mut record)) = self.trying.take() {
            record.done_us = self.worker.test.clock.now().as_micros();
            let problem = Problem::new(Failure::Interrupted, "the run was stopped");
            self.worker.finish(&due, record, Some(&problem));
            self.worker.rest();
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.connections.down();
    }
}

/// What `future` comes to, or `None` when that takes longer than until `deadline`.
async fn within<F: Future>(
    clock: Clock,
    deadline: Moment,
    mut timer: Pin<&mut Sleep>,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        while timer.as_mut().poll(cx).is_ready() {
            if clock.now() >= deadline {
                return Poll::Ready(None);
            }
            timer.set(clock.timer(deadline));
        }
        Poll::Pending
    })
    .await
}

/// Sends the request of a try and fills `record` with what happened. The connection is kept when it
/// can be used again.
async fn exchange(
    worker: &Worker,
    kept: &mut Option<Line>,
    due: &Due,
    record: &mut Record,
) -> Result<(), Problem> {
    let request = worker
        .requests
        .borrow_mut()
        .request(&worker.test, &due.arrival, due.attempt);
    let (request, bytes) =
        request.map_err(|error| Problem::new(Failure::Malformed, error.to_string()))?;
    record.sent_bytes = Some(bytes);
    let (mut line, response) = send(worker, kept.take(), request, record).await?;
    answer::read(worker, &mut line.link, response, record).await?;
    *kept = Some(line);
    Ok(())
}

async fn send(
    worker: &Worker,
    mut kept: Option<Line>,
    mut request: Request<Full<Bytes>>,
    record: &mut Record,
) -> Result<(Line, Response<Incoming>), Problem> {
    loop {
        let used = kept.is_some();
        let mut line = match kept.take() {
            Some(line) => line,
            None => open(worker, record).await?,
        };
        record.sent_us = worker.test.clock.now().as_micros();
        match line.link.send(request).await {
            Ok(response) => return Ok((line, response)),
            // The server closed an idle connection while we picked it up: nothing was sent yet.
            Err(SendError::Unsent(back)) if used => request = *back,
            Err(SendError::Unsent(_)) => {
                let detail = "the connection was closed before the request was sent";
                return Err(Problem::new(Failure::Broken, detail));
            }
            Err(SendError::Broken(error)) => return Err(Problem::from(&error)),
        }
    }
}

async fn open(worker: &Worker, record: &mut Record) -> Result<Line, Problem> {
    let opened = Link::open(&worker.test.endpoint, &worker.test.clock).await;
    let (link, opening) = opened.map_err(|error| Problem::from(&error))?;
    let micros = |span: std::time::Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    record.connect_us = Some(micros(opening.connect));
    record.tls_us = opening.tls.map(micros);
    worker.tally(|tally| tally.connections += 1);
    let connections = Rc::clone(&worker.connections);
    connections.up();
    Ok(Line { link, connections })
}

impl From<&HttpError> for Problem {
    fn from(error: &HttpError) -> Problem {
        let failure = match error {
            HttpError::Handshake { .. } => Failure::Malformed,
            HttpError::Connect { .. } | HttpError::Name { .. } | HttpError::Certificates(_) => {
                Failure::Connect
            }
        };
        Problem::new(failure, error.to_string())
    }
}

impl From<&hyper::Error> for Problem {
    fn from(error: &hyper::Error) -> Problem {
        if error.is_parse() {
            let detail = format!("the answer is not HTTP/1.1: {error}");
            Problem::new(Failure::Malformed, detail)
        } else {
            let mut detail = error.to_string();
            if let Some(cause) = std::error::Error::source(error) {
                detail = format!("{detail}: {cause}");
            }
            Problem::new(Failure::Broken, detail)
        }
    }
}
