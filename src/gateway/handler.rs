use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming as RequestBody;
use hyper::header::{HeaderName, HeaderValue};

use super::backend::Reply;
use super::intake::{Refused, Share};
use super::ledger::{self, Behind, Entry};
use super::monitor::{self, About};
use super::relay::Relay;
use super::server::{Served, Shared};
use super::traces::Wish;
use super::waiting::Waiting;
use super::whole::Whole;
use crate::base::Moment;
use crate::engine::{Answer, BackendAnswer, BackendBody, Incoming, Step};
use crate::policy::message::{Headers, Response};

pub(super) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// Answers one request.
pub(super) async fn handle(
    shared: Arc<Shared>,
    peer: SocketAddr,
    request: hyper::Request<RequestBody>,
) -> Result<hyper::Response<Body>, Infallible> {
    if let Some((status, trace)) = shared.traces.read(request.uri().path()) {
        return Ok(json(status, trace));
    }
    if let (Some(monitor), monitor::PATH) = (&shared.monitor, request.uri().path()) {
        return Ok(series(monitor.text(&shared)));
    }
    if let (Some(ledger), ledger::PATH) = (&shared.ledger, request.uri().path()) {
        let text = serde_json::to_string(&ledger.now(&shared));
        return Ok(json(200, text.unwrap_or_default()));
    }
    // Given back when the request is over, however it ends.
    let mut share = shared.held.share();
    let mut incoming = match incoming(peer, request, &mut share).await {
        Ok(incoming) => incoming,
        Err(refused) => return Ok(refuse(refused)),
    };
    let wish = Wish::take(&mut incoming.headers);
    incoming.trace = wish.is_some();
    let host = wish.map(|wish| (wish, incoming.host.clone()));
    let received = shared.clock.now();
    let mut step = shared.engine().receive(received, incoming);
    // The stream that a forwarded request opened, until the answer that relays it stands.
    let mut stream = None;
    let mut answered = shared.held.share();
    let mut behind = Behind::default();
    loop {
        let (exchange, forward) = match step {
            Step::Answer(mut answer) => {
                if let (Some((wish, host)), Some(trace)) = (host, answer.trace.take()) {
                    let headers = &mut answer.response.headers;
                    shared.traces.keep(wish, &trace, &host, headers);
                }
                return Ok(respond(
                    &shared, received, *answer, stream, answered, behind,
                ));
            }
            Step::Forward(exchange, forward) => (exchange, forward),
            Step::Send(exchange, sends) => {
                let waiting = Waiting::new(&shared, exchange, behind.clone());
                let outcomes = super::outbound::send(&shared, sends).await;
                let now = shared.clock.now();
                step = shared.engine().replied(now, waiting.over(), outcomes);
                continue;
            }
            Step::Sleep(exchange, until) => {
                let waiting = Waiting::new(&shared, exchange, behind.clone());
                shared.clock.sleep_until(until).await;
                let now = shared.clock.now();
                step = shared.engine().woken(now, waiting.over());
                continue;
            }
        };
        // Another try of the policy replaces what an earlier one opened and holds.
        stream = None;
        answered = shared.held.share();
        behind.asked(shared.clock.now(), &forward.url.host);
        let waiting = Waiting::new(&shared, exchange, behind.clone());
        let reply = shared
            .backend
            .call(&shared.clock, &forward, &mut answered)
            .await;
        let exchange = waiting.over();
        let now = shared.clock.now();
        step = match reply {
            Ok(Reply {
                status,
                headers,
                body,
            }) => {
                let body = match body {
                    super::backend::ReplyBody::Whole(bytes) => {
                        behind.answered(now, Some(status));
                        BackendBody::Whole(bytes)
                    }
                    super::backend::ReplyBody::Stream(pieces) => {
                        stream = Some(pieces);
                        behind.streams(status);
                        BackendBody::Stream
                    }
                };
                shared.engine().answered(
                    now,
                    exchange,
                    BackendAnswer {
                        status,
                        headers,
                        body,
                    },
                )
            }
            Err(failure) => {
                behind.answered(now, None);
                shared.engine().failed(now, exchange, failure)
            }
        };
    }
}

