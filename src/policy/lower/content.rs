//! `json-to-xml`, `xml-to-json` and `redirect-content-urls`.

use super::super::content::{Content, JsonToXml, XmlToJson};
use super::super::model::{Kind, Template};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use super::elements::empty;

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let content = match element.name.as_str() {
        "json-to-xml" => json_to_xml(lowering, element, &mut attributes).map(Content::JsonToXml),
        "xml-to-json" => xml_to_json(lowering, element, &mut attributes).map(Content::XmlToJson),
        _ => Some(Content::RedirectUrls),
    };
    attributes.finish(lowering);
    empty(lowering, element);
    content.map(Kind::Content)
}

fn json_to_xml(
    lowering: &mut Lowering<'_>,
    element: &Element,
    attributes: &mut Attributes<'_>,
) -> Option<JsonToXml> {
    let apply = attributes.required(lowering, "apply");
    one_of(
        lowering,
        element,
        "apply",
        apply.as_ref(),
        &["always", "content-type-json"],
    );
    let consider_accept = attributes.template_or(lowering, "consider-accept-header", "true");
    let parse_date = attributes.boolean(lowering, "parse-date", true);
    let namespace_separator = attributes.template(lowering, "namespace-separator");
    let namespace_prefix = attributes.template(lowering, "namespace-prefix");
    let attribute_block = attributes.template(lowering, "attribute-block-name");
    Some(JsonToXml {
        apply: apply?,
        consider_accept: consider_accept?,
        parse_date,
        namespace_separator,
        namespace_prefix,
        attribute_block,
    })
}

fn xml_to_json(
    lowering: &mut Lowering<'_>,
    element: &Element,
    attributes: &mut Attributes<'_>,
) -> Option<XmlToJson> {
    let kind = attributes.required(lowering, "kind");
    one_of(
        lowering,
        element,
        "kind",
        kind.as_ref(),
        &["javascript-friendly", "direct"],
    );
    let apply = attributes.required(lowering, "apply");
    one_of(
        lowering,
        element,
        "apply",
        apply.as_ref(),
        &["always", "content-type-xml"],
    );
    let consider_accept = attributes.template_or(lowering, "consider-accept-header", "true");
    // The reference had the second name for a while.
    let older = attributes.template(lowering, "always-array-children");
    let always_arrays = attributes.template_or(lowering, "always-array-child-elements", "false");
    Some(XmlToJson {
        kind: kind?,
        apply: apply?,
        consider_accept: consider_accept?,
        always_arrays: older.or(always_arrays)?,
    })
}

/// Reports a literal that is none of the values there are.
pub(super) fn one_of(
    lowering: &mut Lowering<'_>,
    element: &Element,
    name: &str,
    template: Option<&Template>,
    values: &[&str],
) {
    if let (Some(Template::Literal(text)), Some(attribute)) = (template, element.attribute(name))
        && !values.contains(&text.trim())
    {
        let message = format!("`{name}` cannot be `{text}`");
        let problem = lowering.error(attribute.value.span, message);
        problem.code = "S01";
        problem.hints.push(format!("it is {}", values.join(" or ")));
    }
}
