//! Somebody else was faster: what they changed, and who it was.

use super::show::diff_text;
use super::wanted::TextChange;
use crate::azure::{Apim, ArmClient};
use crate::cli::azure::{Connection, refused};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::policy::canonical;

/// Version of the activity log.
const ACTIVITY: &str = "2015-04-01";

/// Shows the conflict; nothing when what is live is what we wanted, because our own first attempt
/// arrived and only its answer got lost. The answer then is the live ETag.
pub(super) async fn told(
    terminal: &Terminal,
    connection: &Connection,
    apim: &Apim,
    change: &TextChange,
    expected: &str,
) -> Result<String, Failure> {
    let now = apim.policy(&change.place).await.map_err(refused)?;
    let Some(now) = now else {
        let message = format!("policy `{}` was taken away meanwhile", change.place);
        return Err(Failure::remote(message).hint("run apply-policy again to set it anew"));
    };
    if canonical(&now.text) == canonical(&change.text) {
        return Ok(now.etag);
    }
    let before = change.live.as_ref().filter(|live| live.etag == expected);
    if let Some(before) = before {
        let diff = diff_text(
            &canonical(&before.text),
            &canonical(&now.text),
            terminal.colour_err(),
        );
        if !diff.is_empty() {
            terminal.complain(&format!("what changed meanwhile:\n{diff}"));
        }
    }
    let who = who(&connection.client, &format!("{}/", apim.path()), connection).await;
    let who = who.map_or_else(
        || "somebody else".to_owned(),
        |(who, when)| format!("`{who}`, at {when},"),
    );
    let message = format!(
        "{who} changed policy `{}`: its ETag is {}, not {expected}; nothing was overwritten",
        change.place, now.etag
    );
    Err(Failure::remote(message).hint("look at it with `--dry-run`, then run apply-policy again"))
}

/// Who wrote to the service last, as far as Azure's activity log tells; it lags by minutes.
async fn who(client: &ArmClient, id: &str, connection: &Connection) -> Option<(String, String)> {
    let hour = jiff::SignedDuration::from_hours(1);
    let since = client
        .session()
        .transport()
        .pace()
        .timestamp()
        .checked_sub(hour)
        .ok()?;
    let path = format!(
        "/subscriptions/{}/providers/Microsoft.Insights/eventtypes/management/values",
        crate::azure::segment(&connection.group.subscription)
    );
    let filter = format!(
        "eventTimestamp ge '{since}' and resourceGroupName eq '{}'",
        connection.group.name
    );
    let events = client
        .list(&path, ACTIVITY, &[("$filter", &filter)])
        .await
        .ok()?;
    // Newest first.
    let event = events.iter().find(|event| {
        let resource = event["resourceId"]
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase();
        resource.contains(&id.to_ascii_lowercase()) && resource.contains("/policies/")
    })?;
    let field = |name: &str| event[name].as_str().map(str::to_owned);
    Some((field("caller")?, field("eventTimestamp")?))
}
