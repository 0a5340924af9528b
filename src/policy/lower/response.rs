//! The elements that shape a message: headers, status, body, and the whole response.

use super::super::model::{
    ExistsAction, Kind, ReturnResponse, SetBody, SetHeader, SetStatus, Template,
};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::{Lowering, Parent};
use super::elements::empty;
use super::liquid;

/// Headers that belong to the connection and that no policy can touch (specification 3.2).
const UNTOUCHABLE: [&str; 4] = [
    "Connection",
    "Content-Length",
    "Keep-Alive",
    "Transfer-Encoding",
];

pub(super) fn return_response(lowering: &mut Lowering<'_>, element: &Element) -> Kind {
    let mut attributes = Attributes::of(element);
    let variable = attributes.name(lowering, "response-variable-name");
    attributes.finish(lowering);
    let items = lowering.items(element, Parent::ReturnResponse);
    Kind::ReturnResponse(ReturnResponse { variable, items })
}

pub(super) fn set_status(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let code = attributes.required(lowering, "code");
    let reason = attributes.template_or(lowering, "reason", "");
    if let Some(Template::Literal(text)) = &code
        && !text
            .trim()
            .parse::<u16>()
            .is_ok_and(|code| (100..=599).contains(&code))
    {
        lowering.error(
            element.name_span,
            format!("status code `{text}` is not a number from 100 to 599"),
        );
    }
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Kind::SetStatus(SetStatus {
        code: code?,
        reason: reason?,
    }))
}

pub(super) fn set_body(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    if attributes.attribute("template").is_some() {
        return liquid::set_body(lowering, element, attributes).map(Kind::SetBody);
    }
    // Both say how templates read a body, and nothing without one.
    attributes.literal(lowering, "xsi-nil");
    attributes.boolean(lowering, "parse-date", true);
    attributes.finish(lowering);
    if let Some(child) = element.elements().next() {
        lowering
            .error(
                child.name_span,
                format!("`{}` cannot stand in `set-body`", child.name),
            )
            .hints
            .push("wrap a body that is XML in `<![CDATA[ … ]]>`".to_owned());
    }
    let texts: Vec<_> = element.texts().collect();
    if texts.len() > 1 {
        lowering.error(
            texts[1].span,
            "`set-body` holds text in several pieces, which is not executed by this version",
        );
    }
    let value = match texts.first() {
        Some(text) => lowering.template(text)?,
        None => Template::Literal("".into()),
    };
    Some(Kind::SetBody(SetBody {
        value,
        liquid: None,
    }))
}

pub(super) fn set_header(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let name = attributes.required(lowering, "name");
    let exists = attributes.template_or(lowering, "exists-action", "override");
    attributes.finish(lowering);
    lowering.no_text(element);
    if let Some(Template::Literal(name)) = &name
        && UNTOUCHABLE
            .iter()
            .any(|header| header.eq_ignore_ascii_case(name))
    {
        lowering.error(
            element.name_span,
            format!("header `{name}` belongs to the connection and cannot be set"),
        );
    }
    let action = match &exists {
        Some(Template::Literal(action)) => ExistsAction::from_name(action),
        Some(Template::Expression(_)) => None,
        None => return None,
    };
    if let (Some(Template::Literal(text)), None) = (&exists, action) {
        let problem = lowering.error(
            element.name_span,
            format!("`exists-action` cannot be `{text}`"),
        );
        problem.code = "S01";
        problem
            .hints
            .push("it is override, skip, append or delete".to_owned());
    }
    let values = values(lowering, element);
    if values.is_empty() && action.is_some_and(|action| action != ExistsAction::Delete) {
        let problem = lowering.error(element.name_span, "`set-header` needs a `value`");
        problem.code = "S01";
        problem.hints.push(
            "write `<value>…</value>`, or delete the header with `exists-action=\"delete\"`"
                .to_owned(),
        );
    }
    Some(Kind::SetHeader(SetHeader {
        name: name?,
        exists: exists?,
        values,
    }))
}

/// The `value` children of an element that takes nothing else.
pub(super) fn values(lowering: &mut Lowering<'_>, element: &Element) -> Vec<Template> {
    let mut values = Vec::new();
    for child in element.elements() {
        if child.name != "value" {
            lowering
                .error(
                    child.name_span,
                    format!("`{}` cannot stand in `{}`", child.name, element.name),
                )
                .code = "S01";
            continue;
        }
        Attributes::of(child).finish(lowering);
        match child.texts().next() {
            Some(text) => values.extend(lowering.template(text).map(trimmed)),
            None => values.push(Template::Literal("".into())),
        }
    }
    values
}

/// Blanks around a header's value are layout of the document, not part of the value.
pub(super) fn trimmed(template: Template) -> Template {
    match template {
        Template::Literal(text) => Template::Literal(text.trim().into()),
        expression @ Template::Expression(_) => expression,
    }
}
