//! A plan in numbers: what would be sent, when, and what it would cost.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::budget::Meter;
use super::model::Scenario;
use super::plan::{Arrival, Plan};
use crate::base::{Moment, Money, TokenPrice};

/// Closed-loop callers are followed for so many requests; more would not be read by anybody.
const MOST_LOOPED: usize = 1_000_000;

const MINUTE_US: u64 = 60_000_000;

/// Retries are in none of it: nobody knows them beforehand.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Outline {
    pub(crate) groups: Vec<GroupOutline>,
    /// Minutes in which something is due, counted from 0.
    pub(crate) minutes: BTreeMap<u64, Amounts>,
    pub(crate) total: Amounts,
    /// In billionths of the currency's unit; absent when the price of a model is not known.
    pub(crate) cost_nanos: Option<Money>,
    /// Models without a known price.
    pub(crate) unpriced: Vec<String>,
    /// Microseconds from the start to the end of the last stage.
    pub(crate) ends_us: u64,
    /// Of the total: to warm up, recorded and left out of statistics.
    pub(crate) warm_up_requests: u64,
    /// What a budget leaves of the plan, where it does not leave all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stops: Option<Stops>,
    /// What is sent, in order of time.
    pub(crate) arrivals: Vec<Planned>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct GroupOutline {
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) amounts: Amounts,
    /// When the first and the last request are due, microseconds; absent without requests.
    pub(crate) first_us: Option<u64>,
    pub(crate) last_us: Option<u64>,
    /// Most tokens of requests that are due within one minute of the clock.
    pub(crate) peak_tokens: u64,
    pub(crate) cost_nanos: Option<Money>,
    /// Closed-loop callers: when they send depends on the answers, which are taken to be those of
    /// the simulated model.
    pub(crate) estimated: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Amounts {
    pub(crate) requests: u64,
    pub(crate) streamed: u64,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stops {
    pub(crate) why: String,
    pub(crate) after_requests: u64,
    pub(crate) at_us: u64,
}

/// One request as it is listed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Planned {
    pub(crate) number: u64,
    pub(crate) at_us: u64,
    pub(crate) caller: String,
    pub(crate) subscription: String,
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_tokens: Option<u32>,
}

impl Amounts {
    fn add(&mut self, arrival: &Arrival) {
        self.requests += 1;
        self.streamed += u64::from(arrival.content.stream);
        self.prompt_tokens += arrival.prompt_tokens.0;
        self.completion_tokens += arrival.completion_tokens.0;
    }

    pub(crate) fn tokens(self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

impl Scenario {
    /// What `plan` would send. `meter` is that of the scenario's budget, `price` knows what a model
    /// costs.
    pub(crate) fn outline(
        &self,
        plan: &Plan,
        mut meter: Meter,
        price: impl Fn(&str) -> Option<TokenPrice>,
    ) -> Outline {
        let mut arrivals = plan.arrivals.clone();
        arrivals.extend(self.looped(plan));
        arrivals.sort_by_key(|arrival| (arrival.at, arrival.number));
        let mut outline = Outline {
            groups: (0..self.callers.len())
                .map(|caller| self.group(caller))
                .collect(),
            minutes: BTreeMap::new(),
            total: Amounts::default(),
            cost_nanos: Some(Money::default()),
            unpriced: Vec::new(),
            ends_us: plan.end.as_micros(),
            warm_up_requests: 0,
            stops: None,
            arrivals: Vec::with_capacity(arrivals.len()),
        };
        let mut minutes: BTreeMap<(usize, u64), u64> = BTreeMap::new();
        for (index, arrival) in arrivals.iter().enumerate() {
            if outline.stops.is_none()
                && let Err(spent) = meter.take(arrival.at, arrival)
            {
                outline.stops = Some(Stops {
                    why: spent.sentence(),
                    after_requests: index as u64,
                    at_us: arrival.at.as_micros(),
                });
            }
            meter.settle(arrival, (arrival.prompt_tokens, arrival.completion_tokens));
            let model = self.model_name(arrival.caller, &arrival.content);
            outline.add(self, arrival, model, price(model));
            let minute = arrival.at.as_micros() / MINUTE_US;
            *minutes.entry((arrival.caller, minute)).or_default() += arrival.tokens().0;
        }
        for ((caller, _), tokens) in minutes {
            let group = &mut outline.groups[caller];
            group.peak_tokens = group.peak_tokens.max(tokens);
        }
        outline
    }

    fn group(&self, caller: usize) -> GroupOutline {
        let models = self.models(caller);
        GroupOutline {
            name: self.callers[caller].name.clone(),
            model: models.first().copied().unwrap_or_default().to_owned(),
            amounts: Amounts::default(),
            first_us: None,
            last_us: None,
            peak_tokens: 0,
            cost_nanos: Some(Money::default()),
            estimated: matches!(
                self.callers[caller].schedule,
                super::schedule::Schedule::Loop(_)
            ),
        }
    }

    /// What closed-loop callers send when the simulated model answers them, one by one.
    fn looped(&self, plan: &Plan) -> Vec<Arrival> {
        let mut sent = Vec::new();
        for caller in &plan.loops {
            let mut caller = caller.clone();
            let mut next = caller.begins(self);
            while let Some(arrival) = next.filter(|_| sent.len() < MOST_LOOPED) {
                let free = arrival.at + self.expected_time(&arrival);
                sent.push(arrival);
                next = caller.next(self, free);
            }
        }
        sent
    }

    /// How long the simulated model takes for an answer, on average.
    fn expected_time(&self, arrival: &Arrival) -> Duration {
        let model = &self.model;
        let steps = arrival.completion_tokens.0.saturating_sub(1) as f64;
        let writes = Duration::try_from_secs_f64(steps / model.tokens_per_second);
        model.time_to_first_token + writes.unwrap_or(Duration::ZERO)
    }
}

impl Outline {
    fn add(
        &mut self,
        scenario: &Scenario,
        arrival: &Arrival,
        model: &str,
        price: Option<TokenPrice>,
    ) {
        let at_us = arrival.at.as_micros();
        self.total.add(arrival);
        self.minutes
            .entry(at_us / MINUTE_US)
            .or_default()
            .add(arrival);
        self.warm_up_requests += u64::from(scenario.is_warm_up(arrival));
        let group = &mut self.groups[arrival.caller];
        group.amounts.add(arrival);
        group.first_us.get_or_insert(at_us);
        group.last_us = Some(at_us);
        let cost = price.map(|price| price.cost(arrival.prompt_tokens, arrival.completion_tokens));
        let plus = |sum: Option<Money>| Some(sum? + cost?);
        group.cost_nanos = plus(group.cost_nanos);
        self.cost_nanos = plus(self.cost_nanos);
        if price.is_none() && self.unpriced.iter().all(|known| known != model) {
            self.unpriced.push(model.to_owned());
        }
        let end = Moment::from_micros(self.ends_us).max(arrival.at);
        self.ends_us = end.as_micros();
        self.arrivals.push(Planned {
            number: arrival.number,
            at_us,
            caller: scenario.callers[arrival.caller].name.clone(),
            subscription: scenario.subscriptions[arrival.subscription].id.clone(),
            model: model.to_owned(),
            stream: arrival.content.stream,
            prompt_tokens: arrival.prompt_tokens.0,
            completion_tokens: arrival.completion_tokens.0,
            max_tokens: arrival.content.max_tokens,
        });
    }
}
