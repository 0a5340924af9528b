//! Sections, `<base />` and forwarding: S02, S03, S04, and S01 for what is no section.

use super::super::document::{Document, SECTIONS};
use super::super::finding::Report;
use super::super::options::PolicyScope;
use crate::base::{Span, nearest};
use crate::policy::matrix;
use crate::policy::xml::Element;

/// Policies that give an answer themselves, so that nothing needs forwarding.
const ANSWERS: [&str; 2] = ["return-response", "mock-response"];

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    match document.root.name.as_str() {
        "policies" => policies(document, report),
        "fragment" => fragment(document, report),
        name => {
            report
                .add(
                    "S01",
                    document.root.name_span,
                    format!("a policy document is `<policies>` or `<fragment>`, not `<{name}>`"),
                )
                .hints
                .push("put the elements into `<policies><inbound>…`".to_owned());
        }
    }
    text(document.root, report);
    for (_, site) in document.own().filter(|(_, site)| site.policy) {
        let holds_policies = matches!(
            site.name(),
            "choose" | "retry" | "wait" | "limit-concurrency"
        );
        if holds_policies {
            text(site.element, report);
        }
    }
}

fn policies(document: &Document<'_>, report: &mut Report<'_>) {
    let mut seen: Vec<&str> = Vec::new();
    for element in document.root.elements() {
        let name = element.name.as_str();
        if !SECTIONS.contains(&name) {
            unknown_section(element, report);
        } else if seen.contains(&name) {
            report.add(
                "S01",
                element.name_span,
                format!("section `{name}` stands twice"),
            );
        } else {
            text(element, report);
            base(document, element, report);
        }
        seen.push(name);
    }
    forwarding(document, report);
}

fn unknown_section(element: &Element, report: &mut Report<'_>) {
    let name = &element.name;
    let hint = match nearest(name, SECTIONS) {
        Some(near) => format!("did you mean `{near}`?"),
        None if matrix::entry(name).is_some() || name == "base" => {
            "a policy element belongs into `inbound`, `backend`, `outbound` or `on-error`"
                .to_owned()
        }
        None => format!("the sections are {}", SECTIONS.join(", ")),
    };
    report
        .add(
            "S01",
            element.name_span,
            format!("`{name}` is not a section of a policy"),
        )
        .hints
        .push(hint);
}

fn text(element: &Element, report: &mut Report<'_>) {
    if let Some(text) = element.texts().next() {
        let start = text.value.len() - text.value.trim_start().len();
        let span = text.place(Span::new(start, start + text.value.trim().len()));
        let message = format!("`{}` holds elements, not text", element.name);
        report.add("S01", span, message);
    }
}

/// A section that forwards or answers by itself stands in for the broader one on purpose.
fn base(document: &Document<'_>, section: &Element, report: &mut Report<'_>) {
    let name = section.name.as_str();
    let mut held = document.in_section(name).map(|(_, site)| site);
    let stands_alone = |site: &str| {
        site == "base"
            || name == "backend" && (site == "forward-request" || ANSWERS.contains(&site))
    };
    let included = document
        .in_section(name)
        .any(|(_, site)| site.name() == "include-fragment");
    let never_reached = name == "backend" && answered(document);
    if document.options.scope == PolicyScope::Global
        || held.any(|site| stands_alone(site.name()))
        || (name == "backend" && included)
        || never_reached
    {
        return;
    }
    report
        .add(
            "S02",
            section.name_span,
            format!("section `{name}` has no `<base />`"),
        )
        .hints
        .push("without it nothing of the broader scopes runs in this section".to_owned());
}

/// The document gives every answer itself: in `inbound`, or, with an empty `<backend />`, in
/// `outbound`, where it writes the body that no backend gave.
fn answered(document: &Document<'_>) -> bool {
    let mut sections = document.root.elements();
    let empty_backend =
        sections.any(|section| section.name == "backend" && section.elements().next().is_none());
    let always = |section, names: &[&str]| {
        document.in_section(section).any(|(_, site)| {
            site.policy && site.branches.is_empty() && names.contains(&site.name())
        })
    };
    always("inbound", &ANSWERS)
        || empty_backend && always("outbound", &["return-response", "set-body"])
}

fn forwarding(document: &Document<'_>, report: &mut Report<'_>) {
    let forwards = document.in_section("backend").any(|(_, site)| {
        matches!(site.name(), "forward-request" | "include-fragment")
            || ANSWERS.contains(&site.name())
            || (site.name() == "base" && document.options.scope != PolicyScope::Global)
    });
    if forwards || answered(document) {
        return;
    }
    let backend = document
        .root
        .elements()
        .find(|element| element.name == "backend");
    let span = backend.map_or(document.root.name_span, |element| element.name_span);
    report
        .add("S04", span, "no request reaches the backend")
        .hints
        .push("put `<base />` or `<forward-request />` into `backend`".to_owned());
}

fn fragment(document: &Document<'_>, report: &mut Report<'_>) {
    for (_, site) in document.own() {
        let name = site.element.name.as_str();
        let (message, hint) = if name == "base" {
            (
                "a fragment cannot hold `<base />`".to_owned(),
                "the document that includes it has the `<base />`",
            )
        } else if name == "include-fragment" {
            (
                "a fragment cannot include another fragment".to_owned(),
                "include both in the document that needs them",
            )
        } else if site.parent.is_none() && SECTIONS.contains(&name) {
            (
                format!("a fragment cannot hold the section `{name}`"),
                "put its elements directly into `<fragment>`",
            )
        } else {
            continue;
        };
        report
            .add("S03", site.name_span(), message)
            .hints
            .push(hint.to_owned());
    }
}
