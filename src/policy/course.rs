//! Elements that change the course of a request: blocks that repeat, gate or gather what stands in
//! them, requests that a policy sends on its own, the cache, and what rewrites or refuses a request.

use std::sync::Arc;

use super::model::{ExistsAction, Item, Template};

#[derive(Debug, Clone)]
pub(crate) enum Course {
    CacheLookupValue(CacheLookupValue),
    CacheRemoveValue {
        key: Template,
    },
    CacheStoreValue(CacheStoreValue),
    CheckHeader(CheckHeader),
    FindAndReplace {
        from: Template,
        to: Template,
    },
    IpFilter(IpFilter),
    LimitConcurrency(LimitConcurrency),
    MockResponse {
        status: u16,
        content_type: Option<Arc<str>>,
    },
    Retry(Arc<Retry>),
    RewriteUri(RewriteUri),
    SendRequest(Arc<SendRequest>),
    SetMethod(Template),
    SetQueryParameter(SetQueryParameter),
    Trace(Trace),
    Wait(Wait),
}

impl Course {
    /// What stands inside a block; empty for an element that holds no others.
    pub(crate) fn items(&self) -> &[Item] {
        match self {
            Course::LimitConcurrency(block) => &block.items,
            Course::Retry(block) => &block.items,
            Course::Wait(block) => &block.items,
            _ => &[],
        }
    }

    /// Whether the element works on the body of the message that is under way.
    pub(crate) fn reads_body(&self) -> bool {
        matches!(self, Course::FindAndReplace { .. })
    }

    /// Everything in the element that may be an expression, what stands in a block left out.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Course::CacheLookupValue(lookup) => {
                [&lookup.key].into_iter().chain(&lookup.default).collect()
            }
            Course::CacheRemoveValue { key } => vec![key],
            Course::CacheStoreValue(store) => vec![&store.key, &store.value, &store.duration],
            Course::FindAndReplace { from, to } => vec![from, to],
            Course::LimitConcurrency(limit) => vec![&limit.key],
            Course::Retry(retry) => retry.templates(),
            Course::SendRequest(send) => send.templates(),
            Course::Trace(trace) => vec![&trace.message],
            Course::SetMethod(method) => vec![method],
            Course::Wait(wait) => vec![&wait.until],
            Course::CheckHeader(_)
            | Course::IpFilter(_)
            | Course::MockResponse { .. }
            | Course::RewriteUri(_)
            | Course::SetQueryParameter(_) => Vec::new(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct CacheLookupValue {
    pub(crate) key: Template,
    pub(crate) variable: Arc<str>,
    pub(crate) default: Option<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct CacheStoreValue {
    pub(crate) key: Template,
    pub(crate) value: Template,
    /// Seconds.
    pub(crate) duration: Template,
}

#[derive(Debug, Clone)]
pub(crate) struct CheckHeader {
    pub(crate) name: Template,
    pub(crate) status: Template,
    pub(crate) message: Template,
    pub(crate) ignore_case: Template,
    /// Without any, the header must only be there.
    pub(crate) values: Vec<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct IpFilter {
    /// `allow` or `forbid`.
    pub(crate) action: Template,
    /// First and last address of each range; a single address is a range of one.
    pub(crate) ranges: Vec<(Template, Template)>,
}

#[derive(Debug, Clone)]
pub(crate) struct LimitConcurrency {
    pub(crate) key: Template,
    pub(crate) max_count: usize,
    pub(crate) items: Vec<Item>,
}

/// `retry`; intervals are seconds.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    pub(crate) condition: Template,
    pub(crate) count: Template,
    pub(crate) interval: Template,
    pub(crate) max_interval: Option<Template>,
    pub(crate) delta: Option<Template>,
    pub(crate) first_fast: Template,
    pub(crate) items: Vec<Item>,
}

impl Retry {
    fn templates(&self) -> Vec<&Template> {
        [
            &self.condition,
            &self.count,
            &self.interval,
            &self.first_fast,
        ]
        .into_iter()
        .chain(&self.max_interval)
        .chain(&self.delta)
        .collect()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct RewriteUri {
    pub(crate) template: Template,
    pub(crate) copy_unmatched: Template,
}

/// `send-request`, or `send-one-way-request` when no variable takes the response.
#[derive(Debug, Clone)]
pub(crate) struct SendRequest {
    /// `new` or `copy`.
    pub(crate) mode: Template,
    pub(crate) variable: Option<Template>,
    /// Seconds.
    pub(crate) timeout: Template,
    pub(crate) ignore_error: bool,
    pub(crate) url: Option<Template>,
    pub(crate) method: Option<Template>,
    /// Headers, body and credentials.
    pub(crate) items: Vec<Item>,
}

impl SendRequest {
    fn templates(&self) -> Vec<&Template> {
        [&self.mode, &self.timeout]
            .into_iter()
            .chain(&self.variable)
            .chain(&self.url)
            .chain(&self.method)
            .collect()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SetQueryParameter {
    pub(crate) name: Template,
    pub(crate) exists: ExistsActionTemplate,
    pub(crate) values: Vec<Template>,
}

/// An `exists-action` that was checked when it is a literal.
#[derive(Debug, Clone)]
pub(crate) enum ExistsActionTemplate {
    Known(ExistsAction),
    Computed(Template),
}

#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) source: Arc<str>,
    /// `verbose`, `information` or `error`.
    pub(crate) severity: Arc<str>,
    pub(crate) message: Template,
    pub(crate) metadata: Vec<(Template, Template)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Wait {
    /// `all` or `any`.
    pub(crate) until: Template,
    pub(crate) items: Vec<Item>,
}
