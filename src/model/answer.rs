use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::body::{self, Stream};
use super::draw;
use super::embeddings;
use super::headers::{self, HeaderList};
use super::orders::Orders;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::responses;
use super::settings::ModelSettings;
use crate::base::{Seed, Tokens};
use crate::tokens::Usage;

const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";

/// A request as it reaches the model.
#[derive(Clone, Copy)]
pub(crate) struct ModelRequest<'a> {
    /// From the first `/`, without a query.
    pub(crate) path: &'a str,
    /// The first value of a header; names compare without case.
    pub(crate) header: &'a dyn Fn(&str) -> Option<&'a str>,
    pub(crate) body: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderList,
    pub(crate) body: AnswerBody,
    /// What the answer really used, whether or not its body reports it; `None` when the model did
    /// not answer.
    pub(crate) usage: Option<Usage>,
    /// When set, this happens at the moment of the (empty) body and nothing is ever answered;
    /// `status` is then 0.
    pub(crate) fault: Option<ModelFault>,
}

/// Moments count from the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AnswerBody {
    Whole { after: Duration, bytes: Bytes },
    Stream(Vec<StreamPiece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamPiece {
    pub(crate) after: Duration,
    pub(crate) bytes: Bytes,
}

/// How the connection to the model fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModelFault {
    Refused,
    Reset,
    Timeout,
}

/// Answers one request.
pub(crate) fn answer(settings: &ModelSettings, request: &ModelRequest<'_>) -> Answer {
    let seed = request_seed(settings, request);
    let orders = match Orders::read(request) {
        Ok(orders) => orders,
        Err(refusal) => return refuse(&seed, request, &refusal, None),
    };
    if let Some(fault) = orders.fault {
        let body = AnswerBody::Whole {
            after: orders.latency.unwrap_or_default(),
            bytes: Bytes::new(),
        };
        return Answer {
            status: 0,
            headers: Vec::new(),
            body,
            usage: None,
            fault: Some(fault),
        };
    }
    if let Some(refusal) = &orders.refusal {
        return refuse(&seed, request, refusal, orders.latency);
    }
    if let Some(name) = embedder(request) {
        return match embeddings::answer(request.body, &name) {
            Ok(bytes) => embedded(settings, request, &seed, &name, bytes, orders.latency),
            Err(refusal) => refuse(&seed, request, &refusal, orders.latency),
        };
    }
    if responses::is_route(request.path) {
        let answer = responses::answer(settings, request, &seed, &orders);
        return answer.unwrap_or_else(|refusal| refuse(&seed, request, &refusal, orders.latency));
    }
    let checked =
        deployment(request.path).and_then(|name| Ok((name, Parameters::read(request.body)?)));
    match checked.and_then(|(name, parameters)| {
        complete(settings, request, &seed, &orders, name, &parameters)
    }) {
        Ok(answer) => answer,
        Err(refusal) => refuse(&seed, request, &refusal, orders.latency),
    }
}

/// All draws for a request come from here: the settings' seed with the caller's own id of the
/// request, or with the body when there is none.
fn request_seed(settings: &ModelSettings, request: &ModelRequest<'_>) -> Seed {
    let seed = settings.seed.derive("model");
    match (request.header)(CLIENT_REQUEST_ID) {
        Some(id) => seed.derive("id").derive(id),
        None => seed
            .derive("body")
            .derive(&String::from_utf8_lossy(request.body)),
    }
}

/// A refusal comes at once, unless the caller ordered a time.
fn refuse(
    seed: &Seed,
    request: &ModelRequest<'_>,
    refusal: &Refusal,
    latency: Option<Duration>,
) -> Answer {
    let bytes = Bytes::from(refusal.body());
    Answer {
        status: refusal.status,
        headers: headers::refusal(seed, refusal, (request.header)(CLIENT_REQUEST_ID)),
        body: AnswerBody::Whole {
            after: latency.unwrap_or_default(),
            bytes,
        },
        usage: None,
        fault: None,
    }
}

