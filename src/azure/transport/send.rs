use std::error::Error as _;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{ACCEPT, HeaderName, HeaderValue, USER_AGENT};

use super::retry::{Attempt, retry_after};
use super::trace::Line;
use super::{Answer, Pace, Request, RetryPolicy, Trace, is_loopback};
use crate::azure::AzureError;
use crate::base::{Moment, Seed};
use crate::http::install_crypto;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Of one attempt, from the first byte out to the last byte in.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(2);
const AGENT: &str = concat!("apimon/", env!("CARGO_PKG_VERSION"));
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// The one way to Azure: every request of ours and of the Azure crates goes through it, with one
/// policy of sending again, one kind of error and one trace.
pub(crate) struct Transport {
    /// Through the proxy that the environment names. Made when needed: reading the system's
    /// certificates takes a while.
    far: OnceLock<Client>,
    /// To this machine, past any proxy.
    near: Client,
    policy: RetryPolicy,
    pace: Pace,
    seed: Mutex<Seed>,
    trace: Option<Trace>,
    #[cfg(test)]
    faults: Option<super::Faults>,
}

impl Transport {
    /// `seed` draws the jitter of waits and the ids of requests.
    ///
    /// # Errors
    ///
    /// When the system's certificates cannot be used.
    pub(crate) fn new(
        policy: RetryPolicy,
        pace: Pace,
        seed: &Seed,
        trace: Option<Trace>,
    ) -> Result<Transport, AzureError> {
        install_crypto();
        let failed = |error: reqwest::Error| AzureError::Client(chain(&error));
        Ok(Transport {
            far: OnceLock::new(),
            near: builder().no_proxy().build().map_err(failed)?,
            policy,
            pace,
            seed: Mutex::new(seed.derive("azure transport")),
            trace,
            #[cfg(test)]
            faults: None,
        })
    }

    #[cfg(test)]
    pub(crate) fn with_faults(mut self, faults: super::Faults) -> Transport {
        self.faults = Some(faults);
        self
    }

    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Sends until there is an answer that is worth returning, whatever its status.
    ///
    /// # Errors
    ///
    /// When the endpoint was silent to the end, or the request may not leave this machine.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, AzureError> {
        if !request.may_leave() {
            return Err(AzureError::PlainHttp {
                host: request.url.host_str().unwrap_or("").to_owned(),
            });
        }
        let request = &self.prepared(request);
        let started = self.pace.now();
        let mut tried = 0;
        loop {
            tried += 1;
            let begun = self.pace.now();
            let outcome = self.attempt(request).await;
            let attempt = match &outcome {
                Ok(answer) => Attempt::Answered {
                    status: answer.status,
                    retry_after: retry_after(answer, self.pace.timestamp()),
                },
                Err(broken) => Attempt::Broken { sent: broken.sent },
            };
            let wait = self.wait(request, attempt, tried, started);
            self.told(request, &outcome, tried, begun, wait);
            match (wait, outcome) {
                (Some(wait), _) => self.pace.pause(wait).await,
                (None, Ok(answer)) => return Ok(answer),
                (None, Err(broken)) => {
                    return Err(broken.silence(request, tried));
                }
            }
        }
    }

    /// Sends once, as a caller that does not come back would.
    ///
    /// # Errors
    ///
    /// As [`Transport::send`].
    pub(crate) async fn once(&self, request: &Request) -> Result<Answer, AzureError> {
        if !request.may_leave() {
            return Err(AzureError::PlainHttp {
                host: request.url.host_str().unwrap_or("").to_owned(),
            });
        }
        let request = &self.prepared(request);
        let begun = self.pace.now();
        let outcome = self.attempt(request).await;
        self.told(request, &outcome, 1, begun, None);
        outcome.map_err(|broken| broken.silence(request, 1))
    }

    fn wait(
        &self,
        request: &Request,
        attempt: Attempt,
        tried: u32,
        started: Moment,
    ) -> Option<Duration> {
        let mut seed = self.seed.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = self.pace.now().since(started);
        self.policy
            .wait(&mut seed, request.repeat, attempt, tried, elapsed)
    }

    /// One attempt, without any regard to its status.
    async fn attempt(&self, request: &Request) -> Result<Answer, Broken> {
        #[cfg(test)]
        if let Some(faults) = &self.faults {
            return faults.around(request, self.exchange(request)).await;
        }
        self.exchange(request).await
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Broken> {
        let client = self.client(is_loopback(&request.url)).map_err(Broken::of)?;
        let mut builder = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await.map_err(Broken::of)?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(Broken::of)?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn client(&self, is_near: bool) -> Result<&Client, reqwest::Error> {
        if is_near {
            return Ok(&self.near);
        }
        if let Some(client) = self.far.get() {
            return Ok(client);
        }
        let client = builder().build()?;
        Ok(self.far.get_or_init(|| client))
    }

    /// The request with what every request carries. Attempts share one id, so that Azure's support
    /// can find them all.
    fn prepared(&self, request: &Request) -> Request {
        let mut request = request.clone();
        let headers = &mut request.headers;
        headers
            .entry(USER_AGENT)
            .or_insert(HeaderValue::from_static(AGENT));
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::from_str(&self.request_id()) {
            headers.entry(CLIENT_REQUEST_ID).or_insert(id);
        }
        request
    }

    fn request_id(&self) -> String {
        let mut seed = self.seed.lock().unwrap_or_else(PoisonError::into_inner);
        let (high, low) = (seed.next_u64(), seed.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    fn told(
        &self,
        request: &Request,
        outcome: &Result<Answer, Broken>,
        attempt: u32,
        begun: Moment,
        wait: Option<Duration>,
    ) {
        let Some(trace) = &self.trace else { return };
        trace.line(&Line {
            at: self.pace.timestamp(),
            attempt,
            request,
            outcome: outcome.as_ref().map_err(|broken| broken.cause.as_str()),
            elapsed: self.pace.now().since(begun),
            wait,
        });
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

fn builder() -> reqwest::ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ATTEMPT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
}

/// A connection that failed.
pub(super) struct Broken {
    /// True when the request may have arrived.
    pub(super) sent: bool,
    pub(super) cause: String,
}

impl Broken {
    fn of(error: reqwest::Error) -> Broken {
        Broken {
            sent: !error.is_connect() && !error.is_builder(),
            // The URL may hold a signature.
            cause: chain(&error.without_url()),
        }
    }

    fn silence(self, request: &Request, attempts: u32) -> AzureError {
        AzureError::Silent {
            operation: request.operation(),
            host: request.url.host_str().unwrap_or("").to_owned(),
            attempts,
            cause: self.cause,
        }
    }
}

/// An error and its causes, innermost last, without repeating what an outer one already said.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}
