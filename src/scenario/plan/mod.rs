//! From stages to arrivals.

mod arrivals;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::base::{Moment, Seed, Shard, Tokens};
use crate::tokens;

use super::body::Body;
use super::model::{Caller, RequestSpec, Scenario, Share};

/// Everything that a run will send, before anybody reacts to anything.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// Ordered by time, then by caller, and numbered in that order.
    pub(crate) arrivals: Vec<Arrival>,
    /// When the last stage ends.
    pub(crate) end: Moment,
}

/// One planned request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Counted from 0.
    pub(crate) number: u64,
    /// Whole microseconds, so that a record can hold it exactly.
    pub(crate) at: Moment,
    /// Index into the scenario's callers.
    pub(crate) caller: usize,
    /// Index into the scenario's subscriptions.
    pub(crate) subscription: usize,
    /// Index into the caller's prompts.
    pub(crate) prompt: usize,
    /// What a gateway estimates for the prompt.
    pub(crate) prompt_tokens: Tokens,
}

impl Scenario {
    /// Every arrival of the scenario. Each caller draws for itself, so that adding one caller
    /// leaves the arrivals of the others where they were.
    pub(crate) fn plan(&self) -> Plan {
        let mut arrivals = Vec::new();
        let mut counted = Counted::default();
        let mut end = Moment::ZERO;
        for (index, caller) in self.callers.iter().enumerate() {
            let prompt_tokens = counted.prompts_of(&caller.request);
            let mut lots = Lots::new(&self.seed, caller);
            let ends = arrivals::each(caller, &mut lots.arrivals, |at| {
                let prompt = pick(&mut lots.prompts, prompt_tokens.len());
                arrivals.push(Arrival {
                    number: 0,
                    at,
                    caller: index,
                    subscription: pick_by_weight(&mut lots.subscriptions, &caller.subscriptions),
                    prompt,
                    prompt_tokens: prompt_tokens[prompt],
                });
            });
            end = end.max(ends);
        }
        // Stable, and callers come one after another: equal moments stay in the order of callers.
        arrivals.sort_by_key(|arrival| arrival.at);
        for (number, arrival) in (0..).zip(&mut arrivals) {
            arrival.number = number;
        }
        Plan { arrivals, end }
    }
}

impl Plan {
    /// The part of one shard. Arrivals keep their numbers, so they are the same requests as in the
    /// whole plan; the parts of all shards together are the plan.
    pub(crate) fn shard(mut self, shard: Shard) -> Plan {
        self.arrivals.retain(|arrival| shard.has(arrival.number));
        self
    }
}

/// One generator for each kind of choice of one caller.
struct Lots {
    arrivals: Seed,
    subscriptions: Seed,
    prompts: Seed,
}

impl Lots {
    fn new(seed: &Seed, caller: &Caller) -> Lots {
        let of = |kind: &str| seed.derive(&format!("{kind}/{}", caller.name));
        Lots {
            arrivals: of("arrivals"),
            subscriptions: of("subscriptions"),
            prompts: of("prompts"),
        }
    }
}

fn pick(seed: &mut Seed, choices: usize) -> usize {
    let drawn = seed.below(u64::try_from(choices).unwrap_or(u64::MAX));
    usize::try_from(drawn).expect("a draw lies below the number of choices")
}

fn pick_by_weight(seed: &mut Seed, shares: &[Share]) -> usize {
    let mut drawn = seed.below(shares.iter().map(|share| share.weight).sum());
    for share in shares {
        if drawn < share.weight {
            return share.subscription;
        }
        drawn -= share.weight;
    }
    unreachable!("a draw lies below the sum of all weights")
}

/// Token counts of the prompts seen so far: callers often share them, and counting is what takes
/// time in a plan.
#[derive(Default)]
struct Counted(BTreeMap<(Option<String>, String), Tokens>);

impl Counted {
    fn prompts_of(&mut self, request: &RequestSpec) -> Vec<Tokens> {
        let count = |(index, prompt): (usize, &String)| {
            let key = (request.system.clone(), prompt.clone());
            *self.0.entry(key).or_insert_with(|| {
                let body =
                    serde_json::to_value(Body::new(request, index)).expect("a body is plain JSON");
                tokens::prompt_estimate(&body)
            })
        };
        request.prompts.iter().enumerate().map(count).collect()
    }
}
