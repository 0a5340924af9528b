//! `cache-lookup`, `cache-store` and the pair that caches by the meaning of a prompt.

use std::sync::Arc;

use super::super::caching::{CacheLookup, CacheStore, Caching, SemanticLookup};
use super::super::matrix;
use super::super::model::{Kind, Template};
use super::super::xml::Element;
use super::access::misplaced;
use super::attributes::Attributes;
use super::cache::caching_type;
use super::content::one_of;
use super::course::text_of;
use super::document::Lowering;
use super::elements::empty;

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let caching = match matrix::canonical(&element.name) {
        "cache-lookup" => look_up(lowering, element).map(Caching::LookUp),
        "cache-store" => store(lowering, element).map(Caching::Store),
        "llm-semantic-cache-lookup" => {
            semantic_look_up(lowering, element).map(Caching::SemanticLookUp)
        }
        _ => store(lowering, element).map(Caching::SemanticStore),
    };
    caching.map(Arc::new).map(Kind::Caching)
}

fn look_up(lowering: &mut Lowering<'_>, element: &Element) -> Option<CacheLookup> {
    let mut attributes = Attributes::of(element);
    let vary_by_developer = attributes.required(lowering, "vary-by-developer");
    let vary_by_groups = attributes.required(lowering, "vary-by-developer-groups");
    let allow_private = attributes.template_or(lowering, "allow-private-response-caching", "false");
    let downstream = attributes.template_or(lowering, "downstream-caching-type", "none");
    let kinds = ["none", "private", "public"];
    one_of(
        lowering,
        element,
        "downstream-caching-type",
        downstream.as_ref(),
        &kinds,
    );
    let must_revalidate = attributes.template_or(lowering, "must-revalidate", "true");
    caching_type(lowering, &mut attributes);
    attributes.finish(lowering);
    lowering.no_text(element);
    let (mut headers, mut parameters) = (Vec::new(), Vec::new());
    for child in element.elements() {
        match child.name.as_str() {
            "vary-by-header" => headers.extend(text_of(lowering, child)),
            "vary-by-query-parameter" => parameters.extend(text_of(lowering, child)),
            _ => misplaced(lowering, element, child),
        }
    }
    Some(CacheLookup {
        vary_by_developer: vary_by_developer?,
        vary_by_groups: vary_by_groups?,
        allow_private: allow_private?,
        downstream: downstream?,
        must_revalidate: must_revalidate?,
        vary_by_headers: headers,
        vary_by_parameters: parameters,
    })
}

fn store(lowering: &mut Lowering<'_>, element: &Element) -> Option<CacheStore> {
    let mut attributes = Attributes::of(element);
    let duration = attributes.required(lowering, "duration");
    if let Some(Template::Literal(text)) = &duration
        && text.trim().parse::<u32>().is_err()
    {
        let message = format!("`duration` is a whole number of seconds, not `{text}`");
        lowering.error(element.name_span, message).code = "S01";
    }
    let cache_response = attributes.template(lowering, "cache-response");
    attributes.finish(lowering);
    empty(lowering, element);
    Some(CacheStore {
        duration: duration?,
        cache_response,
    })
}

fn semantic_look_up(lowering: &mut Lowering<'_>, element: &Element) -> Option<SemanticLookup> {
    let mut attributes = Attributes::of(element);
    let score_threshold = attributes.required(lowering, "score-threshold");
    if let Some(Template::Literal(text)) = &score_threshold
        && !text
            .trim()
            .parse::<f64>()
            .is_ok_and(|score| (0.0..=1.0).contains(&score))
    {
        let message = format!("`score-threshold` is a number from 0.0 to 1.0, not `{text}`");
        lowering.error(element.name_span, message).code = "S01";
    }
    let backend = attributes.required(lowering, "embeddings-backend-id");
    let auth = attributes.template(lowering, "embeddings-backend-auth");
    one_of(
        lowering,
        element,
        "embeddings-backend-auth",
        auth.as_ref(),
        &["system-assigned"],
    );
    let ignore_system = attributes.template_or(lowering, "ignore-system-messages", "false");
    let max_messages = attributes.template(lowering, "max-message-count");
    attributes.finish(lowering);
    lowering.no_text(element);
    let mut vary_by = Vec::new();
    for child in element.elements() {
        if child.name == "vary-by" {
            vary_by.extend(text_of(lowering, child));
        } else {
            misplaced(lowering, element, child);
        }
    }
    Some(SemanticLookup {
        score_threshold: score_threshold?,
        backend: backend?,
        ignore_system: ignore_system?,
        max_messages,
        vary_by,
    })
}
