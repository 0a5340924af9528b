//! What the run was: everything that somebody needs to repeat it, or to doubt it.

use crate::base::number;
use crate::report::chart::clock;
use crate::report::cost::Cost;
use crate::report::summary::Summary;
use crate::report::svg::{escape, put};
use crate::report::verdict::plural;
use crate::report::whole::Report;
use crate::results::{Origin, RunInfo};

/// A client that is later than that with one request in a hundred measures itself.
const LATE_MS: f64 = 100.0;

/// What makes the numbers above less than they seem.
pub(super) fn warnings(report: &Report<'_>) -> Vec<String> {
    let (info, summary) = (report.info, &report.summary);
    let mut warnings = Vec::new();
    let counts = &summary.counts;
    if info.interrupted {
        warnings.push(format!(
            "interrupted: {} of {} were sent",
            number(summary.arrived as f64, 0),
            plural(info.planned, "planned request")
        ));
    }
    if let Some(why) = &info.stopped {
        warnings.push(format!("stopped: {why}"));
    }
    if info.duration_us.is_none() {
        warnings.push(
            "the run has no end on record: it was killed, or it is still going on".to_owned(),
        );
    }
    if summary.torn {
        warnings.push("the last line of `requests.jsonl` is torn and left out".to_owned());
    }
    if info.origin == Origin::Simulated {
        warnings.push(
            "simulated: decided by the policy engine in virtual time, no gateway was asked"
                .to_owned(),
        );
    }
    if counts.without_usage > 0 {
        warnings.push(format!(
            "{} reported no tokens and count as none",
            plural(counts.without_usage, "passed answer")
        ));
    }
    if let Some(late) = summary
        .client_lateness
        .as_ref()
        .filter(|late| late.p99_ms > LATE_MS)
    {
        warnings.push(format!(
            "the client itself fell behind: one request in a hundred was sent {} ms late or later",
            number(late.p99_ms, 0)
        ));
    }
    warnings.extend(report.cautions.iter().cloned());
    warnings
}

pub(super) fn write(out: &mut String, info: &RunInfo, summary: &Summary) {
    out.push_str("<footer>\n<section aria-labelledby=\"facts\">\n<h2 id=\"facts\">The run</h2>\n<dl class=\"facts\">\n");
    for (name, value) in facts(info, summary) {
        put!(
            out,
            "<div><dt>{name}</dt><dd>{}</dd></div>\n",
            escape(&value)
        );
    }
    out.push_str("</dl>\n</section>\n</footer>\n");
}

fn facts(info: &RunInfo, summary: &Summary) -> Vec<(&'static str, String)> {
    let retries = summary.counts.requests - summary.arrived;
    let mut facts = vec![
        ("scenario", info.scenario.clone()),
        ("origin", super::origin(info.origin).to_owned()),
    ];
    facts.extend(where_to(info));
    facts.extend([
        ("started", super::started(&info.started)),
        ("took", info.duration_us.map_or_else(unknown, clock)),
        ("planned", plural(info.planned, "request")),
        ("retries", number(retries as f64, 0)),
        (
            "tokens cost",
            summary.cost.as_ref().map_or_else(unknown, Cost::words),
        ),
        ("seed", info.seed.to_string()),
        ("overrides", or_none(info.overrides.join(", "))),
        ("tool version", info.tool_version.clone()),
        ("format", info.format.clone()),
        ("scenario SHA-256", info.scenario_sha256.clone()),
        (
            "policy SHA-256",
            info.policy_sha256.clone().unwrap_or_else(unknown),
        ),
    ]);
    let client = &info.environment;
    let cores = plural(client.cores, "core");
    facts.push((
        "client",
        format!("{}, {}, {cores}", client.os, client.architecture),
    ));
    facts
}

/// The target and its limits.
fn where_to(info: &RunInfo) -> Vec<(&'static str, String)> {
    let target = &info.target;
    let mut facts = vec![
        ("target", target.name.clone()),
        ("gateway", or_none(target.url.clone().unwrap_or_default())),
        ("tier", target.tier.clone().unwrap_or_else(unknown)),
        ("model", target.model.clone()),
    ];
    for limit in &info.limits {
        let mut words = Vec::new();
        if let Some(tokens) = limit.tokens_per_minute {
            words.push(format!("{} tokens/min", number(tokens as f64, 0)));
        }
        words.extend(limit.quota.as_ref().map(|quota| format!("quota {quota}")));
        let words = words.join(", ");
        facts.push((
            "limit",
            format!("{words} by {}, {}", limit.counter_key, limit.place),
        ));
    }
    if info.limits.is_empty() {
        facts.push(("limit", or_none(String::new())));
    }
    facts
}

fn unknown() -> String {
    "not known".to_owned()
}

fn or_none(text: String) -> String {
    if text.is_empty() {
        "none".to_owned()
    } else {
        text
    }
}
