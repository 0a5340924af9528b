use std::time::Duration;

use super::super::amount::{Amount, Pause};
use super::super::wire::{AmountEntry, PauseEntry, Placed};
use super::Checker;
use crate::base::Span;
use crate::yaml::Checks as _;

impl Checker {
    #[expect(clippy::option_option, reason = "the outer one is `reported`")]
    pub(super) fn amount(&mut self, wire: Option<Placed<AmountEntry>>) -> Option<Option<Amount>> {
        let Some(Placed { value, span }) = wire else {
            return Some(None);
        };
        let drawn = match value {
            AmountEntry::One(value) => {
                return Some(Some(Amount::Fixed(self.value(&Placed { value, span })?)));
            }
            AmountEntry::Drawn(drawn) => drawn,
        };
        match (drawn.from, drawn.to, drawn.median, drawn.p95) {
            (Some(from), Some(to), None, None) => {
                let place = to.span;
                let (from, to) = (self.value(&from), self.value(&to));
                let (from, to) = (from?, to?);
                self.ordered(from <= to, place, "to", "from")?;
                Some(Some(Amount::Between { from, to }))
            }
            (None, None, Some(median), Some(p95)) => {
                let place = p95.span;
                let (median, p95) = (self.value(&median), self.value(&p95));
                let (median, p95) = (median?, p95?);
                self.ordered(median <= p95, place, "p95", "median")?;
                Some(Some(Amount::LogNormal { median, p95 }))
            }
            _ => {
                self.error(
                    span,
                    "a length that is drawn needs two numbers",
                    "write `{ from: 100, to: 900 }` or `{ median: 400, p95: 2000 }`",
                );
                None
            }
        }
    }

    pub(super) fn pause(&mut self, wire: Option<Placed<PauseEntry>>) -> Option<Pause> {
        let Some(Placed { value, span }) = wire else {
            return Some(Pause::Fixed(Duration::ZERO));
        };
        let drawn = match value {
            PauseEntry::One(value) => {
                return Some(Pause::Fixed(self.value(&Placed { value, span })?));
            }
            PauseEntry::Drawn(drawn) => drawn,
        };
        match (drawn.from, drawn.to, drawn.mean) {
            (Some(from), Some(to), None) => {
                let place = to.span;
                let (from, to) = (self.value(&from), self.value(&to));
                let (from, to) = (from?, to?);
                self.ordered(from <= to, place, "to", "from")?;
                Some(Pause::Between { from, to })
            }
            (None, None, Some(mean)) => Some(Pause::Mean(self.value(&mean)?)),
            _ => {
                self.error(
                    span,
                    "a time that is drawn needs two times or a mean",
                    "write `{ from: 1s, to: 3s }` or `{ mean: 2s }`",
                );
                None
            }
        }
    }

    fn ordered(&mut self, fits: bool, place: Span, larger: &str, smaller: &str) -> Option<()> {
        if !fits {
            self.error(
                place,
                format!("`{larger}` is below `{smaller}`"),
                format!("`{larger}` is at least as large as `{smaller}`"),
            );
        }
        fits.then_some(())
    }
}
