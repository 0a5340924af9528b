//! The tables of the page: thresholds, subscriptions and callers, times, refusals.

use super::table;
use crate::base::number;
use crate::report::listing::{self, Listing, MOST_REFUSALS};
use crate::report::summary::Summary;
use crate::report::svg::put;
use crate::report::whole::Report;

/// A section with its tables; `words` stand in for those that have no rows.
fn section(out: &mut String, id: &str, heading: &str, listings: &[Listing], words: &str) {
    put!(
        out,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n"
    );
    if listings.iter().all(|listing| listing.rows.is_empty()) {
        put!(out, "<p class=\"soft\">{words}</p>\n");
    }
    for listing in listings.iter().filter(|listing| !listing.rows.is_empty()) {
        table::write(out, &listing.caption, &listing.columns, &listing.rows);
    }
    out.push_str("</section>\n");
}

/// Nothing without thresholds: the verdict above says so already.
pub(super) fn thresholds(out: &mut String, summary: &Summary) {
    if !summary.thresholds.is_empty() {
        section(
            out,
            "thresholds",
            "Thresholds",
            &[listing::thresholds(summary)],
            "",
        );
    }
}

pub(super) fn groups(out: &mut String, summary: &Summary) {
    let listings = [
        listing::groups("subscription", &summary.subscriptions),
        listing::groups("caller", &summary.callers),
    ];
    section(
        out,
        "groups",
        "Who asked",
        &listings,
        "nobody sent a request",
    );
}

/// Nothing where no limit is known.
pub(super) fn limits(out: &mut String, summary: &Summary) {
    let listing = listing::limits(summary);
    if listing.rows.is_empty() {
        return;
    }
    section(out, "limit", "The limit", &[listing], "");
    if let Some(fairness) = summary.fairness {
        put!(
            out,
            "<p class=\"soft\">Jain's fairness index of the tokens admitted: {} (1 is equal shares)</p>\n",
            number(fairness, 3)
        );
    }
}

pub(super) fn times(out: &mut String, summary: &Summary) {
    section(
        out,
        "times",
        "Times",
        &[listing::times(summary)],
        "no request was done",
    );
}

pub(super) fn refusals(out: &mut String, report: &Report<'_>) {
    let mut listing = listing::refusals(&report.digest.refusals);
    let counts = &report.summary.counts;
    let refused = counts.requests - counts.passed;
    if refused > listing.rows.len() as u64 {
        put!(
            listing.caption,
            ": the first {MOST_REFUSALS} of {}",
            number(refused as f64, 0)
        );
    }
    let words = if counts.requests == 0 {
        "no request was done"
    } else {
        "every request passed"
    };
    section(out, "refusals", "What did not pass", &[listing], words);
}
