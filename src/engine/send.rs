//! Requests that a policy sends on its own: `send-request`, `send-one-way-request`, and several of
//! them at once inside `wait`.

use std::time::Duration;

use super::block::Block;
use super::error::{BackendFailure, Raised};
use super::exchange::{BackendAnswer, BackendBody, Exchange};
use super::execute::{Flow, local_token};
use super::forward::{Forward, end_to_end, parse_base};
use super::message;
use super::program::Location;
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
    variable: Option<String>,
    ignore_error: bool,
    location: Location,
}

/// Builds the request and sends it, or leaves it to the `wait` around it.
pub(super) fn send(
    exchange: &mut Exchange,
    policy: &SendRequest,
    location: &Location,
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
        if let Kind::ManagedIdentity(identity) = &item.kind {
            let token = local_token(&identity.resource.text(&mut exchange.context)?);
            request
                .headers
                .set("Authorization", format!("Bearer {token}"));
        } else if let Some(change) = message::change(&mut exchange.context, &item.kind)? {
            change.of_request(&mut request);
        }
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
        variable,
        ignore_error: policy.ignore_error,
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

/// Puts the answers into the variables that wait for them. The first failure that is not to be
/// ignored is raised where its element stands.
pub(super) fn receive(
    exchange: &mut Exchange,
    outcomes: Vec<Option<Outcome>>,
) -> Result<(), Box<(Raised, Location)>> {
    let awaited = std::mem::take(&mut exchange.awaited);
    for (awaited, outcome) in awaited.into_iter().zip(outcomes) {
        let (Some(variable), Some(outcome)) = (awaited.variable, outcome) else {
            continue;
        };
        let value = match outcome {
            Ok(answer) => Value::from(response(answer)),
            Err(_) if awaited.ignore_error => Value::Null,
            Err(failure) => {
                let raised = Raised {
                    source: "send-request",
                    ..Raised::backend(failure)
                };
                return Err(Box::new((raised, awaited.location)));
            }
        };
        exchange.context.variables.insert(variable, value);
    }
    Ok(())
}

fn response(answer: BackendAnswer) -> Response {
    let mut response = Response::new(answer.status);
    response.headers = end_to_end(answer.headers);
    if let BackendBody::Whole(body) = answer.body {
        response.body = Some(body);
    }
    response
}
