//! One element at a time.

use std::time::Duration;

use super::authorization;
use super::block::{self, Stores};
use super::content;
use super::cors;
use super::course;
use super::dispatch;
use super::error::Raised;
use super::event_log;
use super::exchange::Exchange;
use super::forward::{Forward, end_to_end};
use super::message::{self, Binding, Change};
use super::metrics;
use super::program::{Action, Instruction, Location};
use super::response_cache;
use super::safety;
use super::semantic;
use super::send::Sends;
use super::token_limit::Meter;
use super::validate_token;
use crate::policy::caching::Caching;
use crate::policy::context::Context;
use crate::policy::expression::Value;
use crate::policy::message::Response;
use crate::policy::{
    ForwardRequest, Kind, ManagedIdentity, RequestBody, ReturnResponse, SectionName, Template,
};

/// What an element does to the course of the request.
pub(super) enum Flow {
    Next,
    Jump(usize),
    /// Stop here until the backend has answered.
    Forward(Forward),
    /// Stop here until requests of the policy's own have been answered.
    Send(Sends),
    /// Go on later.
    Sleep(Duration),
    /// The response stands; nothing else runs.
    Finish,
}

pub(super) fn execute(
    exchange: &mut Exchange,
    instruction: &Instruction,
    meter: &mut Meter<'_>,
    stores: &mut Stores,
) -> Result<Flow, Raised> {
    match &instruction.action {
        Action::Jump(target) => Ok(Flow::Jump(*target)),
        Action::Unless {
            condition,
            target,
            branch,
        } => {
            if truth(condition, &mut exchange.context)? {
                return Ok(Flow::Next);
            }
            branch.pass_by();
            Ok(Flow::Jump(*target))
        }
        Action::Branch(branch) => {
            branch.mark();
            Ok(Flow::Next)
        }
        Action::Enter(course) => {
            block::enter(exchange, course, stores)?;
            Ok(Flow::Next)
        }
        Action::Leave { body } => block::leave(exchange, *body),
        Action::ChildDone => {
            block::child_done(exchange);
            Ok(Flow::Next)
        }
        Action::Run(Kind::Course(policy)) => {
            course::run(exchange, policy, &instruction.location, meter, stores)
        }
        Action::Run(Kind::ForwardRequest(policy)) => {
            dispatch::aim(exchange, meter, &mut stores.circuits)?;
            forward(exchange, policy).map(Flow::Forward)
        }
        Action::Run(Kind::Caching(policy)) => {
            caching(exchange, policy, &instruction.location, meter, stores)
        }
        Action::Run(Kind::ContentSafety(policy)) => {
            safety::run(exchange, policy, &instruction.location, meter)
        }
        Action::Run(kind) => run(exchange, kind, meter),
    }
}

fn caching(
    exchange: &mut Exchange,
    policy: &Caching,
    location: &Location,
    meter: &Meter<'_>,
    stores: &mut Stores,
) -> Result<Flow, Raised> {
    let now = meter.now;
    match policy {
        Caching::LookUp(policy) => {
            return response_cache::look_up(exchange, policy, location, now, stores);
        }
        Caching::SemanticLookUp(policy) => {
            return semantic::look_up(exchange, policy, location, meter);
        }
        Caching::Store(policy) => response_cache::store(exchange, policy, now, stores)?,
        Caching::SemanticStore(policy) => semantic::store(exchange, policy, now, stores)?,
    }
    Ok(Flow::Next)
}

