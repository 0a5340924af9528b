use std::sync::Arc;

use super::super::xml::{Attribute, Element};
use super::super::{Template, matrix};
use super::document::Lowering;
use crate::base::{Span, nearest};

/// The attributes of one element, read by name; [`Attributes::finish`] reports the rest.
pub(super) struct Attributes<'a> {
    element: &'a Element,
    read: Vec<&'static str>,
}

impl<'a> Attributes<'a> {
    pub(super) fn of(element: &'a Element) -> Attributes<'a> {
        Attributes {
            element,
            read: vec!["id"],
        }
    }

    pub(super) fn attribute(&mut self, name: &'static str) -> Option<&'a Attribute> {
        if !self.read.contains(&name) {
            self.read.push(name);
        }
        self.element.attribute(name)
    }

    /// A literal or an expression; `None` when absent or not readable.
    pub(super) fn template(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
    ) -> Option<Template> {
        let attribute = self.attribute(name)?;
        lowering.template(&attribute.value)
    }

    /// As [`template`](Self::template), with a default for an absent attribute.
    pub(super) fn template_or(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
        default: &str,
    ) -> Option<Template> {
        match self.attribute(name) {
            Some(attribute) => lowering.template(&attribute.value),
            None => Some(Template::Literal(default.into())),
        }
    }

    /// As [`template`](Self::template); an absent attribute is an error.
    pub(super) fn required(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
    ) -> Option<Template> {
        if self.attribute(name).is_none() {
            self.missing(lowering, name);
            return None;
        }
        self.template(lowering, name)
    }

    /// A text in which no expression is allowed, with its place.
    pub(super) fn literal(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
    ) -> Option<(Arc<str>, Span)> {
        let attribute = self.attribute(name)?;
        let text = lowering.resolve(&attribute.value);
        let value = text.value.trim();
        if value.starts_with("@(") || value.starts_with("@{") {
            let problem = lowering.error(
                attribute.value.span,
                format!("attribute `{name}` cannot be an expression"),
            );
            problem.code = "T05";
            problem.hints.push(
                "API Management refuses the deployment; use a literal or a named value".to_owned(),
            );
            return None;
        }
        Some((value.into(), attribute.value.span))
    }

    /// As [`literal`](Self::literal); an absent attribute is an error.
    pub(super) fn required_literal(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
    ) -> Option<(Arc<str>, Span)> {
        if self.attribute(name).is_none() {
            self.missing(lowering, name);
        }
        self.literal(lowering, name)
    }

    /// The name of a header or variable.
    pub(super) fn name(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
    ) -> Option<Arc<str>> {
        let (value, span) = self.literal(lowering, name)?;
        if value.is_empty() {
            lowering.error(span, format!("attribute `{name}` is empty"));
            return None;
        }
        Some(value)
    }

    pub(super) fn required_name(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
    ) -> Option<Arc<str>> {
        if self.element.attribute(name).is_none() {
            self.missing(lowering, name);
        }
        self.name(lowering, name)
    }

    pub(super) fn boolean(
        &mut self,
        lowering: &mut Lowering<'_>,
        name: &'static str,
        default: bool,
    ) -> bool {
        match self.literal(lowering, name) {
            None => default,
            Some((value, span)) => match value.to_ascii_lowercase().as_str() {
                "true" => true,
                "false" => false,
                _ => {
                    lowering.error(
                        span,
                        format!("attribute `{name}` is `true` or `false`, not `{value}`"),
                    );
                    default
                }
            },
        }
    }

    /// An attribute that API Management knows and this version does not execute.
    pub(super) fn refuse(&mut self, lowering: &mut Lowering<'_>, name: &'static str) {
        if let Some(attribute) = self.attribute(name) {
            let element = &self.element.name;
            lowering.error(
                attribute.name_span,
                format!("attribute `{name}` of `{element}` is not executed by this version"),
            );
        }
    }

    /// Reports every attribute that nobody asked for.
    pub(super) fn finish(self, lowering: &mut Lowering<'_>) {
        let element = &self.element.name;
        for attribute in &self.element.attributes {
            let name = attribute.name.as_str();
            if self.read.contains(&name) || name.starts_with("xmlns") {
                continue;
            }
            let documented = matrix::entry(element)
                .is_some_and(|entry| entry.attributes().any(|known| known == name));
            if documented {
                let message =
                    format!("attribute `{name}` of `{element}` is not executed by this version");
                lowering.error(attribute.name_span, message);
                continue;
            }
            let hint = match (name, nearest(name, self.read.iter().copied())) {
                ("estimate-prompt-token", _) => {
                    "did you mean `estimate-prompt-tokens`? Microsoft's policy toolkit writes it without the `s`".to_owned()
                }
                // The name that the reference had before it was turned around.
                (name, _) if name.starts_with("consumed-tokens-") => {
                    format!("did you mean `tokens-consumed-{}`?", &name["consumed-tokens-".len()..])
                }
                (_, Some(known)) => format!("did you mean `{known}`?"),
                (_, None) => format!("it has {}", self.read[1..].join(", ")),
            };
            let problem = lowering.error(
                attribute.name_span,
                format!("`{element}` has no attribute `{name}`"),
            );
            problem.code = if matrix::canonical(element) == "llm-token-limit" {
                "T04"
            } else {
                "S01"
            };
            problem.hints.push(hint);
        }
    }

    fn missing(&self, lowering: &mut Lowering<'_>, name: &str) {
        let element = &self.element.name;
        let problem = lowering.error(
            self.element.name_span,
            format!("`{element}` needs attribute `{name}`"),
        );
        problem.code = if name == "counter-key" { "T02" } else { "S01" };
        problem
            .hints
            .push(format!("write `<{element} {name}=\"…\"`"));
    }
}
