//! The semantic cache: `llm-semantic-cache-lookup` and `-store`, and their older names. An
//! embeddings backend turns the prompt into a vector; a response is found again when the vectors
//! lie close enough.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::block::Stores;
use super::error::Raised;
use super::exchange::Exchange;
use super::execute::{Flow, truth};
use super::program::Location;
use super::response_cache::{answer, kept, texts};
use super::send::{self, Outcome, Purpose};
use super::token_limit::Meter;
use crate::base::Moment;
use crate::policy::caching::{CacheStore, SemanticLookup};
use crate::policy::message::Response;

/// More responses than a gateway of one machine is asked to keep.
const MAX_ENTRIES: usize = 10_000;
const TIMEOUT: Duration = Duration::from_mins(1);

/// Prompts with their responses, oldest first.
#[derive(Debug, Default)]
pub(super) struct Semantic(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    partition: String,
    vector: Vec<f64>,
    until: Moment,
    response: Response,
}

/// A prompt whose vector was asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    partition: String,
    threshold: f64,
}

/// A prompt that found nothing, for the store behind the backend.
#[derive(Debug)]
pub(super) struct AskedFor {
    partition: String,
    vector: Vec<f64>,
}

impl Semantic {
    /// The response to the prompt that lies nearest, if its distance is within the threshold.
    fn nearest(&mut self, now: Moment, wanted: &Wanted, vector: &[f64]) -> Option<&Response> {
        self.0.retain(|entry| now < entry.until);
        let in_reach = self
            .0
            .iter()
            .filter(|entry| entry.partition == wanted.partition);
        let scored = in_reach.map(|entry| (1.0 - cosine(&entry.vector, vector), &entry.response));
        // Rounding must not part a prompt from itself.
        let near = scored.filter(|(distance, _)| *distance <= wanted.threshold + 1e-9);
        near.min_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, response)| response)
    }
}

/// Similarity of direction: 1 for the same, 0 for unrelated or empty ones.
fn cosine(one: &[f64], other: &[f64]) -> f64 {
    if one.len() != other.len() {
        return 0.0;
    }
    let dot = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
    let lengths = libm::sqrt(dot(one, one) * dot(other, other));
    if lengths > 0.0 {
        dot(one, other) / lengths
    } else {
        0.0
    }
}

pub(super) fn look_up(
    exchange: &mut Exchange,
    policy: &SemanticLookup,
    location: &Location,
    meter: &Meter<'_>,
) -> Result<Flow, Raised> {
    let context = &mut exchange.context;
    let text = policy.score_threshold.text(context)?;
    let threshold = text
        .trim()
        .parse()
        .ok()
        .filter(|score| (0.0..=1.0).contains(score));
    let threshold = threshold
        .ok_or_else(|| Raised::evaluation(format!("score-threshold cannot be `{text}`")))?;
    let ignore_system = truth(&policy.ignore_system, context)?;
    let most =
        match &policy.max_messages {
            Some(template) => {
                let text = template.text(context)?;
                let most = text.trim().parse::<usize>();
                Some(most.map_err(|_| {
                    Raised::evaluation(format!("max-message-count cannot be `{text}`"))
                })?)
            }
            None => None,
        };
    let partition = texts(context, &policy.vary_by)?.join("\0");
    let backend = policy.backend.text(context)?;
    let body = context.request.body.clone();
    let Some(prompt) = prompt(body.as_ref(), ignore_system, most) else {
        return Ok(Flow::Next);
    };
    // Answers of different APIs and deployments never stand for one another.
    let path = &context.request.original_url.path;
    let partition = format!("{}\0{path}\0{partition}", context.api.id);
    let mut call = send::to_backend(
        meter.backends,
        &backend,
        Some("text-embedding-3-small"),
        TIMEOUT,
    )?;
    if !call.url.path.ends_with("/embeddings") {
        let path = call.url.path.trim_end_matches('/').to_owned();
        call.url.path = format!("{path}/embeddings");
    }
    if let Some(version) = context.request.original_url.query_value("api-version")
        && call.url.query_value("api-version").is_none()
    {
        call.url.query = format!("api-version={version}");
    }
    call.body = Some(Bytes::from(json!({ "input": prompt }).to_string()));
    let wanted = Purpose::Embedding(Wanted {
        partition,
        threshold,
    });
    Ok(send::ask(exchange, vec![(call, wanted)], location))
}

/// The text that stands for a conversation; `None` for what is no chat, or one that is too long.
fn prompt(body: Option<&Bytes>, ignore_system: bool, most: Option<usize>) -> Option<String> {
    let body: Value = serde_json::from_slice(body?).ok()?;
    let messages = body.get("messages").and_then(Value::as_array);
    let Some(messages) = messages else {
        return body
            .get("prompt")
            .and_then(Value::as_str)
            .map(str::to_owned);
    };
    let system = |message: &Value| matches!(message["role"].as_str(), Some("system" | "developer"));
    let counted: Vec<&Value> = messages
        .iter()
        .filter(|message| !(ignore_system && system(message)))
        .collect();
    if counted.is_empty() || most.is_some_and(|most| counted.len() > most) {
        return None;
    }
    let lines = counted.iter().map(|message| {
        let role = message["role"].as_str().unwrap_or_default();
        format!("{role}: {}", super::safety::content(&message["content"]))
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// The vector has come: answers from the cache, or remembers what was asked for. An embeddings
/// backend that fails is a miss (inferred): the cache must not stand in the way.
pub(super) fn received(
    exchange: &mut Exchange,
    wanted: Wanted,
    outcome: Outcome,
    location: Option<&Location>,
    now: Moment,
    stores: &mut Stores,
) -> Flow {
    let Some(vector) = outcome.ok().and_then(|answer| vector(send::body(&answer)?)) else {
        return Flow::Next;
    };
    match stores.semantic.nearest(now, &wanted, &vector) {
        Some(response) => {
            let response = response.clone();
            answer(exchange, response, location)
        }
        None => {
            let partition = wanted.partition;
            exchange.asked_for = Some(AskedFor { partition, vector });
            Flow::Next
        }
    }
}

fn vector(body: &Bytes) -> Option<Vec<f64>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let numbers = body["data"][0]["embedding"].as_array()?;
    let vector: Vec<f64> = numbers.iter().filter_map(Value::as_f64).collect();
    (!vector.is_empty()).then_some(vector)
}

pub(super) fn store(
    exchange: &mut Exchange,
    policy: &CacheStore,
    now: Moment,
    stores: &mut Stores,
) -> Result<(), Raised> {
    let Some(AskedFor { partition, vector }) = exchange.asked_for.take() else {
        return Ok(());
    };
    let Some((response, duration)) = kept(exchange, policy)? else {
        return Ok(());
    };
    let entries = &mut stores.semantic.0;
    if entries.len() >= MAX_ENTRIES {
        entries.remove(0);
    }
    entries.push(Entry {
        partition,
        vector,
        until: now + duration,
        response,
    });
    Ok(())
}
