//! The page of what Azure Monitor reported: as that of a run, without a script and without network.

use super::{POLICY, figures, table};
use crate::base::number;
use crate::report::chart::{Chart, share};
use crate::report::listing::Listing;
use crate::report::look;
use crate::report::svg::{escape, put};
use crate::report::verdict::plural;
use crate::usage::{SubscriptionUsage, Usage};

/// What the page shows.
pub(in crate::report) struct UsagePage<'a> {
    pub(in crate::report) usage: &'a Usage,
    pub(in crate::report) sentence: String,
    pub(in crate::report) warnings: Vec<String>,
    pub(in crate::report) charts: Vec<Chart>,
    pub(in crate::report) listings: Vec<Listing>,
    /// Name of the time zone of all times.
    pub(in crate::report) zone: String,
}

pub(in crate::report) fn usage_page(page: &UsagePage<'_>) -> String {
    let mut out = String::new();
    let name = escape(&page.usage.name);
    put!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name}: usage</title>\n\
         <style>\n{}{}{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">skip to the report</a>\n\
         <svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\">{}</svg>\n\
         <header>\n<h1>Usage: {name}</h1>\n<p class=\"soft\">reported by Azure Monitor · times in {}</p>\n</header>\n\
         <main id=\"main\" tabindex=\"-1\">\n\
         <section class=\"verdict plain\" aria-label=\"verdict\">\n<p>{}</p>\n</section>\n",
        escape(POLICY),
        look::PALETTE,
        look::CHART,
        look::PAGE,
        look::PATTERNS,
        escape(&page.zone),
        escape(&page.sentence),
    );
    for warning in &page.warnings {
        put!(
            out,
            "<p class=\"banner\" role=\"note\">{}</p>\n",
            escape(warning)
        );
    }
    cards(&mut out, page.usage);
    figures::write(&mut out, &page.charts);
    for listing in &page.listings {
        put!(out, "<section>\n<h2>{}</h2>\n", escape(&listing.caption));
        table::write(&mut out, &listing.caption, &listing.columns, &listing.rows);
        out.push_str("</section>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// The five numbers that matter.
fn cards(out: &mut String, usage: &Usage) {
    let requests = usage.requests();
    let throttled = usage.with_status(429..=429);
    let errors = usage.with_status(500..=599);
    let busiest = usage
        .subscriptions
        .iter()
        .map(SubscriptionUsage::busiest)
        .max();
    let busiest = busiest.map(|tokens| tokens as f64 / usage.window.minutes());
    let duration = Usage::overall(&usage.duration);
    let known = requests > 0;
    let cards = [
        (
            "passed",
            share(usage.with_status(100..=399), requests),
            plural(requests, "request"),
        ),
        (
            "throttled (429)",
            share(throttled, requests),
            plural(throttled, "request"),
        ),
        (
            "tokens",
            number(usage.tokens() as f64, 0),
            plural(usage.subscriptions.len() as u64, "subscription"),
        ),
        (
            "busiest subscription",
            busiest.map_or("–".to_owned(), |tokens| {
                format!("{} tokens/min", number(tokens, 0))
            }),
            usage.limit.map_or("no limit known".to_owned(), |limit| {
                format!("limit {} tokens/min", number(limit as f64, 0))
            }),
        ),
        (
            "average duration",
            duration.map_or("–".to_owned(), |level| {
                format!("{} ms", number(level.average, 0))
            }),
            if known {
                format!("{} with 5xx", plural(errors, "request"))
            } else {
                String::new()
            },
        ),
    ];
    out.push_str("<section aria-label=\"key figures\">\n<dl class=\"cards\">\n");
    for (name, value, note) in cards {
        put!(
            out,
            "<div><dt>{name}</dt><dd class=\"value\">{}</dd><dd class=\"soft\">{}</dd></div>\n",
            escape(&value),
            escape(&note),
        );
    }
    out.push_str("</dl>\n</section>\n");
}
