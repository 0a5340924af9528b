//! The five numbers that matter.

use crate::base::{number, percent};
use crate::report::chart::clock;
use crate::report::summary::Summary;
use crate::report::svg::{escape, put};
use crate::report::verdict::plural;
use crate::results::Outcome;

struct Card {
    name: &'static str,
    value: String,
    note: String,
}

pub(super) fn write(out: &mut String, summary: &Summary) {
    out.push_str("<section aria-label=\"key figures\">\n<dl class=\"cards\">\n");
    for card in [
        passed(summary),
        throttled(summary),
        minute(summary),
        waiting(summary),
        retries(summary),
    ] {
        put!(
            out,
            "<div><dt>{}</dt><dd class=\"value\">{}</dd><dd class=\"soft\">{}</dd></div>\n",
            card.name,
            escape(&card.value),
            escape(&card.note),
        );
    }
    out.push_str("</dl>\n</section>\n");
}

fn shown(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), percent)
}

fn passed(summary: &Summary) -> Card {
    let counts = &summary.counts;
    Card {
        name: "passed",
        value: shown(counts.share(Outcome::Passed)),
        note: format!(
            "{} of {}",
            number(counts.passed as f64, 0),
            plural(counts.requests, "request")
        ),
    }
}

fn throttled(summary: &Summary) -> Card {
    let counts = &summary.counts;
    let first = summary
        .subscriptions
        .iter()
        .filter_map(|group| group.first_429_us)
        .min();
    let first = first.map_or(String::new(), |moment| {
        format!(", first at {}", clock(moment))
    });
    Card {
        name: "throttled (429)",
        value: shown(counts.share(Outcome::Throttled)),
        note: format!("{}{first}", plural(counts.throttled, "request")),
    }
}

fn minute(summary: &Summary) -> Card {
    let minute = &summary.tokens_per_minute;
    Card {
        name: "busiest minute",
        value: plural(minute.peak, "token"),
        note: match (minute.limit, minute.share_of_limit) {
            (Some(limit), Some(share)) => {
                format!(
                    "{} of the limit of {}",
                    percent(share),
                    number(limit as f64, 0)
                )
            }
            _ => "no tokens-per-minute limit known".to_owned(),
        },
    }
}

/// How long callers wait: for the first token where answers are streamed, for all of it elsewhere.
fn waiting(summary: &Summary) -> Card {
    let (name, times) = match &summary.ttft {
        Some(ttft) => ("TTFT p50 / p95", Some(ttft)),
        None => ("latency p50 / p95", summary.latency.as_ref()),
    };
    let milliseconds = |value| number(value, 0);
    Card {
        name,
        value: times.map_or("–".to_owned(), |times| {
            format!(
                "{} / {} ms",
                milliseconds(times.p50_ms),
                milliseconds(times.p95_ms)
            )
        }),
        note: times.map_or("no request passed".to_owned(), |times| {
            plural(times.samples as u64, "passed request")
        }),
    }
}

fn retries(summary: &Summary) -> Card {
    let retry = &summary.retry_after;
    Card {
        name: "Retry-After honoured",
        value: shown(retry.honoured_share()),
        note: match (retry.asked, retry.retried) {
            (0, _) => "no answer asked to wait".to_owned(),
            (asked, 0) => format!("asked {}, no caller tried again", plural(asked, "time")),
            (_, retried) => format!(
                "{} of {}, {} then passed",
                number(retry.honoured as f64, 0),
                if retried == 1 {
                    "1 retry".to_owned()
                } else {
                    format!("{} retries", number(retried as f64, 0))
                },
                number(retry.worked as f64, 0)
            ),
        },
    }
}
