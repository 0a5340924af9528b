//! Every request that was answered, told to a store when its last byte has gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::monitor::operation;
use super::server::Shared;
use crate::base::Moment;
use crate::engine::{CounterState, Metric};
use crate::monitor::{
    BackendPart, Call, CounterNow, Emitted, ErrorPart, ModelPart, Now, Store, now,
};
use crate::policy::context::Context;
use crate::tokens::Usage;

/// What follows the name of an account in its host.
const ACCOUNTS: [&str; 3] = [
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
];

/// Where a gateway's last minute is read.
pub(super) const PATH: &str = "/.apimon/now";

/// A store that gateways share, and under which names this one is known in it.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    store: Arc<Mutex<Store>>,
    /// Name of the Azure OpenAI account behind the gateway, where its host does not tell.
    account: Arc<str>,
}

impl Ledger {
    pub(crate) fn new(store: Arc<Mutex<Store>>, account: &str) -> Ledger {
        Ledger {
            store,
            account: account.into(),
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last minute, with the counters as they are.
    pub(super) fn now(&self, shared: &Shared) -> Now {
        let moment = shared.clock.now();
        let counters = shared.engine().token_counters(moment);
        let counters = counters.into_iter().map(CounterNow::from).collect();
        now(&self.store(), counters, shared.utc(moment))
    }
}

impl From<CounterState> for CounterNow {
    fn from(state: CounterState) -> CounterNow {
        CounterNow {
            key: state.key,
            used: (state.limit + state.debt).saturating_sub(state.remaining),
            limit: Some(state.limit),
            overshoot: state.overshoot,
        }
    }
}

/// What happened between the gateway and its backend, however often it was asked.
#[derive(Debug, Default, Clone)]
pub(super) struct Behind {
    /// Of the Azure OpenAI account, where the host that was asked is one.
    account: Option<Arc<str>>,
    /// When it was asked, as long as its answer is not there.
    asked: Option<Moment>,
    spent: Duration,
    status: Option<u16>,
    called: bool,
}

impl Behind {
    pub(super) fn asked(&mut self, now: Moment, host: &str) {
        let account = host
            .split_once('.')
            .filter(|(_, rest)| ACCOUNTS.contains(rest));
        self.account = account.map(|(name, _)| name.into());
        self.asked = Some(now);
        self.called = true;
        self.status = None;
    }

    /// Whole, or failed and without a status.
    pub(super) fn answered(&mut self, now: Moment, status: Option<u16>) {
        let asked = self.asked.take().unwrap_or(now);
        self.spent += now.since(asked);
        self.status = status;
    }

    /// A stream has begun; its backend is at work until it ends.
    pub(super) fn streams(&mut self, status: u16) {
        self.status = Some(status);
    }

    fn part(&mut self, now: Moment) -> Option<BackendPart> {
        if self.asked.is_some() {
            self.answered(now, self.status);
        }
        self.called.then_some(BackendPart {
            status: self.status,
            took: self.spent,
        })
    }
}

/// A request whose answer is under way.
#[derive(Debug)]
pub(super) struct Entry {
    call: Call,
    behind: Behind,
    /// `other` when what was asked is not known to be a model's work.
    operation: &'static str,
    deployment: String,
    stream: bool,
    first_content: Option<Moment>,
}

impl Entry {
    pub(super) fn new(context: &Context, behind: Behind, status: u16) -> Entry {
        let parameters = &context.request.matched_parameters;
        let deployment = parameters
            .iter()
            .find(|(name, _)| name.contains("deployment"));
        let call = Call {
            at: context.timestamp,
            correlation: context.request_id.clone(),
            service: context.deployment.service_name.as_str().into(),
            region: context.deployment.region.clone(),
            host: context.request.original_url.host.clone(),
            method: context.request.method.clone(),
            api: context.api.id.clone(),
            operation: context.operation.id.clone(),
            product: context.product.as_ref().map(|product| product.id.clone()),
            subscription: context.subscription.as_ref().map(|known| known.id.clone()),
            caller: context.request.ip_address.clone(),
            status,
            error: context.last_error.as_ref().map(|error| ErrorPart {
                source: error.source.clone(),
                reason: error.reason.clone(),
                message: error.message.clone(),
                section: error.section.clone(),
            }),
            backend: None,
            took: Duration::ZERO,
            model: None,
            metrics: Vec::new(),
        };
        Entry {
            call,
            behind,
            operation: operation(&context.operation.id),
            deployment: deployment.map_or(String::new(), |(_, value)| value.clone()),
            stream: false,
            first_content: None,
        }
    }

    /// The answer is a stream; what it comes to is told when it ends.
    pub(super) fn streams(&mut self) {
        self.stream = true;
    }

    /// Content of a stream has gone to the caller.
    pub(super) fn content(&mut self, now: Moment) {
        self.first_content.get_or_insert(now);
    }

    pub(super) fn emit(&mut self, metrics: &[Metric]) {
        let values = metrics.iter().map(|metric| Emitted {
            namespace: Arc::clone(&metric.namespace),
            name: metric.name.clone(),
            dimensions: Arc::clone(&metric.dimensions),
            amount: metric.value,
        });
        self.call.metrics.extend(values);
    }

    /// The last byte has gone.
    pub(super) fn done(mut self, shared: &Shared, usage: Option<Usage>) {
        let Some(ledger) = &shared.ledger else { return };
        let now = shared.clock.now();
        let at = self.call.at;
        let since = |moment: Moment| {
            let span = shared.utc(moment).duration_since(at);
            Duration::try_from(span).unwrap_or_default()
        };
        self.call.took = since(now);
        let first = self.first_content.filter(|_| self.stream);
        let first_token = first.map(since);
        self.call.backend = self.behind.part(now);
        let answered = self.call.backend.is_some() && self.operation != "other";
        self.call.model = answered.then(|| ModelPart {
            account: self
                .behind
                .account
                .take()
                .unwrap_or_else(|| Arc::clone(&ledger.account)),
            deployment: self.deployment,
            operation: self.operation,
            stream: self.stream,
            first_token,
            tokens: usage.map(|usage| (usage.prompt.0, usage.completion.0)),
        });
        ledger.store().add(self.call);
    }
}
