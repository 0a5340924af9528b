//! When a group calls.

use std::time::Duration;

use super::amount::Pause;
use super::request::RequestSpec;
use super::trace::TraceSpec;

/// When the requests of a group are due.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Schedule {
    /// Open loop: whatever the gateway does, at least one stage.
    Stages(Vec<Stage>),
    /// Closed loop: each caller waits for its answer before it goes on.
    Loop(LoopSpec),
    /// As recorded.
    Trace(TraceSpec),
}

/// Callers that send one request at a time each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LoopSpec {
    /// At least one.
    pub(crate) callers: u64,
    /// What passes between an answer and the next request of the same caller.
    pub(crate) think: Pause,
    /// How long new requests begin, counted from the group's start; `None` with `requests`.
    pub(crate) span: Option<Duration>,
    /// Requests of each caller, at most; `None` with `span`.
    pub(crate) requests: Option<u64>,
    /// The first requests of the callers are spread evenly over this time.
    pub(crate) ramp_up: Duration,
}

/// One piece of a group's time; stages follow one another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stage {
    /// That many, evenly over the time, the first at its beginning.
    Count {
        count: u64,
        span: Duration,
    },
    Pause {
        span: Duration,
    },
    /// A rate per second that goes straight from one value to the other; equal when constant.
    Flow {
        from: f64,
        to: f64,
        unit: Unit,
        span: Duration,
        spacing: Spacing,
    },
}

/// What a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Requests,
    /// Prompt and expected completion tokens.
    Tokens,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum Spacing {
    /// Where the integral of the rate reaches what was asked for so far.
    #[default]
    Even,
    /// Independent of one another, at that rate on average.
    Poisson,
    /// Gamma distributed gaps. Burstiness is the variance of a gap over its squared mean: 1 is
    /// Poisson, more comes in bursts, less is more regular.
    Gamma { burstiness: f64 },
}

impl Schedule {
    /// How many requests it makes, as far as that is known beforehand; on average, where lots
    /// are drawn. `request` says what one costs in stages that count tokens.
    pub(crate) fn expected(&self, request: &RequestSpec) -> f64 {
        match self {
            Schedule::Stages(stages) => stages.iter().map(|stage| stage.expected(request)).sum(),
            Schedule::Loop(looped) => looped
                .requests
                .map_or(0.0, |requests| requests as f64 * looped.callers as f64),
            Schedule::Trace(trace) => trace.rows.len() as f64,
        }
    }
}

impl Stage {
    pub(crate) fn span(self) -> Duration {
        match self {
            Stage::Count { span, .. } | Stage::Pause { span } | Stage::Flow { span, .. } => span,
        }
    }

    fn expected(self, request: &RequestSpec) -> f64 {
        match self {
            Stage::Count { count, .. } => count as f64,
            Stage::Pause { .. } => 0.0,
            Stage::Flow {
                from,
                to,
                unit,
                span,
                ..
            } => {
                let amount = f64::midpoint(from, to) * span.as_secs_f64();
                match unit {
                    Unit::Requests => amount,
                    Unit::Tokens => amount / request.least_tokens(),
                }
            }
        }
    }
}
