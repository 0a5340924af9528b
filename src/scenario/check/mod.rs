//! From the file as read to the scenario as meant, with every mistake on the way.

mod amounts;
mod callers;
mod reactions;
mod request;
mod schedule;
mod stages;
mod thresholds;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::{Diagnostic, Seed, Source, Span};

use super::budget::Budget;
use super::model::{KeyHeader, KeyReference, ModelSpec, Scenario, SubscriptionSpec};
use super::wire::{
    Entries, NamedValueName, Placed, Scalar, SubscriptionEntry, Text, WireBudget, WireModel,
    WireScenario, WireSubscription,
};
use crate::yaml::{Checks, Findings};

type NamedValues = Entries<NamedValueName, Placed<Text<Scalar>>>;

const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// # Errors
///
/// Every mistake, in the order of the text.
pub(super) fn check(source: &Source, wire: WireScenario) -> Result<Scenario, Vec<Diagnostic>> {
    let mut checker = Checker(Findings::new(source));
    let scenario = checker.scenario(source, wire);
    checker
        .0
        .outcome(scenario.ok_or("a scenario without problems has all its parts"))
}

struct Checker(Findings);

impl Checks for Checker {
    fn findings(&mut self) -> &mut Findings {
        &mut self.0
    }
}

impl Checker {
    fn scenario(&mut self, source: &Source, wire: WireScenario) -> Option<Scenario> {
        let name = self.or(wire.name, || name_of_file(&source.name));
        let seed_number = self.or(wire.seed, || 1);
        let policy = self.optional(wire.policy.as_ref());
        let tier = self.or(wire.tier, Default::default);
        let start = self.or(wire.start, default_start);
        let named_values = self.named_values(wire.named_values);
        let deployment = self.or(wire.deployment, || "gpt-4o-mini".to_owned());
        let request_timeout = self.or(wire.request_timeout, || DEFAULT_TIMEOUT);
        let urls = self.or(wire.urls, Default::default);
        let api_version = self.optional(wire.api_version.as_ref());
        let key_header = self.or(wire.key_header, KeyHeader::default);
        let warm_up = self.or(wire.warm_up, || Duration::ZERO);
        let budget = self.budget(&wire.budget.unwrap_or_default());
        let model = self.model(wire.model.unwrap_or_default());
        let subscriptions = self.subscriptions(wire.subscriptions);
        // Mentioned, not checked: a threshold about a caller with a mistake is no second mistake.
        let mentioned = callers::names(wire.callers.as_ref());
        let callers = self.callers(wire.callers, &subscriptions);
        let thresholds = wire.thresholds.unwrap_or_default();
        let thresholds: Vec<_> = thresholds
            .into_iter()
            .map(|entry| self.rule(entry, &mentioned, &subscriptions))
            .collect();
        let thresholds = thresholds.into_iter().collect::<Option<Vec<_>>>();
        let seed_number = seed_number?;
        let (thresholds, aborts): (Vec<_>, Vec<_>) = thresholds?.into_iter().unzip();
        Some(Scenario {
            name: name?,
            description: wire.description,
            seed: Seed::new(seed_number),
            seed_number,
            policy: policy?,
            tier: tier?,
            start: start?,
            named_values,
            deployment: deployment?,
            urls: urls?,
            api_version: api_version?,
            key_header: key_header?,
            warm_up: warm_up?,
            budget: budget?,
            request_timeout: request_timeout?,
            model: model?,
            subscriptions,
            callers,
            thresholds,
            aborts: aborts.into_iter().flatten().collect(),
            orders_lengths: false,
        })
    }

    fn budget(&mut self, wire: &WireBudget) -> Option<Budget> {
        let requests = self.optional(wire.requests.as_ref());
        let tokens = self.optional(wire.tokens.as_ref());
        let money = self.optional(wire.money.as_ref());
        let time = self.optional(wire.time.as_ref());
        Some(Budget {
            requests: requests?,
            tokens: tokens?,
            money: money?,
            time: time?,
        })
    }

    fn model(&mut self, wire: WireModel) -> Option<ModelSpec> {
        let default = ModelSpec::default();
        let time_to_first_token = self.or(wire.time_to_first_token, || default.time_to_first_token);
        let tokens_per_second = self.or(wire.tokens_per_second, || default.tokens_per_second);
        let completion_tokens = self.or(wire.completion_tokens, || default.completion_tokens);
        let spread = self.or(wire.spread, || default.spread);
        Some(ModelSpec {
            time_to_first_token: time_to_first_token?,
            tokens_per_second: tokens_per_second?,
            completion_tokens: completion_tokens?,
            spread: spread?,
        })
    }

