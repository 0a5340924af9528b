use std::path::{Path, PathBuf};

use super::arguments::ApplyPolicyArguments;
use super::show::Changes;
use super::wanted::{Wanted, text_change, value_changes};
use super::{history, place, probe, push};
use crate::azure::{Apim, NamedValue, PolicyPlace};
use crate::base::{Severity, Source, Tier, render};
use crate::cli::Outcome;
use crate::cli::args::Format;
use crate::cli::azure::{Connection, block_on, connect, refused, service};
use crate::cli::failure::{Failure, Verdict};
use crate::cli::terminal::Terminal;
use crate::files;
use crate::policy::NamedValues;
use crate::policy::lint::{Fragments, Options, Platform, PolicyScope, lint_all};

/// Rule of a named value that nobody gave a value: API Management refuses such a policy.
const NO_VALUE: &str = "L02";

pub(in crate::cli) fn run(terminal: &Terminal, arguments: &ApplyPolicyArguments) -> Outcome {
    let asked = arguments.scope.as_deref().map(place::parsed).transpose()?;
    let wanted = Wanted::read(arguments)?;
    let source = arguments
        .policy
        .as_deref()
        .map(files::read_source)
        .transpose()?;
    if let Some(source) = &source {
        // What is wrong whatever is live is told before anybody signs in.
        let scope = asked.as_ref().map_or(PolicyScope::Api, scope_of);
        if !is_clean(
            terminal,
            source,
            &wanted,
            None,
            scope,
            Platform::Tier(Tier::BasicV2),
        ) {
            return Ok(Verdict::No);
        }
    }
    block_on(async {
        let connection = connect(terminal, &arguments.azure).await?;
        apply(terminal, arguments, &connection, &wanted, source).await
    })
}

pub(super) async fn apply(
    terminal: &Terminal,
    arguments: &ApplyPolicyArguments,
    connection: &Connection,
    wanted: &Wanted,
    source: Option<Source>,
) -> Outcome {
    let service = service(connection, arguments.apim_name.as_deref()).await?;
    let apim = Apim::new(&connection.client, &connection.group, &service.name).map_err(refused)?;
    let place = place::place(connection, &apim, arguments).await?;
    let live = apim.named_values().await.map_err(refused)?;
    let folder = history::folder(
        &connection.folder,
        &connection.target,
        &service.name,
        &place,
    );
    let source = match source {
        Some(source) => source,
        None => {
            let (path, text) = history::last(&folder)?;
            terminal.note(&format!("rolling back to `{}`", path.display()));
            Source::new(path.display().to_string(), text)
        }
    };
    let platform = platform(&service.sku);
    if !arguments.rollback
        && !is_clean(
            terminal,
            &source,
            wanted,
            Some(&live),
            scope_of(&place),
            platform,
        )
    {
        return Ok(Verdict::No);
    }
    let changes = changes(&apim, wanted, &live, &place, &source).await?;
    let etag = changes
        .policy
        .live
        .as_ref()
        .map(|live| live.etag.clone())
        .unwrap_or_default();
    if arguments.format == Format::Text && !changes.is_nothing() {
        terminal.data(&changes.text(terminal.colour_out()));
    }
    let only_look = arguments.dry_run || arguments.check;
    let new_etag = if only_look || changes.is_nothing() {
        etag
    } else {
        let kept = keep(terminal, connection, &folder, &changes)?;
        let expected = push::Expected {
            if_match: arguments.if_match.as_deref(),
            kept: kept.as_deref(),
        };
        push::push(terminal, connection, &apim, &changes, &source, &expected).await?
    };
    if arguments.format == Format::Json {
        let answer = changes.json(
            &service.name,
            &new_etag,
            !only_look && !changes.is_nothing(),
        );
        terminal.data(&serde_json::to_string_pretty(&answer).map_err(Failure::bug)?);
    }
    if changes.is_nothing() {
        terminal.note(&format!(
            "policy `{place}` of `{}` is as the file says, ETag {new_etag}",
            service.name
        ));
    }
    if arguments.probe && !only_look {
        return probe::probe(terminal, connection, &apim, &service, &place).await;
    }
    Ok(if arguments.check && !changes.is_nothing() {
        Verdict::No
    } else {
        Verdict::Done
    })
}

