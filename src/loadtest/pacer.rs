//! A thread that hands out every try at its moment.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::mpsc;
use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use crate::base::Moment;
use crate::clock::Clock;

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

/// Takes further tries while the thread runs. Dropping it ends the thread.
#[derive(Debug, Clone)]
pub(super) struct Pacer(mpsc::Sender<Due>);

impl Pacer {
    /// Starts the thread; `due` yields each try at its moment, or as soon after as the machine
    /// manages.
    pub(super) fn start(
        clock: Clock,
        first: Vec<Due>,
        due: UnboundedSender<Due>,
    ) -> std::io::Result<Pacer> {
        let (sender, receiver) = mpsc::channel();
        thread::Builder::new()
            .name("pacer".to_owned())
            .spawn(move || pace(clock, first, &receiver, &due))?;
        Ok(Pacer(sender))
    }

    pub(super) fn add(&self, due: Due) {
        // A thread that has ended was told to; then nothing more is sent.
        let _ended = self.0.send(due);
    }
}

fn pace(clock: Clock, first: Vec<Due>, added: &mpsc::Receiver<Due>, due: &UnboundedSender<Due>) {
    let mut agenda: BinaryHeap<Reverse<Due>> = first.into_iter().map(Reverse).collect();
    loop {
        while let Some(Reverse(next)) = agenda.peek().copied()
            && next.at <= clock.now()
        {
            agenda.pop();
            if due.send(next).is_err() {
                return;
            }
        }
        let received = match agenda.peek() {
            Some(Reverse(next)) => added.recv_timeout(clock.until(next.at)),
            None => added.recv().map_err(mpsc::RecvTimeoutError::from),
        };
        match received {
            Ok(further) => agenda.push(Reverse(further)),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}
