use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::outputs::is_secret;

/// First line of what a state file says of itself.
pub(crate) const STATE_FORMAT: &str = "apimon state 1 (unstable)";

/// What `deploy` leaves for other commands, one file a target. No secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct State {
    pub(crate) format: String,
    /// Base URL of Azure Resource Manager.
    pub(crate) management_url: String,
    pub(crate) subscription_id: String,
    pub(crate) resource_group: String,
    pub(crate) location: String,
    /// Name of the ARM deployment.
    pub(crate) deployment: String,
    /// Of template and parameters, without secrets.
    pub(crate) digest: String,
    /// `deploying`, `succeeded`, `failed`, `canceled`, `destroying`
    pub(crate) phase: Phase,
    /// UTC, RFC 3339.
    pub(crate) changed: String,
    /// Values by name, without secrets.
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Phase {
    Deploying,
    Succeeded,
    Failed,
    Canceled,
    Destroying,
}

impl State {
    /// Reads a state file; the reason when it is none.
    ///
    /// # Errors
    ///
    /// When it is no JSON of this shape, or of another version.
    pub(crate) fn read(text: &str) -> Result<State, String> {
        let state: State = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if state.format == STATE_FORMAT {
            Ok(state)
        } else {
            Err(format!(
                "its format is `{}`, not `{STATE_FORMAT}`",
                state.format
            ))
        }
    }

    pub(crate) fn text(&self) -> String {
        // Maps with text keys and plain values: nothing here fails to become JSON.
        serde_json::to_string_pretty(self)
            .map(|text| text + "\n")
            .unwrap_or_default()
    }

    /// Keeps outputs as a deployment answers them, but for secrets.
    pub(crate) fn keep(&mut self, outputs: &Value) {
        let outputs = outputs.as_object().into_iter().flatten();
        self.outputs = outputs
            .filter(|(name, output)| !is_secret(name, output))
            .map(|(name, output)| (name.clone(), output["value"].clone()))
            .collect();
    }
}
