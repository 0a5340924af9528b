//! Elements that rewrite a request, refuse it, answer it, or leave a trace of it.

use core::net::IpAddr;

use super::super::course::{
    CheckHeader, Course, ExistsActionTemplate, IpFilter, RewriteUri, SetQueryParameter, Trace,
};
use super::super::model::{ExistsAction, Template};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::course::text_of;
use super::document::Lowering;
use super::elements::empty;
use super::response::values;

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    match element.name.as_str() {
        "check-header" => check_header(lowering, element),
        "find-and-replace" => find_and_replace(lowering, element),
        "ip-filter" => ip_filter(lowering, element),
        "mock-response" => Some(mock_response(lowering, element)),
        "rewrite-uri" => rewrite_uri(lowering, element),
        "set-method" => text_of(lowering, element).map(Course::SetMethod),
        "set-query-parameter" => set_query_parameter(lowering, element),
        "trace" => trace(lowering, element),
        _ => {
            lowering.not_executed(element);
            None
        }
    }
}

fn check_header(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let name = attributes.required(lowering, "name");
    let status = attributes.required(lowering, "failed-check-httpcode");
    let message = attributes.required(lowering, "failed-check-error-message");
    let ignore_case = attributes.required(lowering, "ignore-case");
    attributes.finish(lowering);
    lowering.no_text(element);
    let values = values(lowering, element);
    Some(Course::CheckHeader(CheckHeader {
        name: name?,
        status: status?,
        message: message?,
        ignore_case: ignore_case?,
        values,
    }))
}

fn find_and_replace(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let from = attributes.required(lowering, "from");
    let to = attributes.required(lowering, "to");
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Course::FindAndReplace {
        from: from?,
        to: to?,
    })
}

fn ip_filter(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let action = attributes.required(lowering, "action");
    if let (Some(Template::Literal(text)), Some(attribute)) = (&action, element.attribute("action"))
        && !matches!(&**text, "allow" | "forbid")
    {
        let message = format!("`action` is `allow` or `forbid`, not `{text}`");
        lowering.error(attribute.value.span, message).code = "S01";
    }
    attributes.finish(lowering);
    lowering.no_text(element);
    let mut ranges = Vec::new();
    for child in element.elements() {
        match child.name.as_str() {
            "address" => {
                let address = text_of(lowering, child);
                ranges.extend(address.map(|address| (child, address.clone(), address)));
            }
            "address-range" => {
                let mut attributes = Attributes::of(child);
                let from = attributes.required(lowering, "from");
                let to = attributes.required(lowering, "to");
                attributes.finish(lowering);
                empty(lowering, child);
                ranges.extend(from.zip(to).map(|(from, to)| (child, from, to)));
            }
            name => {
                let message = format!("`{name}` cannot stand in `ip-filter`");
                let problem = lowering.error(child.name_span, message);
                problem.code = "S01";
                problem
                    .hints
                    .push("it takes address and address-range".to_owned());
            }
        }
    }
    if element.elements().next().is_none() {
        lowering
            .error(element.name_span, "`ip-filter` names no address")
            .code = "S01";
    }
    for (child, from, to) in &ranges {
        for bound in [from, to] {
            if let Template::Literal(text) = bound
                && text.trim().parse::<IpAddr>().is_err()
            {
                let message = format!("`{text}` is not an IP address");
                lowering.error(child.name_span, message).code = "S01";
                break;
            }
        }
    }
    Some(Course::IpFilter(IpFilter {
        action: action?,
        ranges: ranges.into_iter().map(|(_, from, to)| (from, to)).collect(),
    }))
}

fn mock_response(lowering: &mut Lowering<'_>, element: &Element) -> Course {
    let mut attributes = Attributes::of(element);
    let status = match attributes.literal(lowering, "status-code") {
        None => 200,
        Some((text, span)) => match text.parse() {
            Ok(status) if (100..=599).contains(&status) => status,
            _ => {
                let message = format!("status code `{text}` is not a number from 100 to 599");
                lowering.error(span, message);
                200
            }
        },
    };
    let content_type = attributes.name(lowering, "content-type");
    attributes.finish(lowering);
    empty(lowering, element);
    Course::MockResponse {
        status,
        content_type,
    }
}

fn rewrite_uri(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let template = attributes.required(lowering, "template");
    let copy_unmatched = attributes.template_or(lowering, "copy-unmatched-params", "true");
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Course::RewriteUri(RewriteUri {
        template: template?,
        copy_unmatched: copy_unmatched?,
    }))
}

fn set_query_parameter(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let name = attributes.required(lowering, "name");
    let exists = attributes.template_or(lowering, "exists-action", "override")?;
    attributes.finish(lowering);
    lowering.no_text(element);
    let exists = match exists {
        Template::Literal(text) => match ExistsAction::from_name(&text) {
            Some(action) => ExistsActionTemplate::Known(action),
            None => {
                let message = format!("`exists-action` cannot be `{text}`");
                let problem = lowering.error(element.name_span, message);
                problem.code = "S01";
                problem
                    .hints
                    .push("it is override, skip, append or delete".to_owned());
                return None;
            }
        },
        computed @ Template::Expression(_) => ExistsActionTemplate::Computed(computed),
    };
    let values = values(lowering, element);
    if let (true, ExistsActionTemplate::Known(action)) = (values.is_empty(), &exists)
        && *action != ExistsAction::Delete
    {
        lowering
            .error(element.name_span, "`set-query-parameter` needs a `value`")
            .code = "S01";
    }
    Some(Course::SetQueryParameter(SetQueryParameter {
        name: name?,
        exists,
        values,
    }))
}

fn trace(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let source = attributes.required_name(lowering, "source");
    let severity = attributes.literal(lowering, "severity");
    if let Some((text, span)) = &severity
        && !matches!(&**text, "verbose" | "information" | "error")
    {
        let message = format!("`severity` cannot be `{text}`");
        let problem = lowering.error(*span, message);
        problem.code = "S01";
        problem
            .hints
            .push("it is verbose, information or error".to_owned());
    }
    attributes.finish(lowering);
    lowering.no_text(element);
    let mut message = None;
    let mut metadata = Vec::new();
    for child in element.elements() {
        match child.name.as_str() {
            "message" => message = text_of(lowering, child),
            "metadata" => {
                let mut attributes = Attributes::of(child);
                let name = attributes.required(lowering, "name");
                let value = attributes.required(lowering, "value");
                attributes.finish(lowering);
                empty(lowering, child);
                metadata.extend(name.zip(value));
            }
            name => {
                let message = format!("`{name}` cannot stand in `trace`");
                let problem = lowering.error(child.name_span, message);
                problem.code = "S01";
                problem
                    .hints
                    .push("it takes message and metadata".to_owned());
            }
        }
    }
    if !element.elements().any(|child| child.name == "message") {
        lowering
            .error(element.name_span, "`trace` needs a `message`")
            .code = "S01";
    }
    Some(Course::Trace(Trace {
        source: source?,
        severity: severity.map_or_else(|| "verbose".into(), |(text, _)| text),
        message: message?,
        metadata,
    }))
}
