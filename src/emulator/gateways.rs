//! The live gateways: one for every API Management service, on a loopback port of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crate::clock::Clock;
use crate::engine::{Engine, Service};
use crate::gateway::{Accounts, Backend, Gateway, GatewayError, Ledger, Watchers};
use crate::monitor::Store;
use crate::plane::Plane;

#[derive(Debug, Default)]
pub(super) struct Gateways {
    /// What all of them served.
    pub(super) calls: Arc<Mutex<Store>>,
    /// By the service's id in small letters, with what stands behind each.
    live: BTreeMap<String, (Gateway, Accounts)>,
}

impl Gateways {
    pub(super) fn urls(&self) -> Vec<(String, String)> {
        let name = |id: &String| id.rsplit('/').next().unwrap_or(id).to_owned();
        self.live
            .iter()
            .map(|(id, (gateway, _))| (name(id), gateway.url()))
            .collect()
    }

    /// Brings the gateways of services up to date: starts, configures anew, or stops them.
    pub(super) fn follow(&mut self, plane: &mut Plane, changed: &BTreeSet<String>, clock: Clock) {
        for id in changed {
            match plane.configuration(id, clock.started()) {
                None => drop(self.live.remove(id)),
                // The plane checks every change: what does not fit was refused before.
                Some(Err(_)) => {}
                Some(Ok(service)) => match self.live.get(id) {
                    Some((gateway, accounts)) => {
                        accounts.replace(plane.accounts(id));
                        gateway.reconfigure(service);
                    }
                    None => self.start(plane, id, &service, clock),
                },
            }
        }
    }

    fn start(&mut self, plane: &mut Plane, id: &str, service: &Service, clock: Clock) {
        // A service that comes back is found where it was.
        let was = plane.gateway_url(id);
        let port = was.and_then(|url| url.rsplit_once(':')?.1.parse().ok());
        let accounts = Accounts::default();
        accounts.replace(plane.accounts(id));
        let ledger = Ledger::new(Arc::clone(&self.calls), "");
        let begin = |port| {
            let (service, accounts) = (service.clone(), accounts.clone());
            begin(service, accounts, clock, port, ledger.clone())
        };
        // Without a port, when somebody else has it by now.
        let started = begin(port.unwrap_or(0)).or_else(|_| begin(0));
        if let Ok(gateway) = started {
            plane.gateway(id, &gateway.url());
            self.live.insert(id.to_owned(), (gateway, accounts));
        }
    }
}

/// On a thread of its own, because a gateway brings its own runtime.
fn begin(
    service: Service,
    accounts: Accounts,
    clock: Clock,
    port: u16,
    ledger: Ledger,
) -> Result<Gateway, GatewayError> {
    let start = move || {
        Gateway::start(
            Engine::new(service),
            Backend::Accounts(accounts),
            clock,
            port,
            Watchers {
                ledger: Some(ledger),
                ..Watchers::default()
            },
        )
    };
    let thread = std::thread::spawn(start);
    match thread.join() {
        Ok(started) => started,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
