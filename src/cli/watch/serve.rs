//! The dashboard as a page, for a browser beside the terminal.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::dashboard::{State, page};

/// The page may load nothing but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Connections at one time; further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 64;

pub(super) type Shown = Arc<Mutex<State>>;

#[derive(Debug)]
pub(super) struct Page {
    listener: TcpListener,
    pub(super) address: SocketAddr,
    refresh: u64,
}

impl Page {
    pub(super) async fn listen(address: SocketAddr, refresh: u64) -> io::Result<Page> {
        let listener = TcpListener::bind(address).await?;
        Ok(Page {
            address: listener.local_addr()?,
            listener,
            refresh,
        })
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(self, shown: Shown) -> Infallible {
        let mut connections = JoinSet::new();
        loop {
            while connections.len() >= MOST_CONNECTIONS {
                connections.join_next().await;
            }
            let Ok((stream, _)) = self.listener.accept().await else {
                // Out of descriptors: let a connection close, then go on.
                connections.join_next().await;
                tokio::task::yield_now().await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            let (shown, refresh, local) = (
                Arc::clone(&shown),
                self.refresh,
                self.address.ip().is_loopback(),
            );
            connections.spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(&request, &shown, refresh, local);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let mut builder = http1::Builder::new();
                builder.timer(TokioTimer::new());
                // What went wrong with one connection is seen by its browser.
                let _outcome = builder
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }
}

fn answer<B>(
    request: &Request<B>,
    shown: &Shown,
    refresh: u64,
    local: bool,
) -> Response<Full<Bytes>> {
    if local && !names_this_machine(request.headers().get(HOST)) {
        // A foreign name that leads here would let a foreign page read this one.
        return plain(StatusCode::FORBIDDEN, "this page is for this machine");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "this page can only be read");
    }
    let state = shown.lock().unwrap_or_else(PoisonError::into_inner);
    match request.uri().path() {
        "/" => respond(
            StatusCode::OK,
            "text/html; charset=utf-8",
            page(&state, refresh),
        ),
        "/now.json" => {
            let text = serde_json::to_string(state.now()).unwrap_or_default();
            respond(StatusCode::OK, "application/json", text)
        }
        _ => plain(StatusCode::NOT_FOUND, "there is only `/` and `/now.json`"),
    }
}

fn names_this_machine(host: Option<&HeaderValue>) -> bool {
    let Some(Ok(host)) = host.map(HeaderValue::to_str) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_matches(['[', ']']);
    let address: Option<std::net::IpAddr> = name.parse().ok();
    name.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    respond(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

fn respond(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_served() {
        for (host, ours) in [
            ("localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("127.0.0.1", true),
            ("[::1]:8080", true),
            ("LOCALHOST", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            let value = HeaderValue::from_static(host);
            assert_eq!(names_this_machine(Some(&value)), ours, "{host}");
        }
        assert!(!names_this_machine(None));
    }
}
