use std::collections::BTreeMap;

use super::super::model::{Item, Place, Policy, Section, SectionName};
use super::super::xml::{self, Element, Text};
use super::super::{Kind, Template, Trail, matrix};
use super::elements;
use super::fragment::Fragments;
use crate::base::{Diagnostic, Severity, Source, Span, nearest};
use crate::policy::expression::Expression;
use crate::policy::token_rules::Mistake;

/// Texts for `{{name}}`, by display name.
pub(crate) type NamedValues = BTreeMap<String, String>;

/// [`parse_with`] where there are no fragments.
#[cfg(test)]
pub(crate) fn parse(
    source: &Source,
    named_values: &NamedValues,
) -> (Option<Policy>, Vec<Diagnostic>) {
    parse_with(source, named_values, &Fragments::new())
}

/// Reads a policy document, with the fragments that `include-fragment` can name.
///
/// The policy is `None` when a diagnostic is an error; otherwise every diagnostic is a warning.
pub(crate) fn parse_with(
    source: &Source,
    named_values: &NamedValues,
    fragments: &Fragments,
) -> (Option<Policy>, Vec<Diagnostic>) {
    let (root, diagnostics) = xml::read(source);
    let mut lowering = Lowering {
        source,
        named_values,
        fragments,
        fragment: false,
        diagnostics,
        elements: Vec::new(),
        branches: Vec::new(),
        expressions: Vec::new(),
    };
    let policy = root.map(|root| lowering.document(&root));
    let mut diagnostics = lowering.diagnostics;
    // What is wrong in fragments follows what is wrong in the document itself.
    diagnostics.sort_by_key(|diagnostic| (diagnostic.source != *source, diagnostic.span.start));
    let failed = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    (policy.filter(|_| !failed), diagnostics)
}

/// The state of one translation: what is looked up and what went wrong.
pub(super) struct Lowering<'a> {
    pub(super) source: &'a Source,
    pub(super) named_values: &'a NamedValues,
    pub(super) fragments: &'a Fragments,
    /// What is read is a fragment, which other documents include.
    pub(super) fragment: bool,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) elements: Vec<Place>,
    pub(super) branches: Vec<Place>,
    pub(super) expressions: Vec<(Span, Expression)>,
}

/// Where an element stands, as far as its meaning depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    Section(SectionName),
    /// Inside `return-response`, where only three elements make sense.
    ReturnResponse,
    /// Inside a request that a policy sends.
    SendRequest,
}

