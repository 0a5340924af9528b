use std::sync::Arc;

use super::ledger::{Behind, Entry};
use super::server::{Served, Shared};
use crate::engine::Exchange;

/// How logs show a request whose caller left before there was an answer.
const CALLER_LEFT: u16 = 499;

/// A request that waits for its backend, for requests of its policy, or for a moment. A caller who
/// leaves drops it, and dropping it settles what the request is known to have used: a prompt that
/// was estimated and let through stays charged.
pub(super) struct Waiting<'s> {
    shared: &'s Arc<Shared>,
    exchange: Option<Box<Exchange>>,
    behind: Behind,
}

impl<'s> Waiting<'s> {
    pub(super) fn new(
        shared: &'s Arc<Shared>,
        exchange: Box<Exchange>,
        behind: Behind,
    ) -> Waiting<'s> {
        Waiting {
            shared,
            exchange: Some(exchange),
            behind,
        }
    }

    /// What was waited for is there.
    pub(super) fn over(mut self) -> Box<Exchange> {
        self.exchange
            .take()
            .expect("an exchange is taken once, because that ends the wait")
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        let now = self.shared.clock.now();
        let subscription = exchange.context.subscription.as_ref();
        let subscription = subscription.map(|subscription| subscription.id.clone());
        let answer = self.shared.engine().abandoned(now, exchange);
        if self.shared.ledger.is_some() {
            let mut entry = Entry::new(
                &answer.context,
                std::mem::take(&mut self.behind),
                CALLER_LEFT,
            );
            entry.emit(&answer.metrics);
            entry.done(self.shared, answer.facts.usage);
        }
        self.shared.served(Served {
            at: now,
            subscription,
            status: CALLER_LEFT,
            backend_called: answer.backend_called,
            events: answer.log,
            reason: Some("ClientConnectionFailure".to_owned()),
        });
        self.shared.emit(answer.metrics);
    }
}
