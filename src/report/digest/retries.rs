//! Which attempt followed which refusal, without keeping the requests.

use std::collections::BTreeMap;

use super::leaf::Leaf;
use crate::report::retry::EARLY_US;
use crate::results::{Line, Outcome};

/// Refusals that may wait for their next attempt at once; beyond that the oldest are forgotten.
const MOST_PENDING: usize = 1 << 20;

/// What became of the waits that were asked for, by the seconds asked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::report) struct Waited {
    pub(in crate::report) asked: u64,
    /// The next attempt waited and passed.
    pub(in crate::report) worked: u64,
    /// The next attempt waited and did not pass.
    pub(in crate::report) refused_again: u64,
    /// The next attempt came before the wait was over.
    pub(in crate::report) early: u64,
    /// From the refusal to the next attempt, of all that had one.
    pub(in crate::report) until_back_us: u64,
}

/// A 429 whose next attempt is not seen yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pending {
    attempt: u32,
    done_us: u64,
    /// Absent when the answer named none.
    wait_s: Option<u64>,
    first: First,
}

/// End of the first wait that was asked of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Until(u64),
    /// The first refusal is in an earlier part of the file.
    Before,
    /// No answer so far named a wait.
    Unnamed,
}

/// An attempt whose refusal is not in this part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Orphan {
    arrival: u64,
    attempt: u32,
    leaf: usize,
    sent_us: u64,
    passed: bool,
}

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Retries {
    pending: BTreeMap<u64, Pending>,
    orphans: Vec<Orphan>,
    /// Attempts that passed and whose first refusal is in an earlier part: arrival, leaf, sent.
    late: Vec<(u64, usize, u64)>,
    by_asked: BTreeMap<u64, Waited>,
    forgotten: u64,
}

impl Retries {
    pub(super) fn by_asked(&self) -> &BTreeMap<u64, Waited> {
        &self.by_asked
    }

