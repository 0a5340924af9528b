//! Whole responses in the gateway's cache: `cache-lookup` and `cache-store`.
//!
//! A hit skips the rest of inbound and the backend, and goes on with outbound (inferred, see the
//! switch `cache-hit`). Without a lookup there is nothing that a store could be found by.

use std::time::Duration;

use super::block::Stores;
use super::error::Raised;
use super::exchange::Exchange;
use super::execute::{Flow, truth};
use super::program::Location;
use crate::base::Moment;
use crate::policy::caching::{CacheLookup, CacheStore};
use crate::policy::context::Context;
use crate::policy::expression::Value;
use crate::policy::message::Response;
use crate::policy::{SectionName, Template};

/// What a lookup that found nothing leaves for the store behind the backend.
#[derive(Debug)]
pub(super) struct Missed {
    key: String,
    control: Control,
}

/// What the caller's own cache is told.
#[derive(Debug)]
struct Control {
    /// `private` or `public`; `None` forbids it.
    downstream: Option<&'static str>,
    must_revalidate: bool,
}

pub(super) fn look_up(
    exchange: &mut Exchange,
    policy: &CacheLookup,
    location: &Location,
    now: Moment,
    stores: &mut Stores,
) -> Result<Flow, Raised> {
    let context = &mut exchange.context;
    let private = truth(&policy.allow_private, context)?;
    let control = control(context, policy)?;
    // Both are conditions of the reference page.
    if context.request.method != "GET"
        || (!private && context.request.headers.contains("Authorization"))
    {
        return Ok(Flow::Next);
    }
    let key = key(context, policy)?;
    let until = stores.cache.until(now, &key);
    let found = stores.cache.look_up(now, &key).and_then(Value::as_response);
    match (found, until) {
        (Some(mut response), Some(until)) => {
            control.tell(
                &mut response,
                until.since(now),
                exchange.behaviour.no_store_told,
            );
            Ok(answer(exchange, response, Some(location)))
        }
        _ => {
            exchange.missed = Some(Missed { key, control });
            Ok(Flow::Next)
        }
    }
}

/// Goes on behind the backend with a response that was kept.
pub(super) fn answer(
    exchange: &mut Exchange,
    response: Response,
    location: Option<&Location>,
) -> Flow {
    exchange.decided_by = location.and_then(|location| location.place.clone());
    exchange.context.response = Some(response);
    exchange.streaming = false;
    exchange.missed = None;
    exchange.asked_for = None;
    if !exchange.behaviour.cache_hit_outbound {
        return Flow::Finish;
    }
    exchange.blocks.clear();
    exchange.enter(SectionName::Outbound);
    Flow::Next
}

fn control(context: &mut Context, policy: &CacheLookup) -> Result<Control, Raised> {
    let text = policy.downstream.text(context)?;
    let downstream = match text.trim() {
        "none" => None,
        "private" => Some("private"),
        "public" => Some("public"),
        _ => {
            let message = format!("downstream-caching-type cannot be `{text}`");
            return Err(Raised::evaluation(message));
        }
    };
    Ok(Control {
        downstream,
        must_revalidate: truth(&policy.must_revalidate, context)?,
    })
}

/// Everything that tells one cached response from another, in a form that no key of
/// `cache-store-value` has.
fn key(context: &mut Context, policy: &CacheLookup) -> Result<String, Raised> {
    let url = &context.request.original_url;
    let mut parts = vec![
        context.api.id.clone(),
        context.operation.id.clone(),
        url.path.to_ascii_lowercase(),
    ];
    let names = texts(context, &policy.vary_by_parameters)?;
    let names: Vec<&str> = names
        .iter()
        .flat_map(|names| names.split(';'))
        .map(str::trim)
        .collect();
    // Without any name, all parameters count.
    let mut pairs: Vec<(String, String)> = context.request.original_url.query_pairs().collect();
    pairs.retain(|(name, _)| {
        names.is_empty() || names.iter().any(|known| known.eq_ignore_ascii_case(name))
    });
    pairs.sort();
    parts.extend(
        pairs
            .into_iter()
            .flat_map(|(name, value)| [name.to_ascii_lowercase(), value]),
    );
    for name in texts(context, &policy.vary_by_headers)? {
        let value = context.request.headers.joined(&name).unwrap_or_default();
        parts.extend([format!("{}:", name.to_ascii_lowercase()), value]);
    }
    if truth(&policy.vary_by_developer, context)? {
        let subscription = context.subscription.as_ref();
        parts.push(
            subscription
                .map(|known| known.id.clone())
                .unwrap_or_default(),
        );
    }
    // Users of the local gateway have no groups, so they are all of one.
    truth(&policy.vary_by_groups, context)?;
    Ok(format!("\0response\0{}", parts.join("\0")))
}

pub(super) fn texts(context: &mut Context, templates: &[Template]) -> Result<Vec<String>, Raised> {
    let mut texts = Vec::with_capacity(templates.len());
    for template in templates {
        texts.push(template.text(context)?);
    }
    Ok(texts)
}

pub(super) fn store(
    exchange: &mut Exchange,
    policy: &CacheStore,
    now: Moment,
    stores: &mut Stores,
) -> Result<(), Raised> {
    let Some(Missed { key, control }) = exchange.missed.take() else {
        return Ok(());
    };
    let Some((kept, duration)) = kept(exchange, policy)? else {
        return Ok(());
    };
    stores
        .cache
        .store(now, key, Value::from(kept), now + duration);
    if let Some(response) = &mut exchange.context.response {
        control.tell(response, duration, exchange.behaviour.no_store_told);
    }
    Ok(())
}

/// The response that a policy wants to keep, and for how long.
pub(super) fn kept(
    exchange: &mut Exchange,
    policy: &CacheStore,
) -> Result<Option<(Response, Duration)>, Raised> {
    let context = &mut exchange.context;
    let text = policy.duration.text(context)?;
    let seconds = text.trim().parse::<u32>();
    let seconds =
        seconds.map_err(|_| Raised::evaluation(format!("duration cannot be `{text}`")))?;
    let keep = match &policy.cache_response {
        Some(template) => truth(template, context)?,
        None => context
            .response
            .as_ref()
            .is_some_and(|response| response.status == 200),
    };
    let response = context
        .response
        .clone()
        .filter(|_| keep && !exchange.streaming);
    Ok(response.map(|response| (response, Duration::from_secs(u64::from(seconds)))))
}

impl Control {
    fn tell(&self, response: &mut Response, age: Duration, no_store: bool) {
        let text = match self.downstream {
            Some(who) => {
                let revalidate = if self.must_revalidate {
                    ", must-revalidate"
                } else {
                    ""
                };
                format!("{who}{revalidate}, max-age={}", age.as_secs())
            }
            None if no_store => "no-store".to_owned(),
            None => return,
        };
        response.headers.set("Cache-Control", text);
    }
}
