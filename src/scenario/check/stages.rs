use std::time::Duration;

use crate::base::Span;

use super::super::model::Stage;
use super::super::wire::{Field, Placed, Rate, Time, WireStage};
use super::Checker;
use crate::yaml::Checks as _;

const KINDS: &str = "`{ count: 20, for: 5s }`, `{ pause: 20s }`, `{ rate: 30/min, for: 2m }` or `{ from: 10/min, to: 90/min, for: 1m }`";

impl Checker {
    pub(super) fn stages(&mut self, wire: Placed<Vec<Placed<WireStage>>>) -> Option<Vec<Stage>> {
        let mentioned = wire.value.len();
        let stages: Vec<Stage> = wire
            .value
            .into_iter()
            .filter_map(|stage| self.stage(stage.value, stage.span))
            .collect();
        if stages.len() < mentioned {
            return None;
        }
        if stages
            .iter()
            .all(|stage| matches!(stage, Stage::Pause { .. }))
        {
            self.error(
                wire.span,
                "this caller never calls",
                format!("write stages such as {KINDS}"),
            );
            return None;
        }
        Some(stages)
    }

    fn stage(&mut self, mut wire: WireStage, span: Span) -> Option<Stage> {
        let ramp = wire.from.is_some() || wire.to.is_some();
        match (wire.count.take(), wire.pause.take(), wire.rate.take(), ramp) {
            (Some(count), None, None, false) => {
                self.no_spacing(&wire, "count");
                let count = self.value(&count);
                let span = self.time(wire.span, span, "count", false);
                Some(Stage::Count {
                    count: count?,
                    span: span?,
                })
            }
            (None, Some(pause), None, false) => {
                self.no_spacing(&wire, "pause");
                if let Some(time) = &wire.span {
                    self.error(
                        time.span,
                        "`pause` says already how long",
                        "leave `for` out",
                    );
                }
                Some(Stage::Pause {
                    span: self.value(&pause)?,
                })
            }
            (None, None, Some(rate), false) => {
                let place = rate.span;
                let rate = self.value(&rate);
                self.flow(wire, span, rate, rate, place, "rate")
            }
            (None, None, None, true) => self.ramp(wire, span),
            (None, None, None, false) => {
                self.error(
                    span,
                    "this stage does nothing",
                    format!("write one of {KINDS}"),
                );
                None
            }
            _ => {
                self.error(
                    span,
                    "this stage is several things at once",
                    format!("write one of {KINDS}"),
                );
                None
            }
        }
    }

    fn ramp(&mut self, mut wire: WireStage, span: Span) -> Option<Stage> {
        let place = wire.from.as_ref().map_or(span, |from| from.span);
        let from = self.ramp_end(wire.from.take(), span, "from");
        let to = self.ramp_end(wire.to.take(), span, "to");
        self.flow(wire, span, from, to, place, "from")
    }

    fn ramp_end(&mut self, rate: Field<Rate>, owner: Span, key: &str) -> Option<f64> {
        self.required(rate, owner, "a ramp", key)
    }

    fn flow(
        &mut self,
        wire: WireStage,
        owner: Span,
        from: Option<f64>,
        to: Option<f64>,
        place: Span,
        key: &str,
    ) -> Option<Stage> {
        let span = self.time(wire.span, owner, key, true);
        let spacing = self.or(wire.spacing, Default::default);
        let (from, to) = (from?, to?);
        if from + to <= 0.0 {
            self.error(
                place,
                "a rate must be above zero",
                "write `{ pause: 20s }` for a time without requests",
            );
            return None;
        }
        Some(Stage::Flow {
            from,
            to,
            span: span?,
            spacing: spacing?,
        })
    }

    /// The `for` of a stage.
    fn time(
        &mut self,
        time: Field<Time>,
        owner: Span,
        key: &str,
        above_zero: bool,
    ) -> Option<Duration> {
        let Some(time) = time else {
            let all_at_once = if above_zero {
                ""
            } else {
                " (`for: 0s` sends all at once)"
            };
            self.error(
                owner,
                format!("a stage with `{key}` needs a time"),
                format!("add `for: 30s`{all_at_once}"),
            );
            return None;
        };
        let span = self.value(&time)?;
        if above_zero && span.is_zero() {
            self.error(
                time.span,
                "a rate needs a time above zero",
                "write `{ count: 20, for: 0s }` for all at once",
            );
            return None;
        }
        Some(span)
    }

    fn no_spacing(&mut self, wire: &WireStage, key: &str) {
        if let Some(spacing) = &wire.spacing {
            self.error(
                spacing.span,
                format!("`{key}` has no spacing"),
                "`spacing` goes with `rate` or `from`",
            );
        }
    }
}
