//! Mistakes in an expression.

use super::ScanError;
use crate::base::Span;

/// A mistake in an expression: what, where in the text given to
/// [`Expression::parse`](super::Expression::parse), and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// No C#.
    Syntax,
    /// A path without `return`.
    NoReturn,
    /// A type, member or variable that is not there.
    Name,
    /// C# that API Management executes and this interpreter does not: no mistake of the policy's
    /// author.
    Unsupported,
}

impl Problem {
    /// A mistake of form.
    pub(super) fn new(span: Span, message: impl Into<String>) -> Problem {
        Problem::of(ProblemKind::Syntax, span, message)
    }

    pub(super) fn name(span: Span, message: impl Into<String>) -> Problem {
        Problem::of(ProblemKind::Name, span, message)
    }

    pub(super) fn unsupported(span: Span, message: impl Into<String>) -> Problem {
        Problem::of(ProblemKind::Unsupported, span, message)
    }

    pub(super) fn of(kind: ProblemKind, span: Span, message: impl Into<String>) -> Problem {
        Problem {
            kind,
            span,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }
}

impl From<ScanError> for Problem {
    fn from(error: ScanError) -> Problem {
        Problem::new(error.span, error.message)
    }
}
