//! Elements that turn a body into another form, and the one that masks its links.

use super::Template;

#[derive(Debug, Clone)]
pub(crate) enum Content {
    JsonToXml(JsonToXml),
    XmlToJson(XmlToJson),
    RedirectUrls,
}

impl Content {
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Content::JsonToXml(policy) => [&policy.apply, &policy.consider_accept]
                .into_iter()
                .chain(&policy.namespace_separator)
                .chain(&policy.namespace_prefix)
                .chain(&policy.attribute_block)
                .collect(),
            Content::XmlToJson(policy) => vec![
                &policy.kind,
                &policy.apply,
                &policy.consider_accept,
                &policy.always_arrays,
            ],
            Content::RedirectUrls => Vec::new(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct JsonToXml {
    /// `always` or `content-type-json`.
    pub(crate) apply: Template,
    pub(crate) consider_accept: Template,
    pub(crate) parse_date: bool,
    /// `_` when absent.
    pub(crate) namespace_separator: Option<Template>,
    pub(crate) namespace_prefix: Option<Template>,
    /// Name of the object whose properties become attributes.
    pub(crate) attribute_block: Option<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct XmlToJson {
    /// `javascript-friendly` or `direct`.
    pub(crate) kind: Template,
    /// `always` or `content-type-xml`.
    pub(crate) apply: Template,
    pub(crate) consider_accept: Template,
    pub(crate) always_arrays: Template,
}
