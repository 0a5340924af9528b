use super::read::without_keys;
use super::{Field, Format, Placed, Text};
use crate::base::{Diagnostic, Source, Span};

/// What is wrong with one file.
pub(crate) struct Findings {
    /// The text that messages quote: keys in it are not readable.
    source: Source,
    problems: Vec<Diagnostic>,
}

impl Findings {
    pub(crate) fn new(source: &Source) -> Findings {
        Findings {
            source: without_keys(source),
            problems: Vec::new(),
        }
    }

    /// What was read, if nothing is wrong.
    ///
    /// # Errors
    ///
    /// Every mistake, in the order of the text.
    pub(crate) fn outcome<T>(mut self, read: Result<T, &str>) -> Result<T, Vec<Diagnostic>> {
        if self.problems.is_empty() {
            return Ok(read.unwrap_or_else(|promise| panic!("{promise}")));
        }
        self.problems.sort_by_key(|problem| problem.span.start);
        Err(self.problems)
    }
}

/// The parts that every check is made of. They answer `None` for a value that is wrong and was
/// reported, so that the rest can still be looked at.
pub(crate) trait Checks {
    fn findings(&mut self) -> &mut Findings;

    fn error(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        let findings = self.findings();
        let problem = Diagnostic::error(&findings.source, span, message).hint(hint);
        findings.problems.push(problem);
    }

    fn value<F: Format>(&mut self, field: &Placed<Text<F>>) -> Option<F::Value> {
        match field.value.parse() {
            Ok(value) => Some(value),
            Err(mistake) => {
                let span = self.within(field, mistake.within);
                self.error(span, mistake.message, mistake.hint);
                None
            }
        }
    }

    fn or<F: Format>(
        &mut self,
        field: Field<F>,
        default: impl FnOnce() -> F::Value,
    ) -> Option<F::Value> {
        field.map_or_else(|| Some(default()), |field| self.value(&field))
    }

    /// `Some(None)` for a value that is not there, which is fine.
    #[expect(
        clippy::option_option,
        reason = "the outer one is this trait's `reported`"
    )]
    fn optional<F: Format>(&mut self, field: Option<&Placed<Text<F>>>) -> Option<Option<F::Value>> {
        field.map_or(Some(None), |field| self.value(field).map(Some))
    }

    fn required<F: Format>(
        &mut self,
        field: Field<F>,
        owner: Span,
        what: &str,
        key: &str,
    ) -> Option<F::Value> {
        let field = self.present(field, owner, what, key)?;
        self.value(&field)
    }

    fn present<T>(&mut self, part: Option<T>, owner: Span, what: &str, key: &str) -> Option<T> {
        if part.is_none() {
            self.error(
                owner,
                format!("{what} needs `{key}`"),
                format!("add `{key}: …`"),
            );
        }
        part
    }

    /// The place of a part of a text: exact when the text stands in the file as it is, else the
    /// whole of it (escapes, folded lines).
    fn within<F>(&mut self, field: &Placed<Text<F>>, part: Option<Span>) -> Span {
        let source = self.findings().source.clone();
        let written = source.text.get(field.span.start..field.span.end);
        match (
            part,
            written.and_then(|written| written.find(&field.value.text)),
        ) {
            (Some(part), Some(offset)) => part.shifted(field.span.start + offset),
            _ => field.span,
        }
    }
}
