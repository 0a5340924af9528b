//! One HTTP/1.1 connection, driven by whoever waits for something on it.
//!
//! hyper leaves it to its user on which task a connection lives. Here it is the task of the request
//! that uses it: no second task is woken for every piece that comes, and an idle connection costs
//! nothing.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::clock::Clock;
use crate::http::{self, Endpoint, HttpError};

type Outgoing = Full<Bytes>;

pub(super) struct Link {
    sender: SendRequest<Outgoing>,
    wire: Wire,
}

/// hyper's side of the connection, until it has ended.
enum Wire {
    Plain(Box<http1::Connection<TokioIo<TcpStream>, Outgoing>>),
    Secure(Box<http1::Connection<TokioIo<TlsStream<TcpStream>>, Outgoing>>),
    Ended,
}

/// What opening took.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Opening {
    pub(super) connect: Duration,
    pub(super) tls: Option<Duration>,
}

/// Why a request could not be sent, or has no response head.
pub(super) enum SendError {
    /// The connection was closed before anything was sent; here is the request back.
    Unsent(Box<Request<Outgoing>>),
    Broken(hyper::Error),
}

impl Link {
    /// Opens a connection.
    pub(super) async fn open(
        endpoint: &Endpoint,
        clock: &Clock,
    ) -> Result<(Link, Opening), HttpError> {
        let began = clock.now();
        let stream = http::dial(endpoint).await?;
        let reached = clock.now();
        let mut opening = Opening {
            connect: reached.since(began),
            tls: None,
        };
        let link = if endpoint.tls {
            let stream = http::secure(endpoint, stream).await?;
            opening.tls = Some(clock.now().since(reached));
            let (sender, wire) = handshake(endpoint, stream).await?;
            let wire = Wire::Secure(Box::new(wire));
            Link { sender, wire }
        } else {
            let (sender, wire) = handshake(endpoint, stream).await?;
            let wire = Wire::Plain(Box::new(wire));
            Link { sender, wire }
        };
        Ok((link, opening))
    }

    /// Sends a request and waits for the head of its response.
    pub(super) async fn send(
        &mut self,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, SendError> {
        let Link { sender, wire } = self;
        if drive(wire, poll_fn(|cx| sender.poll_ready(cx)))
            .await
            .is_err()
        {
            return Err(SendError::Unsent(Box::new(request)));
        }
        let sent = drive(wire, sender.try_send_request(request)).await;
        sent.map_err(|mut error| match error.take_message() {
            Some(request) => SendError::Unsent(Box::new(request)),
            None => SendError::Broken(error.into_error()),
        })
    }

    /// The next piece of a body; `None` at its end.
    pub(super) async fn piece(
        &mut self,
        body: &mut Incoming,
    ) -> Option<Result<Frame<Bytes>, hyper::Error>> {
        drive(
            &mut self.wire,
            poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)),
        )
        .await
    }

    /// Lets the connection notice what happened to it. False when it can no longer be used.
    pub(super) fn is_open(&mut self, cx: &mut Context<'_>) -> bool {
        self.wire.poll(cx);
        !matches!(self.wire, Wire::Ended) && !self.sender.is_closed()
    }
}

async fn handshake<S>(
    endpoint: &Endpoint,
    stream: S,
) -> Result<
    (
        SendRequest<Outgoing>,
        http1::Connection<TokioIo<S>, Outgoing>,
    ),
    HttpError,
>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let opened = http1::handshake(TokioIo::new(stream)).await;
    opened.map_err(|cause| HttpError::Handshake {
        endpoint: endpoint.to_string(),
        cause,
    })
}

/// Waits for a future that needs the connection to move.
async fn drive<F: Future>(wire: &mut Wire, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        wire.poll(cx);
        future.as_mut().poll(cx)
    })
    .await
}

impl Wire {
    fn poll(&mut self, cx: &mut Context<'_>) {
        let ended = match self {
            Wire::Plain(connection) => Pin::new(connection).poll(cx).is_ready(),
            Wire::Secure(connection) => Pin::new(connection).poll(cx).is_ready(),
            Wire::Ended => false,
        };
        // Its error, if it was one, reaches whoever waits for an answer on it.
        if ended {
            *self = Wire::Ended;
        }
    }
}
