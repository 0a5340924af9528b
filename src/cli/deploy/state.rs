//! `.apimon/NAME.json`: what a deployment leaves for later commands.

use std::path::PathBuf;

use crate::cli::azure::path_of;
use crate::cli::failure::Failure;
use crate::files::{self, FileError};
use crate::provision::{Phase, STATE_FORMAT, State};

/// The state of one target, on disk.
#[derive(Debug)]
pub(in crate::cli) struct StateFile {
    pub(in crate::cli) path: PathBuf,
}

impl StateFile {
    pub(in crate::cli) fn of(target: &str) -> StateFile {
        StateFile {
            path: path_of(target),
        }
    }

    /// # Errors
    ///
    /// When there is a file that is no state.
    pub(in crate::cli) fn read(&self) -> Result<Option<State>, Failure> {
        let text = match files::read_text(&self.path) {
            Ok(text) => text,
            Err(FileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        State::read(&text).map(Some).map_err(|error| {
            Failure::input(format!("`{}` is no state: {error}", self.path.display()))
                .hint("delete the file: `deploy` writes it again")
        })
    }

    /// # Errors
    ///
    /// When it cannot be written.
    pub(in crate::cli) fn write(&self, state: &State) -> Result<(), Failure> {
        files::write_private(&self.path, &state.text())?;
        Ok(())
    }

    /// # Errors
    ///
    /// When it is there and cannot be deleted.
    pub(in crate::cli) fn remove(&self) -> Result<(), Failure> {
        files::remove(&self.path)?;
        Ok(())
    }
}

/// A state that says what is being done.
pub(super) fn fresh(
    job: &crate::deployer::Job,
    management_url: &str,
    phase: Phase,
    changed: &str,
) -> State {
    State {
        format: STATE_FORMAT.to_owned(),
        management_url: management_url.to_owned(),
        subscription_id: job.group.subscription.clone(),
        resource_group: job.group.name.clone(),
        location: job.location.clone(),
        deployment: job.name.clone(),
        digest: job.digest.clone(),
        phase,
        changed: changed.to_owned(),
        outputs: std::collections::BTreeMap::new(),
    }
}
