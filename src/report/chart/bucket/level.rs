use crate::results::{Outcome, Record};

/// A bucket as the v2 tiers keep it: full at first, and its level may go below zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report::chart) struct Bucket {
    /// The tokens of a minute, in tokens.
    pub(in crate::report::chart) holds: f64,
}

/// A wait that is named in two cases: the debt of a whole minute, and an estimate that does not fit.
const UNCLEAR_WAIT_S: u64 = 60;

/// How far back from a report its level says something: spending that we do not see (of other
/// clients) makes older conclusions wild.
const LOOK_BACK_US: u64 = 60_000_000;

/// Lowest and highest level that fit.
type Range = (f64, f64);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    Nothing,
    Within(Range),
    /// Zero, which stands for everything below it too.
    Empty,
    /// Either in debt by a minute, or less than a token is left.
    Unclear,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Event {
    at_us: u64,
    /// Tokens charged at that moment; `None` when that is not known.
    spent: Option<f64>,
    told: Told,
}

impl Bucket {
    pub(in crate::report::chart) fn new(per_minute: u64) -> Bucket {
        Bucket {
            holds: per_minute as f64,
        }
    }

    pub(in crate::report::chart) fn per_second(self) -> f64 {
        self.holds / 60.0
    }

    /// Moments and the level right after them, in order of time, from the full bucket on; nothing
    /// when the records say nothing about the level.
    pub(in crate::report::chart) fn levels(self, records: &[&Record]) -> Vec<(u64, f64)> {
        let mut events: Vec<Event> = Vec::new();
        for record in records {
            events.extend(self.events(record).into_iter().flatten());
        }
        if events.iter().all(|event| event.told == Told::Nothing) {
            return Vec::new();
        }
        // Stable: of two events in one microsecond the later record counts.
        events.sort_by_key(|event| event.at_us);
        let mut levels = vec![(0, self.holds)];
        let (mut known_us, mut level) = (0, self.holds);
        for (event, range) in events.iter().zip(self.ranges(&events)) {
            let before = (level + self.inflow(event.at_us - known_us)).min(self.holds);
            level = self.after(before, event, range);
            known_us = event.at_us;
            levels.push((known_us, level));
        }
        levels
    }

    fn inflow(self, micros: u64) -> f64 {
        self.per_second() * micros as f64 / 1e6
    }

    /// What a record says; a stream has two moments, its head and its end.
    fn events(self, record: &Record) -> [Option<Event>; 2] {
        let done = |spent, told| {
            let at_us = record.done_us;
            Some(Event { at_us, spent, told })
        };
        match (record.outcome(), record.remaining_tokens) {
            (Outcome::Throttled, Some(left)) => [
                done(Some(0.0), self.refused(left, record.retry_after_s)),
                None,
            ],
            (Outcome::Passed, Some(left)) if record.stream => {
                let head = Event {
                    at_us: record.first_token_us.unwrap_or(record.done_us),
                    spent: None,
                    told: left_over(left),
                };
                let rest = record.completion_tokens.map(|tokens| tokens as f64);
                [
                    Some(head),
                    rest.and_then(|rest| done(Some(rest), Told::Nothing)),
                ]
            }
            (Outcome::Passed, left) => {
                let spent = record.consumed_tokens.or(record.total_tokens());
                let spent = spent.map(|tokens| tokens as f64);
                match left {
                    Some(left) => [done(spent, left_over(left)), None],
                    None => [spent.and_then(|_| done(spent, Told::Nothing)), None],
                }
            }
            _ => [None, None],
        }
    }

    fn refused(self, left: u64, retry_after_s: Option<u64>) -> Told {
        match retry_after_s {
            _ if left > 0 => left_over(left),
            Some(UNCLEAR_WAIT_S) => Told::Unclear,
            Some(wait_s) => Told::Within(self.in_debt(wait_s)),
            None => Told::Empty,
        }
    }

    /// A wait is rounded up to whole seconds and never less than one.
    fn in_debt(self, wait_s: u64) -> Range {
        let wait_s = wait_s.max(1) as f64;
        (
            -wait_s * self.per_second(),
            (1.0 - wait_s) * self.per_second(),
        )
    }

    /// For every event the level right after it as far as it, or what was told next, says so.
    fn ranges(self, events: &[Event]) -> Vec<Option<Range>> {
        let mut ranges = vec![None; events.len()];
        // When the next report came, and the level right before it.
        let mut next: Option<(u64, Range)> = None;
        for (event, range) in events.iter().zip(&mut ranges).rev() {
            let earlier = next.and_then(|(at_us, range)| self.earlier(range, at_us - event.at_us));
            *range = match event.told {
                Told::Nothing => earlier,
                Told::Within(told) => Some(told),
                Told::Empty => earlier.map(|(low, high)| (low.min(0.0), high.min(0.0))),
                Told::Unclear => None,
            };
            next = range.zip(event.spent).map(|((low, high), spent)| {
                let before = (low + spent, high + spent);
                (event.at_us, before)
            });
        }
        ranges
    }

    /// The level some time before; not known when the bucket may have been full meanwhile.
    fn earlier(self, (low, high): Range, micros: u64) -> Option<Range> {
        let inflow = self.inflow(micros);
        (high < self.holds && micros <= LOOK_BACK_US).then_some((low - inflow, high - inflow))
    }

    fn after(self, before: f64, event: &Event, range: Option<Range>) -> f64 {
        let expected = event.spent.map(|spent| before - spent);
        let level = match (event.told, range) {
            (Told::Unclear, _) if before > -self.holds / 2.0 => before.clamp(0.0, 1.0),
            (Told::Unclear, _) => self.fit(expected, self.in_debt(UNCLEAR_WAIT_S)),
            // Nothing flows in at once, whatever was told next.
            (Told::Nothing, Some(range)) => self.fit(expected, range).min(before),
            (_, Some(range)) => self.fit(expected, range),
            (Told::Empty, None) => expected.unwrap_or(0.0).min(0.0),
            (_, None) => expected.unwrap_or(before),
        };
        level.min(self.holds)
    }

    /// The expected level where it agrees with what was told, give or take a second of refilling;
    /// else there was spending that we did not see, and the middle is as good as any.
    fn fit(self, expected: Option<f64>, (low, high): Range) -> f64 {
        let slack = self.per_second();
        expected
            .filter(|level| (low - slack..=high + slack).contains(level))
            .map_or(f64::midpoint(low, high), |level| level.clamp(low, high))
    }
}

/// The remaining header: whole tokens, and zero for everything below.
fn left_over(left: u64) -> Told {
    match left {
        0 => Told::Empty,
        left => Told::Within((left as f64, left as f64)),
    }
}
