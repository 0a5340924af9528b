//! `rate-limit`, `quota` and their by-key forms on one request: refused or counted at inbound, or
//! counted after outbound where an expression decides (gateway specification, section 3.2).

use std::sync::Arc;
use std::time::Duration;

use super::error::Raised;
use super::exchange::Exchange;
use super::token_limit::{Meter, integer, set_variable};
use crate::limiter::{Limit, Period, QuotaRefusal};
use crate::policy::context::Context;
use crate::policy::message::Response;
use crate::policy::{Allowance, CallLimit, CallLimitKind, CounterKey, Target, Template};

/// Bytes of the kilobytes that `bandwidth` counts in.
const KILOBYTE: u64 = 1024;

/// A limit that let a request pass, and where the request counts.
#[derive(Debug)]
pub(super) struct CallCharge {
    limit: Arc<CallLimit>,
    counts: Vec<Count>,
    /// The calls are counted when the answer is known.
    open: bool,
}

/// One counter that a request counts in.
#[derive(Debug)]
struct Count {
    key: String,
    calls: Option<u64>,
    /// In bytes.
    bandwidth: Option<u64>,
    period: Duration,
}

impl Meter<'_> {
    /// Lets the request of `exchange` pass, or raises the refusal.
    pub(super) fn admit_call(
        &mut self,
        exchange: &mut Exchange,
        limit: &Arc<CallLimit>,
    ) -> Result<(), Raised> {
        let Some(counts) = counts(exchange, limit)? else {
            return Ok(());
        };
        for count in &counts {
            if let Some(raised) = self.refusal(&mut exchange.context, limit, count) {
                return Err(raised);
            }
        }
        let mut charge = CallCharge {
            limit: Arc::clone(limit),
            counts,
            open: true,
        };
        if !limit.counts_later() {
            let amount = increment(&mut exchange.context, limit)?;
            self.count_call(&mut charge, amount);
        }
        self.report_calls(&charge, &mut exchange.context, None);
        exchange.call_charges.push(charge);
        Ok(())
    }

    /// Counts what had to wait for the answer.
    pub(super) fn count_answered(&mut self, exchange: &mut Exchange) -> Result<(), Raised> {
        let mut charges = std::mem::take(&mut exchange.call_charges);
        let mut failed = None;
        for charge in charges.iter_mut().filter(|charge| charge.open) {
            match increment(&mut exchange.context, &charge.limit) {
                Ok(amount) => self.count_call(charge, amount),
                // A condition that cannot be told leaves the call counted once.
                Err(raised) => {
                    self.count_call(charge, 1);
                    failed = Some(raised);
                }
            }
        }
        exchange.call_charges = charges;
        failed.map_or(Ok(()), Err)
    }

    /// Writes the headers of the limits that a request passed.
    pub(super) fn announce_calls(&mut self, exchange: &mut Exchange) {
        let mut response = exchange.context.response.take();
        for charge in &exchange.call_charges {
            self.report_calls(charge, &mut exchange.context, response.as_mut());
        }
        exchange.context.response = response;
    }

    /// Adds the bytes of a request and its answer to the quotas of bandwidth.
    pub(super) fn count_bytes(&mut self, charges: &[CallCharge], bytes: u64) {
        for charge in charges {
            for count in &charge.counts {
                if count.bandwidth.is_some() {
                    let period = self.period(&charge.limit, count.period);
                    let utc = self.utc;
                    let counter = self
                        .counters
                        .call_quota(utc, &bytes_key(&count.key), period);
                    counter.add(utc, bytes);
                }
            }
        }
    }

    fn refusal(
        &mut self,
        context: &mut Context,
        limit: &CallLimit,
        count: &Count,
    ) -> Option<Raised> {
        match limit.kind {
            CallLimitKind::Rate => self.rate_refusal(context, limit, count),
            CallLimitKind::Quota => self.quota_refusal(limit, count),
        }
    }

    fn rate_refusal(
        &mut self,
        context: &mut Context,
        limit: &CallLimit,
        count: &Count,
    ) -> Option<Raised> {
        let (now, algorithm) = (self.now, self.behaviour.algorithm());
        let rate = Limit {
            amount: count.calls?,
            per: count.period,
        };
        let counter = self.counters.calls(algorithm, now, &count.key, rate);
        let wait = match counter.fits_at(now, 1) {
            Some(at) if at <= now => return None,
            Some(at) => at.since(now),
            // A limit of no calls never ends; the period is the only wait there is to name.
            None => count.period,
        };
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let message = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
        let mut raised = Raised::refusal(429, "", "RateLimitExceeded", message);
        let headers = &mut raised.headers;
        headers.set(&*limit.retry_after_header, seconds.to_string());
        set_variable(
            context,
            limit.retry_after_variable.as_ref(),
            integer(seconds),
        );
        set_variable(context, limit.remaining_variable.as_ref(), integer(0));
        if let Some(name) = &limit.remaining_header {
            headers.set(&**name, "0");
        }
        if let Some(name) = &limit.total_header {
            headers.set(&**name, rate.amount.to_string());
        }
        Some(raised)
    }

    fn quota_refusal(&mut self, limit: &CallLimit, count: &Count) -> Option<Raised> {
        let (utc, period) = (self.utc, self.period(limit, count.period));
        let amounts = [
            (count.calls, count.key.clone(), "call volume"),
            (count.bandwidth, bytes_key(&count.key), "bandwidth"),
        ];
        for (amount, key, what) in amounts {
            let Some(amount) = amount else { continue };
            let counter = self.counters.call_quota(utc, &key, period);
            match counter.admit(utc, amount, 1) {
                Ok(reservation) => counter.settle(utc, reservation, 0),
                Err(QuotaRefusal::Spent { wait } | QuotaRefusal::WillExceed { wait }) => {
                    return Some(out_of_quota(
                        limit,
                        what,
                        (period != Period::Forever).then_some(wait),
                    ));
                }
            }
        }
        None
    }

    fn count_call(&mut self, charge: &mut CallCharge, amount: u64) {
        charge.open = false;
        for count in &charge.counts {
            let Some(calls) = count.calls else { continue };
            match charge.limit.kind {
                CallLimitKind::Rate => {
                    let rate = Limit {
                        amount: calls,
                        per: count.period,
                    };
                    let (now, algorithm) = (self.now, self.behaviour.algorithm());
                    let counter = self.counters.calls(algorithm, now, &count.key, rate);
                    counter.settle(now, 0, amount);
                }
                CallLimitKind::Quota => {
                    let (utc, period) = (self.utc, self.period(&charge.limit, count.period));
                    let counter = self.counters.call_quota(utc, &count.key, period);
                    counter.add(utc, amount);
                }
            }
        }
    }

    /// Headers and variables of the first counter; those of narrower ones go unsaid.
    fn report_calls(
        &mut self,
        charge: &CallCharge,
        context: &mut Context,
        response: Option<&mut Response>,
    ) {
        let limit = &charge.limit;
        let Some((count, calls)) = charge
            .counts
            .iter()
            .find_map(|count| Some((count, count.calls?)))
        else {
            return;
        };
        if limit.kind == CallLimitKind::Quota {
            return;
        }
        let rate = Limit {
            amount: calls,
            per: count.period,
        };
        let (now, algorithm) = (self.now, self.behaviour.algorithm());
        let counter = self.counters.calls(algorithm, now, &count.key, rate);
        let left = counter.remaining(now);
        set_variable(context, limit.remaining_variable.as_ref(), integer(left));
        if let Some(response) = response {
            if let Some(name) = &limit.remaining_header {
                response.headers.set(&**name, left.to_string());
            }
            if let Some(name) = &limit.total_header {
                response.headers.set(&**name, calls.to_string());
            }
        }
    }

    fn period(&self, limit: &CallLimit, length: Duration) -> Period {
        if length.is_zero() {
            return Period::Forever;
        }
        // The gateway knows no subscription's first day and takes its own first moment.
        let started = self.utc.saturating_sub(self.now.since_start());
        let first = limit.first_period.or(started.ok()).unwrap_or(self.utc);
        Period::Every { first, length }
    }
}

