//! What the gateway did, as series for Prometheus, kept only when somebody wants them.

use std::sync::{Mutex, PoisonError};

use super::server::Shared;
use crate::base::{Moment, Tokens};
use crate::engine::{Answer, Decision, Facts};
use crate::metrics::{
    DECISIONS, ESTIMATE_ERROR, OVERSHOOT, REMAINING, REQUEST_DURATION, REQUESTS, Registry,
    TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN, TOKEN_USAGE,
};
use crate::policy::context::Context;
use crate::tokens::Usage;

/// Where the series are read.
pub(super) const PATH: &str = "/.apimon/metrics";

#[derive(Debug, Default)]
pub(super) struct Monitor(Mutex<Registry>);

/// Who asked for what, kept for as long as an answer is under way.
#[derive(Debug)]
pub(super) struct About {
    received: Moment,
    subscription: String,
    operation: &'static str,
    model: String,
    first_content: Option<Moment>,
}

impl About {
    pub(super) fn new(received: Moment, context: &Context) -> About {
        let subscription = context.subscription.as_ref();
        let parameters = &context.request.matched_parameters;
        let model = parameters
            .iter()
            .find(|(name, _)| name.contains("deployment"));
        About {
            received,
            subscription: subscription.map_or("none", |known| &known.id).to_owned(),
            operation: operation(&context.operation.id),
            model: model.map_or("unknown", |(_, value)| value).to_owned(),
            first_content: None,
        }
    }

    /// Content has gone to the caller.
    pub(super) fn content(&mut self, now: Moment) {
        self.first_content.get_or_insert(now);
    }
}

/// The convention's word for an operation.
pub(super) fn operation(id: &str) -> &'static str {
    match id {
        id if id.contains("chat") => "chat",
        id if id.contains("embedding") => "embeddings",
        id if id.contains("response") => "responses",
        _ => "other",
    }
}

impl Monitor {
    /// An answer stands; a stream's tokens and times come when it ends.
    pub(super) fn answered(&self, about: &About, now: Moment, answer: &Answer) {
        let mut registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let api = &answer.context.api.id;
        let status = answer.response.status.to_string();
        registry.add(
            &REQUESTS,
            &[
                ("api", api),
                ("subscription", &about.subscription),
                ("status", &status),
            ],
            1.0,
        );
        if let Some(decision) = answer.facts.decision {
            let outcome = match decision {
                Decision::Allowed => "allowed",
                Decision::Throttled => "throttled",
                Decision::QuotaExceeded => "quota",
            };
            let labels = [
                ("subscription", about.subscription.as_str()),
                ("outcome", outcome),
            ];
            registry.add(&DECISIONS, &labels, 1.0);
        }
        if answer.stream.is_none() {
            let Facts {
                usage, estimate, ..
            } = answer.facts;
            if let (Some(usage), Some(estimate)) = (usage, estimate) {
                off(&mut registry, about, estimate, usage);
            }
            done(&mut registry, about, now, usage);
        }
    }

    pub(super) fn streamed(&self, about: &About, now: Moment, usage: Usage) {
        let mut registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let labels = about.labels();
        if let Some(first) = about.first_content {
            let waited = first.since(about.received).as_secs_f64();
            registry.observe(&TIME_TO_FIRST_TOKEN, &labels, waited);
            let further = usage.completion.0.saturating_sub(1);
            if further > 0 {
                let each = now.since(first).as_secs_f64() / further as f64;
                registry.observe(&TIME_PER_OUTPUT_TOKEN, &labels, each);
            }
        }
        done(&mut registry, about, now, Some(usage));
    }

    /// The text of all series, with the counters as they are now.
    pub(super) fn text(&self, shared: &Shared) -> String {
        let counters = shared.engine().token_counters(shared.clock.now());
        let mut registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for state in counters {
            let counter = [("counter", state.key.as_str())];
            registry.set(&REMAINING, &counter, state.remaining as f64);
            registry.set(&OVERSHOOT, &counter, state.overshoot as f64);
        }
        registry.prometheus()
    }
}

impl About {
    fn labels(&self) -> [(&'static str, &str); 4] {
        [
            ("gen_ai_operation_name", self.operation),
            ("gen_ai_provider_name", "azure.ai.openai"),
            ("gen_ai_request_model", &self.model),
            ("subscription", &self.subscription),
        ]
    }
}

fn done(registry: &mut Registry, about: &About, now: Moment, usage: Option<Usage>) {
    let labels = about.labels();
    let took = now.since(about.received).as_secs_f64();
    registry.observe(&REQUEST_DURATION, &labels, took);
    let Some(usage) = usage else {
        return;
    };
    for (kind, tokens) in [("input", usage.prompt), ("output", usage.completion)] {
        let [operation, provider, model, subscription] = labels;
        let labels = [
            operation,
            provider,
            model,
            ("gen_ai_token_type", kind),
            subscription,
        ];
        registry.observe(&TOKEN_USAGE, &labels, tokens.0 as f64);
    }
}

fn off(registry: &mut Registry, about: &About, estimate: Tokens, usage: Usage) {
    if usage.prompt > Tokens::ZERO {
        let ratio = (estimate.0 as f64 - usage.prompt.0 as f64) / usage.prompt.0 as f64;
        registry.observe(
            &ESTIMATE_ERROR,
            &[("gen_ai_request_model", &about.model)],
            ratio,
        );
    }
}
