use std::time::Duration;

use crate::base::Span;

use super::super::schedule::{Spacing, Stage, Unit};
use super::super::wire::{Burstiness, Field, Flow, Placed, SpacingWord, Text, Time, WireStage};
use super::Checker;
use crate::yaml::Checks as _;

const KINDS: &str = "`{ count: 20, for: 5s }`, `{ pause: 20s }`, `{ rate: 30/min, for: 2m }` or `{ from: 10/min, to: 90/min, for: 1m }`";

impl Checker {
    pub(super) fn stages(&mut self, wire: Placed<Vec<Placed<WireStage>>>) -> Option<Vec<Stage>> {
        let mentioned = wire.value.len();
        let stages: Vec<Vec<Stage>> = wire
            .value
            .into_iter()
            .filter_map(|stage| self.stage(stage.value, stage.span))
            .collect();
        if stages.len() < mentioned {
            return None;
        }
        let stages = stages.concat();
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

    /// One stage as written may be several: steps, a spike with what is before and after it.
    fn stage(&mut self, mut wire: WireStage, span: Span) -> Option<Vec<Stage>> {
        let ramp = wire.from.is_some() || wire.to.is_some();
        let one = |stage| vec![stage];
        match (
            wire.count.take(),
            wire.pause.take(),
            wire.rate.take(),
            wire.steps.take(),
            ramp,
        ) {
            (Some(count), None, None, None, false) => {
                self.no_spacing(&wire, "count");
                self.no_spike(&wire);
                let count = self.value(&count);
                let span = self.time(wire.span, span, "count", false);
                Some(vec![Stage::Count {
                    count: count?,
                    span: span?,
                }])
            }
            (None, Some(pause), None, None, false) => {
                self.no_spacing(&wire, "pause");
                self.no_spike(&wire);
                if let Some(time) = &wire.span {
                    self.error(
                        time.span,
                        "`pause` says already how long",
                        "leave `for` out",
                    );
                }
                Some(vec![Stage::Pause {
                    span: self.value(&pause)?,
                }])
            }
            (None, None, Some(rate), None, false) => {
                let place = rate.span;
                let rate = self.value(&rate);
                if wire.spike.is_some() || wire.peak.is_some() {
                    return self.spike(wire, span, rate, place);
                }
                self.flow(wire, span, rate, rate, place, "rate").map(one)
            }
            (None, None, None, Some(steps), false) => {
                self.no_spike(&wire);
                self.steps(wire, span, &steps)
            }
            (None, None, None, None, true) => {
                self.no_spike(&wire);
                self.ramp(wire, span).map(one)
            }
            (None, None, None, None, false) => {
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

    fn ramp_end(&mut self, rate: Field<Flow>, owner: Span, key: &str) -> Option<(f64, Unit)> {
        self.required(rate, owner, "a ramp", key)
    }

    fn steps(
        &mut self,
        wire: WireStage,
        owner: Span,
        steps: &Placed<Vec<Placed<Text<Flow>>>>,
    ) -> Option<Vec<Stage>> {
        if steps.value.is_empty() {
            let hint = "write `steps: [10/min, 20/min, 40/min]`";
            self.error(steps.span, "no step is listed", hint);
        }
        let rates: Vec<_> = steps.value.iter().map(|rate| self.value(rate)).collect();
        let span = self.time(wire.span, owner, "steps", true);
        let spacing = self.spacing(wire.spacing, wire.burstiness.as_ref());
        let rates = rates.into_iter().collect::<Option<Vec<_>>>()?;
        let (span, spacing) = (span?, spacing?);
        let count = u32::try_from(rates.len()).ok().filter(|count| *count > 0)?;
        let span = span / count;
        Some(
            rates
                .into_iter()
                .map(|rate| constant(rate, span, spacing))
                .collect(),
        )
    }

    /// The rate before, the spike in the middle, the rate after.
    fn spike(
        &mut self,
        wire: WireStage,
        owner: Span,
        rate: Option<(f64, Unit)>,
        place: Span,
    ) -> Option<Vec<Stage>> {
        let spike = self.required(wire.spike, owner, "a spike", "spike");
        let peak_place = wire.peak.as_ref().map_or(owner, |peak| peak.span);
        let peak = self.required(wire.peak, owner, "a spike", "peak");
        let span = self.time(wire.span, owner, "spike", true);
        let spacing = self.spacing(wire.spacing, wire.burstiness.as_ref());
        let (rate, spike, peak, span) = (rate?, spike?, peak?, span?);
        let spacing = spacing?;
        if rate.1 != spike.1 {
            self.one_unit(place);
            return None;
        }
        if peak >= span {
            self.error(
                peak_place,
                "the spike is as long as its stage",
                "give `for` more time than `peak`",
            );
            return None;
        }
        let around = span.saturating_sub(peak);
        let before = around / 2;
        let after = around.saturating_sub(before);
        Some(vec![
            constant(rate, before, spacing),
            constant(spike, peak, spacing),
            constant(rate, after, spacing),
        ])
    }

    fn one_unit(&mut self, place: Span) {
        self.error(
            place,
            "a stage counts requests or tokens, not both",
            "write both rates with the same unit, such as `5000 tokens/min`",
        );
    }

    fn flow(
        &mut self,
        wire: WireStage,
        owner: Span,
        from: Option<(f64, Unit)>,
        to: Option<(f64, Unit)>,
        place: Span,
        key: &str,
    ) -> Option<Stage> {
        let span = self.time(wire.span, owner, key, true);
        let spacing = self.spacing(wire.spacing, wire.burstiness.as_ref());
        let ((from, unit), (to, other)) = (from?, to?);
        if unit != other {
            self.one_unit(place);
            return None;
        }
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
            unit,
            span: span?,
            spacing: spacing?,
        })
    }

    fn spacing(
        &mut self,
        word: Field<SpacingWord>,
        burstiness: Option<&Placed<Text<Burstiness>>>,
    ) -> Option<Spacing> {
        let place = word.as_ref().map(|word| word.span);
        let word = self.or(word, Default::default);
        let bursty = burstiness.map(|burstiness| burstiness.span);
        let burstiness = self.optional(burstiness);
        match (word?, burstiness?) {
            (SpacingWord::Gamma, Some(burstiness)) => Some(Spacing::Gamma { burstiness }),
            (SpacingWord::Gamma, None) => {
                self.error(
                    place.unwrap_or_default(),
                    "`spacing: gamma` needs to know how bursty",
                    "add `burstiness: 4`; `1` would be the same as `spacing: poisson`",
                );
                None
            }
            (SpacingWord::Even, None) => Some(Spacing::Even),
            (SpacingWord::Poisson, None) => Some(Spacing::Poisson),
            (_, Some(_)) => {
                self.error(
                    bursty.unwrap_or_default(),
                    "only `spacing: gamma` has a burstiness",
                    "add `spacing: gamma`, or leave `burstiness` out",
                );
                None
            }
        }
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

    fn no_spike(&mut self, wire: &WireStage) {
        let spike = wire.spike.as_ref().map(|spike| spike.span);
        if let Some(place) = spike.or(wire.peak.as_ref().map(|peak| peak.span)) {
            self.error(
                place,
                "a spike needs a constant rate around it",
                "write `{ rate: 20/min, spike: 200/min, peak: 10s, for: 1m }`",
            );
        }
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

/// No requests at all are a pause.
fn constant((rate, unit): (f64, Unit), span: Duration, spacing: Spacing) -> Stage {
    if rate <= 0.0 {
        return Stage::Pause { span };
    }
    Stage::Flow {
        from: rate,
        to: rate,
        unit,
        span,
        spacing,
    }
}
