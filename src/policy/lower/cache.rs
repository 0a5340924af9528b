//! The elements that keep values between requests: `cache-lookup-value` and its kin.

use super::super::course::{CacheLookupValue, CacheStoreValue, Course};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use super::elements::empty;

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Option<Course> {
    let mut attributes = Attributes::of(element);
    let key = attributes.required(lowering, "key");
    caching_type(lowering, &mut attributes);
    let course = match element.name.as_str() {
        "cache-lookup-value" => {
            if lowering.in_fragment() {
                let message = "`cache-lookup-value` cannot stand in a fragment";
                lowering.error(element.name_span, message).code = "S03";
            }
            let variable = attributes.required_name(lowering, "variable-name");
            let default = attributes.template(lowering, "default-value");
            key.zip(variable).map(|(key, variable)| {
                Course::CacheLookupValue(CacheLookupValue {
                    key,
                    variable,
                    default,
                })
            })
        }
        "cache-store-value" => {
            let value = attributes.required(lowering, "value");
            let duration = attributes.required(lowering, "duration");
            key.zip(value)
                .zip(duration)
                .map(|((key, value), duration)| {
                    Course::CacheStoreValue(CacheStoreValue {
                        key,
                        value,
                        duration,
                    })
                })
        }
        _ => {
            // The gateway's own cache never fails to remove what it holds.
            attributes.template(lowering, "fail-on-cache-removal-error");
            key.map(|key| Course::CacheRemoveValue { key })
        }
    };
    attributes.finish(lowering);
    empty(lowering, element);
    course
}

/// There is no external cache beside the local gateway: `prefer-external` takes the internal one,
/// as a service without an external cache does, and `external` alone cannot be executed.
pub(super) fn caching_type(lowering: &mut Lowering<'_>, attributes: &mut Attributes<'_>) {
    let Some((value, span)) = attributes.literal(lowering, "caching-type") else {
        return;
    };
    match &*value {
        "internal" | "prefer-external" => {}
        "external" => {
            lowering.error(
                span,
                "`caching-type=\"external\"` is not executed by this version",
            );
        }
        _ => {
            let message = format!("`caching-type` cannot be `{value}`");
            let problem = lowering.error(span, message);
            problem.code = "S01";
            problem
                .hints
                .push("it is internal, external or prefer-external".to_owned());
        }
    }
}
