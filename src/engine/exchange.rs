use std::cell::OnceCell;
use std::sync::Arc;

use bytes::Bytes;

use super::backends::Backend;
use super::block::Block;
use super::call_limit::CallCharge;
use super::error::Raised;
use super::event_log::LogEvent;
use super::forward::Forward;
use super::message::Binding;
use super::metrics::{Metric, PendingMetric};
use super::program::{Location, Program};
use super::response_cache::Missed;
use super::safety::Enforced;
use super::semantic::AskedFor;
use super::send::{Awaited, Sends};
use super::service::Behaviour;
use super::token_limit::Charge;
use super::trace::TraceLog;
use crate::base::{Moment, Tokens};
use crate::policy::context::{Context, LastError};
use crate::policy::message::{Headers, Response, Url};
use crate::policy::{Place, RequestBody, SectionName};
use crate::tokens::{self, Usage};

/// A request as it came over the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) scheme: String,
    /// Host and port as the caller named them.
    pub(crate) host: String,
    /// Starts with `/`, encoded as sent.
    pub(crate) path: String,
    /// Without `?`, encoded as sent.
    pub(crate) query: String,
    pub(crate) headers: Headers,
    pub(crate) body: Option<Bytes>,
    pub(crate) ip_address: String,
    /// The caller asks for a trace and may have one.
    pub(crate) trace: bool,
    /// What the prompt estimate shall be, for tests that fix it; counted when absent.
    pub(crate) estimate: Option<Tokens>,
}

impl Incoming {
    pub(super) fn query_value(&self, name: &str) -> Option<String> {
        let url = Url {
            query: self.query.clone(),
            ..Url::default()
        };
        url.query_value(name)
    }
}

/// What the driver has to do next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send this to the backend and bring the answer to `Engine::answered` or `Engine::failed`.
    Forward(Box<Exchange>, Box<Forward>),
    /// Send these and bring what comes of them to `Engine::replied`.
    Send(Box<Exchange>, Sends),
    /// Bring the request to `Engine::woken` at this moment.
    Sleep(Box<Exchange>, Moment),
    Answer(Box<Answer>),
}

/// What the backend said.
#[derive(Debug)]
pub(crate) struct BackendAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: BackendBody,
}

#[derive(Debug)]
pub(crate) enum BackendBody {
    Whole(Bytes),
    /// Server-sent events that go to the caller as they come.
    Stream,
}

/// What the caller gets.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// Set when the body is the backend's stream: hand it back when the stream has ended.
    pub(crate) stream: Option<Settlement>,
    /// The request reached the point where it was forwarded.
    pub(crate) backend_called: bool,
    /// Metrics that the answer caused; those of a stream come with its settlement.
    pub(crate) metrics: Vec<Metric>,
    /// The element that refused, answered or failed, else the one that forwarded; `None` where the
    /// gateway itself did.
    pub(crate) decided_by: Option<Place>,
    /// What the request inspector shows, where a trace was asked for.
    pub(crate) trace: Option<serde_json::Value>,
    /// Events of `log-to-eventhub`, in order.
    pub(crate) log: Vec<LogEvent>,
    pub(crate) facts: Facts,
    /// The request's context after the last policy, for traces and tests.
    pub(crate) context: Context,
}

/// What is known of a request apart from its answer, for monitoring.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What a token limit made of it; absent when none was asked.
    pub(crate) decision: Option<Decision>,
    /// Tokens of its prompt as a limit estimated them; absent when none did.
    pub(crate) estimate: Option<Tokens>,
    /// What its answer used; of a stream it comes with the settlement.
    pub(crate) usage: Option<Usage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allowed,
    /// 429 by the rate.
    Throttled,
    /// 403 by the quota.
    QuotaExceeded,
}

/// What a stream came to.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) metrics: Vec<Metric>,
    /// Reported or estimated, as the limits counted it.
    pub(crate) usage: Usage,
}

/// What is still owed for a stream under way.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(super) charges: Vec<Charge>,
    pub(super) call_charges: Vec<CallCharge>,
    /// What the caller sent, for quotas of bandwidth.
    pub(super) request_bytes: u64,
    pub(super) metrics: Vec<PendingMetric>,
    pub(super) prompt_estimate: Tokens,
}

