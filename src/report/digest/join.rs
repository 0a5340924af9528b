use super::Digest;
use crate::report::listing::MOST_REFUSALS;

/// Cells that the counters of a run may have together.
const MOST_CELLS: usize = 1 << 22;

impl Digest {
    /// Goes on with the next part of the file, which was read from its own beginning. This digest is
    /// of the beginning of the file, see [`Digest::begins`].
    pub(crate) fn join(&mut self, mut later: Digest) {
        self.in_order_with(&later);
        self.lines += later.lines;
        self.arrived += later.arrived;
        self.answered += later.answered;
        self.beyond += later.beyond;
        self.steps_back += later.steps_back;
        self.most_remaining = self.most_remaining.max(later.most_remaining);
        self.times.merge(&later.times);
        self.accounts.merge(&later.accounts);
        for (column, more) in self.columns.iter_mut().zip(&later.columns) {
            column.merge(more);
        }
        let room = MOST_REFUSALS - self.refusals.len();
        later.refusals.truncate(room);
        self.refusals.append(&mut later.refusals);
        let step_us = self.step_us.max(later.step_us);
        self.coarsen(step_us);
        later.coarsen(step_us);
        let mut place = Vec::with_capacity(later.leaves.len());
        for leaf in &later.leaves {
            let known = self.leaf(&leaf.caller, &leaf.subscription);
            self.leaves[known].merge(leaf);
            place.push(known);
        }
        self.retries.join(&mut self.leaves, later.retries, &place);
        while self.cells() > MOST_CELLS {
            self.coarsen(self.step_us * 2);
        }
    }

    /// Requests that were read.
    pub(crate) fn requests(&self) -> usize {
        self.lines
    }

    /// How long the steps are in which tokens over time are known, in microseconds.
    pub(crate) fn step_us(&self) -> u64 {
        self.step_us
    }

    fn cells(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.ledger.cells()).sum()
    }

    fn coarsen(&mut self, step_us: u64) {
        self.step_us = step_us;
        for leaf in &mut self.leaves {
            leaf.ledger.coarsen(step_us);
        }
    }
}
