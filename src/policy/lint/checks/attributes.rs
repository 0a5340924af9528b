//! S01 and T02, T04, T05: attributes that do not exist, are missing, or cannot be expressions.

use super::super::document::{Document, Site};
use super::super::finding::Report;
use crate::base::nearest;
use crate::policy::matrix::{self, AttributeEntry};

/// Attributes in use that the reference pages of August 2026 no longer list.
const EARLIER: &[(&str, &str)] = &[("llm-emit-token-metric", "value")];

/// Attributes of children that the reference pages use and do not list.
const UNLISTED: &[(&str, &str)] = &[("claim", "name")];

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for (_, site) in document.own() {
        // `proxy` and the authentication elements are policies inside `send-request` as well.
        match matrix::entry(&site.element.name) {
            Some(entry) if entry.own().next().is_some() || entry.sections.is_some() => {
                one(site, &entry.own().collect::<Vec<_>>(), report);
            }
            Some(_) => {}
            None => {
                let mut around = document.around(site);
                let listed = around.find_map(|holder| {
                    let listed: Vec<_> = matrix::of_child(holder.name(), site.name()).collect();
                    (!listed.is_empty()).then_some(listed)
                });
                if let Some(listed) = listed {
                    one(site, &listed, report);
                }
            }
        }
    }
}

fn one(site: &Site<'_>, listed: &[&AttributeEntry], report: &mut Report<'_>) {
    for attribute in listed {
        let name = attribute.name.as_str();
        match site.value(name) {
            // Rule T03 has its own words for this one.
            None if attribute.required() && name != "estimate-prompt-tokens" => {
                let code = if name == "counter-key" { "T02" } else { "S01" };
                if !optional_in_practice(site.name(), name) {
                    missing(site, name, code, report);
                }
            }
            Some(value) if attribute.literal_only() && value.is_expression() => {
                expression(site, name, report);
            }
            _ => {}
        }
    }
    unknown(site, listed, report);
}

/// `set-status` without a reason and `check-header` without a message deploy in Microsoft's
/// samples, whatever the tables say.
fn optional_in_practice(element: &str, attribute: &str) -> bool {
    matches!(
        (element, attribute),
        ("set-status", "reason") | ("check-header", "ignore-case" | "failed-check-error-message")
    )
}

fn missing(site: &Site<'_>, name: &str, code: &'static str, report: &mut Report<'_>) {
    let element = &site.element.name;
    // What could not be read may well be this attribute.
    if report.unread(site.element) {
        return;
    }
    report
        .add(
            code,
            site.name_span(),
            format!("`{element}` needs attribute `{name}`"),
        )
        .hints
        .push(format!("write `<{element} {name}=\"…\"`"));
}

fn expression(site: &Site<'_>, name: &str, report: &mut Report<'_>) {
    let code = if site.name() == "llm-token-limit" {
        "T05"
    } else {
        "S01"
    };
    let span = site
        .value(name)
        .map_or(site.name_span(), |value| value.written.span);
    report
        .add(
            code,
            span,
            format!("attribute `{name}` cannot be an expression"),
        )
        .hints
        .push("API Management refuses the deployment; use a literal or a named value".to_owned());
}

fn unknown(site: &Site<'_>, listed: &[&AttributeEntry], report: &mut Report<'_>) {
    let element = &site.element.name;
    let names = || listed.iter().map(|listed| listed.name.as_str());
    for attribute in &site.element.attributes {
        let name = attribute.name.as_str();
        let known = name == "id"
            || name.starts_with("xmlns")
            || name.starts_with("xsi:")
            || EARLIER.contains(&(site.name(), name))
            || UNLISTED.contains(&(site.name(), name))
            || names().any(|known| known == name);
        if known {
            continue;
        }
        let hint = match nearest(name, names()) {
            _ if name == "estimate-prompt-token" => {
                "did you mean `estimate-prompt-tokens`? Microsoft's policy toolkit writes it without the `s`".to_owned()
            }
            // The name that the reference had before it was turned around.
            _ if name.starts_with("consumed-tokens-") => {
                format!("did you mean `tokens-consumed-{}`?", &name["consumed-tokens-".len()..])
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => match names().collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "it has none".to_owned(),
                all => format!("it has {all}"),
            },
        };
        let code = if site.name() == "llm-token-limit" {
            "T04"
        } else {
            "S01"
        };
        report
            .add(
                code,
                attribute.name_span,
                format!("`{element}` has no attribute `{name}`"),
            )
            .hints
            .push(hint);
    }
}
