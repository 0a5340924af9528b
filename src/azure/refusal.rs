use std::fmt;

use serde_json::Value;

use super::transport::Answer;

/// Deeper than Azure nests its errors, and shallower than a hostile body could.
const DEEPEST: usize = 16;

/// Azure said no: what was asked, and its answer in every form that Azure gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Method and path, such as `PUT /subscriptions/…`.
    pub(crate) operation: String,
    /// HTTP status; that of a long-running operation's report is 200.
    pub(crate) status: u16,
    pub(crate) error: ErrorDetail,
    /// What Azure's support asks for.
    pub(crate) request_id: Option<String>,
}

/// A code that programs act on, a sentence, and the errors inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorDetail {
    pub(crate) code: String,
    pub(crate) message: String,
    /// Field, resource or parameter that the error is about.
    pub(crate) target: Option<String>,
    pub(crate) details: Vec<ErrorDetail>,
}

impl Refusal {
    /// What an answer that is no success says.
    pub(crate) fn of_answer(operation: &str, answer: &Answer) -> Refusal {
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let mut error = ErrorDetail::of(&value);
        if error.code.is_empty() {
            let header = answer.header("x-ms-error-code").map(str::to_owned);
            error.code = header.unwrap_or_else(|| name_of(answer.status));
        }
        if error.message.is_empty() {
            error.message = text_of(&answer.body);
        }
        Refusal {
            operation: operation.to_owned(),
            status: answer.status,
            error,
            request_id: request_id(answer),
        }
    }

    /// What the report of a long-running operation says, when it ended badly: `error` of its body,
    /// or its `status` when there is no more.
    pub(crate) fn of_report(operation: &str, answer: &Answer, report: &Value) -> Refusal {
        let mut error = ErrorDetail::of(report);
        if error.code.is_empty() {
            error = ErrorDetail::of(&report["properties"]);
        }
        if error.code.is_empty() {
            let status = report["status"].as_str();
            let status = status.or_else(|| report["properties"]["provisioningState"].as_str());
            status.unwrap_or("Failed").clone_into(&mut error.code);
        }
        Refusal {
            operation: operation.to_owned(),
            status: answer.status,
            error,
            request_id: request_id(answer),
        }
    }

    /// The error that explains the others.
    pub(crate) fn innermost(&self) -> &ErrorDetail {
        self.error.innermost()
    }

    pub(crate) fn is(&self, code: &str) -> bool {
        self.error.holds(code)
    }
}

impl ErrorDetail {
    /// The error in a body: below `error`, at its top, or below `odata.error`, as services differ.
    pub(crate) fn of(body: &Value) -> ErrorDetail {
        ErrorDetail::read(body, 0)
    }

    fn read(body: &Value, depth: usize) -> ErrorDetail {
        let error = ["error", "odata.error", "Error"]
            .iter()
            .find_map(|name| body.get(name));
        let error = error.filter(|error| error.is_object()).unwrap_or(body);
        let field = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| error.get(name)?.as_str());
            found.unwrap_or_default().trim().to_owned()
        };
        let mut detail = ErrorDetail {
            code: field(["code", "Code"]),
            message: field(["message", "Message"]),
            target: error
                .get("target")
                .and_then(Value::as_str)
                .map(str::to_owned),
            details: Vec::new(),
        };
        if depth >= DEEPEST {
            return detail;
        }
        let details = error.get("details").and_then(Value::as_array);
        let inside = details.into_iter().flatten().chain(error.get("innererror"));
        detail.details = inside
            .map(|inner| ErrorDetail::read(inner, depth + 1))
            .collect();
        detail.unfold(depth);
        detail
            .details
            .retain(|inner| !inner.code.is_empty() || !inner.message.is_empty());
        detail
    }

    /// A resource provider's error travels as text inside the message of the deployment's.
    fn unfold(&mut self, depth: usize) {
        if !self.message.starts_with('{') {
            return;
        }
        let Ok(inner) = serde_json::from_str::<Value>(&self.message) else {
            return;
        };
        let inner = ErrorDetail::read(&inner, depth + 1);
        if inner.code.is_empty() && inner.message.is_empty() {
            return;
        }
        self.message.clone_from(&inner.message);
        self.details.insert(0, inner);
    }

    fn innermost(&self) -> &ErrorDetail {
        let told = self.details.iter().find(|inner| !inner.message.is_empty());
        told.map_or(self, ErrorDetail::innermost)
    }

    fn holds(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code) || self.details.iter().any(|inner| inner.holds(code))
    }
}

impl fmt::Display for ErrorDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", message) => f.write_str(message),
            (code, "") => f.write_str(code),
            (code, message) => write!(f, "{code}: {message}"),
        }?;
        match &self.target {
            Some(target) if !target.is_empty() => write!(f, " (at `{target}`)"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` was refused with {}: {}",
            self.operation, self.status, self.error
        )?;
        let innermost = self.innermost();
        if !std::ptr::eq(innermost, &raw const self.error) {
            write!(f, "\n  because {innermost}")?;
        }
        match &self.request_id {
            Some(id) => write!(f, "\n  request id {id}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

fn request_id(answer: &Answer) -> Option<String> {
    [
        "x-ms-request-id",
        "x-ms-correlation-request-id",
        "apim-request-id",
    ]
    .iter()
    .find_map(|name| answer.header(name))
    .map(str::to_owned)
}

fn name_of(status: u16) -> String {
    let reason = reqwest::StatusCode::from_u16(status).ok();
    let reason = reason.and_then(|status| status.canonical_reason());
    reason.unwrap_or("Unknown").replace(' ', "")
}

/// The first line of a body that is no JSON; a proxy's page is not repeated whole.
fn text_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.trim().lines().next().unwrap_or_default();
    if line.starts_with('<') || line.starts_with('{') {
        return String::new();
    }
    line.chars().take(200).collect()
}