/// A request on its way through the policy.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) context: Context,
    pub(super) program: Arc<Program>,
    pub(super) section: SectionName,
    /// Index of the next instruction of `section`.
    pub(super) next: usize,
    pub(super) received: Moment,
    /// What `set-backend-service` named.
    pub(super) backend_id: Option<String>,
    /// The single backend that is asked, or was asked last.
    pub(super) backend: Option<Arc<Backend>>,
    /// Path of the backend's base URL, which stands before what the caller asks for.
    pub(super) base_path: String,
    pub(super) backend_called: bool,
    /// The answer under way is the backend's stream.
    pub(super) streaming: bool,
    /// Gone when it went to the backend and was not kept.
    pub(super) request_body: RequestBody,
    pub(super) blocks: Vec<Block>,
    /// What waits for requests that the policy sent.
    pub(super) awaited: Vec<Awaited>,
    /// An answer inside a `retry`, to be settled when no other follows it.
    pub(super) unsettled: Option<Unsettled>,
    pub(super) fail_on_error_status: bool,
    pub(super) decided_by: Option<Place>,
    pub(super) charges: Vec<Charge>,
    pub(super) call_charges: Vec<CallCharge>,
    /// Length of the body that the caller sent.
    pub(super) request_bytes: u64,
    pub(super) pending_metrics: Vec<PendingMetric>,
    pub(super) metrics: Vec<Metric>,
    pub(super) log: Vec<LogEvent>,
    /// Gathered when the caller asked for it.
    pub(super) trace: Option<TraceLog>,
    /// Headers that `cors` adds to the answer.
    pub(super) cors_headers: Headers,
    pub(super) asked: Asked,
    pub(super) facts: Facts,
    pub(super) behaviour: Behaviour,
    /// What the response cache did not have.
    pub(super) missed: Option<Missed>,
    /// What the semantic cache did not have.
    pub(super) asked_for: Option<AskedFor>,
    /// Checks of the completion that inbound asked for.
    pub(super) enforced: Vec<Enforced>,
}

/// An answer of the backend that has not been charged yet.
#[derive(Debug)]
pub(super) struct Unsettled {
    /// Absent when the answer does not say.
    pub(super) usage: Option<Usage>,
}

/// What the request's body asks for; read once, when a policy needs it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) forced_estimate: Option<Tokens>,
    read: OnceCell<(Tokens, bool)>,
}

impl Asked {
    pub(super) fn new(forced_estimate: Option<Tokens>) -> Asked {
        Asked {
            forced_estimate,
            read: OnceCell::new(),
        }
    }

    /// Tokens of the prompt, and whether the answer shall be streamed.
    pub(super) fn of(&self, body: Option<&Bytes>) -> (Tokens, bool) {
        *self
            .read
            .get_or_init(|| tokens::asked(body.map(|body| &body[..]), self.forced_estimate))
    }
}

impl Exchange {
    pub(super) fn elapse(&mut self, now: Moment) {
        self.context.elapsed = now.since(self.received);
    }

    pub(super) fn enter(&mut self, section: SectionName) {
        self.section = section;
        self.next = 0;
    }

    /// Jumps to `on-error` with the default response in place.
    pub(super) fn raise(&mut self, raised: &Raised, location: Option<&Location>) {
        let place = location.and_then(|location| location.place.as_ref());
        self.decided_by = place.cloned();
        let source = match place {
            Some(place) if raised.source.is_empty() => place.element.to_string(),
            _ => raised.source.to_owned(),
        };
        let mut response = raised.response(&self.context.request_id);
        if raised.phrased {
            response.reason.clone_from(&raised.message);
        }
        self.context.response = Some(response);
        self.context.last_error = Some(LastError {
            source,
            reason: raised.reason.to_owned(),
            message: raised.message.clone(),
            scope: location
                .map(|location| location.scope.as_str().to_owned())
                .unwrap_or_default(),
            section: self.section.as_str().to_owned(),
            path: location
                .map(|location| location.path.to_string())
                .unwrap_or_default(),
            policy_id: place
                .and_then(|place| place.id.as_ref())
                .map(ToString::to_string),
        });
        self.streaming = false;
        self.blocks.clear();
        self.awaited.clear();
        self.enforced.clear();
        self.enter(SectionName::OnError);
    }

    /// What a template reads that stands in this section.
    pub(super) fn binding(&self) -> Binding {
        Binding {
            section: Some(self.section),
            exact: self.behaviour.liquid_exact,
        }
    }

    /// Points the request at another backend, its path below the API's own kept.
    pub(super) fn rebase(&mut self, base: Url) {
        let url = &mut self.context.request.url;
        let rest = url.path.strip_prefix(&self.base_path);
        let rest = rest.unwrap_or(&url.path).to_owned();
        self.base_path.clone_from(&base.path);
        *url = Url {
            path: base.path + &rest,
            query: std::mem::take(&mut url.query),
            ..base
        };
    }
}