fn run(exchange: &mut Exchange, kind: &Kind, meter: &mut Meter<'_>) -> Result<Flow, Raised> {
    match kind {
        Kind::ReturnResponse(policy) => {
            let binding = Binding {
                section: None,
                ..exchange.binding()
            };
            return_response(&mut exchange.context, policy, binding)?;
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
        Kind::BasicAuthentication(policy) => {
            let value = authorization::basic(&mut exchange.context, policy)?;
            let headers = &mut exchange.context.request.headers;
            headers.set("Authorization", value);
        }
        Kind::AuthorizationContext(policy) => {
            authorization::context(&mut exchange.context, policy, meter.credentials)?;
        }
        Kind::Proxy(policy) => authorization::proxy(&mut exchange.context, policy)?,
        Kind::Content(policy) => content::run(exchange, policy)?,
        Kind::CertificateAuthentication(name) => {
            authorization::certificate(&mut exchange.context, name, meter.credentials)?;
        }
        Kind::TokenLimit(limit) => meter.admit(exchange, limit)?,
        Kind::EmitMetric(policy) => metrics::emit(exchange, policy)?,
        Kind::LogToEventHub(policy) => event_log::run(exchange, policy)?,
        Kind::EmitTokenMetric(policy) => metrics::prepare(exchange, policy)?,
        Kind::ManagedIdentity(policy) => managed_identity(&mut exchange.context, policy)?,
        Kind::SetBackendService(policy) => dispatch::set_backend_service(exchange, policy, meter)?,
        Kind::SetVariable(policy) => {
            let value = policy.value.evaluate(&mut exchange.context)?;
            exchange
                .context
                .variables
                .insert(policy.name.to_string(), value);
        }
        Kind::SetBody(_) | Kind::SetHeader(_) | Kind::SetStatus(_) => shape(exchange, kind)?,
        // The first two were resolved when the program was compiled, the others have their own place.
        Kind::Base
        | Kind::Caching(_)
        | Kind::Choose(_)
        | Kind::ContentSafety(_)
        | Kind::Course(_)
        | Kind::ForwardRequest(_) => {}
    }
    Ok(Flow::Next)
}

/// Changes the request before the backend, the response after it.
fn shape(exchange: &mut Exchange, kind: &Kind) -> Result<(), Raised> {
    let binding = exchange.binding();
    let Some(change) = message::change(&mut exchange.context, kind, binding)? else {
        return Ok(());
    };
    match exchange.section {
        SectionName::Inbound | SectionName::Backend => {
            if matches!(change, Change::Body(_)) {
                exchange.request_body = RequestBody::Kept;
            }
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
fn return_response(
    context: &mut Context,
    policy: &ReturnResponse,
    binding: Binding,
) -> Result<(), Raised> {
    let mut built = match &policy.variable {
        Some(name) => held_response(context, name)?,
        None => Response::new(200),
    };
    for item in &policy.items {
        item.place.trail.mark();
        if let Some(change) = message::change(context, &item.kind, binding)? {
            change.of_response(&mut built);
        }
    }
    context.response = Some(built);
    Ok(())
}

/// The response that a variable holds, such as the one that `send-request` left.
fn held_response(context: &Context, name: &str) -> Result<Response, Raised> {
    let value = context.variables.get(name);
    value.and_then(Value::as_response).ok_or_else(|| {
        let found = value.map_or("missing", Value::type_name);
        Raised::evaluation(format!(
            "variable `{name}` holds no response, it is {found}"
        ))
    })
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

/// The local gateway's own identity: a token that no real service accepts and that says so.
fn managed_identity(context: &mut Context, policy: &ManagedIdentity) -> Result<(), Raised> {
    let resource = policy.resource.text(context)?;
    let token = local_token(&resource);
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

pub(super) fn local_token(resource: &str) -> String {
    format!("local-managed-identity.{}", resource.trim_end_matches('/'))
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
    if exchange.request_body == RequestBody::Gone {
        let message = "The request body was not buffered and cannot be sent again.";
        return Err(Raised::internal("BackendConnectionFailure", message));
    }
    // Without a buffer the body is gone once it is sent (inferred from the attribute's purpose).
    if exchange.context.request.body.is_some() {
        exchange.request_body = policy.request_body;
    }
    let request = &exchange.context.request;
    let mut forward = Forward {
        method: request.method.clone(),
        url: request.url.clone(),
        headers: end_to_end(request.headers.clone()),
        body: request.body.clone(),
        timeout: if policy.timeout_is_millis {
            Duration::from_millis(count)
        } else {
            Duration::from_secs(count)
        },
        // `buffer-response` is true by default, yet model gateways stream: API Management lets
        // event streams through as long as no later policy needs their text.
        buffer: exchange.program.reads_response_body || !exchange.enforced.is_empty() || !stream,
        backend: None,
    };
    dispatch::sign(exchange, &mut forward);
    Ok(forward)
}