fn bytes_key(key: &str) -> String {
    format!("bytes of {key}")
}

fn out_of_quota(limit: &CallLimit, what: &str, wait: Option<Duration>) -> Raised {
    let renewal = wait.map_or(String::new(), |wait| {
        format!(" Quota will be replenished in {}.", clock(wait))
    });
    let message = format!("Out of {what} quota.{renewal}");
    let mut raised = Raised::refusal(403, "", "QuotaExceeded", message);
    if let Some(wait) = wait {
        let seconds = wait.as_secs().to_string();
        raised.headers.set(&*limit.retry_after_header, seconds);
    }
    raised
}

/// `hh:mm:ss`, with days before it and a dot between, as .NET writes a time span.
fn clock(wait: Duration) -> String {
    let seconds = wait.as_secs();
    let days = match seconds / 86_400 {
        0 => String::new(),
        days => format!("{days}."),
    };
    let (hours, minutes) = (seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    format!("{days}{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// The counters of a request; `None` where the limit does not apply, because it counts by
/// subscription and the call came without one.
fn counts(exchange: &mut Exchange, limit: &CallLimit) -> Result<Option<Vec<Count>>, Raised> {
    let context = &mut exchange.context;
    let key = match &limit.key {
        CounterKey::Given(key) => key.text(context)?,
        CounterKey::Subscription(element) => match &context.subscription {
            Some(subscription) => format!("{element} {}", subscription.id),
            None => return Ok(None),
        },
    };
    let mut counts = Vec::new();
    for (index, allowance) in limit.allowances.iter().enumerate() {
        if !applies(context, &allowance.target) {
            continue;
        }
        let key = match &allowance.target {
            Target::All => key.clone(),
            Target::Api(_) | Target::Operation { .. } => format!("{key} #{index}"),
        };
        counts.push(count(context, allowance, key)?);
    }
    Ok(Some(counts))
}

fn applies(context: &Context, target: &Target) -> bool {
    let (api, operation) = (&context.api, &context.operation);
    match target {
        Target::All => true,
        Target::Api(named) => named.fits(&api.id, &api.name),
        Target::Operation {
            api: named,
            operation: inner,
        } => named.fits(&api.id, &api.name) && inner.fits(&operation.id, &operation.name),
    }
}

fn count(context: &mut Context, allowance: &Allowance, key: String) -> Result<Count, Raised> {
    let calls = optional(context, "calls", allowance.calls.as_ref())?;
    let bandwidth = optional(context, "bandwidth", allowance.bandwidth.as_ref())?;
    let period = whole_number(context, "renewal-period", &allowance.period)?;
    Ok(Count {
        key,
        calls,
        bandwidth: bandwidth.map(|kilobytes| kilobytes.saturating_mul(KILOBYTE)),
        period: Duration::from_secs(period),
    })
}

/// By how much the request counts.
fn increment(context: &mut Context, limit: &CallLimit) -> Result<u64, Raised> {
    if let Some(condition) = &limit.increment_condition
        && !super::execute::truth(condition, context)?
    {
        return Ok(0);
    }
    Ok(optional(context, "increment-count", limit.increment_count.as_ref())?.unwrap_or(1))
}

fn optional(
    context: &mut Context,
    name: &str,
    template: Option<&Template>,
) -> Result<Option<u64>, Raised> {
    template
        .map(|template| whole_number(context, name, template))
        .transpose()
}

fn whole_number(context: &mut Context, name: &str, template: &Template) -> Result<u64, Raised> {
    let value = template.evaluate(context)?;
    let number = value
        .as_i64()
        .or_else(|| value.to_text().trim().parse().ok());
    number
        .and_then(|number| u64::try_from(number).ok())
        .ok_or_else(|| {
            let message = format!("{name} is not a whole number: `{}`", value.to_text());
            Raised::evaluation(message)
        })
}
