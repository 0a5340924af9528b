//! How commands find a local Azure that another process runs.

use serde::{Deserialize, Serialize};

use super::{Running, SUBSCRIPTION, TENANT};

/// Path of the file, from the folder in which the local Azure was started.
pub(crate) const FILE: &str = ".apimon/emulator.json";

/// Where a local Azure is. No secret is in it: its tokens are given to whoever asks on this
/// machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Discovery {
    /// Such as `http://127.0.0.1:8080`.
    pub(crate) management_url: String,
    /// The value of `IDENTITY_ENDPOINT`.
    pub(crate) identity_endpoint: String,
    pub(crate) tenant: String,
    pub(crate) subscription: String,
    /// Of the process that runs it.
    pub(crate) process: u32,
}

impl Discovery {
    pub(crate) fn of(running: &Running, process: u32) -> Discovery {
        Discovery {
            management_url: running.management_url.clone(),
            identity_endpoint: running.identity_endpoint(),
            tenant: TENANT.to_owned(),
            subscription: SUBSCRIPTION.to_owned(),
            process,
        }
    }

    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// `None` for a file that some other version wrote.
    pub(crate) fn read(text: &str) -> Option<Discovery> {
        serde_json::from_str(text).ok()
    }
}