/// The model deployment that is asked for vectors, where its name says that it can: other models
/// do not embed. The path names it, or the body on the plain route.
fn embedder(request: &ModelRequest<'_>) -> Option<String> {
    let named = request.path.strip_suffix("/embeddings")?;
    let name = match named.split_once("/deployments/") {
        Some((_, name)) => name.to_owned(),
        None if named.ends_with("/v1") => {
            let body: serde_json::Value = serde_json::from_slice(request.body).ok()?;
            body.get("model")?.as_str()?.to_owned()
        }
        None => return None,
    };
    name.contains("embed").then_some(name)
}

/// Vectors come at once, unless the caller ordered a time.
fn embedded(
    settings: &ModelSettings,
    request: &ModelRequest<'_>,
    seed: &Seed,
    deployment: &str,
    bytes: Bytes,
    latency: Option<Duration>,
) -> Answer {
    let id = (request.header)(CLIENT_REQUEST_ID);
    let headers = headers::success(seed, false, id, deployment, &settings.seed, Tokens::ZERO);
    let after = latency.unwrap_or_default();
    Answer {
        status: 200,
        headers,
        body: AnswerBody::Whole { after, bytes },
        usage: None,
        fault: None,
    }
}

/// The model deployment that a path names; `None` on the routes where the body names it.
fn deployment(path: &str) -> Result<Option<&str>, Refusal> {
    let segments: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let operation = match segments.as_slice() {
        [.., "deployments", name, "chat", "completions"] => return Ok(Some(name)),
        [.., "v1", "chat", "completions"] => return Ok(None),
        [.., "deployments", _, operation] | [.., "v1" | "openai", operation] => *operation,
        _ => return Err(Refusal::no_such_route()),
    };
    Err(match operation {
        "embeddings" | "completions" => Refusal::wrong_model(operation),
        _ => Refusal::no_such_route(),
    })
}

fn complete(
    settings: &ModelSettings,
    request: &ModelRequest<'_>,
    seed: &Seed,
    orders: &Orders,
    deployment: Option<&str>,
    parameters: &Parameters,
) -> Result<Answer, Refusal> {
    let deployment = deployment.or(parameters.model.as_deref());
    let deployment = deployment.ok_or_else(|| {
        Refusal::invalid(None, Some("model"), "You must provide a model parameter.")
    })?;
    if orders.stream_error_after.is_some() && !parameters.stream {
        return Err(Refusal::bad_order(
            "x-simulate-stream-error",
            "left out of a request that does not stream",
        ));
    }
    let (pieces, finish) = draw::text(settings, seed, orders, parameters);
    let usage = Usage {
        prompt: orders.prompt_tokens.map_or(parameters.prompt, Tokens),
        completion: Tokens(pieces.len() as u64),
        cached_prompt: Some(Tokens::ZERO),
        reasoning: Some(Tokens::ZERO),
    };
    let identity = draw::identity(settings, seed);
    let pace = draw::pace(settings, seed, orders.latency, pieces.len());
    let body = if parameters.stream {
        let usage = Some(usage).filter(|_| parameters.include_usage && !orders.hides_usage);
        let error = orders
            .stream_error_after
            .map(|_| Refusal::throttled().body());
        AnswerBody::Stream(
            Stream {
                identity: &identity,
                pieces: &pieces,
                finish,
                pace,
                usage,
                error,
            }
            .events(),
        )
    } else {
        let reported = Some(usage).filter(|_| !orders.hides_usage);
        let bytes = body::whole(&identity, &pieces, finish, reported);
        AnswerBody::Whole {
            after: pace.end(pieces.len()),
            bytes,
        }
    };
    let reserved = usage.prompt + Tokens(parameters.max_tokens.unwrap_or(0));
    let client_request_id = (request.header)(CLIENT_REQUEST_ID);
    let headers = headers::success(
        seed,
        parameters.stream,
        client_request_id,
        deployment,
        &settings.seed,
        reserved,
    );
    Ok(Answer {
        status: 200,
        headers,
        body,
        usage: Some(usage),
        fault: None,
    })
}

impl fmt::Debug for ModelRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelRequest")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
