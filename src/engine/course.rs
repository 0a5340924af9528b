//! The elements of `policy::course` on one request, blocks left out.

use std::time::Duration;

use super::block::Stores;
use super::error::Raised;
use super::exchange::Exchange;
use super::execute::Flow;
use super::program::Location;
use super::token_limit::Meter;
use super::{reshape, send};
use crate::base::Moment;
use crate::policy::course::{CacheLookupValue, CacheStoreValue, Course};
use crate::policy::expression::Value;
use crate::policy::message::Response;

pub(super) fn run(
    exchange: &mut Exchange,
    course: &Course,
    location: &Location,
    meter: &Meter<'_>,
    stores: &mut Stores,
) -> Result<Flow, Raised> {
    let now = meter.now;
    match course {
        Course::SendRequest(policy) => {
            return send::send(exchange, policy, location, meter.credentials);
        }
        Course::MockResponse {
            status,
            content_type,
        } => {
            mock(exchange, *status, content_type.as_deref());
            return Ok(Flow::Finish);
        }
        Course::CacheLookupValue(policy) => look_up(exchange, policy, now, stores)?,
        Course::CacheRemoveValue { key } => {
            let key = key.text(&mut exchange.context)?;
            stores.cache.remove(&key);
        }
        Course::CacheStoreValue(policy) => store(exchange, policy, now, stores)?,
        Course::CheckHeader(policy) => reshape::check_header(&mut exchange.context, policy)?,
        Course::FindAndReplace { from, to } => reshape::find_and_replace(exchange, from, to)?,
        Course::IpFilter(policy) => reshape::ip_filter(&mut exchange.context, policy)?,
        Course::RewriteUri(policy) => reshape::rewrite_uri(exchange, policy)?,
        Course::SetMethod(method) => {
            exchange.context.request.method = method.text(&mut exchange.context)?;
        }
        Course::SetQueryParameter(policy) => {
            reshape::set_query_parameter(&mut exchange.context, policy)?;
        }
        Course::Trace(policy) => reshape::trace(exchange, policy)?,
        // Blocks were resolved when the program was compiled; an empty one does nothing.
        Course::LimitConcurrency(_) | Course::Retry(_) | Course::Wait(_) => {}
    }
    Ok(Flow::Next)
}

/// APIs of the local gateway have no examples, so the answer is the one of an API without them.
fn mock(exchange: &mut Exchange, status: u16, content_type: Option<&str>) {
    let mut response = Response::new(status);
    if let Some(kind) = content_type {
        response.headers.set("Content-Type", kind);
    }
    exchange.context.response = Some(response);
    exchange.streaming = false;
}

fn look_up(
    exchange: &mut Exchange,
    policy: &CacheLookupValue,
    now: Moment,
    stores: &mut Stores,
) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let key = policy.key.text(context)?;
    let found = stores.cache.look_up(now, &key);
    let value = match (found.and_then(Value::snapshot), &policy.default) {
        (Some(value), _) => value,
        (None, Some(default)) => default.evaluate(context)?,
        // A variable that was set before keeps its value.
        (None, None) => return Ok(()),
    };
    context.variables.insert(policy.variable.to_string(), value);
    Ok(())
}

fn store(
    exchange: &mut Exchange,
    policy: &CacheStoreValue,
    now: Moment,
    stores: &mut Stores,
) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let key = policy.key.text(context)?;
    let value = policy.value.evaluate(context)?;
    let text = policy.duration.text(context)?;
    let seconds = text.trim().parse::<u32>();
    let seconds =
        seconds.map_err(|_| Raised::evaluation(format!("duration cannot be `{text}`")))?;
    let kept = value.snapshot().ok_or_else(|| {
        let message = format!("{} cannot be kept in the cache", value.type_name());
        Raised::evaluation(message)
    })?;
    let until = now + Duration::from_secs(u64::from(seconds));
    stores.cache.store(now, key, kept, until);
    Ok(())
}
