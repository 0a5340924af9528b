//! One request of the management endpoint: from bytes to a question, and back.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};

use super::shared::Shared;
use super::{authority, identity};
use crate::plane::{Ask, Fault, Refusal, Reply};

/// As Azure Resource Manager: templates have four megabytes at most.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// The connection ends without an answer, on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the fault plan drops this connection")]
pub(super) struct Dropped;

pub(super) async fn handle(
    shared: Arc<Shared>,
    tls: bool,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let ask = match question(tls, request).await {
        Ok(ask) => ask,
        Err(refusal) => return Ok(respond(&shared, None, &refusal.reply())),
    };
    let fault = shared.strike(&ask);
    if let Some(Fault::Drop { done: false }) = fault {
        return Err(Dropped);
    }
    if let Some(reply) = fault.as_ref().and_then(Fault::answer) {
        return Ok(respond(&shared, Some(&ask), &reply));
    }
    let now = shared.now();
    let dropped = matches!(fault, Some(Fault::Drop { done: true }));
    let reply = match identity::answer(&shared, &ask, now) {
        Some(reply) => reply,
        None => match authority::check(&shared.issuer, shared.tenant(), &ask, now) {
            Ok(()) => shared.answer(&ask, fault),
            Err(reply) => reply,
        },
    };
    if dropped {
        return Err(Dropped);
    }
    Ok(respond(&shared, Some(&ask), &reply))
}

async fn question(tls: bool, request: Request<Incoming>) -> Result<Ask, Refusal> {
    let (head, body) = request.into_parts();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect::<std::collections::BTreeMap<_, _>>();
    let host = headers
        .get("host")
        .cloned()
        .or_else(|| head.uri.authority().map(ToString::to_string));
    let scheme = if tls { "https" } else { "http" };
    let body = Limited::new(body, MAX_BODY_BYTES)
        .collect()
        .await
        .map_err(|_| {
            let message =
                format!("The request body is not readable, or larger than {MAX_BODY_BYTES} bytes.");
            Refusal::new(413, "RequestContentTooLarge", message)
        })?;
    Ok(Ask {
        method: head.method.as_str().to_uppercase(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        base: format!("{scheme}://{}", host.unwrap_or_default()),
        headers,
        body: body.to_bytes().to_vec(),
    })
}

fn respond(shared: &Shared, ask: Option<&Ask>, reply: &Reply) -> Response<Full<Bytes>> {
    let bytes = if ask.is_some_and(|ask| ask.method == "HEAD") {
        Vec::new()
    } else {
        reply.bytes()
    };
    let empty = bytes.is_empty();
    let mut response = Response::new(Full::new(Bytes::from(bytes)));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let id = shared.request_id();
    for name in ["x-ms-request-id", "x-ms-correlation-request-id"] {
        set(name, &id);
    }
    set(
        "x-ms-routing-request-id",
        &format!("LOCAL:{}:{id}", shared.now().strftime("%Y%m%dT%H%M%SZ")),
    );
    set("cache-control", "no-cache");
    if let Some(ask) = ask {
        if let Some(sent) = ask.header("x-ms-client-request-id") {
            set("x-ms-client-request-id", sent);
        }
        let (name, most) = match ask.method.as_str() {
            "GET" | "HEAD" => ("x-ms-ratelimit-remaining-subscription-reads", 16_499),
            "DELETE" => ("x-ms-ratelimit-remaining-subscription-deletes", 11_999),
            _ => ("x-ms-ratelimit-remaining-subscription-writes", 11_999),
        };
        set(name, &most.to_string());
    }
    for (name, value) in &reply.headers {
        set(name, value);
    }
    if !empty {
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
    }
    response
}
