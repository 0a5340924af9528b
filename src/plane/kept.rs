//! The state as text, for whoever keeps it, and back again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::deployment::Wanted;
use super::operation::Operation;
use super::running::Running;
use super::state::{Deleted, Entry, Settings};
use super::{Faults, Plane};

/// Changes when older texts cannot be read any more.
const FORMAT: u32 = 1;

/// Everything that outlives the process.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    seed: u64,
    counter: u64,
    resources: Vec<Entry>,
    deleted: Vec<Deleted>,
    unregistered: BTreeSet<String>,
    operations: Vec<Operation>,
    running: Vec<Wanted>,
}

/// Why a kept state cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeptError {
    #[error("it is not a state of the local Azure: {0}")]
    Shape(serde_json::Error),
    #[error("it has format {0}, and this version reads format {FORMAT} only")]
    Format(u32),
}

impl Plane {
    /// The state as text, when something happened since the last time.
    pub(crate) fn unsaved(&mut self) -> Option<String> {
        if !std::mem::take(&mut self.dirty) {
            return None;
        }
        let kept = Kept {
            format: FORMAT,
            seed: self.state.settings.seed,
            counter: self.state.counter,
            resources: self.state.resources.values().cloned().collect(),
            deleted: self.state.deleted.values().cloned().collect(),
            unregistered: self.state.unregistered.clone(),
            operations: self.operations.values().cloned().collect(),
            running: self
                .running
                .iter()
                .map(|running| running.wanted.clone())
                .collect(),
        };
        serde_json::to_string(&kept).ok()
    }

    /// What [`unsaved`](Self::unsaved) told was not kept after all.
    pub(crate) fn keep_again(&mut self) {
        self.dirty = true;
    }

    /// The plane that [`unsaved`](Self::unsaved) told of. Deployments that were under way begin
    /// again: doing a step twice comes to the same.
    ///
    /// # Errors
    ///
    /// When the text is not such a state.
    pub(crate) fn restore(
        mut settings: Settings,
        faults: Option<Faults>,
        text: &str,
    ) -> Result<Plane, KeptError> {
        let kept: Kept = serde_json::from_str(text).map_err(KeptError::Shape)?;
        if kept.format != FORMAT {
            return Err(KeptError::Format(kept.format));
        }
        // Ids and keys are drawn from it.
        settings.seed = kept.seed;
        let mut plane = Plane::new(settings, faults);
        let state = &mut plane.state;
        state.counter = kept.counter;
        state.unregistered = kept.unregistered;
        let by_id = |entry: Entry| (entry.id.to_lowercase(), entry);
        state.resources = kept.resources.into_iter().map(by_id).collect();
        let by_id = |gone: Deleted| (gone.entry.id.to_lowercase(), gone);
        state.deleted = kept.deleted.into_iter().map(by_id).collect();
        state.changed = state
            .services()
            .map(|entry| entry.id.to_lowercase())
            .collect();
        let by_id = |operation: Operation| (operation.id.clone(), operation);
        plane.operations = kept
            .operations
            .into_iter()
            .map(by_id)
            .collect::<BTreeMap<_, _>>();
        for wanted in kept.running {
            let id = wanted.id.clone();
            match Running::begin(&mut plane.state, wanted, None) {
                Ok(running) => plane.running.push(running),
                Err(_) => plane.state.provisioned(&id, "Failed"),
            }
        }
        plane.settle_resources();
        Ok(plane)
    }

    /// What no operation would finish is finished now: its deployment writes it again.
    fn settle_resources(&mut self) {
        let open = |id: &str| {
            self.operations
                .values()
                .any(|operation| !operation.ended && operation.subject.eq_ignore_ascii_case(id))
        };
        let waiting = self.state.resources.values().filter(|entry| {
            matches!(entry.provisioning(), "Creating" | "Updating" | "Activating")
                && !open(&entry.id)
        });
        let ids: Vec<String> = waiting.map(|entry| entry.id.clone()).collect();
        for id in ids {
            self.state.provisioned(&id, "Succeeded");
        }
    }
}
