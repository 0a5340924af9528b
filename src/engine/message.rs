//! `set-header`, `set-status` and `set-body`: first what they say, then the change to a message.

use bytes::Bytes;

use super::error::Raised;
use crate::policy::context::Context;
use crate::policy::liquid::{BoundBody, Liquid};
use crate::policy::message::{Headers, Request, Response, reason_phrase};
use crate::policy::{ExistsAction, Kind, SectionName, SetBody, SetHeader, SetStatus};

/// Headers whose values go on separate lines; all others join as a list (specification 3.2).
const SEPARATE: [&str; 14] = [
    "User-Agent",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "Warning",
    "Date",
    "Expires",
    "If-Modified-Since",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Modified",
    "Retry-After",
];

/// A change to a message, every expression in it evaluated.
#[derive(Debug)]
pub(super) enum Change {
    Header {
        name: String,
        action: ExistsAction,
        values: Vec<String>,
    },
    Status {
        status: u16,
        reason: String,
    },
    Body(Bytes),
}

/// What a message-shaping element asks for; `None` for any other element.
///
/// A template reads the body of the message that `binding` names.
pub(super) fn change(
    context: &mut Context,
    kind: &Kind,
    binding: Binding,
) -> Result<Option<Change>, Raised> {
    match kind {
        Kind::SetBody(SetBody {
            liquid: Some(template),
            ..
        }) => render(context, template, binding).map(Some),
        Kind::SetBody(policy) => Ok(Some(Change::Body(Bytes::from(policy.value.text(context)?)))),
        Kind::SetHeader(policy) => header(context, policy).map(Some),
        Kind::SetStatus(policy) => status(context, policy).map(Some),
        _ => Ok(None),
    }
}

/// What templates can name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding {
    /// `None` where there is no message yet (`return-response`, specification 3.2).
    pub(super) section: Option<SectionName>,
    /// Names tell capitals apart.
    pub(super) exact: bool,
}

fn render(context: &Context, template: &Liquid, binding: Binding) -> Result<Change, Raised> {
    let message = match binding.section {
        None => None,
        Some(SectionName::Inbound | SectionName::Backend) => {
            Some((&context.request.headers, &context.request.body))
        }
        Some(SectionName::Outbound | SectionName::OnError) => {
            let response = context.response.as_ref();
            response.map(|response| (&response.headers, &response.body))
        }
    };
    let body = message.and_then(|(headers, body)| {
        let bytes = body.as_deref()?;
        Some(BoundBody { headers, bytes })
    });
    let text = template.render(context, body.as_ref(), binding.exact);
    let text = text.map_err(|what| Raised::internal("LiquidTemplateFailure", what))?;
    Ok(Change::Body(Bytes::from(text)))
}

fn header(context: &mut Context, policy: &SetHeader) -> Result<Change, Raised> {
    let name = policy.name.text(context)?;
    let action = policy.exists.text(context)?;
    let action = ExistsAction::from_name(&action)
        .ok_or_else(|| Raised::evaluation(format!("exists-action cannot be `{action}`")))?;
    let mut values = Vec::with_capacity(policy.values.len());
    if action != ExistsAction::Delete {
        for value in &policy.values {
            values.push(value.text(context)?);
        }
    }
    Ok(Change::Header {
        name,
        action,
        values,
    })
}

fn status(context: &mut Context, policy: &SetStatus) -> Result<Change, Raised> {
    let code = policy.code.text(context)?;
    let reason = policy.reason.text(context)?;
    let status = code
        .trim()
        .parse()
        .ok()
        .filter(|status| (100..=599).contains(status));
    let status =
        status.ok_or_else(|| Raised::evaluation(format!("status code cannot be `{code}`")))?;
    let reason = if reason.is_empty() {
        reason_phrase(status).to_owned()
    } else {
        reason
    };
    Ok(Change::Status { status, reason })
}

impl Change {
    pub(super) fn of_request(self, request: &mut Request) {
        match self {
            Change::Header {
                name,
                action,
                values,
            } => set(&mut request.headers, &name, action, values),
            Change::Body(body) => request.body = Some(body),
            // The reference allows it in inbound, where there is nothing to change yet.
            Change::Status { .. } => {}
        }
    }

    pub(super) fn of_response(self, response: &mut Response) {
        match self {
            Change::Header {
                name,
                action,
                values,
            } => set(&mut response.headers, &name, action, values),
            Change::Body(body) => response.body = Some(body),
            Change::Status { status, reason } => {
                response.status = status;
                response.reason = reason;
            }
        }
    }
}

fn set(headers: &mut Headers, name: &str, action: ExistsAction, values: Vec<String>) {
    match action {
        ExistsAction::Delete => headers.remove(name),
        ExistsAction::Skip if headers.contains(name) => {}
        ExistsAction::Skip | ExistsAction::Override => {
            headers.remove(name);
            append(headers, name, values);
        }
        ExistsAction::Append => append(headers, name, values),
    }
}

fn append(headers: &mut Headers, name: &str, values: Vec<String>) {
    if SEPARATE
        .iter()
        .any(|header| header.eq_ignore_ascii_case(name))
    {
        for value in values {
            headers.append(name, value);
        }
        return;
    }
    let known = headers.joined(name);
    let all: Vec<String> = known.into_iter().chain(values).collect();
    headers.set(name, all.join(","));
}
