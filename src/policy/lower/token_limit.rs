//! `llm-token-limit`: gateway specification 1.1, lint rules T01 to T07.

use std::sync::Arc;

use super::super::model::{Kind, Quota, Template, TokenLimit};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use crate::base::{Span, Tokens};
use crate::limiter::Period;

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Kind {
    let mut attributes = Attributes::of(element);
    let counter_key = attributes.required(lowering, "counter-key");
    let tokens_per_minute = tokens_per_minute(lowering, &mut attributes);
    let quota = quota(lowering, element, &mut attributes);
    let given = |name| element.attribute(name).is_some();
    if !given("tokens-per-minute") && !given("token-quota") && !given("token-quota-period") {
        let problem = lowering.error(
            element.name_span,
            format!("`{}` limits nothing", element.name),
        );
        problem.code = "T01";
        problem.hints.push(
            "give `tokens-per-minute`, or `token-quota` with `token-quota-period`".to_owned(),
        );
    }
    if !given("estimate-prompt-tokens") {
        let problem = lowering.warning(
            element.name_span,
            format!("`{}` does not say `estimate-prompt-tokens`", element.name),
        );
        problem.code = "T03";
        problem
            .hints
            .push("the reference calls it required; the local gateway takes `false`".to_owned());
    }
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

fn tokens_per_minute(
    lowering: &mut Lowering<'_>,
    attributes: &mut Attributes<'_>,
) -> Option<Tokens> {
    let (text, span) = attributes.literal(lowering, "tokens-per-minute")?;
    if text.contains("{{") {
        // A named value without a value; that was reported.
        return None;
    }
    whole_number(lowering, "tokens-per-minute", &text, span)
}

fn whole_number(
    lowering: &mut Lowering<'_>,
    name: &str,
    text: &Arc<str>,
    span: Span,
) -> Option<Tokens> {
    match text.parse::<u32>() {
        Ok(tokens) if tokens > 0 => Some(Tokens(u64::from(tokens))),
        _ => {
            lowering
                .error(
                    span,
                    format!("`{name}` is a whole number above zero, not `{text}`"),
                )
                .code = "T01";
            None
        }
    }
}

fn quota(
    lowering: &mut Lowering<'_>,
    element: &Element,
    attributes: &mut Attributes<'_>,
) -> Option<Quota> {
    let tokens = attributes.template(lowering, "token-quota");
    let period = attributes.template(lowering, "token-quota-period");
    for (one, other) in [
        ("token-quota", "token-quota-period"),
        ("token-quota-period", "token-quota"),
    ] {
        if let (Some(attribute), None) = (element.attribute(one), element.attribute(other)) {
            lowering
                .error(
                    attribute.name_span,
                    format!("`{one}` needs `{other}` beside it"),
                )
                .code = "T01";
        }
    }
    if let (Some(Template::Literal(text)), Some(attribute)) =
        (&tokens, element.attribute("token-quota"))
        && !text.trim().parse::<i64>().is_ok_and(|count| count > 0)
    {
        let message = format!("`token-quota` is a whole number above zero, not `{text}`");
        lowering.error(attribute.value.span, message).code = "T01";
    }
    if let (Some(Template::Literal(text)), Some(attribute)) =
        (&period, element.attribute("token-quota-period"))
        && Period::from_name(text).is_none()
    {
        let names = Period::ALL.map(|(name, _)| name).join(", ");
        let problem = lowering.error(
            attribute.value.span,
            format!("`{text}` is not a quota period"),
        );
        problem.code = "T07";
        problem.hints.push(format!("it is one of {names}"));
    }
    Some(Quota {
        tokens: tokens?,
        period: period?,
    })
}
