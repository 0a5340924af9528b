//! Runtime failures, as exceptions of the .NET classes that a policy would see.

use std::fmt;
use std::sync::Arc;

use super::types::catches;
use crate::base::Span;

/// An exception that no `catch` of the expression took. `Display` is its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Class without namespace: `NullReferenceException`; or one of [`LIMIT`], [`UNSUPPORTED`] and
    /// [`REFUSED`], which no exception of .NET is.
    pub(crate) exception: &'static str,
    /// In the words of .NET, because `context.LastError.Message` and `ex.Message` carry it; in ours
    /// where only this gateway has the limit.
    pub(crate) message: String,
    /// Part of the expression that failed.
    pub(crate) span: Span,
    pub(super) inner: Option<Arc<Fault>>,
}

/// A fault on its way up; boxed, because results are moved through many levels.
#[derive(Debug)]
pub(crate) struct Raise(Box<Fault>);

impl Raise {
    pub(crate) fn again(fault: &Fault) -> Raise {
        Raise(Box::new(fault.clone()))
    }

    pub(super) fn into_fault(self) -> Fault {
        *self.0
    }

    /// The same fault, placed where nothing closer has placed it yet.
    pub(super) fn at(mut self, span: Span) -> Raise {
        if self.0.span == Span::default() {
            self.0.span = span;
        }
        self
    }
}

impl std::ops::Deref for Raise {
    type Target = Fault;

    fn deref(&self) -> &Fault {
        &self.0
    }
}

/// A limit of ours was reached. Not an exception of .NET, and not to be caught.
pub(super) const LIMIT: &str = "ExpressionLimit";

/// Something that Azure can execute and this interpreter cannot. Not to be caught either, so that
/// a policy's own error handling cannot hide it.
pub(super) const UNSUPPORTED: &str = "NotSupportedHere";

/// C# would not have compiled this: a mistake of types that only shows here when it runs.
const REFUSED: &str = "CompileError";

impl Fault {
    /// What the C# compiler refuses, in our words.
    pub(super) fn refused(message: impl Into<String>) -> Raise {
        Fault::raise(REFUSED, message)
    }

    pub(super) fn raise(exception: &'static str, message: impl Into<String>) -> Raise {
        Raise(Box::new(Fault {
            exception,
            message: message.into(),
            span: Span::default(),
            inner: None,
        }))
    }

    /// What we cannot do, named: `` `String.Normalize` is not supported here ``.
    pub(super) fn unsupported(what: impl fmt::Display) -> Raise {
        Fault::raise(UNSUPPORTED, format!("`{what}` is not supported here"))
    }

    /// The same for what is not even read, in a sentence.
    pub(super) fn outside(message: &str) -> Raise {
        Fault::raise(UNSUPPORTED, message)
    }

    pub(super) fn null() -> Raise {
        Fault::raise(
            "NullReferenceException",
            "Object reference not set to an instance of an object.",
        )
    }

    pub(super) fn cast(from: &str, to: impl fmt::Display) -> Raise {
        Fault::raise(
            "InvalidCastException",
            format!("Unable to cast object of type '{from}' to type '{to}'."),
        )
    }

    pub(super) fn argument(message: impl Into<String>) -> Raise {
        Fault::raise("ArgumentException", message)
    }

    pub(super) fn null_argument(name: &str) -> Raise {
        Fault::raise(
            "ArgumentNullException",
            format!("Value cannot be null. (Parameter '{name}')"),
        )
    }

    pub(super) fn range(name: &str) -> Raise {
        let message = format!(
            "Specified argument was out of the range of valid values. (Parameter '{name}')"
        );
        Fault::raise("ArgumentOutOfRangeException", message)
    }

    pub(super) fn operation(message: &str) -> Raise {
        Fault::raise("InvalidOperationException", message)
    }

    pub(super) fn format(message: impl Into<String>) -> Raise {
        Fault::raise("FormatException", message)
    }

    pub(super) fn overflow(kind: &str) -> Raise {
        Fault::raise(
            "OverflowException",
            format!("Value was either too large or too small for {kind}."),
        )
    }

    pub(super) fn caught_by(&self, class: &str) -> bool {
        ![LIMIT, UNSUPPORTED, REFUSED].contains(&self.exception) && catches(class, self.exception)
    }

    pub(super) fn full_name(&self) -> String {
        let namespace = match self.exception {
            name if name.starts_with("Json") => "Newtonsoft.Json",
            "KeyNotFoundException" => "System.Collections.Generic",
            _ => "System",
        };
        format!("{namespace}.{}", self.exception)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}
