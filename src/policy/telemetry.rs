//! What `emit-metric` and `log-to-eventhub` say.

use std::sync::Arc;

use super::{Dimension, Template};

#[derive(Debug, Clone)]
pub(crate) struct EmitMetric {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) value: Template,
    pub(crate) dimensions: Vec<Dimension>,
}

#[derive(Debug, Clone)]
pub(crate) struct LogToEventHub {
    pub(crate) logger: Arc<str>,
    pub(crate) partition: Option<Template>,
    pub(crate) body: Template,
}
