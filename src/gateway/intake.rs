//! Reading bodies of requests and answers: whole, because policies see them whole, and within bounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::gathered::Gathered;

/// Larger requests are refused, and larger answers are failures: the v2 tiers buffer up to this much (specification, section 6,
/// classic figure; the v2 figure of 2 MiB would refuse images that Azure OpenAI takes).
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
/// All bodies that are held at one time.
const MAX_HELD_BYTES: usize = 512 * 1024 * 1024;
/// A body that brings nothing for that long is given up.
const IDLE: Duration = Duration::from_secs(30);

/// Bytes of bodies that the gateway holds now.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicUsize);

/// The share of one request or answer; it is given back when nobody holds the body any more.
#[derive(Debug)]
pub(super) struct Share {
    held: Arc<Held>,
    bytes: usize,
}

/// Why a body is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Broken chunks, or fewer bytes than announced.
    Unreadable,
    TooLarge,
    TooSlow,
    /// Others' bodies fill what may be held.
    Busy,
}

impl Held {
    pub(super) fn share(self: &Arc<Held>) -> Share {
        Share {
            held: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Share {
    /// Reads the body of a request.
    ///
    /// # Errors
    ///
    /// When the body is broken, slow or beyond a bound; a length that is announced is judged before
    /// anything is read.
    pub(super) async fn read(&mut self, body: Incoming) -> Result<Option<Bytes>, Refused> {
        let body = self.gather(body, Some(IDLE)).await?;
        Ok((!body.is_empty()).then_some(body))
    }

    /// Reads the body of an answer that policies see whole; how long that may take is up to whoever
    /// waits for it.
    ///
    /// # Errors
    ///
    /// When the body is broken or beyond a bound.
    pub(super) async fn read_answer(&mut self, body: Incoming) -> Result<Bytes, Refused> {
        self.gather(body, None).await
    }

    async fn gather(
        &mut self,
        mut body: Incoming,
        idle: Option<Duration>,
    ) -> Result<Bytes, Refused> {
        if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
            return Err(Refused::TooLarge);
        }
        let mut gathered = Gathered::default();
        loop {
            let frame = match idle {
                Some(idle) => tokio::time::timeout(idle, body.frame())
                    .await
                    .map_err(|_| Refused::TooSlow)?,
                None => body.frame().await,
            };
            let Some(frame) = frame else {
                return Ok(gathered.take().unwrap_or_default());
            };
            let frame = frame.map_err(|_| Refused::Unreadable)?;
            if let Ok(data) = frame.into_data() {
                self.take(data.len())?;
                gathered.push(data);
            }
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Refused> {
        self.bytes += bytes;
        let held = self.held.0.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if self.bytes > MAX_BODY_BYTES {
            Err(Refused::TooLarge)
        } else if held > MAX_HELD_BYTES {
            Err(Refused::Busy)
        } else {
            Ok(())
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Refused {
    pub(super) fn status(self) -> u16 {
        match self {
            Refused::Unreadable => 400,
            Refused::TooSlow => 408,
            Refused::TooLarge => 413,
            Refused::Busy => 503,
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Refused::Unreadable => "Request body is not readable",
            Refused::TooSlow => "Request body did not arrive in time",
            Refused::TooLarge => "Request body is too large",
            Refused::Busy => "The gateway holds too many request bodies",
        }
    }
}
