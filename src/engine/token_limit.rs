//! `llm-token-limit` on one request: admit at inbound, settle when the answer is known.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::backends::Backends;
use super::counters::Counters;
use super::credentials::Credentials;
use super::error::Raised;
use super::exchange::{Decision, Exchange};
use super::service::Behaviour;
use crate::base::{Moment, Tokens};
use crate::limiter::{Limit, Period, QuotaRefusal, QuotaReservation, Refusal, WILL_EXCEED_WAIT};
use crate::policy::TokenLimit;
use crate::policy::context::Context;
use crate::policy::expression::Value;
use crate::policy::message::Response;

const SOURCE: &str = "llm-token-limit";

/// What one limit took from its counters for a request, to be corrected when the answer is known.
#[derive(Debug)]
pub(super) struct Charge {
    limit: Arc<TokenLimit>,
    key: String,
    estimate: Tokens,
    /// Tokens left before the estimate was taken: the state that the request was judged on.
    remaining_before: Option<Tokens>,
    quota: Option<(Tokens, Period, QuotaReservation)>,
}

/// The gateway's counters, rules and time, as a limit needs them.
pub(super) struct Meter<'a> {
    pub(super) counters: &'a mut Counters,
    pub(super) behaviour: Behaviour,
    pub(super) credentials: &'a Credentials,
    pub(super) backends: &'a Backends,
    pub(super) now: Moment,
    pub(super) utc: Timestamp,
}

