use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::{Source, Span};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Info,
    Warning,
    Error,
}

/// One problem in a file that somebody wrote: what, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) severity: Severity,
    /// Stable id, such as `S01` (gateway specification, section 8.1); empty for plain syntax.
    pub(crate) code: &'static str,
    pub(crate) source: Source,
    pub(crate) span: Span,
    /// Lower case, no full stop, values in backticks.
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
}

impl Severity {
    /// As machine-readable output spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl Diagnostic {
    pub(crate) fn error(source: &Source, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: "",
            source: source.clone(),
            span,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hints.push(hint.into());
        self
    }

    /// `name:line:column: message`, as tests compare it.
    #[cfg(test)]
    pub(crate) fn one_line(&self) -> String {
        format!("{}: {}", self.source.place(self.span), self.message)
    }
}

/// All diagnostics as rustc would show them: message, place, source line with carets, hints.
/// `colour` adds terminal escapes; the text reads well without.
pub(crate) fn render(diagnostics: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut blocks = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let mut title = level.primary_title(diagnostic.message.as_str());
        if !diagnostic.code.is_empty() {
            title = title.id(diagnostic.code);
        }
        let span = within(diagnostic);
        let snippet = Snippet::source(&*diagnostic.source.text)
            .path(&*diagnostic.source.name)
            .annotation(AnnotationKind::Primary.span(span));
        let mut group: Group<'_> = title.element(snippet);
        for hint in &diagnostic.hints {
            group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
        }
        blocks.push(renderer.render(&[group]));
    }
    blocks.join("\n\n")
}

/// The span clamped to the text and to character boundaries, so that rendering cannot panic.
fn within(diagnostic: &Diagnostic) -> std::ops::Range<usize> {
    let text = &diagnostic.source.text;
    let floor = |offset: usize| {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let start = floor(diagnostic.span.start);
    start..floor(diagnostic.span.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_place_caret_and_hint() {
        let source = Source::new("p.xml", "<policies>\n  <inbnd />\n</policies>\n");
        let mut diagnostic =
            Diagnostic::error(&source, Span::new(14, 19), "unknown section `inbnd`")
                .hint("did you mean `inbound`?");
        diagnostic.code = "S01";
        assert_eq!(diagnostic.one_line(), "p.xml:2:4: unknown section `inbnd`");
        insta::assert_snapshot!(render(&[diagnostic], false));
    }

    #[test]
    fn spans_outside_the_text_do_not_panic() {
        let source = Source::new("x", "é");
        let diagnostic = Diagnostic::error(&source, Span::new(1, 90), "broken");
        assert!(render(&[diagnostic], true).contains("broken"));
    }
}
