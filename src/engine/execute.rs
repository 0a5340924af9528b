//! One element at a time.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::cors;
use super::error::Raised;
use super::event_log;
use super::exchange::Exchange;
use super::forward::{Forward, end_to_end, parse_base};
use super::message::{self, Change};
use super::metrics;
use super::program::{Action, Instruction};
use super::token_limit::Meter;
use super::validate_token;
use crate::policy::context::Context;
use crate::policy::expression::Value;
use crate::policy::message::Response;
use crate::policy::{
    BasicAuthentication, ForwardRequest, Item, Kind, ManagedIdentity, SectionName,
    SetBackendService, Template,
};

/// What an element does to the course of the request.
pub(super) enum Flow {
    Next,
    Jump(usize),
    /// Stop here until the backend has answered.
    Forward(Forward),
    /// The response stands; nothing else runs.
    Finish,
}

pub(super) fn execute(
    exchange: &mut Exchange,
    instruction: &Instruction,
    meter: &mut Meter<'_>,
) -> Result<Flow, Raised> {
    match &instruction.action {
        Action::Jump(target) => Ok(Flow::Jump(*target)),
        Action::Unless { condition, target } => {
            let holds = truth(condition, &mut exchange.context)?;
            Ok(if holds {
                Flow::Next
            } else {
                Flow::Jump(*target)
            })
        }
        Action::Run(kind) => run(exchange, kind, meter),
    }
}

fn run(exchange: &mut Exchange, kind: &Kind, meter: &mut Meter<'_>) -> Result<Flow, Raised> {
    match kind {
        Kind::ForwardRequest(policy) => return forward(exchange, policy).map(Flow::Forward),
        Kind::ReturnResponse(policy) => {
            return_response(&mut exchange.context, &policy.items)?;
            exchange.streaming = false;
            return Ok(Flow::Finish);
        }
        Kind::CallLimit(limit) => meter.admit_call(exchange, limit)?,
        Kind::Cors(policy) => {
            if cors::run(exchange, policy)? {
                return Ok(Flow::Finish);
            }
        }
        Kind::ValidateToken(policy) => {
            validate_token::run(exchange, policy, meter.credentials, meter.utc)?;
        }
        Kind::BasicAuthentication(policy) => basic(&mut exchange.context, policy)?,
        Kind::CertificateAuthentication(name) => {
            let name = name.text(&mut exchange.context)?;
            let message = format!("the local gateway has no certificate `{name}`");
            return Err(Raised::internal("CertificateNotFound", message));
        }
        Kind::TokenLimit(limit) => meter.admit(exchange, limit)?,
        Kind::EmitMetric(policy) => metrics::emit(exchange, policy)?,
        Kind::LogToEventHub(policy) => event_log::run(exchange, policy)?,
        Kind::EmitTokenMetric(policy) => metrics::prepare(exchange, policy)?,
        Kind::ManagedIdentity(policy) => managed_identity(&mut exchange.context, policy)?,
        Kind::SetBackendService(policy) => set_backend_service(exchange, policy)?,
        Kind::SetVariable(policy) => {
            let value = policy.value.evaluate(&mut exchange.context)?;
            exchange
                .context
                .variables
                .insert(policy.name.to_string(), value);
        }
        Kind::SetBody(_) | Kind::SetHeader(_) | Kind::SetStatus(_) => shape(exchange, kind)?,
        // Both were resolved when the program was compiled.
        Kind::Base | Kind::Choose(_) => {}
    }
    Ok(Flow::Next)
}

/// Changes the request before the backend, the response after it.
fn shape(exchange: &mut Exchange, kind: &Kind) -> Result<(), Raised> {
    let Some(change) = message::change(&mut exchange.context, kind)? else {
        return Ok(());
    };
    match exchange.section {
        SectionName::Inbound | SectionName::Backend => {
            change.of_request(&mut exchange.context.request);
        }
        SectionName::Outbound | SectionName::OnError => {
            // A body that a policy wrote replaces the stream under way.
            exchange.streaming &= !matches!(change, Change::Body(_));
            let response = exchange
                .context
                .response
                .get_or_insert_with(|| Response::new(200));
            change.of_response(response);
        }
    }
    Ok(())
}

/// Builds the response apart, so that its expressions still read the one before it.
fn return_response(context: &mut Context, items: &[Item]) -> Result<(), Raised> {
    let mut built = Response::new(200);
    for item in items {
        if let Some(change) = message::change(context, &item.kind)? {
            change.of_response(&mut built);
        }
    }
    context.response = Some(built);
    Ok(())
}

pub(super) fn truth(condition: &Template, context: &mut Context) -> Result<bool, Raised> {
    let value = condition.evaluate(context)?;
    let literal = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.trim().to_ascii_lowercase().parse().ok())
    };
    value.as_bool().or_else(|| literal(&value)).ok_or_else(|| {
        let message = format!(
            "a condition is a bool, not {} `{}`",
            value.type_name(),
            value.to_text()
        );
        Raised::evaluation(message)
    })
}

fn basic(context: &mut Context, policy: &BasicAuthentication) -> Result<(), Raised> {
    let (user, password) = (
        policy.username.text(context)?,
        policy.password.text(context)?,
    );
    let credential = STANDARD.encode(format!("{user}:{password}"));
    let headers = &mut context.request.headers;
    headers.set("Authorization", format!("Basic {credential}"));
    Ok(())
}

/// The local gateway's own identity: a token that no real service accepts and that says so.
fn managed_identity(context: &mut Context, policy: &ManagedIdentity) -> Result<(), Raised> {
    let resource = policy.resource.text(context)?;
    let token = format!("local-managed-identity.{}", resource.trim_end_matches('/'));
    match &policy.output_variable {
        Some(name) => {
            context
                .variables
                .insert(name.to_string(), Value::from(token));
        }
        None => context
            .request
            .headers
            .set("Authorization", format!("Bearer {token}")),
    }
    Ok(())
}

fn set_backend_service(exchange: &mut Exchange, policy: &SetBackendService) -> Result<(), Raised> {
    match policy {
        // Every backend of the local gateway is the one model behind it; the id is kept for metrics.
        SetBackendService::BackendId(id) => {
            exchange.backend_id = Some(id.text(&mut exchange.context)?);
        }
        SetBackendService::BaseUrl(url) => {
            let text = url.text(&mut exchange.context)?;
            let base = parse_base(&text)
                .ok_or_else(|| Raised::evaluation(format!("`{text}` is not a base URL")))?;
            exchange.rebase(base);
        }
    }
    Ok(())
}

fn forward(exchange: &mut Exchange, policy: &ForwardRequest) -> Result<Forward, Raised> {
    let timeout = policy.timeout.text(&mut exchange.context)?;
    let count: u64 = timeout
        .trim()
        .parse()
        .map_err(|_| Raised::evaluation(format!("timeout cannot be `{timeout}`")))?;
    let (_, stream) = exchange.asked.of(exchange.context.request.body.as_ref());
    exchange.fail_on_error_status = policy.fail_on_error_status_code;
    exchange.backend_called = true;
    let request = &exchange.context.request;
    Ok(Forward {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: end_to_end(&request.headers),
        body: request.body.clone(),
        timeout: if policy.timeout_is_millis {
            Duration::from_millis(count)
        } else {
            Duration::from_secs(count)
        },
        // `buffer-response` is true by default, yet model gateways stream: API Management lets
        // event streams through as long as no later policy needs their text.
        buffer: exchange.program.reads_response_body || !stream,
    })
}