impl Meter<'_> {
    /// Admits the request of `exchange` to `limit`, or raises the refusal.
    pub(super) fn admit(
        &mut self,
        exchange: &mut Exchange,
        limit: &Arc<TokenLimit>,
    ) -> Result<(), Raised> {
        let key = limit.counter_key.text(&mut exchange.context)?;
        let week_start = self.behaviour.week_start;
        let quota = quota(exchange, limit)?;
        let quota = quota.map(|(tokens, period)| (tokens, period.weeks_from(week_start)));
        let (prompt, stream) = exchange.asked.of(exchange.context.request.body.as_ref());
        // The prompt of a stream is always estimated, whatever the attribute says (1.9).
        let estimate = if limit.estimate_prompt || stream {
            prompt
        } else {
            Tokens::ZERO
        };
        let mut charge = Charge {
            limit: Arc::clone(limit),
            key,
            estimate,
            remaining_before: None,
            quota: None,
        };
        if self.behaviour.quota_first {
            self.take_quota(exchange, &mut charge, quota)?;
            if let Err(raised) = self.take_rate(exchange, &mut charge) {
                self.charge_quota(&charge, Tokens::ZERO);
                return Err(raised);
            }
        } else {
            self.take_rate(exchange, &mut charge)?;
            if let Err(raised) = self.take_quota(exchange, &mut charge, quota) {
                self.charge_rate(&charge, Tokens::ZERO);
                return Err(raised);
            }
        }
        exchange.facts.decision = Some(Decision::Allowed);
        exchange.facts.estimate = Some(prompt).filter(|_| estimate > Tokens::ZERO);
        let consumed = integer(estimate.0);
        set_variable(
            &mut exchange.context,
            limit.consumed_variable.as_ref(),
            consumed,
        );
        self.report_remaining(&charge, &mut exchange.context, None);
        exchange.charges.push(charge);
        Ok(())
    }

    fn take_rate(&mut self, exchange: &mut Exchange, charge: &mut Charge) -> Result<(), Raised> {
        let limit = Arc::clone(&charge.limit);
        let Some(per_minute) = limit.tokens_per_minute else {
            return Ok(());
        };
        let now = self.now;
        let counter = self.counters.rate(
            self.behaviour.algorithm(),
            now,
            &charge.key,
            Limit::per_minute(per_minute.0),
        );
        let before = Tokens(counter.remaining(now));
        charge.remaining_before = Some(before);
        let Err(refusal) = counter.admit(now, charge.estimate.0) else {
            return Ok(());
        };
        let fits_at = counter.fits_at(now, charge.estimate.0);
        let told = fits_at.filter(|_| self.behaviour.fit_told);
        let will_exceed = told.map_or(WILL_EXCEED_WAIT, |at| {
            let wait = at.since(now);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Duration::from_secs(seconds.max(1))
        });
        exchange.facts.decision = Some(Decision::Throttled);
        Err(rate_refusal(
            exchange,
            &limit,
            refusal,
            (before, will_exceed),
        ))
    }

    fn take_quota(
        &mut self,
        exchange: &mut Exchange,
        charge: &mut Charge,
        quota: Option<(Tokens, Period)>,
    ) -> Result<(), Raised> {
        let Some((tokens, period)) = quota else {
            return Ok(());
        };
        let counter = self.counters.quota(self.utc, &charge.key, period);
        match counter.admit(self.utc, tokens.0, charge.estimate.0) {
            Ok(reservation) => charge.quota = Some((tokens, period, reservation)),
            Err(refusal) => {
                let left = Tokens(counter.remaining(self.utc, tokens.0));
                exchange.facts.decision = Some(Decision::QuotaExceeded);
                return Err(quota_refusal(exchange, &charge.limit, refusal, left));
            }
        }
        Ok(())
    }

    /// Charges what a whole answer used, and writes the limit's headers and variables.
    /// Without `spent` (no `usage` in the answer) the estimate stays charged.
    pub(super) fn settle(&mut self, exchange: &mut Exchange, spent: Option<Tokens>) {
        for charge in std::mem::take(&mut exchange.charges) {
            let unknown = if self.behaviour.unused_refunded {
                Tokens::ZERO
            } else {
                charge.estimate
            };
            self.charge(&charge, spent.unwrap_or(unknown));
            if let Some(spent) = spent {
                set_variable(
                    &mut exchange.context,
                    charge.limit.consumed_variable.as_ref(),
                    integer(spent.0),
                );
                if let (Some(name), Some(response)) = (
                    &charge.limit.consumed_header,
                    &mut exchange.context.response,
                ) {
                    response.headers.set(&**name, spent.to_string());
                }
            }
            let mut response = exchange.context.response.take();
            self.report_remaining(&charge, &mut exchange.context, response.as_mut());
            exchange.context.response = response;
        }
    }

    /// Headers of a stream leave before its tokens exist: they show what the request was judged
    /// on (a full bucket on a call that then cost 215, observation O4).
    pub(super) fn announce_stream(&mut self, exchange: &mut Exchange) {
        let mut response = exchange.context.response.take();
        for charge in &exchange.charges {
            if let (Some(name), Some(before), Some(response)) = (
                &charge.limit.remaining_header,
                charge.remaining_before,
                &mut response,
            ) {
                response.headers.set(&**name, before.to_string());
            }
            self.report_quota(charge, &mut exchange.context, response.as_mut());
        }
        exchange.context.response = response;
    }

    /// Charges what a stream used in all.
    pub(super) fn charge(&mut self, charge: &Charge, spent: Tokens) {
        self.charge_rate(charge, spent);
        self.charge_quota(charge, spent);
    }

    fn charge_quota(&mut self, charge: &Charge, spent: Tokens) {
        if let Some((_, period, reservation)) = charge.quota {
            self.counters.quota(self.utc, &charge.key, period).settle(
                self.utc,
                reservation,
                spent.0,
            );
        }
    }

    fn charge_rate(&mut self, charge: &Charge, spent: Tokens) {
        if let Some(per_minute) = charge.limit.tokens_per_minute {
            let counter = self.counters.rate(
                self.behaviour.algorithm(),
                self.now,
                &charge.key,
                Limit::per_minute(per_minute.0),
            );
            let before = counter.overdraft(self.now);
            counter.settle(self.now, charge.estimate.0, spent.0);
            let further = counter.overdraft(self.now).saturating_sub(before);
            self.counters.overshot(&charge.key, further);
        }
    }

    fn report_remaining(
        &mut self,
        charge: &Charge,
        context: &mut Context,
        mut response: Option<&mut Response>,
    ) {
        let limit = &charge.limit;
        if let Some(per_minute) = limit.tokens_per_minute {
            let counter = self.counters.rate(
                self.behaviour.algorithm(),
                self.now,
                &charge.key,
                Limit::per_minute(per_minute.0),
            );
            let left = Tokens(counter.remaining(self.now));
            set_variable(context, limit.remaining_variable.as_ref(), integer(left.0));
            if let (Some(name), Some(response)) = (&limit.remaining_header, response.as_deref_mut())
            {
                response.headers.set(&**name, left.to_string());
            }
        }
        self.report_quota(charge, context, response);
    }

    fn report_quota(
        &mut self,
        charge: &Charge,
        context: &mut Context,
        response: Option<&mut Response>,
    ) {
        let limit = &charge.limit;
        if let Some((tokens, period, _)) = charge.quota {
            let counter = self.counters.quota(self.utc, &charge.key, period);
            let left = Tokens(counter.remaining(self.utc, tokens.0));
            set_variable(
                context,
                limit.remaining_quota_variable.as_ref(),
                integer(left.0),
            );
            if let (Some(name), Some(response)) = (&limit.remaining_quota_header, response) {
                response.headers.set(&**name, left.to_string());
            }
        }
    }
}

