//! X01 to X03, X07, X08 and X10, and L02 for open named values.

use super::super::document::{Content, Document, Site, Value};
use super::super::finding::Report;
use super::super::options::PolicyScope;
use crate::policy::expression::{BodyOf, Entity, Facts, Problem, ProblemKind};

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for (_, site) in document.own() {
        for value in &site.values {
            for (name, span) in &value.missing {
                report
                    .add(
                        "L02",
                        *span,
                        format!("named value `{name}` has no value here"),
                    )
                    .hints
                    .push("give it with `--set` or `--named-values`".to_owned());
            }
            match &value.content {
                Content::Broken(problems) => broken(value, problems, report),
                Content::Expression(parsed) => {
                    // Types are told by name; notes tell the rest.
                    if parsed.1.unsupported.is_empty() {
                        broken(value, parsed.0.notes(), report);
                    }
                    whole(document, site, value, &parsed.1, report);
                }
                Content::Literal | Content::Open => {}
            }
        }
    }
}

fn broken(value: &Value<'_>, problems: &[Problem], report: &mut Report<'_>) {
    for problem in problems {
        let code = match problem.kind {
            ProblemKind::Syntax => "X01",
            ProblemKind::NoReturn => "X02",
            ProblemKind::Name => "X03",
            ProblemKind::Unsupported => "X10",
        };
        let found = report.add(code, value.place(problem.span), problem.message.clone());
        found.hints.extend(problem.hint.clone());
    }
}

fn whole(
    document: &Document<'_>,
    site: &Site<'_>,
    value: &Value<'_>,
    facts: &Facts,
    report: &mut Report<'_>,
) {
    for (name, span) in &facts.unsupported {
        let message = format!("the type `{name}` is not supported here");
        report.add("X10", value.place(*span), message);
    }
    for (entity, span) in &facts.dereferenced {
        let tested = facts.catches
            || facts.null_tested.contains(entity)
            || conditions(document, site).any(|facts| facts.null_tested.contains(entity));
        if !tested && let Some(why) = may_be_null(document, site, *entity) {
            let name = entity.as_str();
            report
                .add(
                    "X07",
                    value.place(*span),
                    format!("`context.{name}` can be null here: {why}"),
                )
                .hints
                .push(format!("write `context.{name}?.…`"));
        }
    }
    for read in facts
        .bodies
        .iter()
        .filter(|read| read.of == BodyOf::Request)
    {
        if let Some(method) = without_body(document, site, facts) {
            report
                .add(
                    "X08",
                    value.place(read.span),
                    format!("a {method} request has no body to read"),
                )
                .hints
                .push("`context.Request.Body` is null without a body".to_owned());
        }
    }
}

fn may_be_null(document: &Document<'_>, site: &Site<'_>, entity: Entity) -> Option<&'static str> {
    let scope = document.options.scope;
    match entity {
        Entity::Subscription if site.section == Some("on-error") => {
            Some("a request without a valid key ends up in `on-error`")
        }
        Entity::Subscription if scope == PolicyScope::Global => {
            Some("an API may do without subscriptions")
        }
        Entity::Product if scope != PolicyScope::Product || site.section == Some("on-error") => {
            Some("a key need not belong to a product")
        }
        Entity::User => Some("a subscription need not belong to a user"),
        _ => None,
    }
}

/// What the conditions around a site look at.
pub(super) fn conditions<'d>(
    document: &'d Document<'_>,
    site: &'d Site<'_>,
) -> impl Iterator<Item = &'d Facts> {
    document
        .around(site)
        .filter_map(|around| around.value("condition"))
        .filter_map(Value::facts)
}

/// GET or HEAD, where the operation or a condition around says so.
fn without_body(document: &Document<'_>, site: &Site<'_>, own: &Facts) -> Option<String> {
    let bare = |method: &str| matches!(method, "GET" | "HEAD");
    if let Some(method) = document.options.method.as_deref().filter(|m| bare(m)) {
        return own.methods.is_empty().then(|| method.to_owned());
    }
    conditions(document, site).find_map(|facts| {
        let all = !facts.methods.is_empty() && facts.methods.iter().all(|method| bare(method));
        all.then(|| facts.methods.iter().next().cloned()).flatten()
    })
}
