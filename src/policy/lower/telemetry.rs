//! `emit-metric` and `log-to-eventhub`.

use super::super::model::{Kind, Template};
use super::super::telemetry::{EmitMetric, LogToEventHub};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use super::elements::dimensions;

pub(super) fn emit_metric(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let name = attributes.required_name(lowering, "name");
    let namespace = attributes.name(lowering, "namespace");
    let value = attributes.template_or(lowering, "value", "1");
    attributes.finish(lowering);
    lowering.no_text(element);
    let dimensions = dimensions(lowering, element);
    Some(Kind::EmitMetric(EmitMetric {
        namespace: namespace.unwrap_or_else(|| "API Management".into()),
        name: name?,
        value: value?,
        dimensions,
    }))
}

pub(super) fn log_to_eventhub(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let logger = attributes.required_name(lowering, "logger-id");
    let id = attributes.literal(lowering, "partition-id");
    let key = attributes.template(lowering, "partition-key");
    attributes.finish(lowering);
    if id.is_some() && key.is_some() {
        let message = "`partition-id` and `partition-key` exclude each other";
        lowering.error(element.name_span, message).code = "S08";
    }
    for child in element.elements() {
        super::access::misplaced(lowering, element, child);
    }
    let body = match element.texts().next() {
        Some(text) => lowering.template(text),
        None => Some(Template::Literal("".into())),
    };
    Some(Kind::LogToEventHub(LogToEventHub {
        logger: logger?,
        partition: key.or(id.map(|(text, _)| Template::Literal(text))),
        body: body?,
    }))
}
