use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::{Diagnostic, Seed, Source, Threshold, Tier};

/// A scenario whose every value was checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) seed: Seed,
    /// The number that `seed` was made from, for records and messages.
    pub(crate) seed_number: u64,
    /// Path of the policy XML as written, relative to the scenario file.
    pub(crate) policy: Option<String>,
    pub(crate) tier: Tier,
    /// UTC of moment zero in simulations.
    pub(crate) start: Timestamp,
    pub(crate) named_values: BTreeMap<String, String>,
    /// Name of the model deployment in the URL.
    pub(crate) deployment: String,
    pub(crate) request_timeout: Duration,
    pub(crate) model: ModelSpec,
    /// At least one.
    pub(crate) subscriptions: Vec<SubscriptionSpec>,
    /// At least one.
    pub(crate) callers: Vec<Caller>,
    pub(crate) thresholds: Vec<Threshold>,
}

/// The simulated model behind the local gateway.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelSpec {
    pub(crate) time_to_first_token: Duration,
    pub(crate) tokens_per_second: f64,
    /// Mean length of an answer, before the request's limit cuts it.
    pub(crate) completion_tokens: u64,
    /// How far single answers and speeds lie from the mean, from 0 to 1.
    pub(crate) spread: f64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SubscriptionSpec {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) key: KeyReference,
}

/// Where the key of a subscription is; a scenario never holds the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyReference {
    /// The target knows it: the local gateway makes its own, others have it configured.
    Local,
    /// Name of an environment variable.
    Env(String),
    /// Path of a file as written, relative to the scenario file.
    File(String),
}

/// A group of callers that behave alike.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Caller {
    pub(crate) name: String,
    /// At least one; more than one means that each arrival picks by weight.
    pub(crate) subscriptions: Vec<Share>,
    pub(crate) request: RequestSpec,
    /// When its first stage begins, counted from the start of the run.
    pub(crate) start: Duration,
    pub(crate) stages: Vec<Stage>,
    pub(crate) on_429: OnThrottle,
    /// Tries of one arrival, the first included; 1 when 429 is ignored.
    pub(crate) max_attempts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Index into the scenario's subscriptions.
    pub(crate) subscription: usize,
    pub(crate) weight: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestSpec {
    /// At least one; more than one means that each arrival picks one.
    pub(crate) prompts: Vec<String>,
    pub(crate) system: Option<String>,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stream: bool,
    /// Asks for a usage chunk at the end of the stream.
    pub(crate) stream_usage: bool,
    pub(crate) headers: Vec<(String, String)>,
}

/// One piece of a caller's time; stages follow one another.
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
    /// Requests per second that go straight from one value to the other; equal when constant.
    Flow {
        from: f64,
        to: f64,
        span: Duration,
        spacing: Spacing,
    },
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Where the integral of the rate reaches 0, 1, 2, …
    #[default]
    Even,
    /// Independent of one another, at that rate on average.
    Poisson,
}

/// What callers do about 429.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnThrottle {
    #[default]
    Ignore,
    HonorRetryAfter,
}

impl Scenario {
    /// Reads and checks the YAML text of a scenario.
    ///
    /// # Errors
    ///
    /// Every mistake of meaning at once, in the order of the text; a mistake of form (broken
    /// YAML, an unknown key, a list in place of a value) hides what comes after it and is alone.
    pub(crate) fn parse(source: &Source) -> Result<Scenario, Vec<Diagnostic>> {
        let wire = crate::yaml::read(source)?;
        super::check::check(source, wire)
    }
}

impl Default for ModelSpec {
    fn default() -> ModelSpec {
        ModelSpec {
            time_to_first_token: Duration::from_millis(300),
            tokens_per_second: 100.0,
            completion_tokens: 60,
            spread: 0.2,
        }
    }
}

impl OnThrottle {
    /// As written in a scenario and in `run.json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            OnThrottle::Ignore => "ignore",
            OnThrottle::HonorRetryAfter => "honor-retry-after",
        }
    }
}

impl Stage {
    pub(crate) fn span(self) -> Duration {
        match self {
            Stage::Count { span, .. } | Stage::Pause { span } | Stage::Flow { span, .. } => span,
        }
    }

    /// How many arrivals the stage makes; on average, where it draws lots.
    pub(crate) fn expected(self) -> f64 {
        match self {
            Stage::Count { count, .. } => count as f64,
            Stage::Pause { .. } => 0.0,
            Stage::Flow { from, to, span, .. } => f64::midpoint(from, to) * span.as_secs_f64(),
        }
    }
}
