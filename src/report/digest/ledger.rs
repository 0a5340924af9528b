/// Steps start that long; coarser ones are this times a power of two.
pub(super) const FINEST_US: u64 = 1_000;

/// What one counter did over time, in steps of equal length; steps without requests take no room.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Ledger {
    pub(super) step_us: u64,
    /// By the moment at which requests were done.
    pub(in crate::report) done: Vec<Done>,
    /// By the moment at which they were sent.
    pub(in crate::report) sent: Vec<Sent>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Done {
    pub(in crate::report) step: u32,
    pub(in crate::report) throttled: u32,
    /// Reported by passed requests.
    pub(in crate::report) tokens: u64,
    /// What the remaining header said last in this step.
    pub(in crate::report) remaining: Option<u64>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) struct Sent {
    pub(in crate::report) step: u32,
    pub(in crate::report) passed: u32,
    pub(in crate::report) throttled: u32,
    pub(in crate::report) tokens: u64,
    /// When the first 429 was there, and until when the last one asked to wait.
    pub(in crate::report) refused_us: u64,
    pub(in crate::report) promised_us: Option<u64>,
}

/// A cell of one step.
pub(super) trait Cell: Copy + Default {
    fn step(&self) -> u32;
    fn moved(self, step: u32) -> Self;
    /// Takes over what came later in the same step.
    fn absorb(&mut self, later: Self);
}

impl Cell for Done {
    fn step(&self) -> u32 {
        self.step
    }

    fn moved(self, step: u32) -> Done {
        Done { step, ..self }
    }

    fn absorb(&mut self, later: Done) {
        self.throttled = self.throttled.saturating_add(later.throttled);
        self.tokens = self.tokens.saturating_add(later.tokens);
        self.remaining = later.remaining.or(self.remaining);
    }
}

impl Cell for Sent {
    fn step(&self) -> u32 {
        self.step
    }

    fn moved(self, step: u32) -> Sent {
        Sent { step, ..self }
    }

    fn absorb(&mut self, later: Sent) {
        self.refused_us = match (self.throttled, later.throttled) {
            (0, _) => later.refused_us,
            (_, 0) => self.refused_us,
            _ => self.refused_us.min(later.refused_us),
        };
        self.passed = self.passed.saturating_add(later.passed);
        self.throttled = self.throttled.saturating_add(later.throttled);
        self.tokens = self.tokens.saturating_add(later.tokens);
        self.promised_us = later.promised_us.or(self.promised_us);
    }
}

impl Ledger {
    pub(super) fn new(step_us: u64) -> Ledger {
        Ledger {
            step_us,
            done: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// The step of a moment; a run that is longer than the steps reach ends in the last one.
    pub(super) fn step(&self, moment_us: u64) -> u32 {
        u32::try_from(moment_us / self.step_us).unwrap_or(u32::MAX)
    }

    /// Begin of a step.
    pub(in crate::report) fn moment(&self, step: u32) -> u64 {
        u64::from(step) * self.step_us
    }

    pub(super) fn cells(&self) -> usize {
        self.done.len() + self.sent.len()
    }

    /// Joins pairs of steps until they are that long.
    pub(super) fn coarsen(&mut self, step_us: u64) {
        while self.step_us < step_us {
            self.step_us *= 2;
            halve(&mut self.done);
            halve(&mut self.sent);
        }
    }

    /// As if everything of `later`, whose steps are as long, had been added here.
    pub(super) fn merge(&mut self, later: &Ledger) {
        merge(&mut self.done, &later.done);
        merge(&mut self.sent, &later.sent);
    }

    /// Adds up several counters; all have steps of one length.
    pub(in crate::report) fn sum<'a>(ledgers: impl Iterator<Item = &'a Ledger>) -> Option<Ledger> {
        let mut all: Vec<&Ledger> = ledgers.collect();
        // Pairwise, so that many ledgers cost no more than their cells times the depth.
        let mut sums: Vec<Ledger> = match all.len() {
            0 => return None,
            1 => return all.pop().cloned(),
            _ => all
                .chunks(2)
                .map(|pair| {
                    let mut sum = pair[0].clone();
                    if let Some(other) = pair.get(1) {
                        sum.merge(other);
                    }
                    sum
                })
                .collect(),
        };
        while sums.len() > 1 {
            let mut halves = Vec::with_capacity(sums.len().div_ceil(2));
            let mut rest = sums.into_iter();
            while let Some(mut sum) = rest.next() {
                if let Some(other) = rest.next() {
                    sum.merge(&other);
                }
                halves.push(sum);
            }
            sums = halves;
        }
        sums.pop()
    }

    /// `(moment, tokens)` of passed requests by their ends, in order of time.
    pub(in crate::report) fn spent(&self) -> Vec<(u64, u64)> {
        let cells = self.done.iter().filter(|cell| cell.tokens > 0);
        cells
            .map(|cell| (self.moment(cell.step), cell.tokens))
            .collect()
    }
}

/// The cell of a step. Requests come nearly in order, so the place is near the end.
pub(super) fn cell<T: Cell>(cells: &mut Vec<T>, step: u32) -> &mut T {
    let place = match cells.last() {
        Some(last) if last.step() == step => cells.len() - 1,
        Some(last) if last.step() > step => {
            let place = cells.partition_point(|cell| cell.step() < step);
            if cells[place].step() != step {
                cells.insert(place, T::default().moved(step));
            }
            place
        }
        _ => {
            cells.push(T::default().moved(step));
            cells.len() - 1
        }
    };
    &mut cells[place]
}

fn halve<T: Cell>(cells: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::with_capacity(cells.len());
    for cell in cells.drain(..) {
        let cell = cell.moved(cell.step() / 2);
        match kept.last_mut() {
            Some(last) if last.step() == cell.step() => last.absorb(cell),
            _ => kept.push(cell),
        }
    }
    *cells = kept;
}

fn merge<T: Cell>(cells: &mut Vec<T>, later: &[T]) {
    let Some(first) = later.first() else {
        return;
    };
    // What lies before the other's first step stays where it is.
    let overlap = cells.partition_point(|cell| cell.step() < first.step());
    let tail = cells.split_off(overlap);
    cells.reserve(tail.len() + later.len());
    let mut mine = tail.into_iter().peekable();
    for cell in later {
        while let Some(before) = mine.next_if(|known| known.step() < cell.step()) {
            cells.push(before);
        }
        match mine.next_if(|known| known.step() == cell.step()) {
            Some(mut known) => {
                known.absorb(*cell);
                cells.push(known);
            }
            None => cells.push(*cell),
        }
    }
    cells.extend(mine);
}
