use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::Receiver;

use super::begin::ended;
use super::job::Job;
use crate::azure::{ArmClient, AzureError, GroupId};
use crate::base::Moment;
use crate::provision::{Board, Id};

/// Between two looks at a deployment; it grows, since most of them take minutes.
const FIRST_LOOK: Duration = Duration::from_millis(100);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// What somebody wants who interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Cancel,
    Leave,
}

/// How following ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ending {
    /// The deployment as Azure answers it.
    Succeeded(Value),
    Failed(Value),
    Canceled(Value),
    /// It runs on, and nobody watches.
    Left,
}

/// Follows a deployment to its end. `moved` is told of rows that are new or have moved on, at
/// every look.
///
/// # Errors
///
/// When Azure cannot be asked any more. The deployment goes on.
pub(crate) async fn follow(
    client: &ArmClient,
    job: &Job,
    board: &mut Board,
    wishes: &mut Receiver<Wish>,
    moved: &mut dyn FnMut(&Board, &[usize], Moment),
) -> Result<Ending, AzureError> {
    let pace = client.session().transport().pace();
    let mut wait = FIRST_LOOK;
    let mut open = true;
    loop {
        let deployment = client.deployment(&job.group, &job.name).await?;
        let Some(deployment) = deployment else {
            return Err(AzureError::Answer {
                operation: format!("GET {}", job.group.deployment(&job.name)),
                problem: "the deployment is gone".to_owned(),
            });
        };
        look(client, job, board, moved).await?;
        if ended(&deployment) {
            return Ok(ending(deployment));
        }
        // Whoever could wish something may be gone; then nobody interrupts.
        let wish = tokio::select! {
            () = pace.pause(wait) => None,
            wish = wishes.recv(), if open => match wish {
                None => {
                    open = false;
                    None
                }
                wish => wish,
            },
        };
        match wish {
            Some(Wish::Leave) => return Ok(Ending::Left),
            Some(Wish::Cancel) => {
                client.cancel_deployment(&job.group, &job.name).await?;
                wait = FIRST_LOOK;
            }
            None => wait = wait.saturating_mul(2).min(LONGEST_LOOK),
        }
    }
}

fn ending(deployment: Value) -> Ending {
    let state = deployment["properties"]["provisioningState"]
        .as_str()
        .unwrap_or_default();
    match state.to_ascii_lowercase().as_str() {
        "succeeded" => Ending::Succeeded(deployment),
        "canceled" => Ending::Canceled(deployment),
        _ => Ending::Failed(deployment),
    }
}

async fn look(
    client: &ArmClient,
    job: &Job,
    board: &mut Board,
    moved: &mut dyn FnMut(&Board, &[usize], Moment),
) -> Result<(), AzureError> {
    let rows = read(client, (&job.group, &job.name), board).await?;
    moved(board, &rows, client.session().transport().pace().now());
    Ok(())
}

/// Reads operations of a deployment, and of nested deployments that have something to tell.
pub(super) async fn read(
    client: &ArmClient,
    (group, name): (&GroupId, &str),
    board: &mut Board,
) -> Result<Vec<usize>, AzureError> {
    let pace = client.session().transport().pace();
    let root = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Resources/deployments/{name}",
        group.subscription, group.name
    );
    let operations = client.deployment_operations(group, name).await?;
    let mut rows = board.update(pace.now(), &root, &operations);
    for nested in board.unread() {
        let Some((group, name)) = deployment_of(&nested) else {
            continue;
        };
        // A nested deployment is listed before it can be asked about.
        let operations = match client.deployment_operations(&group, &name).await {
            Ok(operations) => operations,
            Err(error) if error.status() == Some(404) => continue,
            Err(error) => return Err(error),
        };
        rows.extend(board.update(pace.now(), &nested, &operations));
    }
    Ok(rows)
}

/// Group and name in the id of a deployment into a group.
fn deployment_of(id: &str) -> Option<(GroupId, String)> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case("subscriptions"))?;
    let group = GroupId {
        subscription: parts.next()?.to_owned(),
        name: Id(id).group()?.to_owned(),
    };
    Some((group, Id(id).name()))
}
