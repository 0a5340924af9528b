//! A real server behind the gateway, over connections that are kept open.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};

use super::backend::{Pieces, Reply, ReplyBody};
use super::gathered::Gathered;
use super::handler::from_hyper;
use super::intake::Share;
use crate::base::Secret;
use crate::engine::{BackendFailure, Forward};
use crate::http::{Connection, Endpoint, EndpointError, Pool, connect};

/// How much of a stream that is there already leaves in one piece.
const PIECE_BYTES: usize = 64 * 1024;
/// How often nothing more is found before a piece leaves: whoever sends it on asks twice a turn.
const LOOKS: u8 = 2;

const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// Any server that speaks the OpenAI API; paths below the gateway's API go below its base URL.
#[derive(Debug)]
pub(crate) struct RemoteBackend {
    pool: Arc<Pool>,
    host: HeaderValue,
    /// Replaces whatever credential the policy put in, which is the local identity's.
    key: Option<Credential>,
}

/// The key as both headers that servers look for; neither is ever printed.
#[derive(Debug)]
struct Credential {
    bearer: HeaderValue,
    key: HeaderValue,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum BackendError {
    #[error(transparent)]
    Url(#[from] EndpointError),
    #[error("the host of the backend or its key is not a value that a header can hold")]
    Header,
}

impl RemoteBackend {
    /// # Errors
    ///
    /// When `base` is not an http or https URL, or the key is no header value.
    pub(crate) fn new(base: &str, key: Option<&Secret>) -> Result<RemoteBackend, BackendError> {
        let endpoint = Endpoint::parse(base)?;
        crate::http::install_crypto();
        let value = |text: &str| HeaderValue::try_from(text).map_err(|_| BackendError::Header);
        let secret = |text: &str| {
            let mut value = value(text)?;
            value.set_sensitive(true);
            Ok::<_, BackendError>(value)
        };
        let key = key.map(|key| {
            Ok::<_, BackendError>(Credential {
                bearer: secret(&format!("Bearer {}", key.reveal()))?,
                key: secret(key.reveal())?,
            })
        });
        Ok(RemoteBackend {
            host: value(&endpoint.authority())?,
            key: key.transpose()?,
            pool: Arc::new(Pool::new(endpoint)),
        })
    }

    /// `share` takes what is held of an answer.
    pub(super) async fn call(
        &self,
        forward: &Forward,
        share: &mut Share,
    ) -> Result<Reply, BackendFailure> {
        let request = self.request(forward).ok_or(BackendFailure::Connection)?;
        let (connection, response) = self.send(request).await?;
        let (head, body) = response.into_parts();
        let headers = from_hyper(&head.headers);
        let event_stream = headers
            .first("Content-Type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        let body = if event_stream && !forward.buffer {
            let pool = Arc::clone(&self.pool);
            ReplyBody::Stream(Pieces::Remote(RemoteStream::new(body, connection, pool)))
        } else {
            let body = share.read_answer(body).await;
            let body = body.map_err(|_refused| BackendFailure::Connection)?;
            self.pool.put_back(connection);
            ReplyBody::Whole(body)
        };
        Ok(Reply {
            status: head.status.as_u16(),
            headers,
            body,
        })
    }

    /// `None` when a policy made a method or URL that HTTP cannot carry.
    fn request(&self, forward: &Forward) -> Option<Request<Full<Bytes>>> {
        let base = &self.pool.endpoint().base_path;
        let mut url = String::with_capacity(base.len() + forward.url.path.len() + 64);
        url.push_str(base);
        url.push_str(&forward.url.path);
        if !forward.url.query.is_empty() {
            url.push('?');
            url.push_str(&forward.url.query);
        }
        let body = Full::new(forward.body.clone().unwrap_or_default());
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(forward.method.as_bytes()).ok()?;
        *request.uri_mut() = url.try_into().ok()?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        for (name, value) in forward.headers.iter() {
            // A policy can compute any text; what HTTP cannot carry is left out.
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::try_from(value),
            ) {
                headers.append(name, value);
            }
        }
        if let Some(key) = &self.key {
            headers.insert(AUTHORIZATION, key.bearer.clone());
            headers.insert(API_KEY, key.key.clone());
        }
        Some(request)
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Connection, Response<Incoming>), BackendFailure> {
        let mut connection = self
            .pool
            .take()
            .await
            .map_err(|_| BackendFailure::Connection)?;
        match connection.try_send_request(request).await {
            Ok(response) => Ok((connection, response)),
            // The server closed an idle connection while it was picked: nothing was sent yet.
            Err(mut error) => {
                let request = error.take_message().ok_or(BackendFailure::Connection)?;
                let mut connection = connect(self.pool.endpoint())
                    .await
                    .map_err(|_| BackendFailure::Connection)?;
                let response = connection.send_request(request).await;
                let response = response.map_err(|_| BackendFailure::Connection)?;
                Ok((connection, response))
            }
        }
    }
}

/// An event stream as it comes; its connection is used again once it has ended.
#[derive(Debug)]
pub(super) struct RemoteStream {
    body: Incoming,
    connection: Option<Connection>,
    pool: Arc<Pool>,
    gathered: Gathered,
    /// How often nothing more was found since then.
    looks: u8,
    /// How the stream ended, once it has: what was gathered before goes first.
    end: Option<io::Result<()>>,
}

impl RemoteStream {
    fn new(body: Incoming, connection: Connection, pool: Arc<Pool>) -> RemoteStream {
        RemoteStream {
            body,
            connection: Some(connection),
            pool,
            gathered: Gathered::Nothing,
            looks: 0,
            end: None,
        }
    }

    /// Everything that is there already, in one piece: one write and one flush instead of many.
    ///
    /// The connection hands over one chunk a turn, however many of them it has read, so after each
    /// it gets another turn, until one brings nothing.
    pub(super) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        while self.end.is_none() && self.gathered.len() < PIECE_BYTES {
            match self.poll_data(context) {
                Poll::Ready(Some(Ok(more))) => {
                    self.gathered.push(more);
                    self.looks = 0;
                }
                Poll::Ready(Some(Err(error))) => self.end = Some(Err(error)),
                Poll::Ready(None) => self.end = Some(Ok(())),
                Poll::Pending if self.gathered.len() == 0 => return Poll::Pending,
                Poll::Pending if self.looks < LOOKS => {
                    self.looks += 1;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Pending => break,
            }
        }
        if let Some(piece) = self.gathered.take() {
            return Poll::Ready(Some(Ok(piece)));
        }
        match self.end.replace(Ok(())) {
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            _ => Poll::Ready(None),
        }
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        loop {
            let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
            match frame {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(error)) => {
                    self.connection = None;
                    return Poll::Ready(Some(Err(io::Error::other(error))));
                }
                None => {
                    if let Some(connection) = self.connection.take() {
                        self.pool.put_back(connection);
                    }
                    return Poll::Ready(None);
                }
            }
        }
    }
}
