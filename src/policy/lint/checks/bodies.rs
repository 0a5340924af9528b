//! X05 and X06: reading a body uses it up, and reading an answer stops it from streaming.

use super::super::document::{Document, Site, Value};
use super::super::finding::Report;
use super::expressions::conditions;
use crate::policy::expression::{BodyOf, Facts};

/// Elements that say that language model answers pass here.
const LANGUAGE_MODEL: [&str; 5] = [
    "llm-token-limit",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-content-safety",
];

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    let streams = may_stream(document);
    for (index, site) in document.own() {
        for value in &site.values {
            let Some(facts) = value.facts() else { continue };
            for read in &facts.bodies {
                if !read.preserved && used_again(document, index, site, read.of) {
                    let (what, next) = match read.of {
                        BodyOf::Request => ("request", "the backend"),
                        BodyOf::Response => ("response", "the caller"),
                    };
                    report
                        .add(
                            "X05",
                            value.place(read.span),
                            format!("this uses up the {what} body, and {next} gets none"),
                        )
                        .hints
                        .push("write `As<…>(preserveContent: true)`".to_owned());
                }
            }
            if streams && site.section == Some("outbound") {
                buffered(document, site, value, facts, report);
            }
        }
    }
}

fn sections(of: BodyOf) -> [&'static str; 2] {
    match of {
        BodyOf::Request => ["inbound", "backend"],
        BodyOf::Response => ["outbound", "outbound"],
    }
}

/// True when somebody needs the body after this site: a later reader, or whoever it is sent to.
fn used_again(document: &Document<'_>, index: usize, site: &Site<'_>, of: BodyOf) -> bool {
    let relevant = sections(of);
    if !site
        .section
        .is_some_and(|section| relevant.contains(&section))
    {
        return false;
    }
    // The new body takes the old one's place.
    if replaces(document, site) {
        return false;
    }
    for (later_index, later) in document
        .sites
        .iter()
        .enumerate()
        .skip(index + 1)
        .filter(|(_, later)| later.section.is_some_and(|name| relevant.contains(&name)))
    {
        if site.excludes(later) {
            continue;
        }
        let reads = later
            .values
            .iter()
            .filter_map(Value::facts)
            .any(|facts| facts.bodies.iter().any(|read| read.of == of));
        if reads {
            return true;
        }
        let certain = later
            .branches
            .iter()
            .all(|branch| site.branches.contains(branch));
        let over = later.name() == "return-response"
            || replaces(document, later)
            || later.name() == "choose" && always_answers(document, later_index);
        if certain && over {
            return false;
        }
    }
    true
}

/// True for a `choose` in which each branch ends in an answer, one of them `otherwise`.
fn always_answers(document: &Document<'_>, choose: usize) -> bool {
    let mut otherwise = false;
    for (branch, site) in document.children_of(choose) {
        otherwise |= site.element.name == "otherwise";
        let ends = document.children_of(branch).any(|(index, inner)| {
            inner.name() == "return-response"
                || inner.name() == "choose" && always_answers(document, index)
        });
        if !ends {
            return false;
        }
    }
    otherwise
}

/// A `set-body` of the request or response itself, not of another message.
fn replaces(document: &Document<'_>, site: &Site<'_>) -> bool {
    site.name() == "set-body" && site.policy
        || document
            .around(site)
            .any(|around| around.name() == "return-response")
}

fn may_stream(document: &Document<'_>) -> bool {
    document.sites.iter().any(|site| {
        LANGUAGE_MODEL.contains(&site.name())
            || site.name() == "forward-request" && site.literal("buffer-response") == Some("false")
    })
}

fn buffered(
    document: &Document<'_>,
    site: &Site<'_>,
    value: &Value<'_>,
    own: &Facts,
    report: &mut Report<'_>,
) {
    let asks = |text: &str| text.to_ascii_lowercase().contains("stream");
    let aware = asks(&value.text.value)
        || document.around(site).any(|around| {
            around.value("condition").is_some_and(|condition| {
                let text = &condition.text.value;
                asks(text) || text.contains("StatusCode") && !text.contains("200")
            })
        })
        || conditions(document, site).any(|facts| facts.tested.iter().any(|name| asks(name)));
    if aware {
        return;
    }
    for read in own.bodies.iter().filter(|read| read.of == BodyOf::Response) {
        report
            .add(
                "X06",
                value.place(read.span),
                "reading the response body stops a streamed answer, which is no JSON either",
            )
            .hints
            .push("read it only when its `Content-Type` is not `text/event-stream`".to_owned());
    }
}
