//! Blocks around other elements, and requests that a policy sends: `retry`, `limit-concurrency`,
//! `wait`, `send-request`.

use std::sync::Arc;

use super::super::course::{Course, LimitConcurrency, Retry, SendRequest, Wait};
use super::super::model::{Item, Kind, Template};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::{Lowering, Parent};
use super::{cache, reshape};

/// Most tries that a `retry` may repeat (lint rule S08).
const MAX_RETRIES: u64 = 50;

pub(super) fn lower(
    lowering: &mut Lowering<'_>,
    element: &Element,
    within: Parent,
) -> Option<Kind> {
    let course = match element.name.as_str() {
        "retry" => retry(lowering, element, within),
        "limit-concurrency" => limit_concurrency(lowering, element, within),
        "wait" => wait(lowering, element, within),
        "send-request" | "send-one-way-request" => send_request(lowering, element),
        "cache-lookup-value" | "cache-store-value" | "cache-remove-value" => {
            cache::lower(lowering, element)
        }
        _ => reshape::lower(lowering, element),
    };
    course.map(Kind::Course)
}

fn retry(lowering: &mut Lowering<'_>, element: &Element, within: Parent) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let condition = attributes.required(lowering, "condition");
    let count = attributes.required(lowering, "count");
    if let (Some(Template::Literal(text)), Some(attribute)) = (&count, element.attribute("count"))
        && !text
            .trim()
            .parse()
            .is_ok_and(|count| (1..=MAX_RETRIES).contains(&count))
    {
        let message = format!("`count` is a whole number from 1 to {MAX_RETRIES}, not `{text}`");
        lowering.error(attribute.value.span, message).code = "S08";
    }
    let interval = attributes.required(lowering, "interval");
    let max_interval = attributes.template(lowering, "max-interval");
    let delta = attributes.template(lowering, "delta");
    for (name, template) in [
        ("interval", &interval),
        ("max-interval", &max_interval),
        ("delta", &delta),
    ] {
        if let (Some(Template::Literal(text)), Some(attribute)) =
            (template, element.attribute(name))
            && !text
                .trim()
                .parse::<f64>()
                .is_ok_and(|seconds| seconds.is_finite() && seconds >= 0.0)
        {
            let message = format!("`{name}` is a number of seconds, not `{text}`");
            lowering.error(attribute.value.span, message).code = "S01";
        }
    }
    let first_fast = attributes.template_or(lowering, "first-fast-retry", "false");
    attributes.finish(lowering);
    if let Some(wait) = descendant(element, "wait") {
        lowering
            .error(wait.name_span, "`wait` cannot stand in `retry`")
            .code = "S01";
    }
    let items = lowering.items(element, within);
    Some(Course::Retry(Arc::new(Retry {
        condition: condition?,
        count: count?,
        interval: interval?,
        max_interval,
        delta,
        first_fast: first_fast?,
        items,
    })))
}

fn descendant<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    element.elements().find_map(|child| {
        if child.name == name {
            Some(child)
        } else {
            descendant(child, name)
        }
    })
}

fn limit_concurrency(
    lowering: &mut Lowering<'_>,
    element: &Element,
    within: Parent,
) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let key = attributes.required(lowering, "key");
    let max_count = match attributes.required_literal(lowering, "max-count") {
        Some((text, span)) => match text.parse::<usize>() {
            Ok(count) if count > 0 => Some(count),
            _ => {
                let message = format!("`max-count` is a whole number above zero, not `{text}`");
                lowering.error(span, message).code = "S01";
                None
            }
        },
        None => None,
    };
    attributes.finish(lowering);
    let items = lowering.items(element, within);
    Some(Course::LimitConcurrency(LimitConcurrency {
        key: key?,
        max_count: max_count?,
        items,
    }))
}

fn wait(lowering: &mut Lowering<'_>, element: &Element, within: Parent) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let until = attributes.template_or(lowering, "for", "all");
    if let (Some(Template::Literal(text)), Some(attribute)) = (&until, element.attribute("for"))
        && !matches!(&**text, "all" | "any")
    {
        let message = format!("`for` is `all` or `any`, not `{text}`");
        lowering.error(attribute.value.span, message).code = "S01";
    }
    attributes.finish(lowering);
    for child in element.elements() {
        if !matches!(
            child.name.as_str(),
            "send-request" | "cache-lookup-value" | "choose"
        ) {
            let problem = lowering.error(
                child.name_span,
                format!("`{}` cannot stand in `wait`", child.name),
            );
            problem.code = "S01";
            problem
                .hints
                .push("it takes send-request, cache-lookup-value and choose".to_owned());
        }
    }
    let items = lowering.items(element, within);
    for item in &items {
        if let Kind::Choose(branches) = &item.kind {
            for branch in branches {
                in_branch(lowering, &branch.items);
            }
        }
    }
    Some(Course::Wait(Wait {
        until: until?,
        items,
    }))
}

