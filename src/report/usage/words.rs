//! The verdict, and the sentences about what is not there.

use jiff::tz::TimeZone;

use super::bins::{hour, zone_name};
use crate::base::number;
use crate::report::chart::share;
use crate::report::verdict::plural;
use crate::usage::Usage;

/// What happened, in one sentence.
pub(super) fn sentence(usage: &Usage, zone: &TimeZone) -> String {
    let window = &usage.window;
    let days = window.to.as_second() - window.from.as_second() > 86_400;
    let when = format!(
        "{} to {} {}",
        hour(window.from, zone, days),
        hour(window.to, zone, days),
        zone_name(zone)
    );
    let requests = usage.requests();
    let mut parts = Vec::new();
    if requests > 0 {
        parts.push(format!(
            "{} from {when}: {} passed, {} throttled (429)",
            plural(requests, "request"),
            share(usage.with_status(100..=399), requests),
            share(usage.with_status(429..=429), requests),
        ));
    } else {
        parts.push(format!("no requests are known from {when}"));
    }
    let tokens = usage.tokens();
    if let Some(first) = usage.subscriptions.first().filter(|_| tokens > 0) {
        let who = match usage.subscriptions.len() {
            1 => format!("all by {}", first.id),
            _ => format!("{} of them by {}", share(first.total(), tokens), first.id),
        };
        parts.push(format!("{}, {who}", plural(tokens, "token")));
    }
    if let Some(words) = against_limit(usage) {
        parts.push(words);
    }
    parts.join("; ")
}

/// Only intervals of a minute can be held against a limit by the minute.
fn against_limit(usage: &Usage) -> Option<String> {
    let limit = usage.limit.filter(|_| usage.tokens() > 0)?;
    let allowed = limit as f64 * usage.window.minutes();
    let rows = &usage.subscriptions;
    let reached = rows.iter().filter(|row| row.busiest() as f64 >= allowed);
    let reached = reached.count() as u64;
    let limit = number(limit as f64, 0);
    Some(if usage.window.interval > 60 {
        format!(
            "{} on average over {} min reached the limit of {limit} tokens/min",
            of(reached, rows.len()),
            number(usage.window.minutes(), 0)
        )
    } else {
        format!(
            "{} reached the limit of {limit} tokens/min",
            of(reached, rows.len())
        )
    })
}

fn of(reached: u64, all: usize) -> String {
    match reached {
        0 => "no subscription".to_owned(),
        reached => format!("{reached} of {}", plural(all as u64, "subscription")),
    }
}

/// What makes the numbers less than they seem.
pub(super) fn warnings(usage: &Usage, zone: &TimeZone) -> Vec<String> {
    let mut warnings: Vec<String> = usage
        .missing
        .iter()
        .map(|missing| format!("{}: {}", missing.topic.source(), missing.why))
        .collect();
    if usage.window.uncertain() {
        warnings.push(format!(
            "Azure reports with a delay of some minutes: what is later than {} {} may still grow",
            hour(
                usage.window.certain_until.max(usage.window.from),
                zone,
                false
            ),
            zone_name(zone)
        ));
    }
    warnings
}
