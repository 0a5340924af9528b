use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::budget::Budget;
use super::reaction::Reactions;
use super::request::RequestSpec;
use super::schedule::Schedule;
use crate::base::{Diagnostic, Grace, Seed, Source, Threshold, Tier};

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
    /// Name of the model deployment, in the URL or in the body.
    pub(crate) deployment: String,
    pub(crate) urls: Urls,
    /// `api-version` of Azure's URLs; `None` for the default of each route.
    pub(crate) api_version: Option<String>,
    pub(crate) key_header: KeyHeader,
    pub(crate) request_timeout: Duration,
    pub(crate) model: ModelSpec,
    /// Requests that are due earlier are recorded and left out of statistics.
    pub(crate) warm_up: Duration,
    pub(crate) budget: Budget,
    /// At least one.
    pub(crate) subscriptions: Vec<SubscriptionSpec>,
    /// At least one.
    pub(crate) callers: Vec<Caller>,
    pub(crate) thresholds: Vec<Threshold>,
    /// Thresholds that end the run as soon as they are broken; they are in `thresholds` too.
    pub(crate) aborts: Vec<Grace>,
    /// Set by whoever plays the scenario against the simulated model: the length that an answer is
    /// planned to have is then ordered by a header. Real models know no such order.
    pub(crate) orders_lengths: bool,
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

/// How URLs look.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urls {
    /// `/openai/deployments/NAME/…?api-version=…`
    #[default]
    Azure,
    /// `/v1/…`, the model named in the body.
    OpenAi,
}

/// The header that carries a key to a gateway; the local one has its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyHeader {
    pub(crate) name: String,
    /// The value is `Bearer KEY`.
    pub(crate) bearer: bool,
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
    /// Name of an output in the state that `deploy` left for the target.
    State(String),
    /// Id of an APIM subscription, whose primary key is asked for with the user's sign-in.
    Azure(String),
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
    pub(crate) schedule: Schedule,
    pub(crate) reactions: Reactions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Index into the scenario's subscriptions.
    pub(crate) subscription: usize,
    pub(crate) weight: u64,
}

impl Scenario {
    /// Reads and checks the YAML text of a scenario. Files that it names are not read yet: see
    /// [`Scenario::complete`].
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

impl Default for KeyHeader {
    fn default() -> KeyHeader {
        KeyHeader {
            name: "api-key".to_owned(),
            bearer: false,
        }
    }
}
