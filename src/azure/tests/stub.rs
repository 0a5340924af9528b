//! A server on loopback that answers from a script and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::azure::cloud::Cloud;
use crate::azure::sign_in::{Auth, Tokens, choose};
use crate::azure::transport::{Pace, RetryPolicy, Trace, Transport};
use crate::azure::{ArmClient, Session};
use crate::base::Seed;

/// What the stub does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Reads the request and closes the connection.
    Drop,
}

/// `reply(200, "{}")`, then `.with("location", "…")`.
pub(crate) fn reply(status: u16, body: &str) -> Reply {
    Reply::Answer {
        status,
        headers: Vec::new(),
        body: body.to_owned(),
    }
}

impl Reply {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Reply {
        if let Reply::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `GET /path?query`
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct Script {
    /// Replies by `METHOD /path`; the last one of a list stays.
    replies: BTreeMap<String, VecDeque<Reply>>,
    asked: Vec<Asked>,
}

#[derive(Debug, Clone)]
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl Stub {
    /// Serves until the runtime ends. `{stub}` in a reply stands for its own URL.
    pub(crate) async fn start() -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Stub {
            address: listener.local_addr().unwrap(),
            script: Arc::default(),
        };
        let serving = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stub = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| stub.clone().serve(request));
                    let connection = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service);
                    // A dropped connection is what some scripts ask for.
                    drop(connection.await);
                });
            }
        });
        stub
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What `METHOD /path` is answered with, one after the other.
    pub(crate) fn on(&self, line: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies = replies.into_iter().collect();
        self.script
            .lock()
            .unwrap()
            .replies
            .insert(line.to_owned(), replies);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    /// `METHOD /path` of what was asked, in order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let asked = self.asked();
        asked
            .iter()
            .map(|asked| asked.line.split('?').next().unwrap_or_default().to_owned())
            .collect()
    }

    async fn serve(
        self,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<Full<Bytes>>, Dropped> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        let line = format!("{} {}", parts.method, parts.uri.path());
        let headers = parts.headers.iter().map(|(name, value)| {
            (
                name.to_string(),
                value.to_str().unwrap_or_default().to_owned(),
            )
        });
        let reply = {
            let mut script = self.script.lock().unwrap();
            script.asked.push(Asked {
                line: format!("{} {}", parts.method, parts.uri),
                headers: headers.collect(),
                body: String::from_utf8_lossy(&body).into_owned(),
            });
            let replies = script.replies.get_mut(&line);
            replies.and_then(|replies| match replies.len() {
                0 | 1 => replies.front().cloned(),
                _ => replies.pop_front(),
            })
        };
        let missing = || reply_missing(&line);
        let Reply::Answer {
            status,
            headers,
            body,
        } = reply.unwrap_or_else(missing)
        else {
            return Err(Dropped);
        };
        let placed = |text: &str| text.replace("{stub}", &self.url());
        let mut response = hyper::Response::builder().status(status);
        for (name, value) in &headers {
            response = response.header(name, placed(value));
        }
        Ok(response
            .body(Full::new(Bytes::from(placed(&body))))
            .unwrap())
    }

    /// A client of this stub as a cloud, whose waits are skipped.
    pub(crate) fn client(&self) -> ArmClient {
        self.traced(None)
    }

    pub(crate) fn traced(&self, trace: Option<Trace>) -> ArmClient {
        let transport = Arc::new(transport(trace));
        let cloud = self.cloud();
        let held = |name: &str| (name == "AZURE_ACCESS_TOKEN").then(|| "planted-token".to_owned());
        let chosen = choose(Auth::Static, &held).unwrap();
        let tokens = Tokens::new(&chosen, &cloud, &transport).unwrap();
        ArmClient::new(Arc::new(Session::new(transport, cloud, tokens)))
    }

    pub(crate) fn cloud(&self) -> Cloud {
        let own = crate::azure::cloud::url(&self.url()).unwrap();
        Cloud {
            name: "stub".to_owned(),
            arm: own.clone(),
            authority: own.clone(),
            arm_scope: "https://management.azure.com/.default".to_owned(),
            logs: own,
            logs_scope: "https://api.loganalytics.io/.default".to_owned(),
        }
    }
}

pub(crate) fn transport(trace: Option<Trace>) -> Transport {
    Transport::new(
        RetryPolicy::default(),
        Pace::skipping(),
        &Seed::new(1),
        trace,
    )
    .unwrap()
}

fn reply_missing(line: &str) -> Reply {
    let body = serde_json::json!({ "error": { "code": "NotFound", "message": format!("nothing at {line}") } });
    reply(404, &body.to_string())
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped")
    }
}

impl std::error::Error for Dropped {}

// The stub's service never fails in another way.
impl From<Infallible> for Dropped {
    fn from(never: Infallible) -> Dropped {
        match never {}
    }
}
