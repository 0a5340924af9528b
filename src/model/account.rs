use std::collections::BTreeMap;

use super::ModelSettings;
use crate::base::Secret;

/// An account of Azure OpenAI as a gateway meets it.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Model deployments by name, in small letters.
    pub(crate) models: BTreeMap<String, ModelSettings>,
    /// Keys that open it; none when it takes tokens only.
    pub(crate) keys: Vec<Secret>,
    /// Whether the gateway's own identity may call its models.
    pub(crate) trusted: bool,
}
