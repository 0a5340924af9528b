//! What `rate-limit`, `rate-limit-by-key`, `quota` and `quota-by-key` say.

use std::sync::Arc;

use jiff::Timestamp;

use super::Template;

/// What happens to the call that is one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallLimitKind {
    /// 429; counted in the tier's own way.
    Rate,
    /// 403; counted in fixed windows.
    Quota,
}

#[derive(Debug, Clone)]
pub(crate) struct CallLimit {
    pub(crate) kind: CallLimitKind,
    pub(crate) key: CounterKey,
    /// The element's own, then those of its `api` and `operation` children.
    pub(crate) allowances: Vec<Allowance>,
    /// Where windows of a quota begin; absent: when the subscription did.
    pub(crate) first_period: Option<Timestamp>,
    pub(crate) increment_condition: Option<Template>,
    pub(crate) increment_count: Option<Template>,
    pub(crate) retry_after_header: Arc<str>,
    pub(crate) retry_after_variable: Option<Arc<str>>,
    pub(crate) remaining_header: Option<Arc<str>>,
    pub(crate) remaining_variable: Option<Arc<str>>,
    pub(crate) total_header: Option<Arc<str>>,
}

impl CallLimit {
    /// The reference puts counting off to the end of outbound when either attribute is an
    /// expression, because it may read the response.
    pub(crate) fn counts_later(&self) -> bool {
        [&self.increment_condition, &self.increment_count]
            .into_iter()
            .any(|template| matches!(template, Some(Template::Expression(_))))
    }
}

#[derive(Debug, Clone)]
pub(crate) enum CounterKey {
    /// One counter for each subscription and this element, which the text names.
    Subscription(Arc<str>),
    Given(Template),
}

/// So many calls or kilobytes in a period, for all calls or for some.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    pub(crate) target: Target,
    pub(crate) calls: Option<Template>,
    /// In kilobytes.
    pub(crate) bandwidth: Option<Template>,
    /// In seconds.
    pub(crate) period: Template,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    All,
    Api(Named),
    Operation { api: Named, operation: Named },
}

/// An API or operation by id, by name, or by both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: Option<Arc<str>>,
    pub(crate) name: Option<Arc<str>>,
}

impl Named {
    pub(crate) fn fits(&self, id: &str, name: &str) -> bool {
        self.id.as_deref().is_none_or(|own| own == id)
            && self.name.as_deref().is_none_or(|own| own == name)
    }
}
