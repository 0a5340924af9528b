use std::time::Duration;

use super::{Refusal, SignInError};
use crate::base::format_duration;

/// Why a call to Azure has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AzureError {
    /// Azure answered, and said no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// No answer, however often it was asked.
    #[error("`{operation}` had no answer from `{host}` in {attempts} attempts: {cause}")]
    Silent {
        operation: String,
        host: String,
        attempts: u32,
        cause: String,
    },
    /// An answer that is not what the documentation promises.
    #[error("the answer to `{operation}` makes no sense: {problem}")]
    Answer { operation: String, problem: String },
    /// A long-running operation that did not end in the time it was given.
    #[error("`{operation}` has not ended after {}", format_duration(*waited))]
    Unfinished { operation: String, waited: Duration },
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// An answer named a host that no credential belongs to.
    #[error("refused to send the credential to `{host}`, which is none of the configured hosts")]
    ForeignHost { host: String },
    #[error("refused to talk to `{host}` without TLS")]
    PlainHttp { host: String },
    #[error("`{text}` is not a URL: {problem}")]
    Url { text: String, problem: String },
    #[error("the value of header `{name}` holds what no header can")]
    Header { name: String },
    #[error("cannot open connections: {0}")]
    Client(String),
}

impl AzureError {
    /// What Azure said, when it was Azure that said no.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match self {
            AzureError::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The HTTP status of a refusal.
    pub(crate) fn status(&self) -> Option<u16> {
        self.refusal().map(|refusal| refusal.status)
    }
}

impl From<Refusal> for AzureError {
    fn from(refusal: Refusal) -> AzureError {
        AzureError::Refused(Box::new(refusal))
    }
}
