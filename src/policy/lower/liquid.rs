//! `set-body template="liquid"`.

use std::sync::Arc;

use super::super::liquid::{Liquid, XsiNil};
use super::super::model::{SetBody, Template};
use super::super::xml::{Element, Text};
use super::attributes::Attributes;
use super::document::Lowering;
use crate::base::Source;

pub(super) fn set_body(
    lowering: &mut Lowering<'_>,
    element: &Element,
    mut attributes: Attributes<'_>,
) -> Option<SetBody> {
    if let Some((kind, span)) = attributes.literal(lowering, "template")
        && &*kind != "liquid"
    {
        let problem = lowering.error(span, format!("there is no template language `{kind}`"));
        problem.code = "S01";
        problem.hints.push("it is liquid".to_owned());
    }
    let xsi_nil = match attributes.literal(lowering, "xsi-nil") {
        None => XsiNil::Blank,
        Some((text, span)) => match &*text {
            "blank" => XsiNil::Blank,
            "null" => XsiNil::Null,
            _ => {
                let problem = lowering.error(span, format!("`xsi-nil` cannot be `{text}`"));
                problem.code = "S01";
                problem.hints.push("it is blank or null".to_owned());
                XsiNil::Blank
            }
        },
    };
    let parse_date = attributes.boolean(lowering, "parse-date", true);
    attributes.finish(lowering);
    let text = template_text(lowering.source, element);
    // `{{name}}` is a named value where there is one of that name, and else the template's.
    let values = lowering.named_values;
    let (text, _) = text.with_named_values(|name| values.get(name).cloned());
    match Liquid::parse(&text.value, xsi_nil, parse_date) {
        Ok(liquid) => Some(SetBody {
            value: Template::Literal("".into()),
            liquid: Some(Arc::new(liquid)),
        }),
        Err(mistake) => {
            let problem = lowering.error(text.place(mistake.span), mistake.message);
            problem.code = "S01";
            problem.hints.extend(mistake.hint);
            None
        }
    }
}

/// The text of the element; with elements in it, everything between its tags as it is written.
pub(in crate::policy) fn template_text(source: &Source, element: &Element) -> Text {
    if element.elements().next().is_none() {
        let pieces: Vec<&Text> = element.texts().collect();
        if let [only] = pieces.as_slice() {
            return (*only).clone();
        }
    }
    let whole = &source.text;
    let after_name = element
        .attributes
        .last()
        .map_or(element.name_span.end, |last| last.value.span.end);
    let end = element.span.end.min(whole.len());
    let start = whole[after_name..end]
        .find('>')
        .map_or(end, |at| after_name + at + 1);
    let inside = &whole[start..end];
    let inside = inside.rfind("</").map_or("", |at| &inside[..at]);
    Text::verbatim(inside, start)
}
