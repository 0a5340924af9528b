//! `llm-content-safety`.

use std::sync::Arc;

use super::super::model::{Kind, Template};
use super::super::safety::ContentSafety;
use super::super::xml::Element;
use super::access::misplaced;
use super::attributes::Attributes;
use super::course::text_of;
use super::document::Lowering;
use super::elements::empty;

/// Harm categories of Azure AI Content Safety.
const CATEGORIES: [&str; 4] = ["Hate", "SelfHarm", "Sexual", "Violence"];
/// Characters of a window over a response, where the policy names none.
const DEFAULT_WINDOW: &str = "1000";

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let backend = attributes.required(lowering, "backend-id");
    let shield_prompt = attributes.template_or(lowering, "shield-prompt", "false");
    let enforce = attributes.template_or(lowering, "enforce-on-completions", "false");
    let window = attributes.template_or(lowering, "window-size", DEFAULT_WINDOW);
    let overlap = attributes.template_or(lowering, "window-overlap-size", "0");
    attributes.finish(lowering);
    lowering.no_text(element);
    let mut output_type = Some(Template::Literal("FourSeverityLevels".into()));
    let (mut categories, mut blocklists) = (Vec::new(), Vec::new());
    for child in element.elements() {
        match child.name.as_str() {
            "categories" => {
                let mut attributes = Attributes::of(child);
                output_type = attributes.template_or(lowering, "output-type", "FourSeverityLevels");
                attributes.finish(lowering);
                for grandchild in child.elements() {
                    if grandchild.name == "category" {
                        categories.extend(category(lowering, grandchild));
                    } else {
                        misplaced(lowering, child, grandchild);
                    }
                }
            }
            "blocklists" => {
                Attributes::of(child).finish(lowering);
                for grandchild in child.elements() {
                    if grandchild.name == "id" {
                        blocklists.extend(text_of(lowering, grandchild));
                    } else {
                        misplaced(lowering, child, grandchild);
                    }
                }
            }
            _ => misplaced(lowering, element, child),
        }
    }
    Some(Kind::ContentSafety(Arc::new(ContentSafety {
        backend: backend?,
        shield_prompt: shield_prompt?,
        enforce_on_completions: enforce?,
        window: window?,
        overlap: overlap?,
        output_type: output_type?,
        categories,
        blocklists,
    })))
}

fn category(lowering: &mut Lowering<'_>, element: &Element) -> Option<(Template, Template)> {
    let mut attributes = Attributes::of(element);
    let name = attributes.required(lowering, "name");
    let threshold = attributes.required(lowering, "threshold");
    attributes.finish(lowering);
    empty(lowering, element);
    if let Some(Template::Literal(text)) = &name
        && !CATEGORIES.contains(&&**text)
    {
        let problem = lowering.error(element.name_span, format!("there is no category `{text}`"));
        problem.code = "S01";
        problem
            .hints
            .push(format!("there are {}", CATEGORIES.join(", ")));
    }
    if let Some(Template::Literal(text)) = &threshold
        && !text.trim().parse::<u8>().is_ok_and(|level| level <= 7)
    {
        let message = format!("`threshold` is a whole number from 0 to 7, not `{text}`");
        lowering.error(element.name_span, message).code = "S01";
    }
    Some((name?, threshold?))
}