/// A branch of a `wait` that goes on after a request that it sent would be a course of its own
/// beside the others; one request at its end is what can be waited for.
fn in_branch(lowering: &mut Lowering<'_>, items: &[Item]) {
    for (index, item) in items.iter().enumerate() {
        let last = index + 1 == items.len();
        let executed = match &item.kind {
            Kind::Course(Course::SendRequest(send)) => last && send.variable.is_some(),
            Kind::Course(course) => course.items().is_empty(),
            Kind::Choose(branches) => {
                for branch in branches {
                    in_branch(lowering, &branch.items);
                }
                last
            }
            Kind::ForwardRequest(_) => false,
            _ => true,
        };
        if !executed {
            let name = &item.place.element;
            let message =
                format!("`{name}` at this place inside `wait` is not executed by this version");
            let problem = lowering.error(item.place.span, message);
            problem.code = "S01";
            problem
                .hints
                .push("let a branch of `wait` end with its `send-request`".to_owned());
        }
    }
}

fn send_request(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let one_way = element.name == "send-one-way-request";
    let mut attributes = Attributes::of(element);
    let mode = attributes.template_or(lowering, "mode", "new");
    let timeout = attributes.template_or(lowering, "timeout", "60");
    let variable = if one_way {
        None
    } else {
        attributes.required(lowering, "response-variable-name")
    };
    let ignore_error = !one_way && attributes.boolean(lowering, "ignore-error", false);
    attributes.finish(lowering);
    match &mode {
        Some(Template::Literal(text)) if !matches!(&**text, "new" | "copy") => {
            let message = format!("`mode` is `new` or `copy`, not `{text}`");
            lowering.error(element.name_span, message).code = "S01";
        }
        Some(Template::Literal(text))
            if &**text == "new" && child(element, "set-url").is_none() =>
        {
            let message = format!("`{}` needs `set-url` unless `mode` is `copy`", element.name);
            lowering.error(element.name_span, message).code = "S01";
        }
        _ => {}
    }
    if let Some(Template::Literal(text)) = &timeout
        && text.trim().parse::<u64>().is_err()
    {
        let message = format!("timeout `{text}` is not a whole number");
        lowering.error(element.name_span, message);
    }
    lowering.no_text(element);
    let mut once = |name| child(element, name).and_then(|child| text_of(lowering, child));
    let (url, method) = (once("set-url"), once("set-method"));
    let items = element
        .elements()
        .filter(|child| !matches!(child.name.as_str(), "set-url" | "set-method"))
        .filter_map(|child| lowering.item(child, Parent::SendRequest))
        .collect();
    if variable.is_none() && !one_way {
        return None;
    }
    Some(Course::SendRequest(Arc::new(SendRequest {
        mode: mode?,
        variable,
        timeout: timeout?,
        ignore_error,
        url,
        method,
        items,
    })))
}

fn child<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    element.elements().find(|child| child.name == name)
}

/// The text of an element that takes nothing else, without the blanks around it.
pub(super) fn text_of(lowering: &mut Lowering<'_>, element: &Element) -> Option<Template> {
    Attributes::of(element).finish(lowering);
    if let Some(child) = element.elements().next() {
        let message = format!("`{}` cannot stand in `{}`", child.name, element.name);
        lowering.error(child.name_span, message).code = "S01";
    }
    match element.texts().next() {
        Some(text) => lowering.template(text).map(super::response::trimmed),
        None => {
            let message = format!("`{}` is empty", element.name);
            lowering.error(element.name_span, message).code = "S01";
            None
        }
    }
}

impl Lowering<'_> {
    /// Whether an element may be part of a request that a policy sends.
    pub(super) fn part_of_send(&mut self, element: &Element) -> bool {
        let name = element.name.as_str();
        if matches!(
            name,
            "set-header"
                | "set-body"
                | "authentication-managed-identity"
                | "authentication-certificate"
                | "authentication-basic"
                | "proxy"
        ) {
            return true;
        }
        let problem = self.error(
            element.name_span,
            format!("`{name}` cannot stand in a request that is sent"),
        );
        problem.code = "S01";
        problem.hints.push(
            "it takes set-url, set-method, set-header, set-body, proxy and one authentication"
                .to_owned(),
        );
        false
    }
}
