//! M01 to M03: dimensions of token metrics.

use super::super::document::{Document, Site, Value};
use super::super::finding::Report;
use crate::policy::token_rules;

/// Members of `context` that differ from request to request, or nearly so.
const MANY: [(&str, &str); 4] = [
    ("RequestId", "the request's id"),
    ("Timestamp", "the time of the request"),
    ("Request.IpAddress", "the caller's address"),
    ("Elapsed", "the time that passed"),
];

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for (index, site) in document.own() {
        if !site.policy || !matches!(site.name(), "llm-emit-token-metric" | "emit-metric") {
            continue;
        }
        let dimensions: Vec<&Site<'_>> = document
            .children_of(index)
            .map(|(_, child)| child)
            .filter(|child| child.element.name == "dimension")
            .collect();
        report.mistakes(token_rules::of_metric(site.element));
        for dimension in dimensions {
            check_dimension(dimension, report);
        }
    }
}

fn check_dimension(dimension: &Site<'_>, report: &mut Report<'_>) {
    if let Some(name) = dimension.literal("name") {
        report.mistakes(token_rules::of_dimension(dimension.element, name));
    }
    if let Some(value) = dimension.value("value") {
        many_values(value, report);
    }
}

fn many_values(value: &Value<'_>, report: &mut Report<'_>) {
    let Some(facts) = value.facts() else { return };
    let known = MANY.iter().find(|(path, _)| facts.paths.contains(*path));
    let what = known.map(|(_, what)| *what).or_else(|| {
        value
            .text
            .value
            .contains("Guid.NewGuid")
            .then_some("a new id")
    });
    if let Some(what) = what {
        report
            .add(
                "M03",
                value.written.span,
                format!("the dimension's value is {what}, one time series for each"),
            )
            .hints
            .push(
                "Azure Monitor keeps 50,000 series in 12 hours and then drops new ones".to_owned(),
            );
    }
}
