use super::super::xml::{Element, Node};
use super::Rule;
use crate::base::{Diagnostic, Severity, Source, Span};
use crate::policy::token_rules::Mistake;

/// A diagnostic of a policy, with what API Management itself would say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) diagnostic: Diagnostic,
    /// `Error in element 'NAME' on line L, column C: TEXT`, the form of a refused deployment; absent
    /// for what does not refuse it.
    pub(crate) deployment: Option<String>,
}

/// What the checks write into.
pub(super) struct Report<'a> {
    source: &'a Source,
    root: Option<&'a Element>,
    findings: Vec<(Diagnostic, Option<String>)>,
}

impl<'a> Report<'a> {
    pub(super) fn new(source: &'a Source, root: Option<&'a Element>) -> Report<'a> {
        Report {
            source,
            root,
            findings: Vec::new(),
        }
    }

    /// Takes over what the reader found.
    pub(super) fn reader(&mut self, problems: Vec<Diagnostic>) {
        for mut problem in problems {
            if problem.code.is_empty() {
                problem.code = "P01";
            }
            self.findings.push((problem, None));
        }
    }

    /// Adds a finding with the severity of its rule.
    pub(super) fn add(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let mut diagnostic = Diagnostic::error(self.source, span, message);
        diagnostic.code = code;
        diagnostic.severity = Rule::named(code).map_or(Severity::Error, |rule| rule.severity);
        self.findings.push((diagnostic, None));
        let (diagnostic, _) = self.findings.last_mut().expect("just pushed");
        diagnostic
    }

    /// True when something in the element's start tag could not be read.
    pub(super) fn unread(&self, element: &Element) -> bool {
        let start = element.name_span.end;
        let end = match element.children.first() {
            Some(Node::Element(child)) => child.span.start,
            Some(Node::Text(text)) => text.span.start,
            Some(Node::Skipped(span)) => span.start,
            None => element.span.end,
        };
        self.findings.iter().any(|(found, _)| {
            matches!(found.code, "P01" | "X01") && (start..end).contains(&found.span.start)
        })
    }

    /// Takes over what a rule shared with lowering found.
    pub(super) fn mistakes(&mut self, found: impl IntoIterator<Item = Mistake>) {
        let source = self.source;
        let told = found.into_iter().map(|mistake| mistake.diagnostic(source));
        self.findings
            .extend(told.map(|diagnostic| (diagnostic, None)));
    }

    /// As [`add`](Self::add), where API Management's own wording is known.
    pub(super) fn worded(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        wording: String,
    ) -> &mut Diagnostic {
        self.add(code, span, message);
        let (diagnostic, words) = self.findings.last_mut().expect("just added");
        *words = Some(wording);
        diagnostic
    }

    pub(super) fn finish(self) -> Vec<Finding> {
        let (source, root) = (self.source, self.root);
        let mut findings: Vec<Finding> = self
            .findings
            .into_iter()
            .map(|(diagnostic, words)| {
                let refused = diagnostic.severity == Severity::Error;
                let deployment = refused.then(|| deployment(source, root, &diagnostic, words));
                Finding {
                    diagnostic,
                    deployment,
                }
            })
            .collect();
        findings.sort_by_key(|finding| {
            let diagnostic = &finding.diagnostic;
            (diagnostic.span.start, diagnostic.code)
        });
        findings.dedup();
        findings
    }
}

fn deployment(
    source: &Source,
    root: Option<&Element>,
    diagnostic: &Diagnostic,
    words: Option<String>,
) -> String {
    let at = diagnostic.span.start;
    let (name, place) = root
        .filter(|root| root.span.start <= at && at < root.span.end)
        .map_or(("policies", at), |root| {
            let element = innermost(root, at);
            (element.name.as_str(), element.name_span.start)
        });
    let position = source.position(place);
    let text = words.unwrap_or_else(|| {
        let mut text = diagnostic.message.replace('`', "'");
        text.push('.');
        text
    });
    format!(
        "Error in element '{name}' on line {}, column {}: {text}",
        position.line, position.column
    )
}

fn innermost(element: &Element, at: usize) -> &Element {
    let mut found = element;
    while let Some(child) = found
        .elements()
        .find(|child| child.span.start <= at && at < child.span.end)
    {
        found = child;
    }
    found
}
