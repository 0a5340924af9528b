//! Refusals in the words and shapes of the service.

use serde::Serialize;
use serde_json::Value;

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    code: Option<&'static str>,
    message: String,
    origin: Origin,
    /// Only throttling says when to come back.
    pub(super) retry_after_seconds: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// The service in front of the model: code and message.
    Service,
    /// The model's own interface: message, type, parameter, code.
    Model { param: Option<String> },
}

#[derive(Serialize)]
struct Wire<T> {
    error: T,
}

#[derive(Serialize)]
struct ServiceError<'a> {
    code: Option<&'static str>,
    message: &'a str,
}

#[derive(Serialize)]
struct ModelError<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: Option<&'static str>,
}

impl Refusal {
    fn service(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        let (message, origin) = (message.into(), Origin::Service);
        Refusal {
            status,
            code: Some(code),
            message,
            origin,
            retry_after_seconds: None,
        }
    }

    /// A body that the model's interface does not take.
    pub(super) fn invalid(
        code: Option<&'static str>,
        param: Option<&str>,
        message: impl Into<String>,
    ) -> Refusal {
        let origin = Origin::Model {
            param: param.map(str::to_owned),
        };
        Refusal {
            status: 400,
            code,
            message: message.into(),
            origin,
            retry_after_seconds: None,
        }
    }

    /// Something that the real model does and this one does not.
    pub(super) fn not_simulated(param: &str, what: &str) -> Refusal {
        let message = format!("Unsupported parameter: '{param}'. The simulated model {what}.");
        Refusal::invalid(Some("unsupported_parameter"), Some(param), message)
    }

    pub(super) fn no_such_route() -> Refusal {
        Refusal::service(404, "404", "Resource not found")
    }

    /// An operation that gpt-4o-mini itself does not have.
    pub(super) fn wrong_model(operation: &str) -> Refusal {
        let message = format!(
            "The {operation} operation does not work with the specified model. Please choose different model and try again."
        );
        Refusal::service(400, "OperationNotSupported", message)
    }

    /// A simulation header that asks for something impossible.
    pub(super) fn bad_order(header: &str, wanted: &str) -> Refusal {
        Refusal::service(
            400,
            "BadRequest",
            format!("The request header {header} must be {wanted}."),
        )
    }

    /// The error that `x-simulate-status` asks for; `None` for a status it does not know.
    pub(super) fn with_status(status: &str) -> Option<Refusal> {
        Some(match status {
            "400" => Refusal::service(400, "BadRequest", "The request is not valid."),
            "401" => Refusal::service(
                401,
                "401",
                "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.",
            ),
            "404" => Refusal::service(
                404,
                "DeploymentNotFound",
                "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.",
            ),
            "429" => Refusal::throttled(),
            "500" => Refusal::service(
                500,
                "InternalServerError",
                "The server had an error while processing your request.",
            ),
            "503" => Refusal::service(
                503,
                "ServiceUnavailable",
                "The service is temporarily unable to process your request. Please try again later.",
            ),
            _ => return None,
        })
    }

    /// The limit of the model deployment itself, not of the gateway before it.
    pub(super) fn throttled() -> Refusal {
        const RETRY_AFTER_SECONDS: u64 = 7;
        let message = format!(
            "Requests to this model deployment have exceeded its token rate limit. Please retry after {RETRY_AFTER_SECONDS} seconds."
        );
        Refusal {
            retry_after_seconds: Some(RETRY_AFTER_SECONDS),
            ..Refusal::service(429, "429", message)
        }
    }

    pub(super) fn body(&self) -> String {
        let (code, message) = (self.code, self.message.as_str());
        let text = match &self.origin {
            Origin::Service => serde_json::to_string(&Wire {
                error: ServiceError { code, message },
            }),
            Origin::Model { param } => {
                let error = ModelError {
                    message,
                    r#type: "invalid_request_error",
                    param: param.as_deref(),
                    code,
                };
                serde_json::to_string(&Wire { error })
            }
        };
        text.expect("a struct of texts is always JSON")
    }
}

pub(super) fn missing(param: &str) -> Refusal {
    let message = format!("Missing required parameter: '{param}'.");
    Refusal::invalid(Some("missing_required_parameter"), Some(param), message)
}

pub(super) fn wrong_type(param: &str, expected: &str, got: &Value) -> Refusal {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message =
        format!("Invalid type for '{param}': expected {expected}, but got {got} instead.");
    Refusal::invalid(Some("invalid_type"), Some(param), message)
}
