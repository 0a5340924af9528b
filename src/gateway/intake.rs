//! Reading request bodies: whole, because policies see them whole, and within bounds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

/// Larger requests are refused: the v2 tiers buffer up to this much (specification, section 6,
/// classic figure; the v2 figure of 2 MiB would refuse images that Azure OpenAI takes).
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
/// All bodies that are held at one time.
const MAX_HELD_BYTES: usize = 512 * 1024 * 1024;
/// A body that brings nothing for that long is given up.
const IDLE: Duration = Duration::from_secs(30);

/// Bytes of bodies that the gateway holds now.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicUsize);

/// The share of one request; it is given back when the request is over.
#[derive(Debug)]
pub(super) struct Share<'h> {
    held: &'h Held,
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
    pub(super) fn share(&self) -> Share<'_> {
        Share {
            held: self,
            bytes: 0,
        }
    }
}

impl Share<'_> {
    /// # Errors
    ///
    /// When the body is broken or beyond a bound; a length that is announced is judged before
    /// anything is read.
    pub(super) async fn read(&mut self, mut body: Incoming) -> Result<Option<Bytes>, Refused> {
        let announced = body.size_hint().lower();
        if announced > MAX_BODY_BYTES as u64 {
            return Err(Refused::TooLarge);
        }
        let mut first: Option<Bytes> = None;
        let mut whole = BytesMut::new();
        loop {
            let frame = tokio::time::timeout(IDLE, body.frame()).await;
            let Some(frame) = frame.map_err(|_| Refused::TooSlow)? else {
                break;
            };
            let frame = frame.map_err(|_| Refused::Unreadable)?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.take(data.len())?;
            match first.take() {
                // Most bodies come in one piece, which is not copied.
                None if whole.is_empty() => first = Some(data),
                Some(before) => {
                    whole.extend_from_slice(&before);
                    whole.extend_from_slice(&data);
                }
                None => whole.extend_from_slice(&data),
            }
        }
        let body = first.unwrap_or_else(|| whole.freeze());
        Ok((!body.is_empty()).then_some(body))
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

impl Drop for Share<'_> {
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
