//! `apimon destroy`: the resource group with all that is in it, and what Azure keeps of it.

use clap::Args;

use super::Outcome;
use super::azure::{CloudArguments, Connection, connect, refused};
use super::deploy::{Consent, StateFile, Watch, consent};
use super::failure::{Failure, Verdict};
use super::terminal::Terminal;
use crate::deployer::{Contents, Removal, await_purged, contents, purge, remove};
use crate::provision::{Id, Ink, Look, Phase};

#[derive(Debug, Args)]
pub(super) struct DestroyArguments {
    #[command(flatten)]
    azure: CloudArguments,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    /// Also delete resources of the group that no deployment of apimon made
    #[arg(long)]
    all: bool,

    /// Leave the soft-deleted API Management service and Azure OpenAI account to Azure: their
    /// names stay taken, and they can be brought back
    #[arg(long)]
    keep_soft_deleted: bool,

    /// Name of the ARM deployment that made the resources
    #[arg(long, value_name = "NAME", default_value = super::deploy::DEPLOYMENT)]
    deployment_name: String,
}

pub(super) fn run(terminal: &Terminal, arguments: &DestroyArguments) -> Outcome {
    super::azure::block_on(async {
        let connection = connect(terminal, &arguments.azure).await?;
        destroy(terminal, arguments, &connection).await
    })
}

async fn destroy(
    terminal: &Terminal,
    arguments: &DestroyArguments,
    connection: &Connection,
) -> Outcome {
    let state = StateFile::of(&connection.target);
    let (client, group) = (&connection.client, &connection.group);
    let found = contents(client, group, &arguments.deployment_name)
        .await
        .map_err(refused)?;
    let mut expected = Vec::new();
    if let Some(found) = &found {
        show(terminal, &group.name, found);
        if !found.foreign.is_empty() && !arguments.all {
            return Err(foreign(&group.name, found));
        }
        let question = format!("delete resource group `{}` with all of this?", group.name);
        if consent(terminal, arguments.yes, &question)? == Consent::Refused {
            terminal.complain("nothing was deleted");
            return Ok(Verdict::No);
        }
        note(&state, connection)?;
        expected = soft_deletable(found);
    }
    let mut watch = Watch::new(terminal);
    let mut before = usize::MAX;
    let removed = remove(client, group, &mut |left, now| {
        if left.len() != before || watch.still(now) {
            before = left.len();
            let seconds = now.since_start().as_secs();
            watch.left(&format!("{seconds:>4} s  {before} resources are left"), now);
        }
    })
    .await;
    watch.end();
    match removed.map_err(refused)? {
        Removal::Removed => terminal.note(&format!("resource group `{}` is gone", group.name)),
        Removal::Absent => terminal.note(&format!("there is no resource group `{}`", group.name)),
    }
    if !arguments.keep_soft_deleted {
        purged(terminal, connection, &expected).await?;
    }
    state.remove()?;
    Ok(Verdict::Done)
}

/// Purges what Azure keeps of the group, from this removal or an earlier one.
async fn purged(
    terminal: &Terminal,
    connection: &Connection,
    expected: &[String],
) -> Result<(), Failure> {
    let (client, group) = (&connection.client, &connection.group);
    let twins = await_purged(client, group, expected)
        .await
        .map_err(refused)?;
    for twin in twins {
        terminal.note(&format!("purging {}", twin.shown()));
        let purged = purge(client, &group.subscription, &twin).await;
        purged.map_err(|error| {
            refused(error).hint("the group is gone; `apimon destroy` again purges the rest")
        })?;
    }
    Ok(())
}

fn show(terminal: &Terminal, group: &str, found: &Contents) {
    let look = Look {
        colour: terminal.colour_err(),
    };
    terminal.complain(&format!(
        "resource group `{group}`: {} resources",
        found.resources.len()
    ));
    for id in &found.resources {
        let foreign = found.foreign.contains(id);
        let mark = if foreign {
            "  (not made by apimon)"
        } else {
            ""
        };
        terminal.complain(&look.paint(Ink::Red, &format!("  - {}{mark}", Id(id).shown())));
    }
}

fn foreign(group: &str, found: &Contents) -> Failure {
    let count = found.foreign.len();
    let message =
        format!("{count} resources in `{group}` were not made by apimon, so nothing was deleted");
    Failure::input(message).hint("delete them as well with `--all`")
}

/// Names that Azure keeps taken.
fn soft_deletable(found: &Contents) -> Vec<String> {
    let kinds = [
        "Microsoft.ApiManagement/service",
        "Microsoft.CognitiveServices/accounts",
    ];
    let ids = found.resources.iter().map(|id| Id(id));
    let soft = ids.filter(|id| kinds.iter().any(|kind| id.is(kind)));
    soft.map(Id::name).collect()
}

/// The state says what is under way, so that a later command knows.
fn note(state: &StateFile, connection: &Connection) -> Result<(), Failure> {
    let Some(mut known) = state.read()? else {
        return Ok(());
    };
    if !known
        .resource_group
        .eq_ignore_ascii_case(&connection.group.name)
    {
        return Ok(());
    }
    known.phase = Phase::Destroying;
    let pace = connection.client.session().transport().pace();
    known.changed = pace.timestamp().to_string();
    state.write(&known)
}
