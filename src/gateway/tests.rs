//! How long the gateway waits for callers, over pipes and a paused clock.

#![allow(
    clippy::disallowed_types,
    reason = "the paused clock of the test runtime, not this machine's"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::Instant;

use super::Backend;
use super::server::{Shared, Watchers, converse};
use crate::base::{Seed, Tier};
use crate::clock::Clock;
use crate::engine::{ApiConfig, Backends, Behaviour, Credentials, Engine, Service};
use crate::model::ModelSettings;
use crate::policy::context::Deployment;

fn shared() -> Arc<Shared> {
    let engine = Engine::new(Service {
        deployment: Deployment::default().into(),
        behaviour: Behaviour::of(Tier::BasicV2),
        started: jiff::Timestamp::UNIX_EPOCH,
        seed: Seed::new(1),
        global: None,
        products: Vec::new(),
        apis: vec![ApiConfig::azure_openai(None)],
        subscriptions: Vec::new(),
        credentials: Credentials::default(),
        backends: Backends::default(),
    });
    let backend = Backend::Model(ModelSettings::default());
    Arc::new(Shared::new(
        engine,
        backend,
        Clock::start(),
        Watchers::default(),
    ))
}

/// Sends the beginning of a request; answers with all that comes back, and when the gateway closed.
async fn begin(text: &str) -> (String, Duration) {
    let (mut near, far): (DuplexStream, _) = duplex(1 << 16);
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let began = Instant::now();
    let gateway = tokio::spawn(converse(far, peer, shared()));
    near.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    near.read_to_string(&mut answer).await.unwrap();
    gateway.await.unwrap();
    (answer, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn headers_that_do_not_end_are_given_up() {
    for beginning in ["", "POST /openai/x HT", "GET / HTTP/1.1\r\nHost: g\r\n"] {
        let (answer, took) = begin(beginning).await;
        assert_eq!(answer, "", "{beginning}");
        assert_eq!(took.as_secs(), 30, "{beginning}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_go_on_is_refused() {
    let head = "POST /openai/x HTTP/1.1\r\nHost: g\r\n";
    for rest in [
        "Content-Length: 10\r\n\r\nfive!",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n",
    ] {
        let (answer, took) = begin(&format!("{head}{rest}")).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("did not arrive in time"), "{answer}");
        assert_eq!(took.as_secs(), 30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_next_request_is_closed() {
    let (answer, took) = begin("GET /nothing HTTP/1.1\r\nHost: g\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!(took.as_secs(), 30);
}
