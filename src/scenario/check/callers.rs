use std::time::Duration;

use crate::base::{Span, number};

use super::super::model::{Caller, Share, SubscriptionSpec};
use super::super::wire::{Entries, Placed, Target, WireCaller, WireRequest};
use super::Checker;
use super::reactions::WireReactions;
use super::schedule::WireSchedule;
use crate::base::nearest_hint;
use crate::yaml::Checks as _;

/// A plan is a list in memory; this many arrivals are some hundred megabytes.
const MOST_ARRIVALS: f64 = 5e6;

impl Checker {
    /// The callers that are right.
    pub(super) fn callers(
        &mut self,
        wire: Option<Placed<Vec<Placed<WireCaller>>>>,
        subscriptions: &[SubscriptionSpec],
    ) -> Vec<Caller> {
        let Some(wire) = self.present(wire, Span::default(), "a scenario", "callers") else {
            return Vec::new();
        };
        if wire.value.is_empty() {
            self.error(wire.span, "nobody calls", "list at least one caller");
        }
        let mut known: Vec<Caller> = Vec::new();
        for Placed { value, span } in wire.value {
            let name_span = value.name.as_ref().map_or(span, |name| name.span);
            let arrivals_span = value
                .arrivals
                .as_ref()
                .map(|arrivals| arrivals.span)
                .or(value.callers.as_ref().map(|callers| callers.span))
                .unwrap_or(span);
            let Some(caller) = self.caller(value, span, subscriptions) else {
                continue;
            };
            if known.iter().any(|other| other.name == caller.name) {
                self.error(
                    name_span,
                    format!("caller `{}` is there twice", caller.name),
                    "give each its own name",
                );
                continue;
            }
            let before = expected(&known);
            known.push(caller);
            let after = expected(&known);
            if before <= MOST_ARRIVALS && after > MOST_ARRIVALS {
                self.error(
                    arrivals_span,
                    format!("the plan has {} arrivals here already", number(after, 0)),
                    format!(
                        "at most {} are possible: lower a rate, a count or a time",
                        number(MOST_ARRIVALS, 0)
                    ),
                );
            }
        }
        known
    }

    fn caller(
        &mut self,
        wire: WireCaller,
        span: Span,
        known: &[SubscriptionSpec],
    ) -> Option<Caller> {
        let name = self.required(wire.name, span, "a caller", "name");
        let subscriptions = self.shares(wire.subscription, known);
        let traced = wire.trace.is_some();
        let request = match wire.request {
            // What is sent, the trace says.
            None if traced => self.request(WireRequest::default(), span, true),
            request => {
                let request = self.present(request, span, "a caller", "request");
                request.and_then(|request| self.request(request.value, request.span, traced))
            }
        };
        let start = self.or(wire.start, || Duration::ZERO);
        let schedule = self.schedule(
            span,
            WireSchedule {
                arrivals: wire.arrivals,
                callers: wire.callers,
                think_time: wire.think_time,
                span: wire.span,
                requests: wire.requests,
                ramp_up: wire.ramp_up,
                trace: wire.trace,
            },
            known,
        );
        let reactions = self.reactions(WireReactions {
            attempts: wire.max_attempts,
            on_429: wire.on_429,
            on_403: wire.on_403,
            on_5xx: wire.on_5xx,
            on_failure: wire.on_failure,
        });
        Some(Caller {
            name: name?,
            subscriptions: subscriptions?,
            request: request?,
            start: start?,
            schedule: schedule?,
            reactions: reactions?,
        })
    }

    fn shares(
        &mut self,
        wire: Option<Placed<Target>>,
        known: &[SubscriptionSpec],
    ) -> Option<Vec<Share>> {
        let Some(Placed { value, span }) = wire else {
            return Some(vec![Share {
                subscription: 0,
                weight: 1,
            }]);
        };
        match value {
            Target::One(id) => {
                let subscription = self.subscription_index(&id, span, known)?;
                Some(vec![Share {
                    subscription,
                    weight: 1,
                }])
            }
            Target::Weighted(Entries(entries)) => {
                if entries.is_empty() {
                    self.error(
                        span,
                        "no subscription is named",
                        "write ids with weights: `{ team-a: 3, team-b: 1 }`",
                    );
                    return None;
                }
                let shares = entries.iter().map(|(id, weight)| {
                    let subscription = self.subscription_index(&id.value.text, id.span, known);
                    let weight = self.value(weight);
                    Some(Share {
                        subscription: subscription?,
                        weight: weight?,
                    })
                });
                // All are looked at before the first `None` ends the collection.
                shares.collect::<Vec<_>>().into_iter().collect()
            }
        }
    }

    pub(super) fn subscription_index(
        &mut self,
        id: &str,
        span: Span,
        known: &[SubscriptionSpec],
    ) -> Option<usize> {
        let found = known.iter().position(|subscription| subscription.id == id);
        if found.is_none() {
            let ids: Vec<&str> = known
                .iter()
                .map(|subscription| subscription.id.as_str())
                .collect();
            let hint = if ids.is_empty() {
                "list it under `subscriptions`".to_owned()
            } else {
                nearest_hint(id, ids)
            };
            self.error(span, format!("there is no subscription `{id}`"), hint);
        }
        found
    }
}

/// Names of all callers in the file, right or wrong.
pub(super) fn names(wire: Option<&Placed<Vec<Placed<WireCaller>>>>) -> Vec<String> {
    let callers = wire
        .map(|callers| callers.value.as_slice())
        .unwrap_or_default();
    callers
        .iter()
        .filter_map(|caller| Some(caller.value.name.as_ref()?.value.text.clone()))
        .collect()
}

fn expected(callers: &[Caller]) -> f64 {
    callers
        .iter()
        .map(|caller| caller.schedule.expected(&caller.request))
        .sum()
}
