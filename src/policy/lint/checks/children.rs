//! S01: what may stand inside an element that holds no policies.

use super::super::document::{Document, Site};
use super::super::finding::Report;
use crate::base::nearest;

const NOTHING: &[&str] = &[];

/// What makes a request that a policy sends.
const SENT: &[&str] = &[
    "set-url",
    "set-method",
    "set-header",
    "set-body",
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "proxy",
];

/// Children of the elements whose reference page lists them completely. Elements that are not
/// here hold schemas of their own and are not looked into.
const CHILDREN: &[(&str, &[&str])] = &[
    ("base", NOTHING),
    ("authentication-basic", NOTHING),
    ("authentication-certificate", NOTHING),
    ("authentication-managed-identity", NOTHING),
    (
        "cache-lookup",
        &["vary-by-header", "vary-by-query-parameter"],
    ),
    ("cache-lookup-value", NOTHING),
    ("cache-remove-value", NOTHING),
    ("cache-store", NOTHING),
    ("cache-store-value", NOTHING),
    ("check-header", &["value"]),
    ("choose", &["when", "otherwise"]),
    (
        "cors",
        &[
            "allowed-origins",
            "allowed-methods",
            "allowed-headers",
            "expose-headers",
        ],
    ),
    ("allowed-origins", &["origin"]),
    ("allowed-methods", &["method"]),
    ("allowed-headers", &["header"]),
    ("expose-headers", &["header"]),
    ("emit-metric", &["dimension"]),
    ("find-and-replace", NOTHING),
    ("forward-request", NOTHING),
    ("get-authorization-context", NOTHING),
    ("include-fragment", NOTHING),
    ("ip-filter", &["address", "address-range"]),
    ("json-to-xml", NOTHING),
    ("jsonp", NOTHING),
    ("llm-content-safety", &["categories", "blocklists"]),
    ("llm-emit-token-metric", &["dimension"]),
    ("llm-semantic-cache-lookup", &["vary-by"]),
    ("llm-semantic-cache-store", NOTHING),
    ("llm-token-limit", NOTHING),
    ("log-to-eventhub", NOTHING),
    ("mock-response", NOTHING),
    ("proxy", NOTHING),
    ("quota", &["api"]),
    ("quota-by-key", NOTHING),
    ("rate-limit", &["api"]),
    ("rate-limit-by-key", NOTHING),
    ("redirect-content-urls", NOTHING),
    ("return-response", &["set-status", "set-header", "set-body"]),
    ("rewrite-uri", NOTHING),
    ("send-request", SENT),
    ("send-one-way-request", SENT),
    ("set-backend-service", NOTHING),
    ("set-header", &["value"]),
    ("set-method", NOTHING),
    ("set-query-parameter", &["value"]),
    ("set-status", NOTHING),
    ("set-variable", NOTHING),
    ("trace", &["message", "metadata"]),
    ("xml-to-json", NOTHING),
    (
        "validate-azure-ad-token",
        &[
            "client-application-ids",
            "backend-application-ids",
            "audiences",
            "required-claims",
            "decryption-keys",
        ],
    ),
    (
        "validate-jwt",
        &[
            "openid-config",
            "issuer-signing-keys",
            "decryption-keys",
            "audiences",
            "issuers",
            "required-claims",
        ],
    ),
    ("required-claims", &["claim"]),
    ("audiences", &["audience"]),
    ("issuers", &["issuer"]),
    ("wait", &["send-request", "cache-lookup-value", "choose"]),
];

/// Elements that need at least one child of this name.
const NEEDED: &[(&str, &str)] = &[
    ("choose", "when"),
    ("llm-emit-token-metric", "dimension"),
    ("emit-metric", "dimension"),
    ("cors", "allowed-origins"),
    ("trace", "message"),
];

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    CHILDREN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, children)| *children)
}

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for (index, site) in document.own() {
        if let Some(parent) = site.parent.map(|parent| &document.sites[parent]) {
            child(parent, site, report);
        }
        if let Some((_, needed)) = NEEDED.iter().find(|(name, _)| *name == site.name())
            && !site.element.elements().any(|child| child.name == *needed)
        {
            let message = format!("`{}` needs a `{needed}`", site.element.name);
            report.add("S01", site.name_span(), message);
        }
        if site.name() == "choose" {
            after_otherwise(document, index, report);
        }
    }
}

fn child(parent: &Site<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let Some(allowed) = allowed(parent.name()) else {
        return;
    };
    let name = site.element.name.as_str();
    if allowed.contains(&name) {
        return;
    }
    let holder = &parent.element.name;
    let hint = match nearest(name, allowed.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if allowed.is_empty() => format!("write `<{holder} … />`"),
        None => format!("it takes {}", allowed.join(", ")),
    };
    report
        .add(
            "S01",
            site.name_span(),
            format!("`{name}` cannot stand in `{holder}`"),
        )
        .hints
        .push(hint);
}

fn after_otherwise(document: &Document<'_>, choose: usize, report: &mut Report<'_>) {
    let mut over = false;
    for (_, branch) in document.children_of(choose) {
        if over {
            let message = format!("`{}` stands after `otherwise`", branch.element.name);
            report.add("S01", branch.name_span(), message);
        }
        over |= branch.element.name == "otherwise";
    }
}
