use std::time::Duration;

use super::contents::resources;
use super::twins::{Twin, twins_of_group};
use crate::azure::{ArmClient, AzureError, GroupId, Progress};
use crate::base::Moment;

/// Deleting an API Management service takes up to three quarters of an hour.
const REMOVE_LIMIT: Duration = Duration::from_hours(2);
/// Until what was deleted softly is listed as such.
const LISTED_WITHIN: Duration = Duration::from_mins(1);
const FIRST_LOOK: Duration = Duration::from_millis(100);
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// How the removal of a group went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    Removed,
    /// There was none.
    Absent,
}

/// Deletes a group with everything in it, and waits until it is gone. `left` is told the ids of
/// resources that are still there, at every look.
///
/// # Errors
///
/// What Azure says when it refuses. What was begun goes on, and can be waited for again.
pub(crate) async fn remove(
    client: &ArmClient,
    group: &GroupId,
    left: &mut dyn FnMut(&[String], Moment),
) -> Result<Removal, AzureError> {
    let pace = client.session().transport().pace();
    let started = pace.now();
    if !client.group_exists(group).await? {
        return Ok(Removal::Absent);
    }
    let mut running = match client.delete_group(group).await {
        Ok(running) => Some(running),
        // Somebody, perhaps we, began it before.
        Err(error)
            if error
                .refusal()
                .is_some_and(|said| said.is("ResourceGroupBeingDeleted")) =>
        {
            None
        }
        Err(error) => return Err(error),
    };
    let mut wait = FIRST_LOOK;
    loop {
        if !client.group_exists(group).await? {
            return Ok(Removal::Removed);
        }
        match resources(client, group).await {
            Ok(found) => {
                let ids: Vec<String> = found
                    .iter()
                    .filter_map(|one| one["id"].as_str().map(str::to_owned))
                    .collect();
                left(&ids, pace.now());
            }
            Err(error) if error.status() == Some(404) => return Ok(Removal::Removed),
            Err(error) => return Err(error),
        }
        let waited = pace.now().since(started);
        if waited > REMOVE_LIMIT {
            let operation = format!("DELETE {}", group.path());
            return Err(AzureError::Unfinished { operation, waited });
        }
        pace.pause(wait).await;
        wait = wait.saturating_mul(2).min(LONGEST_LOOK);
        // Its report tells why a deletion failed; whether the group is gone, the group tells.
        if let Some(operation) = &mut running
            && let Progress::Ended(_) = operation.look(client).await?
        {
            running = None;
        }
    }
}

/// Soft-deleted twins of what was in the group: waits until those of `expected` names are listed.
///
/// # Errors
///
/// As all calls of [`ArmClient`].
pub(crate) async fn await_purged(
    client: &ArmClient,
    group: &GroupId,
    expected: &[String],
) -> Result<Vec<Twin>, AzureError> {
    let pace = client.session().transport().pace();
    let started = pace.now();
    let mut wait = FIRST_LOOK;
    loop {
        let twins = twins_of_group(client, group).await?;
        let listed = |name: &String| {
            twins
                .iter()
                .any(|twin| twin.name.eq_ignore_ascii_case(name))
        };
        if expected.iter().all(listed) || pace.now().since(started) > LISTED_WITHIN {
            return Ok(twins);
        }
        pace.pause(wait).await;
        wait = wait.saturating_mul(2).min(LONGEST_LOOK);
    }
}
