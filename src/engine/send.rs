//! Requests that a policy sends on its own: `send-request`, `send-one-way-request`, and several of
//! them at once inside `wait`.

use std::time::Duration;

use bytes::Bytes;

use super::authorization;
use super::backends::Backends;
use super::block::{Block, Stores};
use super::credentials::Credentials;
use super::dispatch;
use super::error::{BackendFailure, Raised};
use super::exchange::{BackendAnswer, BackendBody, Exchange};
use super::execute::{Flow, local_token};
use super::forward::{Forward, end_to_end, parse_base};
use super::message;
use super::program::Location;
use super::safety::{self, Check};
use super::semantic::{self, Wanted};
use crate::base::Moment;
use crate::policy::course::SendRequest;
use crate::policy::expression::Value;
use crate::policy::message::{Headers, Request, Response, Url};
use crate::policy::{Kind, Template};

/// Host of the simulated model, which is asked for it in the place of the network.
pub(crate) const MODEL_HOST: &str = "model.local";

/// Requests to send at the same time.
#[derive(Debug)]
pub(crate) struct Sends {
    pub(crate) calls: Vec<Forward>,
    pub(crate) until: Until,
}

/// Which answers the policy waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    All,
    Any,
    /// The requests are sent and nobody reads what comes.
    Never,
}

/// What came of a request; its body is whole.
pub(crate) type Outcome = Result<BackendAnswer, BackendFailure>;

impl Sends {
    /// Which outcomes count, and when the policy goes on, where every outcome and its moment are
    /// known beforehand: in virtual time.
    pub(crate) fn foreseen(
        &self,
        now: Moment,
        outcomes: Vec<(Moment, Outcome)>,
    ) -> (Moment, Vec<Option<Outcome>>) {
        let moments = outcomes.iter().map(|(at, _)| *at);
        let at = match self.until {
            Until::All => moments.max(),
            Until::Any => moments.min(),
            Until::Never => None,
        };
        let first = outcomes.iter().position(|(moment, _)| Some(*moment) == at);
        let counts = |index: usize| match self.until {
            Until::All => true,
            Until::Any => Some(index) == first,
            Until::Never => false,
        };
        let outcomes = outcomes.into_iter().enumerate();
        let kept = outcomes
            .map(|(index, (_, outcome))| counts(index).then_some(outcome))
            .collect();
        (at.unwrap_or(now), kept)
    }
}

/// What waits for the answer of a request that was sent.
#[derive(Debug)]
pub(super) struct Awaited {
    purpose: Purpose,
    location: Location,
}

/// What becomes of an answer.
#[derive(Debug)]
pub(super) enum Purpose {
    Variable {
        /// `None` when nobody reads it.
        name: Option<String>,
        ignore_error: bool,
    },
    Safety(Check),
    Embedding(Wanted),
}

/// Builds the request and sends it, or leaves it to the `wait` around it.
pub(super) fn send(
    exchange: &mut Exchange,
    policy: &SendRequest,
    location: &Location,
    credentials: &Credentials,
) -> Result<Flow, Raised> {
    let context = &mut exchange.context;
    let variable = policy
        .variable
        .as_ref()
        .map(|variable| variable.text(context));
    let variable = variable.transpose()?;
    let timeout = policy.timeout.text(context)?;
    let timeout: u64 = timeout
        .trim()
        .parse()
        .map_err(|_| Raised::evaluation(format!("timeout cannot be `{timeout}`")))?;
    let mut request = start(exchange, &policy.mode)?;
    if let Some(url) = text(exchange, policy.url.as_ref())? {
        request.url = parse_url(&url)
            .ok_or_else(|| Raised::evaluation(format!("`{url}` is not an absolute URL")))?;
    }
    if let Some(method) = text(exchange, policy.method.as_ref())? {
        request.method = method;
    }
    for item in &policy.items {
        part(exchange, &mut request, &item.kind, credentials)?;
    }
    let forward = Forward {
        method: request.method,
        headers: end_to_end(request.headers.clone()),
        url: request.url,
        body: request.body,
        timeout: Duration::from_secs(timeout),
        buffer: true,
        backend: None,
    };
    let one_way = variable.is_none();
    let awaited = Awaited {
        purpose: Purpose::Variable {
            name: variable,
            ignore_error: policy.ignore_error,
        },
        location: location.clone(),
    };
    if let Some(Block::Gather { sends, .. }) = exchange.blocks.last_mut() {
        sends.push((forward, awaited));
        return Ok(Flow::Next);
    }
    exchange.awaited = vec![awaited];
    Ok(Flow::Send(Sends {
        calls: vec![forward],
        until: if one_way { Until::Never } else { Until::All },
    }))
}

/// What an element inside the request adds to it.
fn part(
    exchange: &mut Exchange,
    request: &mut Request,
    kind: &Kind,
    credentials: &Credentials,
) -> Result<(), Raised> {
    let binding = exchange.binding();
    let context = &mut exchange.context;
    match kind {
        Kind::ManagedIdentity(identity) => {
            let token = local_token(&identity.resource.text(context)?);
            match &identity.output_variable {
                Some(name) => {
                    context
                        .variables
                        .insert(name.to_string(), Value::from(token));
                }
                None => request
                    .headers
                    .set("Authorization", format!("Bearer {token}")),
            }
        }
        Kind::BasicAuthentication(policy) => {
            let value = authorization::basic(context, policy)?;
            request.headers.set("Authorization", value);
        }
        Kind::CertificateAuthentication(name) => {
            authorization::certificate(context, name, credentials)?;
        }
        Kind::Proxy(policy) => authorization::proxy(context, policy)?,
        kind => {
            if let Some(change) = message::change(context, kind, binding)? {
                change.of_request(request);
            }
        }
    }
    Ok(())
}

