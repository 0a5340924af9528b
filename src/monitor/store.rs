use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::call::Call;
use super::series::{Cell, Series};

/// Calls that are kept one by one, for logs; older ones live on in the minutes.
const MOST_CALLS: usize = 20_000;
/// Values of series and minutes that are kept; then the oldest minutes go.
const MOST_CELLS: usize = 100_000;
/// Series of one minute; the values of further ones are added up under `other`, so that callers who
/// invent names cannot fill the memory.
const MOST_SERIES: usize = 5_000;

/// What gateways served, by the minute and call by call.
#[derive(Debug, Default)]
pub(crate) struct Store {
    minutes: BTreeMap<i64, BTreeMap<Series, Cell>>,
    cells: usize,
    calls: VecDeque<Call>,
}

impl Store {
    pub(crate) fn add(&mut self, call: Call) {
        let minute = call.at.as_second().div_euclid(60);
        for (series, value) in call.points() {
            self.point(minute, series, value);
        }
        while self.cells > MOST_CELLS && self.minutes.len() > 1 {
            if let Some((_, oldest)) = self.minutes.pop_first() {
                self.cells -= oldest.len();
            }
        }
        // Long requests end after shorter ones that began later.
        let place = self.calls.partition_point(|known| known.at <= call.at);
        self.calls.insert(place, call);
        if self.calls.len() > MOST_CALLS {
            self.calls.pop_front();
        }
    }

    fn point(&mut self, minute: i64, mut series: Series, value: f64) {
        let cells = self.minutes.entry(minute).or_default();
        if cells.len() >= MOST_SERIES && !cells.contains_key(&series) {
            let others = series.dimensions.iter();
            let others = others.map(|(name, _)| (name.clone(), "other".to_owned()));
            series.dimensions = others.collect();
        }
        let cell = Cell::of(value);
        let before = cells.len();
        cells
            .entry(series)
            .and_modify(|known| known.join(&cell))
            .or_insert(cell);
        self.cells += cells.len() - before;
    }

    /// Calls that are still kept, oldest first.
    pub(crate) fn calls(&self) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.iter()
    }

    /// Cells of minutes that begin in a span, with those beginnings.
    pub(super) fn cells(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, &Series, &Cell)> {
        let first = from.as_second().div_euclid(60);
        let end = to.as_second().div_euclid(60) + i64::from(to.as_second().rem_euclid(60) > 0);
        self.minutes
            .range(first..end.max(first))
            .flat_map(|(minute, cells)| {
                let start = Timestamp::from_second(minute * 60).unwrap_or(Timestamp::MIN);
                cells
                    .iter()
                    .map(move |(series, cell)| (start, series, cell))
            })
    }

    /// Every series that is kept, of any minute.
    pub(super) fn series(&self) -> impl Iterator<Item = &Series> {
        self.minutes.values().flat_map(BTreeMap::keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::tests::call;

    #[test]
    fn memory_is_bounded_and_the_newest_is_kept() {
        let mut store = Store::default();
        for second in 0..u32::try_from(MOST_CALLS).unwrap() + 10 {
            let mut call = call(second);
            // Every call invents a series of its own.
            call.api = format!("api-{second}");
            store.add(call);
        }
        assert_eq!(store.calls().count(), MOST_CALLS);
        assert!(store.cells <= MOST_CELLS);
        assert_eq!(
            store.cells,
            store.minutes.values().map(BTreeMap::len).sum::<usize>()
        );
        let last = store.calls().next_back().unwrap();
        assert_eq!(last.api, format!("api-{}", MOST_CALLS + 9));
    }

    #[test]
    fn one_minute_of_invented_names_is_added_up_under_other() {
        let mut store = Store::default();
        for number in 0..4_000 {
            let mut call = call(0);
            call.api = format!("api-{number}");
            store.add(call);
        }
        let cells = store.minutes.values().next().unwrap();
        assert!(cells.len() < MOST_SERIES + 10, "{}", cells.len());
        let requests: u64 = cells
            .iter()
            .filter(|(series, _)| series.metric == "Requests")
            .map(|(_, cell)| cell.count)
            .sum();
        assert_eq!(requests, 4_000);
    }
}