impl Lowering<'_> {
    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics
            .push(Diagnostic::error(self.source, span, message));
        self.diagnostics.last_mut().expect("just pushed")
    }

    pub(super) fn warning(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let diagnostic = self.error(span, message);
        diagnostic.severity = Severity::Warning;
        diagnostic
    }

    pub(super) fn mistakes(&mut self, found: impl IntoIterator<Item = Mistake>) {
        let source = self.source;
        let told = found.into_iter().map(|mistake| mistake.diagnostic(source));
        self.diagnostics.extend(told);
    }

    /// The text of an attribute, named values put in; `None` for one that is absent, is an
    /// expression, or needs a named value that nobody gave.
    pub(super) fn literal_text(&self, element: &Element, name: &str) -> Option<String> {
        let written = &element.attribute(name)?.value;
        let (text, missing) =
            written.with_named_values(|name| self.named_values.get(name).cloned());
        let trimmed = text.value.trim_start();
        let literal =
            missing.is_empty() && !trimmed.starts_with("@(") && !trimmed.starts_with("@{");
        literal.then_some(text.value)
    }

    fn document(&mut self, root: &Element) -> Policy {
        if root.name != "policies" {
            self.error(
                root.name_span,
                format!("a policy document is `<policies>`, not `<{}>`", root.name),
            );
        }
        let mut sections = [None, None, None, None];
        for element in root.elements() {
            let Some(name) = SectionName::ALL
                .into_iter()
                .find(|name| name.as_str() == element.name)
            else {
                self.unknown_section(element);
                continue;
            };
            let items = self.items(element, Parent::Section(name));
            if sections[name as usize].replace(Section { items }).is_some() {
                self.error(
                    element.name_span,
                    format!("section `{}` stands twice", element.name),
                )
                .code = "S01";
            }
        }
        self.no_text(root);
        let mut policy = Policy::new(self.source.clone(), sections);
        policy.elements = std::mem::take(&mut self.elements);
        policy.elements.sort_by_key(|place| place.span.start);
        policy.branches = std::mem::take(&mut self.branches);
        policy.expressions = std::mem::take(&mut self.expressions);
        policy
    }

    fn unknown_section(&mut self, element: &Element) {
        let names = SectionName::ALL.map(SectionName::as_str);
        let hint = match nearest(&element.name, names) {
            Some(name) => format!("did you mean `{name}`?"),
            None if matrix::entry(&element.name).is_some() => {
                "a policy element belongs into `inbound`, `backend`, `outbound` or `on-error`"
                    .to_owned()
            }
            None => format!("the sections are {}", names.join(", ")),
        };
        let problem = self.error(
            element.name_span,
            format!("`{}` is not a section of a policy", element.name),
        );
        problem.code = "S01";
        problem.hints.push(hint);
    }

    /// The elements inside a section or branch.
    pub(super) fn items(&mut self, parent: &Element, within: Parent) -> Vec<Item> {
        self.no_text(parent);
        let mut items = Vec::new();
        for element in parent.elements() {
            if element.name == "include-fragment" && matches!(within, Parent::Section(_)) {
                self.check_section(element, within);
                items.extend(self.include(element, within));
            } else {
                items.extend(self.item(element, within));
            }
        }
        items
    }

    pub(super) fn item(&mut self, element: &Element, within: Parent) -> Option<Item> {
        self.check_section(element, within);
        let kind = elements::lower(self, element, within)?;
        let place = self.place(element);
        self.elements.push(place.clone());
        Some(Item { place, kind })
    }

    pub(super) fn place(&self, element: &Element) -> Place {
        let id = element
            .attribute("id")
            .map(|attribute| attribute.value.value.as_str().into());
        Place {
            element: element.name.as_str().into(),
            source: self.source.clone(),
            span: element.name_span,
            id,
            trail: Trail::default(),
        }
    }

    fn check_section(&mut self, element: &Element, within: Parent) {
        let sections = matrix::entry(&element.name).and_then(|entry| entry.sections.as_ref());
        let (Parent::Section(section), Some(sections)) = (within, sections) else {
            return;
        };
        // Microsoft's own how-to page uses set-body in on-error (specification 3.2).
        // The error page lists trace among what on-error takes.
        let used_in_practice = matches!(element.name.as_str(), "set-body" | "trace")
            && section == SectionName::OnError;
        if !used_in_practice && !sections.iter().any(|name| name == section.as_str()) {
            let allowed = sections.join(", ");
            let problem = self.error(
                element.name_span,
                format!("`{}` cannot stand in `{}`", element.name, section.as_str()),
            );
            problem.code = "S01";
            problem.hints.push(format!("it belongs into {allowed}"));
        }
    }

    pub(super) fn no_text(&mut self, element: &Element) {
        if let Some(text) = element.texts().next() {
            let start = text.value.len() - text.value.trim_start().len();
            let span = text.place(Span::new(start, start + text.value.trim().len()));
            self.error(span, format!("`{}` holds elements, not text", element.name));
        }
    }

    /// The text with its named values put in; names without a value are errors.
    pub(super) fn resolve(&mut self, text: &Text) -> Text {
        let (resolved, missing) =
            text.with_named_values(|name| self.named_values.get(name).cloned());
        for (name, span) in missing {
            let known: Vec<&str> = self.named_values.keys().map(String::as_str).collect();
            let hint = match nearest(&name, known.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => {
                    format!("give it a value: `named-values: {{ {name}: \"…\" }}` in the scenario")
                }
            };
            let problem = self.error(span, format!("named value `{name}` has no value"));
            problem.hints.push(hint);
        }
        resolved
    }

    /// A literal, or a parsed expression. `None` when the expression does not parse, which is
    /// reported.
    pub(super) fn template(&mut self, text: &Text) -> Option<Template> {
        let text = self.resolve(text);
        let trimmed = text.value.trim();
        if !trimmed.starts_with("@(") && !trimmed.starts_with("@{") {
            return Some(Template::Literal(text.value.as_str().into()));
        }
        let indent = text.value.len() - text.value.trim_start().len();
        match Expression::parse(trimmed) {
            Ok(expression) => {
                let span = text.place(Span::new(indent, indent + trimmed.len()));
                self.expressions.push((span, expression.clone()));
                for note in expression.notes() {
                    let span = text.place(note.span.shifted(indent));
                    let diagnostic = self.warning(span, note.message.clone());
                    diagnostic.code = "X10";
                    let hint = "API Management executes it; here the expression fails when it runs";
                    diagnostic
                        .hints
                        .push(note.hint.clone().unwrap_or_else(|| hint.to_owned()));
                }
                Some(Template::Expression(expression))
            }
            Err(problems) => {
                for problem in problems {
                    let span = text.place(problem.span.shifted(indent));
                    let diagnostic = self.error(span, problem.message);
                    diagnostic.code = "X01";
                    diagnostic.hints.extend(problem.hint);
                }
                None
            }
        }
    }

    /// Reports an element that is known to API Management, or not, and that is not executed.
    pub(super) fn not_executed(&mut self, element: &Element) -> Option<Kind> {
        let name = &element.name;
        let (message, hint) = if matrix::entry(name).is_some() {
            (
                format!("policy element `{name}` is not executed by this version"),
                "the local gateway stops here instead of skipping it; remove it for local runs"
                    .to_owned(),
            )
        } else {
            let hint = match nearest(name, matrix::names()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "see Microsoft's policy reference for the elements there are".to_owned(),
            };
            (format!("`{name}` is not a policy element"), hint)
        };
        let problem = self.error(element.name_span, message);
        problem.code = "S01";
        problem.hints.push(hint);
        None
    }
}