    fn named_values(&mut self, wire: Option<NamedValues>) -> BTreeMap<String, String> {
        let entries = wire.map(|entries| entries.0).unwrap_or_default();
        entries
            .iter()
            .filter_map(|(name, text)| Some((self.value(name)?, self.value(text)?)))
            .collect()
    }

    /// The subscriptions that are right; one of our own making when the file names none.
    fn subscriptions(
        &mut self,
        wire: Option<Placed<Vec<Placed<SubscriptionEntry>>>>,
    ) -> Vec<SubscriptionSpec> {
        let Some(wire) = wire else {
            return vec![subscription("default".to_owned())];
        };
        if wire.value.is_empty() {
            self.error(
                wire.span,
                "no subscription is listed",
                "leave `subscriptions` out for a single one",
            );
        }
        let mut known: Vec<SubscriptionSpec> = Vec::new();
        for Placed { value, span } in wire.value {
            let checked = match value {
                SubscriptionEntry::Id(id) => self
                    .value(&Placed { value: id, span })
                    .map(|id| (subscription(id), span)),
                SubscriptionEntry::Whole(wire) => self.subscription(*wire, span),
            };
            let Some((spec, span)) = checked else {
                continue;
            };
            if known.iter().any(|other| other.id == spec.id) {
                self.error(
                    span,
                    format!("subscription `{}` is there twice", spec.id),
                    "give each its own id",
                );
            } else {
                known.push(spec);
            }
        }
        known
    }

    /// One subscription, with the place of its id.
    fn subscription(
        &mut self,
        wire: WireSubscription,
        span: Span,
    ) -> Option<(SubscriptionSpec, Span)> {
        let id_span = wire.id.as_ref().map_or(span, |id| id.span);
        let id = self.required(wire.id, span, "a subscription", "id");
        let name = self.optional(wire.name.as_ref());
        let env = self.optional(wire.key_env.as_ref());
        let file = self.optional(wire.key_file.as_ref());
        let state = self.optional(wire.key_state.as_ref());
        let azure = self.optional(wire.key_azure.as_ref());
        if let Some(key) = &wire.key {
            self.error(
                key.span,
                "a key does not belong in a scenario",
                "put it into an environment variable and name that: `key-env: TEAM_A_KEY` (or `key-file`)",
            );
        }
        let places = [
            ("key-env", wire.key_env.as_ref().map(|part| part.span)),
            ("key-file", wire.key_file.as_ref().map(|part| part.span)),
            ("key-state", wire.key_state.as_ref().map(|part| part.span)),
            ("key-azure", wire.key_azure.as_ref().map(|part| part.span)),
        ];
        let mut given = places
            .into_iter()
            .filter_map(|(key, place)| Some((key, place?)));
        if let (Some((first, _)), Some((second, place))) = (given.next(), given.next()) {
            let hint = format!("keep `{first}` or `{second}`");
            self.error(place, "the key is named twice", hint);
        }
        // With its id known the subscription exists, whatever else is wrong with it: callers that
        // name it make no second mistake.
        let id = id?;
        let name = name.flatten().unwrap_or_else(|| id.clone());
        let references = [
            env.flatten().map(KeyReference::Env),
            file.flatten().map(KeyReference::File),
            state.flatten().map(KeyReference::State),
            azure.flatten().map(KeyReference::Azure),
        ];
        let key = references.into_iter().flatten().next();
        let key = key.unwrap_or(KeyReference::Local);
        Some((SubscriptionSpec { id, name, key }, id_span))
    }
}

fn subscription(id: String) -> SubscriptionSpec {
    SubscriptionSpec {
        name: id.clone(),
        id,
        key: KeyReference::Local,
    }
}

fn default_start() -> Timestamp {
    Timestamp::new(1_767_225_600, 0).expect("the first second of 2026 is a moment")
}

/// The file name without folder and ending; what cannot stand in a name becomes `-`.
fn name_of_file(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name: String = stem
        .chars()
        .map(|letter| if plain(letter) { letter } else { '-' })
        .take(80)
        .collect();
    let name = name.trim_start_matches(['-', '_', '.']);
    if name.is_empty() {
        "scenario".to_owned()
    } else {
        name.to_owned()
    }
}
