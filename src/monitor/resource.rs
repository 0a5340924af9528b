use std::borrow::Cow;

use super::call::{ACCOUNT, SERVICE};
use super::series::{Owner, Series};

/// Something that has metrics or logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// `/subscriptions/…`, as answers name it.
    pub(crate) id: String,
    pub(crate) region: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An API Management service, by name.
    Service(String),
    /// An Azure OpenAI account, by name.
    Account(String),
    /// An Application Insights component that API Management services of these names send to.
    Component {
        services: Vec<String>,
        /// `CustomMetricsOptedInType` is `WithDimensions`.
        with_dimensions: bool,
    },
}

/// Platform metrics of a component: none that a gateway could fill.
const COMPONENT: &str = "microsoft.insights/components";

impl Resource {
    /// Namespace that is meant when none is named.
    pub(super) fn namespace(&self) -> &'static str {
        match self.kind {
            Kind::Service(_) => SERVICE,
            Kind::Account(_) => ACCOUNT,
            Kind::Component { .. } => COMPONENT,
        }
    }

    pub(super) fn owns(&self, series: &Series) -> bool {
        match (&self.kind, &series.owner) {
            (Kind::Service(name), Owner::Service(of))
            | (Kind::Account(name), Owner::Account(of)) => name.eq_ignore_ascii_case(of),
            (Kind::Component { services, .. }, Owner::Custom(of)) => {
                services.iter().any(|name| name.eq_ignore_ascii_case(of))
            }
            _ => false,
        }
    }

    /// A component that was not asked to keep dimensions has one series for each metric.
    pub(super) fn seen<'s>(&self, series: &'s Series) -> Cow<'s, Series> {
        match self.kind {
            Kind::Component {
                with_dimensions: false,
                ..
            } => Cow::Owned(Series {
                dimensions: [].into(),
                ..series.clone()
            }),
            _ => Cow::Borrowed(series),
        }
    }
}
