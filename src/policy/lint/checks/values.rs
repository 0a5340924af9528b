//! S08: attributes that exclude each other, numbers outside their range, words that are none.

use super::super::document::{Document, Site};
use super::super::finding::Report;

/// Element, and two attributes of which it takes one.
const EITHER: &[(&str, &str, &str)] = &[
    ("log-to-eventhub", "partition-id", "partition-key"),
    ("forward-request", "timeout", "timeout-ms"),
    ("set-backend-service", "base-url", "backend-id"),
];

/// Element, attribute, least and greatest value.
const RANGES: &[(&str, &str, u64, u64)] = &[
    ("retry", "count", 1, 50),
    ("rate-limit", "renewal-period", 1, 300),
    ("rate-limit-by-key", "renewal-period", 1, 300),
    ("set-status", "code", 100, 599),
];

/// Least period of a quota in seconds; zero means for ever.
const QUOTA_PERIOD: u64 = 300;

const WORDS: &[(&str, &[&str])] = &[("exists-action", &["override", "skip", "append", "delete"])];

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for (_, site) in document.own() {
        either(site, report);
        ranges(site, report);
        words(site, report);
    }
}

fn either(site: &Site<'_>, report: &mut Report<'_>) {
    for (element, one, other) in EITHER {
        if site.name() == *element && site.value(one).is_some() && site.value(other).is_some() {
            let message = format!("`{one}` and `{other}` of `{element}` exclude each other");
            report
                .add("S08", site.name_span(), message)
                .hints
                .push("keep one of them".to_owned());
        }
    }
}

fn ranges(site: &Site<'_>, report: &mut Report<'_>) {
    let name = site.name();
    for (element, attribute, least, greatest) in RANGES {
        if name == *element {
            let range = format!("from {least} to {greatest}");
            number(site, attribute, &range, report, |number| {
                (*least..=*greatest).contains(&number)
            });
        }
    }
    if matches!(name, "quota" | "quota-by-key") {
        let range = format!("{QUOTA_PERIOD} or more, or 0 for ever");
        number(site, "renewal-period", &range, report, |number| {
            number == 0 || number >= QUOTA_PERIOD
        });
    }
}

fn number(
    site: &Site<'_>,
    attribute: &str,
    range: &str,
    report: &mut Report<'_>,
    holds: impl Fn(u64) -> bool,
) {
    let Some(value) = site.value(attribute) else {
        return;
    };
    let Some(text) = value.literal().filter(|_| value.missing.is_empty()) else {
        return;
    };
    if !text.parse::<u64>().is_ok_and(holds) {
        let element = &site.element.name;
        let message = format!("`{attribute}` of `{element}` cannot be `{text}`");
        report
            .add("S08", value.written.span, message)
            .hints
            .push(format!("it is a whole number {range}"));
    }
}

fn words(site: &Site<'_>, report: &mut Report<'_>) {
    for (attribute, allowed) in WORDS {
        let Some(value) = site.value(attribute) else {
            continue;
        };
        let Some(text) = value.literal().filter(|_| value.missing.is_empty()) else {
            continue;
        };
        if !allowed.contains(&text) {
            let message = format!("`{attribute}` cannot be `{text}`");
            report
                .add("S08", value.written.span, message)
                .hints
                .push(format!("it is {}", allowed.join(", ")));
        }
    }
}
