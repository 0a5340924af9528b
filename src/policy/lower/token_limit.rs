//! `llm-token-limit`: gateway specification 1.1, lint rules T01 to T07.

use std::sync::Arc;

use super::super::model::{Kind, Quota, Template, TokenLimit};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use crate::base::Tokens;
use crate::policy::token_rules;

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Kind {
    let mut attributes = Attributes::of(element);
    let counter_key = attributes.required(lowering, "counter-key");
    let tokens_per_minute = tokens_per_minute(lowering, &mut attributes);
    let quota = quota(lowering, &mut attributes);
    let literal = |name: &str| lowering.literal_text(element, name);
    let mistakes = token_rules::of_limit(element, &literal);
    lowering.mistakes(mistakes);
    if lowering.in_fragment() {
        header_names(lowering, element);
    }
    let limit = TokenLimit {
        estimate_prompt: attributes.boolean(lowering, "estimate-prompt-tokens", false),
        retry_after_header: attributes
            .name(lowering, "retry-after-header-name")
            .unwrap_or_else(|| "Retry-After".into()),
        retry_after_variable: attributes.name(lowering, "retry-after-variable-name"),
        remaining_header: attributes.name(lowering, "remaining-tokens-header-name"),
        remaining_variable: attributes.name(lowering, "remaining-tokens-variable-name"),
        remaining_quota_header: attributes.name(lowering, "remaining-quota-tokens-header-name"),
        remaining_quota_variable: attributes.name(lowering, "remaining-quota-tokens-variable-name"),
        consumed_header: attributes.name(lowering, "tokens-consumed-header-name"),
        consumed_variable: attributes.name(lowering, "tokens-consumed-variable-name"),
        counter_key: counter_key.unwrap_or_else(|| Template::Literal("".into())),
        tokens_per_minute,
        quota,
    };
    attributes.finish(lowering);
    super::elements::empty(lowering, element);
    Kind::TokenLimit(Arc::new(limit))
}

/// API Management cannot know where a fragment will stand (rule T08, its own text of O11).
fn header_names(lowering: &mut Lowering<'_>, element: &Element) {
    for attribute in &element.attributes {
        if attribute.name.ends_with("-header-name") {
            let message = format!(
                "the `{}` attribute is unavailable for websocket APIs and global/product policies",
                attribute.name
            );
            let problem = lowering.error(attribute.name_span, message);
            problem.code = "T08";
            problem
                .hints
                .push("a fragment can use the `-variable-name` attributes".to_owned());
        }
    }
}

/// `None` for a named value without a value, and for what is no number: both are reported.
fn tokens_per_minute(
    lowering: &mut Lowering<'_>,
    attributes: &mut Attributes<'_>,
) -> Option<Tokens> {
    let (text, _) = attributes.literal(lowering, "tokens-per-minute")?;
    text.parse::<u32>().ok().map(|tokens| Tokens(tokens.into()))
}

fn quota(lowering: &mut Lowering<'_>, attributes: &mut Attributes<'_>) -> Option<Quota> {
    let tokens = attributes.template(lowering, "token-quota");
    let period = attributes.template(lowering, "token-quota-period");
    Some(Quota {
        tokens: tokens?,
        period: period?,
    })
}
