//! Tables that every output shares.

use crate::base::number;
use crate::report::chart::share;
use crate::report::listing::{Listing, none};
use crate::usage::{Level, Usage};

fn count(value: u64) -> String {
    number(value as f64, 0)
}

/// Those that have rows.
pub(super) fn all(usage: &Usage) -> Vec<Listing> {
    let mut listings = vec![
        subscriptions(usage),
        codes(usage),
        counted("reasons of errors", "reason", &usage.reasons),
        counted("APIs", "API", &usage.apis),
        times(usage),
        models(usage),
    ];
    listings.retain(|listing| !listing.rows.is_empty());
    listings
}

fn subscriptions(usage: &Usage) -> Listing {
    let tokens = usage.tokens();
    let minutes = usage.window.minutes();
    let rows = usage.subscriptions.iter().map(|row| {
        let per_minute = row.busiest() as f64 / minutes;
        let (requests, throttled) = row.requests.map_or((none(), none()), |(all, throttled)| {
            (count(all), share(throttled, all))
        });
        vec![
            row.id.clone(),
            count(row.total()),
            share(row.total(), tokens),
            count(row.amounts.prompt),
            count(row.amounts.completion),
            count(row.answers),
            number(per_minute, 0),
            usage.limit.map_or_else(none, |limit| {
                crate::base::percent(per_minute / (limit as f64).max(1.0))
            }),
            requests,
            throttled,
        ]
    });
    Listing {
        caption: match usage.token_source {
            Some(source) => format!("subscriptions, from {}", source.words()),
            None => "subscriptions".to_owned(),
        },
        columns: vec![
            ("subscription", false),
            ("tokens", true),
            ("share of tokens", true),
            ("prompt", true),
            ("completion", true),
            ("answers", true),
            ("busiest per minute", true),
            ("of the limit", true),
            ("requests", true),
            ("throttled share", true),
        ],
        rows: rows.collect(),
    }
}

fn codes(usage: &Usage) -> Listing {
    let requests = usage.requests();
    let rows = usage.codes.iter().map(|(code, counts)| {
        let sum = counts.iter().sum();
        let code = if *code == 0 {
            "unknown".to_owned()
        } else {
            code.to_string()
        };
        vec![code, count(sum), share(sum, requests)]
    });
    Listing {
        caption: "answers of the gateway by status".to_owned(),
        columns: vec![("status", false), ("requests", true), ("share", true)],
        rows: rows.collect(),
    }
}

fn counted(
    caption: &str,
    name: &'static str,
    counts: &std::collections::BTreeMap<String, u64>,
) -> Listing {
    let mut rows: Vec<(&String, &u64)> = counts.iter().filter(|(_, count)| **count > 0).collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let rows = rows.into_iter();
    Listing {
        caption: caption.to_owned(),
        columns: vec![(name, false), ("requests", true)],
        rows: rows
            .map(|(name, sum)| vec![name.clone(), count(*sum)])
            .collect(),
    }
}

fn times(usage: &Usage) -> Listing {
    let rows = [
        ("duration, ms", Usage::overall(&usage.duration)),
        (
            "backend duration, ms",
            Usage::overall(&usage.backend_duration),
        ),
        ("time to first token, ms", usage.first_token),
        ("tokens per second", usage.tokens_per_second),
        ("CPU of the gateway, %", Usage::overall(&usage.cpu)),
        ("memory of the gateway, %", Usage::overall(&usage.memory)),
    ];
    let row = |(name, level): (&str, Option<Level>)| {
        let level = level?;
        Some(vec![
            name.to_owned(),
            number(level.average, 1),
            number(level.maximum, 1),
        ])
    };
    Listing {
        caption: "times and load; the average is that of intervals".to_owned(),
        columns: vec![("measure", false), ("average", true), ("maximum", true)],
        rows: rows.into_iter().filter_map(row).collect(),
    }
}

fn models(usage: &Usage) -> Listing {
    let rows = usage.models.iter().map(|(name, amounts)| {
        vec![
            name.clone(),
            count(amounts.prompt),
            count(amounts.completion),
        ]
    });
    Listing {
        caption: "model deployments, as Azure OpenAI counts".to_owned(),
        columns: vec![
            ("model deployment", false),
            ("prompt tokens", true),
            ("generated tokens", true),
        ],
        rows: rows.collect(),
    }
}
