use std::sync::Arc;
use std::time::Duration;

use super::super::model::SubscriptionSpec;
use super::super::request::FileReference;
use super::super::schedule::{LoopSpec, Schedule};
use super::super::trace::TraceSpec;
use super::super::wire::{
    Field, PauseEntry, Placed, PositiveTime, Time, TraceEntry, Whole, WireStage, WireTrace,
};
use super::Checker;
use crate::base::Span;
use crate::yaml::Checks as _;

/// When one group calls, as read.
pub(super) struct WireSchedule {
    pub(super) arrivals: Option<Placed<Vec<Placed<WireStage>>>>,
    pub(super) callers: Field<Whole<1, 100_000>>,
    pub(super) think_time: Option<Placed<PauseEntry>>,
    pub(super) span: Field<PositiveTime>,
    pub(super) requests: Field<Whole<1, 5_000_000>>,
    pub(super) ramp_up: Field<Time>,
    pub(super) trace: Option<Placed<TraceEntry>>,
}

impl Checker {
    pub(super) fn schedule(
        &mut self,
        owner: Span,
        wire: WireSchedule,
        known: &[SubscriptionSpec],
    ) -> Option<Schedule> {
        let places = [
            ("arrivals", wire.arrivals.as_ref().map(|part| part.span)),
            ("callers", wire.callers.as_ref().map(|part| part.span)),
            ("trace", wire.trace.as_ref().map(|part| part.span)),
        ];
        let given: Vec<(&str, Span)> = places
            .into_iter()
            .filter_map(|(key, place)| Some((key, place?)))
            .collect();
        if let [(first, _), (second, place), ..] = given.as_slice() {
            let message = format!("`{first}` and `{second}` exclude each other");
            self.error(*place, message, "make two groups of them");
        }
        if wire.callers.is_none() {
            self.only_loops_have(&wire);
        }
        if wire.callers.is_some() {
            return self.looped(owner, wire).map(Schedule::Loop);
        }
        if let Some(Placed { value, span }) = wire.trace {
            return self.trace(value, span, known).map(Schedule::Trace);
        }
        let Some(stages) = wire.arrivals else {
            self.error(
                owner,
                "a caller needs `arrivals`, `callers` or `trace`",
                "add `arrivals: [{ rate: 30/min, for: 1m }]`",
            );
            return None;
        };
        self.stages(stages).map(Schedule::Stages)
    }

    fn only_loops_have(&mut self, wire: &WireSchedule) {
        let places = [
            ("think-time", wire.think_time.as_ref().map(|part| part.span)),
            ("for", wire.span.as_ref().map(|part| part.span)),
            ("requests", wire.requests.as_ref().map(|part| part.span)),
            ("ramp-up", wire.ramp_up.as_ref().map(|part| part.span)),
        ];
        for (key, place) in places {
            if let Some(place) = place {
                self.error(
                    place,
                    format!("only closed-loop callers have `{key}`"),
                    "add `callers: 5`, or write stages under `arrivals`",
                );
            }
        }
    }

    fn looped(&mut self, owner: Span, wire: WireSchedule) -> Option<LoopSpec> {
        if wire.span.is_none() && wire.requests.is_none() {
            self.error(
                owner,
                "closed-loop callers need an end",
                "add `for: 30s`, or `requests: 10` for each of them",
            );
            return None;
        }
        let callers = self.required(wire.callers, owner, "a closed loop", "callers");
        let think = self.pause(wire.think_time);
        let span = self.optional(wire.span.as_ref());
        let requests = self.optional(wire.requests.as_ref());
        let ramp_up = self.or(wire.ramp_up, || Duration::ZERO);
        Some(LoopSpec {
            callers: callers?,
            think: think?,
            span: span?,
            requests: requests?,
            ramp_up: ramp_up?,
        })
    }

    fn trace(
        &mut self,
        entry: TraceEntry,
        span: Span,
        known: &[SubscriptionSpec],
    ) -> Option<TraceSpec> {
        let wire = match entry {
            TraceEntry::File(value) => WireTrace {
                file: Some(Placed { value, span }),
                ..WireTrace::default()
            },
            TraceEntry::Whole(whole) => whole,
        };
        let place = wire.file.as_ref().map_or(span, |file| file.span);
        let path = self.required(wire.file, span, "a trace", "file");
        let speed = self.or(wire.speed, || 1.0);
        let from = self.or(wire.from, || Duration::ZERO);
        let window = self.optional(wire.span.as_ref());
        let entries = wire.subscriptions.map(|entries| entries.0);
        let named: Vec<_> = entries
            .unwrap_or_default()
            .iter()
            .map(|(name, id)| {
                let name = self.value(name);
                let index = self.value(id);
                let index = index.and_then(|index| self.subscription_index(&index, id.span, known));
                Some((name?, index?))
            })
            .collect();
        Some(TraceSpec {
            file: FileReference { path: path?, place },
            speed: speed?,
            from: from?,
            span: window?,
            subscriptions: named.into_iter().collect::<Option<_>>()?,
            rows: Arc::new([]),
            models: Vec::new(),
        })
    }
}