/// Reads the request whole.
async fn incoming(
    peer: SocketAddr,
    request: hyper::Request<RequestBody>,
    share: &mut Share,
) -> Result<Incoming, Refused> {
    let (head, body) = request.into_parts();
    let body = share.read(body).await?;
    let headers = from_hyper(&head.headers);
    let host = headers.first("Host").or(head
        .uri
        .authority()
        .map(hyper::http::uri::Authority::as_str));
    Ok(Incoming {
        method: head.method.to_string(),
        scheme: "http".to_owned(),
        host: host.unwrap_or_default().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body,
        headers,
        ip_address: peer.ip().to_string(),
        trace: false,
        estimate: None,
    })
}

fn respond(
    shared: &Arc<Shared>,
    received: Moment,
    answer: Answer,
    stream: Option<super::backend::Pieces>,
    share: Share,
    behind: Behind,
) -> hyper::Response<Body> {
    let about = shared.monitor.as_ref().map(|monitor| {
        let about = About::new(received, &answer.context);
        monitor.answered(&about, shared.clock.now(), &answer);
        about
    });
    let streams = answer.stream.is_some() && stream.is_some();
    let mut entry = shared.ledger.as_ref().map(|_| {
        let mut entry = Entry::new(&answer.context, behind, answer.response.status);
        entry.emit(&answer.metrics);
        entry
    });
    if let Some(entry) = entry.take_if(|_| !streams) {
        entry.done(shared, answer.facts.usage);
    }
    if let Some(entry) = &mut entry {
        entry.streams();
    }
    shared.served(Served {
        at: shared.clock.now(),
        subscription: answer
            .context
            .subscription
            .map(|subscription| subscription.id.clone()),
        status: answer.response.status,
        backend_called: answer.backend_called,
        events: answer.log,
        reason: answer.context.last_error.map(|error| error.reason),
    });
    shared.emit(answer.metrics);
    let Response {
        status,
        headers,
        body,
        ..
    } = answer.response;
    let body = match (answer.stream, stream) {
        (Some(settlement), Some(pieces)) => {
            Relay::new(Arc::clone(shared), pieces, settlement, about, entry).boxed_unsync()
        }
        _ => Whole::new(body.unwrap_or_default(), share).boxed_unsync(),
    };
    let mut response = hyper::Response::new(body);
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers.iter() {
        // A policy can compute any text; what HTTP cannot carry is left out rather than sent broken.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// An answer to what is not a request that policies could see.
fn refuse(refused: Refused) -> hyper::Response<Body> {
    let (status, message) = (refused.status(), refused.message());
    let text = format!(r#"{{ "statusCode": {status}, "message": "{message}" }}"#);
    let mut response = json(status, text);
    let close = HeaderValue::from_static("close");
    response
        .headers_mut()
        .insert(hyper::header::CONNECTION, close);
    response
}

/// What Prometheus reads.
fn series(text: String) -> hyper::Response<Body> {
    let mut response = json(200, text);
    response.headers_mut().insert(
        hyper::header::CONTENT_TYPE,
        HeaderValue::from_static(crate::metrics::CONTENT_TYPE),
    );
    response
}

fn json(status: u16, text: String) -> hyper::Response<Body> {
    let mut response = hyper::Response::new(
        Full::new(Bytes::from(text))
            .map_err(|never| match never {})
            .boxed_unsync(),
    );
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::BAD_REQUEST);
    response.headers_mut().insert(
        hyper::header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Header values that are not text are kept as far as they are.
pub(super) fn from_hyper(headers: &hyper::HeaderMap) -> Headers {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect()
}
