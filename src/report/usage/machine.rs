//! For programs.

use serde_json::{Value, json};

use crate::report::svg::put;
use crate::usage::{Level, TokenSource, Usage};

/// Version of the form below; unstable for now.
const FORMAT: &str = "apimon-usage/0";

/// Times are UTC; a value that is not known is null.
pub(crate) fn usage_json(usage: &Usage) -> Value {
    let window = &usage.window;
    let level = |level: Option<Level>| {
        level.map(|level| json!({ "average": level.average, "maximum": level.maximum }))
    };
    let intervals = (0..window.count()).map(|place| {
        let codes = usage.codes.iter().filter(|(_, counts)| counts[place] > 0);
        let codes: serde_json::Map<String, Value> = codes
            .map(|(code, counts)| (code.to_string(), counts[place].into()))
            .collect();
        let tokens = usage
            .subscriptions
            .iter()
            .filter(|row| row.tokens[place] > 0);
        let tokens: serde_json::Map<String, Value> = tokens
            .map(|row| (row.id.clone(), row.tokens[place].into()))
            .collect();
        json!({
            "start": window.start(place).to_string(),
            "requestsByCode": codes,
            "tokensBySubscription": tokens,
            "durationMs": level(usage.duration[place]),
            "backendDurationMs": level(usage.backend_duration[place]),
        })
    });
    let subscriptions = usage.subscriptions.iter().map(|row| {
        json!({
            "id": row.id,
            "promptTokens": row.amounts.prompt,
            "completionTokens": row.amounts.completion,
            "answers": row.answers,
            "busiestInterval": row.busiest(),
            "requests": row.requests.map(|(all, _)| all),
            "throttled": row.requests.map(|(_, throttled)| throttled),
        })
    });
    let missing = usage.missing.iter();
    let missing =
        missing.map(|missing| json!({ "source": missing.topic.source(), "why": missing.why }));
    let models = usage.models.iter().map(|(name, amounts)| {
        json!({ "deployment": name, "promptTokens": amounts.prompt, "generatedTokens": amounts.completion })
    });
    json!({
        "format": FORMAT,
        "service": usage.name,
        "from": window.from.to_string(),
        "to": window.to.to_string(),
        "certainUntil": window.certain_until.min(window.to).to_string(),
        "intervalSeconds": window.interval,
        "limitTokensPerMinute": usage.limit,
        "requests": usage.requests(),
        "throttled": usage.with_status(429..=429),
        "tokens": usage.tokens(),
        "tokenSource": usage.token_source.map(TokenSource::words),
        "reasons": usage.reasons,
        "apis": usage.apis,
        "models": models.collect::<Vec<_>>(),
        "firstTokenMs": level(usage.first_token),
        "tokensPerSecond": level(usage.tokens_per_second),
        "subscriptions": subscriptions.collect::<Vec<_>>(),
        "intervals": intervals.collect::<Vec<_>>(),
        "missing": missing.collect::<Vec<_>>(),
    })
}

/// `time,measure,name,value`: one line for each value that is known.
pub(crate) fn usage_csv(usage: &Usage) -> String {
    let mut out = "time,measure,name,value\r\n".to_owned();
    let mut row = |place: usize, measure: &str, name: &str, value: String| {
        let start = usage.window.start(place);
        put!(out, "{start},{measure},{},{value}\r\n", field(name));
    };
    for place in 0..usage.window.count() {
        for (code, counts) in usage.codes.iter().filter(|(_, counts)| counts[place] > 0) {
            row(
                place,
                "requests",
                &code.to_string(),
                counts[place].to_string(),
            );
        }
        for subscription in usage
            .subscriptions
            .iter()
            .filter(|row| row.tokens[place] > 0)
        {
            row(
                place,
                "tokens",
                &subscription.id,
                subscription.tokens[place].to_string(),
            );
        }
        for (measure, levels) in [
            ("duration_ms", &usage.duration),
            ("backend_duration_ms", &usage.backend_duration),
            ("cpu_percent", &usage.cpu),
            ("memory_percent", &usage.memory),
        ] {
            if let Some(level) = levels[place] {
                row(place, measure, "average", level.average.to_string());
                row(place, measure, "maximum", level.maximum.to_string());
            }
        }
    }
    out
}

/// Quoted where it has to be. A name that a spreadsheet would take for a formula is made text.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
