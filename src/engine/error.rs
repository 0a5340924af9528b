//! What goes wrong on the way, as `context.LastError` and the wire show it (gateway
//! specification, sections 1.7, 4.4 and 6).

use bytes::Bytes;

use crate::policy::expression::Fault;
use crate::policy::message::{Headers, Response};

/// An error raised by the gateway or by a policy: control goes to `on-error`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raised {
    pub(super) status: u16,
    /// `LastError.Source`: a policy element, or a part of the gateway. Empty stands for the
    /// element that was running.
    pub(super) source: &'static str,
    pub(super) reason: &'static str,
    pub(super) message: String,
    /// What the wire shows in place of the message.
    pub(super) shown: Option<String>,
    pub(super) headers: Headers,
    /// The wire shows "Internal server error" and not the message.
    pub(super) internal: bool,
    /// The message is the reason phrase of the response as well.
    pub(super) phrased: bool,
}

/// How a call to the backend can fail without an HTTP answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BackendFailure {
    /// Refused, reset, or not HTTP.
    Connection,
    Timeout,
    /// The host is one that this gateway does not call.
    Forbidden,
}

/// A policy that asks somebody else must not do so unnoticed from a developer's machine.
const FORBIDDEN: &str =
    "The local gateway does not call hosts other than its model and this machine.";

impl Raised {
    pub(super) fn refusal(
        status: u16,
        source: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Raised {
        Raised {
            status,
            source,
            reason,
            message: message.into(),
            shown: None,
            headers: Headers::new(),
            internal: false,
            phrased: false,
        }
    }

    pub(super) fn internal(reason: &'static str, message: impl Into<String>) -> Raised {
        Raised {
            status: 500,
            source: "",
            reason,
            message: message.into(),
            shown: None,
            headers: Headers::new(),
            internal: true,
            phrased: false,
        }
    }

    /// A value that a policy cannot work with, or an expression that threw.
    pub(super) fn evaluation(message: impl Into<String>) -> Raised {
        Raised::internal("ExpressionValueEvaluationFailure", message)
    }

    pub(super) fn not_found() -> Raised {
        let message = "Unable to match incoming request to an operation.";
        Raised::refusal(404, "configuration", "OperationNotFound", message)
    }

    pub(super) fn backend(failure: BackendFailure) -> Raised {
        let (reason, message) = match failure {
            BackendFailure::Connection => (
                "BackendConnectionFailure",
                "The connection to the backend failed.",
            ),
            BackendFailure::Timeout => ("Timeout", "The backend did not answer in time."),
            BackendFailure::Forbidden => ("BackendConnectionFailure", FORBIDDEN),
        };
        Raised {
            source: "forward-request",
            ..Raised::internal(reason, message)
        }
    }

    /// The default answer, before `on-error` changes it.
    pub(super) fn response(&self, request_id: &str) -> Response {
        let mut response = Response::new(self.status);
        response.headers = self.headers.clone();
        response.headers.set("Content-Type", "application/json");
        let body = if self.internal {
            format!(
                r#"{{ "statusCode": 500, "message": "Internal server error", "activityId": "{request_id}" }}"#
            )
        } else if self.status == 404 && self.shown.is_none() {
            r#"{ "statusCode": 404, "message": "Resource not found" }"#.to_owned()
        } else {
            let message = self.shown.as_ref().unwrap_or(&self.message);
            let message = serde_json::Value::from(message.as_str());
            format!(
                r#"{{ "statusCode": {}, "message": {message} }}"#,
                self.status
            )
        };
        response.body = Some(Bytes::from(body));
        response
    }
}

impl From<Fault> for Raised {
    fn from(fault: Fault) -> Raised {
        Raised::evaluation(fault.to_string())
    }
}