/// Sends requests of an element's own, all at once; nothing to send is nothing to wait for.
pub(super) fn ask(
    exchange: &mut Exchange,
    calls: Vec<(Forward, Purpose)>,
    location: &Location,
) -> Flow {
    if calls.is_empty() {
        return Flow::Next;
    }
    let (calls, purposes): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
    let awaited = purposes.into_iter().map(|purpose| Awaited {
        purpose,
        location: location.clone(),
    });
    exchange.awaited = awaited.collect();
    Flow::Send(Sends {
        calls,
        until: Until::All,
    })
}

/// A request in JSON for a backend by its id, signed as the backend wants it. Without backends an
/// id stands for the model, where `deployment` can answer it.
pub(super) fn to_backend(
    backends: &Backends,
    id: &str,
    deployment: Option<&str>,
    timeout: Duration,
) -> Result<Forward, Raised> {
    let mut forward = Forward {
        method: "POST".to_owned(),
        url: Url::default(),
        headers: [("Content-Type", "application/json")].into_iter().collect(),
        body: None,
        timeout,
        buffer: true,
        backend: None,
    };
    let found = backends.find(id);
    match (found.and_then(|found| found.single()), deployment) {
        (Some(single), _) => {
            forward.url = single.base.clone();
            dispatch::sign_for(single, &mut forward);
            if single.identity.is_none()
                && single.authorization.is_none()
                && single.headers.is_empty()
                && single.query.is_empty()
            {
                // The gateway's own identity, as the reference pages set these backends up.
                let token = local_token("https://cognitiveservices.azure.com");
                forward
                    .headers
                    .set("Authorization", format!("Bearer {token}"));
            }
        }
        (None, Some(deployment)) if backends.is_empty() => {
            let path = format!("https://{MODEL_HOST}/openai/deployments/{deployment}");
            forward.url = parse_base(&path).unwrap_or_default();
        }
        _ => {
            let what = if found.is_some() {
                "is a pool, which answers no requests of this kind"
            } else {
                "is not configured"
            };
            let message = format!("backend `{id}` {what}");
            return Err(Raised::internal("BackendNotFound", message));
        }
    }
    Ok(forward)
}

/// The body of an answer that was asked for whole.
pub(super) fn body(answer: &BackendAnswer) -> Option<&Bytes> {
    match &answer.body {
        BackendBody::Whole(body) => Some(body),
        BackendBody::Stream => None,
    }
}

/// An empty request, or a copy of the one under way.
fn start(exchange: &mut Exchange, mode: &Template) -> Result<Request, Raised> {
    let mode = mode.text(&mut exchange.context)?;
    match mode.as_str() {
        "copy" => Ok(exchange.context.request.clone()),
        "new" => Ok(Request {
            method: "GET".to_owned(),
            url: Url::default(),
            original_url: Url::default(),
            headers: Headers::new(),
            ip_address: String::new(),
            body: None,
            matched_parameters: Vec::new(),
        }),
        _ => Err(Raised::evaluation(format!("mode cannot be `{mode}`"))),
    }
}

fn text(exchange: &mut Exchange, template: Option<&Template>) -> Result<Option<String>, Raised> {
    let text = template.map(|template| template.text(&mut exchange.context));
    Ok(text.transpose()?.map(|text| text.trim().to_owned()))
}

/// An absolute URL, its path and query as they are written.
fn parse_url(text: &str) -> Option<Url> {
    let text = text.trim();
    let text = text.split_once('#').map_or(text, |(text, _)| text);
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let mut url = parse_base(text)?;
    if text.ends_with('/') || url.path.is_empty() {
        url.path.push('/');
    }
    query.clone_into(&mut url.query);
    matches!(url.scheme.as_str(), "http" | "https").then_some(url)
}

/// Hands the answers to what waits for them. The first failure that is not to be ignored is raised
/// where its element stands.
pub(super) fn receive(
    exchange: &mut Exchange,
    outcomes: Vec<Option<Outcome>>,
    now: Moment,
    stores: &mut Stores,
) -> Result<Flow, Box<(Raised, Location)>> {
    let awaited = std::mem::take(&mut exchange.awaited);
    let mut flow = Flow::Next;
    for (awaited, outcome) in awaited.into_iter().zip(outcomes) {
        let location = awaited.location;
        let (variable, ignore_error, outcome) = match (awaited.purpose, outcome) {
            (
                Purpose::Variable {
                    name: Some(name),
                    ignore_error,
                },
                Some(outcome),
            ) => (name, ignore_error, outcome),
            (Purpose::Safety(check), Some(outcome)) => {
                safety::received(exchange, &check, outcome)
                    .map_err(|raised| Box::new((raised, location)))?;
                continue;
            }
            (Purpose::Embedding(wanted), Some(outcome)) => {
                let source = Some(&location);
                flow = semantic::received(exchange, wanted, outcome, source, now, stores);
                continue;
            }
            (_, _) => continue,
        };
        let value = match outcome {
            Ok(answer) => Value::from(response(answer)),
            Err(_) if ignore_error => Value::Null,
            Err(failure) => {
                let raised = Raised {
                    source: "send-request",
                    ..Raised::backend(failure)
                };
                return Err(Box::new((raised, location)));
            }
        };
        exchange.context.variables.insert(variable, value);
    }
    Ok(flow)
}

fn response(answer: BackendAnswer) -> Response {
    let mut response = Response::new(answer.status);
    response.headers = end_to_end(answer.headers);
    if let BackendBody::Whole(body) = answer.body {
        response.body = Some(body);
    }
    response
}
