use std::time::Duration;

use crate::base::{Span, number};

use super::super::model::{Caller, OnThrottle, RequestSpec, Share, SubscriptionSpec};
use super::super::wire::{
    Entries, HeaderName, HeaderValue, Placed, Prose, Target, Text, WireCaller, WireRequest,
};
use super::Checker;
use crate::base::nearest_hint;
use crate::yaml::Checks as _;

const DEFAULT_ATTEMPTS: u64 = 5;

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
                .map_or(span, |arrivals| arrivals.span);
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
        subscriptions: &[SubscriptionSpec],
    ) -> Option<Caller> {
        let name = self.required(wire.name, span, "a caller", "name");
        let subscriptions = self.shares(wire.subscription, subscriptions);
        let request = self.present(wire.request, span, "a caller", "request");
        let request = request.and_then(|request| self.request(request.value, request.span));
        let start = self.or(wire.start, || Duration::ZERO);
        let stages = self.present(wire.arrivals, span, "a caller", "arrivals");
        let stages = stages.and_then(|stages| self.stages(stages));
        let on_429 = self.or(wire.on_429, Default::default);
        let attempts_span = wire.max_attempts.as_ref().map(|attempts| attempts.span);
        let attempts = self.or(wire.max_attempts, || DEFAULT_ATTEMPTS);
        if let (Some(span), Some(OnThrottle::Ignore)) = (attempts_span, on_429) {
            self.error(
                span,
                "without retries there is one attempt",
                "add `on-429: honor-retry-after`, or leave `max-attempts` out",
            );
        }
        let on_429 = on_429?;
        let attempts = u32::try_from(attempts?).expect("the format keeps attempts small");
        Some(Caller {
            name: name?,
            subscriptions: subscriptions?,
            request: request?,
            start: start?,
            stages: stages?,
            on_429,
            max_attempts: if on_429 == OnThrottle::Ignore {
                1
            } else {
                attempts
            },
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

    fn subscription_index(
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

    fn request(&mut self, wire: WireRequest, span: Span) -> Option<RequestSpec> {
        if let (Some(_), Some(second)) = (&wire.prompt, &wire.prompts) {
            self.error(
                second.span,
                "`prompt` and `prompts` exclude each other",
                "put all texts into `prompts`",
            );
        }
        let prompts = match (wire.prompt, wire.prompts) {
            (Some(one), _) => self.value(&one).map(|text| vec![text]),
            (None, Some(list)) => self.prompts(&list),
            (None, None) => self.present(None, span, "a request", "prompt"),
        };
        let system = self.optional(wire.system.as_ref());
        let max_tokens = self.optional(wire.max_tokens.as_ref());
        let stream = wire.stream.unwrap_or(false);
        let stream_usage = wire.stream_usage.as_ref().is_some_and(|usage| usage.value);
        if let (Some(usage), true, false) = (&wire.stream_usage, stream_usage, stream) {
            self.error(
                usage.span,
                "only a stream has a usage chunk",
                "add `stream: true`",
            );
        }
        let headers = self.headers(wire.headers);
        Some(RequestSpec {
            prompts: prompts?,
            system: system?,
            max_tokens: max_tokens?,
            stream,
            stream_usage,
            headers: headers?,
        })
    }

    fn prompts(&mut self, list: &Placed<Vec<Placed<Text<Prose>>>>) -> Option<Vec<String>> {
        if list.value.is_empty() {
            self.error(list.span, "no prompt is listed", "write at least one");
            return None;
        }
        let texts: Vec<_> = list.value.iter().map(|text| self.value(text)).collect();
        texts.into_iter().collect()
    }

    fn headers(
        &mut self,
        wire: Option<Entries<HeaderName, Placed<Text<HeaderValue>>>>,
    ) -> Option<Vec<(String, String)>> {
        let entries = wire.map(|entries| entries.0).unwrap_or_default();
        let fields = entries.iter().map(|(name, value)| {
            let (name, value) = (self.value(name), self.value(value));
            Some((name?, value?))
        });
        fields.collect::<Vec<_>>().into_iter().collect()
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
        .flat_map(|caller| &caller.stages)
        .map(|stage| stage.expected())
        .sum()
}
