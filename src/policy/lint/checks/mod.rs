//! The rules, a file for each family.

mod attributes;
mod bodies;
mod children;
mod cors;
mod expressions;
mod limits;
mod metrics;
mod placement;
mod quotes;
mod sections;
mod size;
mod tokens;
mod values;
mod variables;
mod wellformed;

use super::document::Document;
use super::finding::Report;

/// What shows when `document` is seen beside the documents before it.
pub(super) fn across<'d, 'a: 'd>(
    earlier: impl Iterator<Item = &'d Document<'a>>,
    document: &Document<'_>,
    report: &mut Report<'_>,
) {
    limits::across(earlier, document, report);
}

pub(super) fn all(document: &Document<'_>, report: &mut Report<'_>) {
    sections::check(document, report);
    placement::check(document, report);
    children::check(document, report);
    attributes::check(document, report);
    values::check(document, report);
    tokens::check(document, report);
    limits::check(document, report);
    metrics::check(document, report);
    cors::check(document, report);
    size::check(document, report);
    wellformed::check(document, report);
    expressions::check(document, report);
    quotes::check(document, report);
    bodies::check(document, report);
    variables::check(document, report);
}