/// Quota and period as they are for this request; both may be expressions.
fn quota(exchange: &mut Exchange, limit: &TokenLimit) -> Result<Option<(Tokens, Period)>, Raised> {
    let Some(quota) = &limit.quota else {
        return Ok(None);
    };
    let value = quota.tokens.evaluate(&mut exchange.context)?;
    let tokens = value
        .as_i64()
        .or_else(|| value.to_text().trim().parse().ok());
    let Some(tokens) = tokens.and_then(|tokens| u64::try_from(tokens).ok()) else {
        let message = format!("token-quota is not a whole number: `{}`", value.to_text());
        return Err(Raised::evaluation(message));
    };
    let name = match quota.literal_period() {
        Some(period) => return Ok(Some((Tokens(tokens), period))),
        None => quota.period.text(&mut exchange.context)?,
    };
    match Period::from_name(&name) {
        Some(period) => Ok(Some((Tokens(tokens), period))),
        None => {
            let message = format!("token-quota-period is not a period: `{name}`");
            Err(Raised::evaluation(message))
        }
    }
}

fn rate_refusal(
    exchange: &mut Exchange,
    limit: &TokenLimit,
    refusal: Refusal,
    (before, will_exceed): (Tokens, Duration),
) -> Raised {
    let (words, wait, left) = match refusal {
        Refusal::Spent { retry_after, .. } => (SPENT_RATE, retry_after, Tokens::ZERO),
        Refusal::WillExceed => (EXCEEDED_RATE, will_exceed, before),
    };
    let message = format!("{words} {} seconds.", wait.as_secs());
    let mut raised = Raised::refusal(429, SOURCE, "OpenAITokenLimitExceeded", message);
    tell_wait(exchange, limit, wait, &mut raised);
    let names = (
        limit.remaining_header.as_ref(),
        limit.remaining_variable.as_ref(),
    );
    tell_left(exchange, names, left, &mut raised);
    raised
}

fn quota_refusal(
    exchange: &mut Exchange,
    limit: &TokenLimit,
    refusal: QuotaRefusal,
    left: Tokens,
) -> Raised {
    let (words, wait) = match refusal {
        QuotaRefusal::Spent { wait } => (SPENT_QUOTA, wait),
        QuotaRefusal::WillExceed { wait } => (EXCEEDED_QUOTA, wait),
    };
    let message = format!("{words} {}.", spelled(wait));
    let mut raised = Raised::refusal(403, SOURCE, "OpenAITokenQuotaExceeded", message);
    tell_wait(exchange, limit, wait, &mut raised);
    let names = (
        limit.remaining_quota_header.as_ref(),
        limit.remaining_quota_variable.as_ref(),
    );
    tell_left(exchange, names, left, &mut raised);
    // A spent quota leaves nothing of the rate either (observation O17).
    if let QuotaRefusal::Spent { .. } = refusal {
        tell_left(
            exchange,
            (limit.remaining_header.as_ref(), None),
            Tokens::ZERO,
            &mut raised,
        );
    }
    raised
}

const SPENT_RATE: &str = "Token limit is exceeded. Try again in";
const EXCEEDED_RATE: &str =
    "Token limit will exceed based on estimated request tokens. Try again in";
const SPENT_QUOTA: &str = "Token quota is exceeded. Try again in";
const EXCEEDED_QUOTA: &str =
    "Token quota will exceed based on estimated request tokens. Try again in";

fn tell_wait(exchange: &mut Exchange, limit: &TokenLimit, wait: Duration, raised: &mut Raised) {
    let seconds = wait.as_secs();
    raised
        .headers
        .set(&*limit.retry_after_header, seconds.to_string());
    let name = limit.retry_after_variable.as_ref();
    set_variable(&mut exchange.context, name, integer(seconds));
}

fn tell_left(
    exchange: &mut Exchange,
    (header, variable): (Option<&Arc<str>>, Option<&Arc<str>>),
    left: Tokens,
    raised: &mut Raised,
) {
    set_variable(&mut exchange.context, variable, integer(left.0));
    if let Some(name) = header {
        raised.headers.set(&**name, left.to_string());
    }
}

/// A wait as quota messages spell it: `21 minutes and 33 seconds`, `24 days, 14 hours and 1 minute`.
fn spelled(wait: Duration) -> String {
    let seconds = wait.as_secs();
    let parts = [
        (seconds / 86_400, "day"),
        (seconds % 86_400 / 3_600, "hour"),
        (seconds % 3_600 / 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => "0 seconds".to_owned(),
    }
}

/// Counts reach policies as C# integers.
pub(super) fn integer(count: u64) -> Value {
    match i32::try_from(count) {
        Ok(small) => Value::from(small),
        Err(_) => Value::from(i64::try_from(count).unwrap_or(i64::MAX)),
    }
}

pub(super) fn set_variable(context: &mut Context, name: Option<&Arc<str>>, value: Value) {
    if let Some(name) = name {
        context.variables.insert(name.to_string(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_waits_are_spelled_as_observed() {
        for (seconds, text) in [
            (1293, "21 minutes and 33 seconds"),
            (2514, "41 minutes and 54 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (
                24 * 86_400 + 14 * 3_600 + 61,
                "24 days, 14 hours, 1 minute and 1 second",
            ),
        ] {
            assert_eq!(spelled(Duration::from_secs(seconds)), text);
        }
    }
}