/// Keeps the policy that is about to be replaced.
fn keep(
    terminal: &Terminal,
    connection: &Connection,
    folder: &Path,
    changes: &Changes,
) -> Result<Option<PathBuf>, Failure> {
    if changes.policy.is_nothing() {
        return Ok(None);
    }
    let now = connection.client.session().transport().pace().timestamp();
    let replaced = changes.policy.live.as_ref().map_or("", |live| &live.text);
    let path = history::keep(folder, now, replaced)?;
    terminal.note(&format!("what is replaced is kept in `{}`", path.display()));
    Ok(Some(path))
}

async fn changes(
    apim: &Apim,
    wanted: &Wanted,
    live: &[NamedValue],
    place: &PolicyPlace,
    source: &Source,
) -> Result<Changes, Failure> {
    let mut fragments = Vec::new();
    for (id, source) in &wanted.fragments {
        let place = PolicyPlace::parse(&format!("fragment:{id}"));
        let place =
            place.ok_or_else(|| Failure::input(format!("`{id}` is no id of a fragment")))?;
        let change = text_change(apim, place, source.text.to_string()).await?;
        if !change.is_nothing() {
            fragments.push(change);
        }
    }
    Ok(Changes {
        values: value_changes(apim, live, wanted).await?,
        fragments,
        policy: text_change(apim, place.clone(), source.text.to_string()).await?,
    })
}

/// Lints; false when there are errors. Without `live` nobody knows what the service has, so a
/// missing value is none.
fn is_clean(
    terminal: &Terminal,
    source: &Source,
    wanted: &Wanted,
    live: Option<&[NamedValue]>,
    scope: PolicyScope,
    platform: Platform,
) -> bool {
    let mut named_values = NamedValues::new();
    for value in live.into_iter().flatten() {
        // A secret's text is none of lint's business.
        let text = value.value.as_ref().filter(|_| !value.is_secret);
        let text = text.map_or_else(|| "secret".to_owned(), |text| text.reveal().to_owned());
        named_values.insert(value.display_name.clone(), text);
    }
    for (name, value) in &wanted.values {
        let text = if value.is_secret {
            "secret"
        } else {
            value.text.reveal()
        };
        named_values.insert(name.clone(), text.to_owned());
    }
    let mut fragments = Fragments::default();
    for (id, source) in &wanted.fragments {
        fragments.insert(id.clone(), source.clone());
    }
    let options = Options {
        scope,
        platform,
        named_values,
        fragments: (!wanted.fragments.is_empty()).then_some(fragments),
        ..Options::default()
    };
    let findings = lint_all(std::slice::from_ref(source), &options);
    let errors: Vec<_> = findings
        .into_iter()
        .map(|finding| finding.diagnostic)
        .filter(|diagnostic| match diagnostic.code {
            NO_VALUE => live.is_some(),
            _ => diagnostic.severity == Severity::Error,
        })
        .collect();
    if errors.is_empty() {
        return true;
    }
    terminal.complain(&render(&errors, terminal.colour_err()));
    false
}

fn scope_of(place: &PolicyPlace) -> PolicyScope {
    match place {
        PolicyPlace::Global => PolicyScope::Global,
        PolicyPlace::Product(_) => PolicyScope::Product,
        PolicyPlace::Api(_) => PolicyScope::Api,
        PolicyPlace::Operation { .. } => PolicyScope::Operation,
        PolicyPlace::Fragment(_) => PolicyScope::Fragment,
    }
}

/// What the tier of a service can do; the newest tiers are as the one that `deploy` makes.
fn platform(sku: &str) -> Platform {
    Platform::from_name(&sku.to_ascii_lowercase()).unwrap_or(Platform::Tier(Tier::BasicV2))
}
