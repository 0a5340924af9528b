//! S01: elements that do not exist, or not in this section, scope or gateway; L01 and L03.

use super::super::document::{Document, Site, is_liquid};
use super::super::finding::Report;
use super::super::options::PolicyScope;
use crate::base::{Severity, nearest};
use crate::policy::liquid::{Liquid, XsiNil};
use crate::policy::lower::{executes, template_text};
use crate::policy::matrix::{self, Entry};

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for site in document.sites.iter().filter(|site| site.included) {
        from_fragment(document, site, report);
    }
    for (_, site) in document.own().filter(|(_, site)| site.policy) {
        let name = site.element.name.as_str();
        let misplaced_section =
            document.root.name == "fragment" && super::super::document::SECTIONS.contains(&name);
        if name == "base" || misplaced_section {
            continue;
        }
        match matrix::entry(name) {
            Some(entry) => {
                known(document, site, entry, report);
                if !executes(name) {
                    report.add(
                        "L01",
                        site.name_span(),
                        format!("`{name}` is not executed by the local gateway"),
                    );
                }
                if name == "set-body" && is_liquid(site.element) && !site.included {
                    template(document, site, report);
                }
                if name == "include-fragment" {
                    included(document, site, report);
                }
            }
            None => unknown(name, site, report),
        }
    }
}

/// What keeps a Liquid template from being read. Named values stay as they are: to the template
/// they are names like any other.
fn template(document: &Document<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let text = template_text(document.source, site.element);
    if let Err(mistake) = Liquid::parse(&text.value, XsiNil::Blank, true) {
        report.add("S01", text.place(mistake.span), mistake.message);
    }
}

fn unknown(name: &str, site: &Site<'_>, report: &mut Report<'_>) {
    let hint = match nearest(name, matrix::names()) {
        Some(known) => format!("did you mean `{known}`?"),
        None if name == "when" || name == "otherwise" => "it belongs into `choose`".to_owned(),
        None => "see Microsoft's policy reference for the elements there are".to_owned(),
    };
    report
        .add(
            "S01",
            site.name_span(),
            format!("`{name}` is not a policy element"),
        )
        .hints
        .push(hint);
}

/// A fragment is fine by itself and wrong where it is included.
fn from_fragment(document: &Document<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let Some((section, allowed)) = site.section.zip(sections(site)) else {
        return;
    };
    let included = document
        .around(site)
        .find(|around| around.name() == "include-fragment" && !around.included);
    if let (Some(include), true) = (included, refuses(site, section, allowed)) {
        let name = &site.element.name;
        let id = include.literal("fragment-id").unwrap_or_default();
        let message = format!("`{name}` of fragment `{id}` cannot stand in `{section}`");
        report
            .add("S01", include.name_span(), message)
            .hints
            .push(format!("it belongs into {}", allowed.join(", ")));
    }
}

fn sections(site: &Site<'_>) -> Option<&'static Vec<String>> {
    if !site.policy {
        return None;
    }
    matrix::entry(&site.element.name)?.sections.as_ref()
}

fn refuses(site: &Site<'_>, section: &str, allowed: &[String]) -> bool {
    !used_in_practice(site.name(), section) && !allowed.iter().any(|known| known == section)
}

fn known(document: &Document<'_>, site: &Site<'_>, entry: &Entry, report: &mut Report<'_>) {
    let name = &site.element.name;
    if let Some((section, allowed)) = site.section.zip(sections(site))
        && refuses(site, section, allowed)
    {
        report
            .add(
                "S01",
                site.name_span(),
                format!("`{name}` cannot stand in `{section}`"),
            )
            .hints
            .push(format!("it belongs into {}", allowed.join(", ")));
    }
    let options = document.options;
    if let (Some(scope), Some(allowed)) = (options.scope.matrix_name(), &entry.scopes)
        && !allowed.iter().any(|known| known == scope)
    {
        let message = format!("`{name}` cannot stand in a document of scope `{scope}`");
        report
            .add("S01", site.name_span(), message)
            .hints
            .push(format!("its scopes: {}", allowed.join(", ")));
    }
    // Microsoft's own fragments hold it and are deployed.
    if options.scope == PolicyScope::Fragment && name == "cache-lookup-value" {
        let message = "the reference does not support `cache-lookup-value` in fragments";
        report.add("S01", site.name_span(), message).severity = Severity::Info;
    }
    let gateway = options.platform.gateway();
    if let Some(allowed) = &entry.gateways {
        let has = |known: &String| {
            known == gateway || known == "dedicated" && matches!(gateway, "classic" | "v2")
        };
        // Token limits on Consumption have a rule of their own.
        let told_elsewhere = site.name() == "llm-token-limit" && gateway == "consumption";
        if !told_elsewhere && !allowed.iter().any(has) {
            report
                .add(
                    "S01",
                    site.name_span(),
                    format!("`{name}` does not exist on the {gateway} gateway"),
                )
                .hints
                .push(format!("its gateways: {}", allowed.join(", ")));
        }
    }
}

/// Where Microsoft's own pages and samples use an element that its reference page does not list.
fn used_in_practice(name: &str, section: &str) -> bool {
    section == "on-error" && matches!(name, "set-body" | "trace")
}

fn included(document: &Document<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let Some((id, fragments)) = site
        .literal("fragment-id")
        .zip(document.options.fragments.as_ref())
    else {
        return;
    };
    if fragments.known(id) {
        return;
    }
    let problem = report.add(
        "L03",
        site.name_span(),
        format!("fragment `{id}` is not among the fragments"),
    );
    if let Some(near) = nearest(id, fragments.ids()) {
        problem.hints.push(format!("did you mean `{near}`?"));
    }
}
