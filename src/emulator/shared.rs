//! What all connections of the management endpoint have in common.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::gateways::Gateways;
use super::issuer::Issuer;
use super::{SUBSCRIPTION, TENANT};
use crate::base::{Moment, Seed};
use crate::clock::Clock;
use crate::files::{self, FileError};
use crate::monitor::Store;
use crate::plane::{Ask, Fault, Plane, Refusal, Reply};

#[derive(Debug)]
pub(super) struct Shared {
    plane: Mutex<Plane>,
    gateways: Mutex<Gateways>,
    /// What the gateways served.
    calls: Arc<Mutex<Store>>,
    pub(super) issuer: Issuer,
    pub(super) clock: Clock,
    /// Told when something new is under way.
    wake: Notify,
    requests: AtomicU64,
    /// Where the state is kept.
    file: Option<PathBuf>,
}

impl Shared {
    pub(super) fn new(plane: Plane, issuer: Issuer, clock: Clock, file: Option<PathBuf>) -> Shared {
        let gateways = Gateways::default();
        Shared {
            plane: Mutex::new(plane),
            calls: Arc::clone(&gateways.calls),
            gateways: Mutex::new(gateways),
            issuer,
            clock,
            wake: Notify::new(),
            requests: AtomicU64::new(0),
            file,
        }
    }

    #[expect(clippy::unused_self, reason = "tenants may differ one day")]
    pub(super) fn tenant(&self) -> &'static str {
        TENANT
    }

    /// Id of the application behind every managed identity that names none.
    #[expect(clippy::unused_self, reason = "as of the tenant")]
    pub(super) fn client(&self) -> String {
        SUBSCRIPTION.replace("50b5", "c11e")
    }

    /// Object id of whoever signs in.
    #[expect(clippy::unused_self, reason = "as of the tenant")]
    pub(super) fn principal(&self) -> String {
        SUBSCRIPTION.replace("50b5", "0b7e")
    }

    pub(super) fn now(&self) -> Timestamp {
        let since = self.clock.now().since_start();
        let since = SignedDuration::try_from(since).unwrap_or_default();
        self.clock
            .started()
            .saturating_add(since)
            .unwrap_or(Timestamp::MAX)
    }

    /// Starts the gateways of services that are there already.
    pub(super) fn begin(&self) {
        let mut plane = self.plane();
        self.settle(&mut plane);
    }

    /// The fault that the plan has for a request that has arrived.
    pub(super) fn strike(&self, ask: &Ask) -> Option<Fault> {
        self.plane().strike(ask)
    }

    /// Answers a request, with everything up to date before and after.
    pub(super) fn answer(&self, ask: &Ask, fault: Option<Fault>) -> Reply {
        let mut plane = self.plane();
        self.settle(&mut plane);
        let monitored = fault.is_none().then(|| {
            let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            plane.monitored(&calls, self.now(), ask)
        });
        let reply = monitored.flatten();
        let reply = reply.unwrap_or_else(|| plane.answer(self.now(), ask, fault));
        self.settle(&mut plane);
        // Kept before it is told: what was answered is not forgotten.
        let kept = self.keep(&mut plane);
        self.wake.notify_one();
        kept.map_or_else(|error| unkept(&error), |()| reply)
    }

    /// Goes on with what is under way, as long as the server runs.
    pub(super) async fn beat(&self) {
        loop {
            let next = self.plane().next();
            match next {
                None => self.wake.notified().await,
                Some(at) => {
                    let wait = at.duration_since(self.clock.started());
                    let moment = Moment::at(wait.try_into().unwrap_or_default());
                    tokio::select! {
                        () = self.clock.sleep_until(moment) => {}
                        () = self.wake.notified() => {}
                    }
                }
            }
            let mut plane = self.plane();
            self.settle(&mut plane);
            // A full disk is told to whoever asks next.
            if self.keep(&mut plane).is_err() {
                plane.keep_again();
            }
        }
    }

    /// A GUID for one request.
    pub(super) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut seed = Seed::new(number).derive("request");
        let (high, low) = (seed.next_u64(), seed.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    /// Gateway URLs by the name of their service.
    pub(super) fn urls(&self) -> Vec<(String, String)> {
        let gateways = self.gateways.lock().unwrap_or_else(PoisonError::into_inner);
        gateways.urls()
    }

    fn settle(&self, plane: &mut Plane) {
        let mut gateways = self.gateways.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let moved = plane.advance(self.now());
            let changed = plane.changed();
            if !moved && changed.is_empty() {
                return;
            }
            gateways.follow(plane, &changed, self.clock);
        }
    }

    /// Writes the state where it is kept, when something happened.
    fn keep(&self, plane: &mut Plane) -> Result<(), FileError> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        match plane.unsaved() {
            Some(text) => files::write_private(path, &text),
            None => Ok(()),
        }
    }

    fn plane(&self) -> MutexGuard<'_, Plane> {
        // A panic was our bug and was reported; the store is still sound.
        self.plane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state could not be kept, so nothing may be promised.
fn unkept(error: &FileError) -> Reply {
    let message = format!("The local Azure cannot keep its state: {error}.");
    Refusal::new(507, "InsufficientStorage", message).reply()
}
