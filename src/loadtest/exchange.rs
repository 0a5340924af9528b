//! One request and its answer, every moment noted.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderName, HeaderValue};

use super::pool::Pool;
use crate::base::Secret;
use crate::clock::Clock;
use crate::http::HttpError;
use crate::results::{Failure, HeaderNames, Record};
use crate::scenario::Call;
use crate::tokens::{StreamReader, Usage};

/// What every request of a run is sent with.
pub(super) struct Wire<'a> {
    pub(super) pool: &'a Pool,
    pub(super) clock: &'a Clock,
    pub(super) names: &'a HeaderNames,
    /// Name of the header and the key in it.
    pub(super) key: (&'a str, &'a Secret),
}

/// Sends `call` and fills `record` with what happened.
pub(super) async fn exchange(wire: &Wire<'_>, call: &Call, record: &mut Record) {
    let outcome = attempt(wire, call, record).await;
    record.done_us = wire.clock.now().as_micros();
    record.failure = outcome.err();
}

async fn attempt(wire: &Wire<'_>, call: &Call, record: &mut Record) -> Result<(), Failure> {
    let Wire {
        pool,
        clock,
        names,
        key,
    } = *wire;
    let request = request(pool, call, key).ok_or(Failure::Malformed)?;
    record.sent_us = clock.now().as_micros();
    let mut connection = pool.take().await.map_err(|error| connect_failure(&error))?;
    record.sent_us = clock.now().as_micros();
    let response = match connection.try_send_request(request).await {
        Ok(response) => response,
        Err(mut error) => match error.take_message() {
            // The server closed an idle connection while we picked it up: nothing was sent yet.
            Some(request) => {
                connection = crate::http::connect(pool.endpoint())
                    .await
                    .map_err(|error| connect_failure(&error))?;
                connection
                    .send_request(request)
                    .await
                    .map_err(|error| failure(&error))?
            }
            None => return Err(failure(&error.into_error())),
        },
    };
    let head_at = clock.now();
    let (head, body) = response.into_parts();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    record.note_head(head.status.as_u16(), names, header);
    let event_stream =
        header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
    if event_stream {
        read_stream(clock, body, record).await?;
    } else {
        record.first_token_us = Some(head_at.as_micros());
        let body = body
            .collect()
            .await
            .map_err(|error| failure(&error))?
            .to_bytes();
        let usage = Usage::of_body(&body);
        record.prompt_tokens = usage.map(|usage| usage.prompt.0);
        record.completion_tokens = usage.map(|usage| usage.completion.0);
    }
    pool.put_back(connection);
    Ok(())
}

fn request(
    pool: &Pool,
    call: &Call,
    (name, key): (&str, &Secret),
) -> Option<hyper::Request<Full<Bytes>>> {
    let endpoint = pool.endpoint();
    let mut key = HeaderValue::try_from(key.reveal()).ok()?;
    key.set_sensitive(true);
    let mut request =
        hyper::Request::post(format!("{}{}", endpoint.base_path, call.path_and_query))
            .header(HOST, endpoint.authority())
            .header(HeaderName::try_from(name).ok()?, key);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(call.body.clone()))).ok()
}

async fn read_stream(
    clock: &Clock,
    mut body: Incoming,
    record: &mut Record,
) -> Result<(), Failure> {
    let mut reader = StreamReader::new();
    let mut broken = None;
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                broken = Some(failure(&error));
                break;
            }
        };
        let Some(bytes) = frame.data_ref() else {
            continue;
        };
        if reader.push(bytes).content {
            let now = clock.now().as_micros();
            record.first_token_us.get_or_insert(now);
            record.last_token_us = Some(now);
        }
    }
    let usage = reader.usage();
    record.prompt_tokens = usage.map(|usage| usage.prompt.0);
    let completion = usage.map_or_else(|| reader.completion_estimate(), |usage| usage.completion);
    record.completion_tokens = Some(completion.0);
    if let Some(failure) = broken {
        return Err(failure);
    }
    // An error inside a 200 stream is what the status could no longer say.
    match reader.error() {
        Some(error) if error.throttled => record.status = Some(429),
        Some(_) => return Err(Failure::Broken),
        None if !reader.finished() => return Err(Failure::Broken),
        None => {}
    }
    Ok(())
}

fn connect_failure(error: &HttpError) -> Failure {
    match error {
        HttpError::Handshake { .. } => Failure::Malformed,
        HttpError::Connect { .. } | HttpError::Name { .. } | HttpError::Certificates(_) => {
            Failure::Connect
        }
    }
}

fn failure(error: &hyper::Error) -> Failure {
    if error.is_parse() {
        Failure::Malformed
    } else {
        Failure::Broken
    }
}
