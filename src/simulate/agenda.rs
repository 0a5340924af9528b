use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::base::Moment;

/// Events in the order in which they happen.
#[derive(Debug)]
pub(super) struct Agenda<E> {
    heap: BinaryHeap<Entry<E>>,
    added: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Moment,
    /// Among events of one moment: lower ranks first, then the order in which they were added.
    rank: u8,
    number: u64,
    event: E,
}

impl<E> Agenda<E> {
    pub(super) fn new() -> Agenda<E> {
        Agenda {
            heap: BinaryHeap::new(),
            added: 0,
        }
    }

    pub(super) fn add(&mut self, at: Moment, rank: u8, event: E) {
        self.heap.push(Entry {
            at,
            rank,
            number: self.added,
            event,
        });
        self.added += 1;
    }

    /// Moment and rank of the event that comes next.
    pub(super) fn peek(&self) -> Option<(Moment, u8)> {
        self.heap.peek().map(|entry| (entry.at, entry.rank))
    }

    pub(super) fn next(&mut self) -> Option<(Moment, E)> {
        self.heap.pop().map(|entry| (entry.at, entry.event))
    }
}

impl<E> Ord for Entry<E> {
    /// Reversed: the heap gives its greatest entry first, and we want the earliest.
    fn cmp(&self, other: &Entry<E>) -> Ordering {
        (other.at, other.rank, other.number).cmp(&(self.at, self.rank, self.number))
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Entry<E>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Entry<E>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_moment_then_rank_then_order() {
        let mut agenda = Agenda::new();
        let second = Moment::from_micros(1_000_000);
        agenda.add(second, 1, "arrives first");
        agenda.add(second, 1, "arrives second");
        agenda.add(second, 0, "answers");
        agenda.add(Moment::ZERO, 1, "earlier");
        let order: Vec<&str> = std::iter::from_fn(|| agenda.next())
            .map(|(_, event)| event)
            .collect();
        assert_eq!(
            order,
            ["earlier", "answers", "arrives first", "arrives second"]
        );
    }
}
