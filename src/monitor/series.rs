use std::borrow::Cow;
use std::sync::Arc;

/// Whose metric a series is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// An API Management service, by name.
    Service(Arc<str>),
    /// An Azure OpenAI account, by name.
    Account(Arc<str>),
    /// What the policies of this API Management service sent to Application Insights.
    Custom(Arc<str>),
}

/// One time series: everything but time and value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    pub(super) owner: Owner,
    pub(super) namespace: Arc<str>,
    pub(super) metric: Cow<'static, str>,
    /// Names and values.
    pub(super) dimensions: Arc<[(String, String)]>,
}

impl Series {
    /// Value of a dimension, whose name is compared without case as Azure does.
    pub(super) fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Values of one series in one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Cell {
    pub(super) fn of(value: f64) -> Cell {
        Cell {
            count: 1,
            sum: value,
            least: value,
            most: value,
        }
    }

    pub(super) fn join(&mut self, other: &Cell) {
        self.count += other.count;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }
}
