use std::collections::BTreeMap;

use super::question::Topic;
use super::window::Window;

/// What is known of a window of time. Lists by interval have one entry for each of the window's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Usage {
    /// The API Management service, in words.
    pub(crate) name: String,
    pub(crate) window: Window,
    /// Tokens per minute that each subscription may use; absent when nobody said.
    pub(crate) limit: Option<u64>,
    /// Answers of the gateway by status, by interval; empty when unknown.
    pub(crate) codes: BTreeMap<u16, Vec<u64>>,
    /// Answers by the reason of their error.
    pub(crate) reasons: BTreeMap<String, u64>,
    pub(crate) apis: BTreeMap<String, u64>,
    pub(crate) duration: Vec<Option<Level>>,
    pub(crate) backend_duration: Vec<Option<Level>>,
    /// Percent.
    pub(crate) cpu: Vec<Option<Level>>,
    pub(crate) memory: Vec<Option<Level>>,
    /// Tokens of each model deployment.
    pub(crate) models: BTreeMap<String, Amounts>,
    /// Answers of Azure OpenAI by status.
    pub(crate) model_codes: BTreeMap<u16, u64>,
    /// Milliseconds to the first token of a stream.
    pub(crate) first_token: Option<Level>,
    pub(crate) tokens_per_second: Option<Level>,
    /// By id; those that used most first.
    pub(crate) subscriptions: Vec<SubscriptionUsage>,
    pub(crate) token_source: Option<TokenSource>,
    /// Questions that had an answer.
    pub(crate) answered: usize,
    /// What could not be had, and why.
    pub(crate) missing: Vec<Missing>,
}

/// Average and maximum of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    pub(crate) average: f64,
    pub(crate) maximum: f64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct SubscriptionUsage {
    pub(crate) id: String,
    pub(crate) amounts: Amounts,
    /// Answers that used tokens.
    pub(crate) answers: u64,
    /// All requests and those throttled; absent without logs.
    pub(crate) requests: Option<(u64, u64)>,
    /// Tokens by interval.
    pub(crate) tokens: Vec<u64>,
}

impl SubscriptionUsage {
    pub(crate) fn total(&self) -> u64 {
        self.amounts.prompt + self.amounts.completion
    }

    pub(crate) fn busiest(&self) -> u64 {
        self.tokens.iter().copied().max().unwrap_or(0)
    }
}

/// Where tokens by subscription come from: logs count every call, metrics what the policy emitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSource {
    Logs,
    CustomMetrics,
}

impl TokenSource {
    pub(crate) fn words(self) -> &'static str {
        match self {
            TokenSource::Logs => "LLM logs in Log Analytics",
            TokenSource::CustomMetrics => "token metrics in Application Insights",
        }
    }
}

/// A source, and a sentence about what of it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) topic: Topic,
    pub(crate) why: String,
}

impl Usage {
    pub(crate) fn requests(&self) -> u64 {
        self.codes.values().flatten().sum()
    }

    /// Answers with a status in a range.
    pub(crate) fn with_status(&self, statuses: std::ops::RangeInclusive<u16>) -> u64 {
        self.codes
            .range(statuses)
            .flat_map(|(_, counts)| counts)
            .sum()
    }

    /// Not one source answered.
    pub(crate) fn is_unknown(&self) -> bool {
        self.answered == 0
    }

    pub(crate) fn tokens(&self) -> u64 {
        self.subscriptions
            .iter()
            .map(SubscriptionUsage::total)
            .sum()
    }

    /// The weighted mean over intervals is not known; this is the highest and the plain mean.
    pub(crate) fn overall(levels: &[Option<Level>]) -> Option<Level> {
        let known: Vec<Level> = levels.iter().flatten().copied().collect();
        let first = known.first()?;
        Some(Level {
            average: known.iter().map(|level| level.average).sum::<f64>() / known.len() as f64,
            maximum: known
                .iter()
                .fold(first.maximum, |most, level| most.max(level.maximum)),
        })
    }
}

/// A count that came with a point.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cut to what fits first"
)]
pub(super) fn whole(value: Option<f64>) -> u64 {
    value.map_or(0, |value| value.round().clamp(0.0, 1e18) as u64)
}