    /// Refusals that were given up before their next attempt could be seen.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    pub(super) fn add(&mut self, leaves: &mut [Leaf], leaf: usize, line: &Line<'_>) {
        let passed = line.outcome() == Outcome::Passed;
        let mut first = First::Unnamed;
        if line.attempt > 1 {
            let known = self.pending.get(&line.arrival).copied();
            if let Some(known) = known.filter(|known| known.attempt + 1 == line.attempt) {
                self.pending.remove(&line.arrival);
                self.pair(&mut leaves[leaf], &known, line.sent_us, passed);
                first = known.first;
            } else {
                self.orphans.push(Orphan {
                    arrival: line.arrival,
                    attempt: line.attempt,
                    leaf,
                    sent_us: line.sent_us,
                    passed,
                });
                first = First::Before;
            }
        }
        match (line.outcome(), first) {
            (Outcome::Throttled, first) => self.refused(&mut leaves[leaf], line, first),
            (Outcome::Passed, First::Until(promised)) => {
                leaves[leaf]
                    .waits
                    .add(line.sent_us.saturating_sub(promised));
            }
            (Outcome::Passed, First::Before) => {
                self.late.push((line.arrival, leaf, line.sent_us));
            }
            _ => {}
        }
    }

    fn refused(&mut self, leaf: &mut Leaf, line: &Line<'_>, first: First) {
        let Some(wait_s) = line.retry_after_s else {
            leaf.retry.without_header += 1;
            if leaf.retries && first != First::Unnamed {
                self.wait(line, None, first);
            }
            return;
        };
        leaf.retry.asked += 1;
        leaf.retry.longest_s = leaf.retry.longest_s.max(Some(wait_s));
        self.by_asked.entry(rounded(wait_s)).or_default().asked += 1;
        if leaf.retries {
            let first = match first {
                First::Unnamed => First::Until(until(line.done_us, wait_s)),
                known => known,
            };
            self.wait(line, Some(wait_s), first);
        }
    }

    fn wait(&mut self, line: &Line<'_>, wait_s: Option<u64>, first: First) {
        let pending = Pending {
            attempt: line.attempt,
            done_us: line.done_us,
            wait_s,
            first,
        };
        self.pending.insert(line.arrival, pending);
        self.forget();
    }

    /// Lets the older half go when there are too many.
    fn forget(&mut self) {
        if self.pending.len() <= MOST_PENDING {
            return;
        }
        let mut ends: Vec<u64> = self.pending.values().map(|known| known.done_us).collect();
        let middle = ends.len() / 2;
        let (_, median, _) = ends.select_nth_unstable(middle);
        let before = self.pending.len();
        self.pending.retain(|_, known| known.done_us > *median);
        self.forgotten += (before - self.pending.len()) as u64;
    }

    fn pair(&mut self, leaf: &mut Leaf, refused: &Pending, sent_us: u64, passed: bool) {
        let Some(wait_s) = refused.wait_s else {
            return;
        };
        let waited = self.by_asked.entry(rounded(wait_s)).or_default();
        waited.until_back_us = waited
            .until_back_us
            .saturating_add(sent_us.saturating_sub(refused.done_us));
        leaf.retry.retried += 1;
        if sent_us.saturating_add(EARLY_US) < until(refused.done_us, wait_s) {
            waited.early += 1;
            return;
        }
        leaf.retry.honoured += 1;
        if passed {
            leaf.retry.worked += 1;
            waited.worked += 1;
        } else {
            waited.refused_again += 1;
        }
    }

    /// Goes on with the next part of the file. `place` says which leaf here one there is.
    pub(super) fn join(&mut self, leaves: &mut [Leaf], later: Retries, place: &[usize]) {
        for (asked, more) in later.by_asked {
            let known = self.by_asked.entry(asked).or_default();
            known.asked += more.asked;
            known.worked += more.worked;
            known.refused_again += more.refused_again;
            known.early += more.early;
            known.until_back_us = known.until_back_us.saturating_add(more.until_back_us);
        }
        self.forgotten += later.forgotten;
        let mut firsts: BTreeMap<u64, First> = BTreeMap::new();
        for orphan in later.orphans {
            let known = self.pending.get(&orphan.arrival).copied();
            let Some(known) = known.filter(|known| known.attempt + 1 == orphan.attempt) else {
                continue;
            };
            self.pending.remove(&orphan.arrival);
            let leaf = &mut leaves[place[orphan.leaf]];
            self.pair(leaf, &known, orphan.sent_us, orphan.passed);
            firsts.insert(orphan.arrival, known.first);
        }
        for (arrival, leaf, sent_us) in later.late {
            if let Some(First::Until(promised)) = firsts.get(&arrival) {
                let waits = &mut leaves[place[leaf]].waits;
                waits.add(sent_us.saturating_sub(*promised));
            }
        }
        for (arrival, mut known) in later.pending {
            if known.first == First::Before {
                known.first = match (firsts.get(&arrival), known.wait_s) {
                    (Some(First::Until(promised)), _) => First::Until(*promised),
                    (_, Some(wait_s)) => First::Until(until(known.done_us, wait_s)),
                    (_, None) => continue,
                };
            }
            self.pending.insert(arrival, known);
        }
        self.forget();
    }

    /// Nothing comes before this part, so what has no beginning here has none at all.
    pub(super) fn begins(&mut self) {
        self.orphans.clear();
        self.late.clear();
    }
}

fn until(done_us: u64, wait_s: u64) -> u64 {
    done_us.saturating_add(wait_s.saturating_mul(1_000_000))
}

/// Waits by the second up to two minutes, beyond that to two digits: a chart has room for no more.
fn rounded(wait_s: u64) -> u64 {
    if wait_s <= 120 {
        return wait_s;
    }
    let unit = 10_u64.pow(wait_s.ilog10() - 1);
    wait_s / unit * unit
}
