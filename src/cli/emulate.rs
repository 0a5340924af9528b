//! `apimon emulate`: the local gateway in the foreground.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::EmulateArguments;
use super::events::Events;
use super::failure::{Failure, Verdict};
use super::local::{self, Caller};
use super::prepare::{set_named_values, tier};
use super::reload;
use super::target::{self, KEY_HEADER};
use super::terminal::Terminal;
use super::{Outcome, azure_local, behaviour, output};
use crate::base::{Seed, number};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::engine::{Behaviour, Credentials, Engine, LogEvent};
use crate::files::{self, Stamp};
use crate::gateway::{Gateway, Ledger, Served, Watchers};
use crate::http;
use crate::model::ModelSettings;
use crate::policy::NamedValues;

pub(super) fn run(terminal: &Terminal, arguments: &EmulateArguments) -> Outcome {
    if arguments.explain {
        terminal.data(&behaviour::list());
        return Ok(Verdict::Done);
    }
    let adapt = behaviour::adaptation(&arguments.behaviour)?;
    http::install_crypto();
    let vocabulary = std::thread::spawn(crate::tokens::load);
    let tier = tier(&arguments.tier)?;
    let mut values = NamedValues::from([("tpm".to_owned(), arguments.tpm.to_string())]);
    set_named_values(&mut values, &arguments.named_values)?;
    // Stamps are older than what is read, so that no change falls between.
    let stamps = reload::stamps(arguments);
    let content = reload::content(terminal, arguments, &values)?;
    let seed = Seed::new(arguments.seed);
    let model = ModelSettings {
        name: local::MODEL.to_owned(),
        seed: seed.derive("model"),
        ..ModelSettings::default()
    };
    let (backend, behind) = target::backend(&arguments.backend, model)?;
    let callers: Vec<Caller<'_>> = arguments
        .subscriptions
        .iter()
        .map(|id| Caller { id, name: id })
        .collect();
    let clock = Clock::start();
    let mut service = local::service(
        Some(content.policy),
        adapt(Behaviour::of(tier)),
        clock.started(),
        &seed,
        &callers,
    );
    service.backends = content.backends;
    if let Some(path) = &arguments.credentials {
        service.credentials = credentials(path)?;
    }
    let engine = Engine::new(service);
    let mut events = arguments.events.as_deref().map(Events::open).transpose()?;
    // The address is announced when the first request would not have to wait for anything.
    if let Err(panic) = vocabulary.join() {
        std::panic::resume_unwind(panic);
    }
    let (log, served) = mpsc::unbounded_channel();
    // Telling somebody who does not listen would wake this thread for every answer.
    let watchers = Watchers {
        log: (!terminal.quiet() || events.is_some()).then_some(log),
        series: arguments.metrics,
        ledger: Some(Ledger::new(Arc::default(), local::ACCOUNT)),
    };
    let gateway = Gateway::start(engine, backend, clock, arguments.port, watchers)
        .map_err(Failure::remote)?;
    announce(terminal, &gateway.url(), &seed, &callers, &behind);
    let (azure, _announced) = azure_local::start(terminal, &arguments.azure, arguments.seed)?;
    terminal.note(&format!("local Azure at {}", azure.management_url));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    runtime.block_on(async {
        let changed = async {
            if arguments.watch {
                changes(terminal, arguments, &values, &gateway, stamps).await;
            }
            std::future::pending::<std::convert::Infallible>().await
        };
        tokio::select! {
            ended = watch(terminal, served, events.as_mut()) => ended,
            never = changed => match never {},
        }
    })?;
    for (name, url) in azure.gateways() {
        terminal.note(&format!("service `{name}` was at {url}"));
    }
    terminal.note("stopped");
    output::note_metrics(terminal, &gateway.metrics());
    Ok(Verdict::Done)
}

fn credentials(path: &Path) -> Result<Credentials, Failure> {
    let source = files::read_source(path)?;
    serde_saphyr::from_str(&source.text)
        .map_err(|error| Failure::input(format!("credentials `{}`: {error}", source.name)))
}

/// Looks after the files as long as the gateway runs.
async fn changes(
    terminal: &Terminal,
    arguments: &EmulateArguments,
    values: &NamedValues,
    gateway: &Gateway,
    mut stamps: BTreeMap<PathBuf, Stamp>,
) {
    let clock = Clock::start();
    loop {
        clock.sleep_until(clock.now() + reload::LOOK_EVERY).await;
        let now = reload::stamps(arguments);
        if now != stamps {
            stamps = now;
            reload::reload(terminal, arguments, values, gateway);
        }
    }
}

/// Shows every answer until Ctrl-C.
async fn watch(
    terminal: &Terminal,
    mut served: mpsc::UnboundedReceiver<Served>,
    mut events: Option<&mut Events>,
) -> Result<(), Failure> {
    loop {
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => return stopped.map_err(Failure::bug),
            Some(served) = served.recv() => {
                terminal.note(&line(&served));
                for event in &served.events {
                    match &mut events {
                        Some(events) => events.append(&served, event)?,
                        None => terminal.note(&event_line(event)),
                    }
                }
            }
        }
    }
}

fn line(served: &Served) -> String {
    let seconds = served.at.since_start().as_secs_f64();
    let who = served.subscription.as_deref().unwrap_or("no valid key");
    let by = if served.backend_called {
        "backend"
    } else {
        "gateway"
    };
    let reason = served
        .reason
        .as_ref()
        .map(|reason| format!(" ({reason})"))
        .unwrap_or_default();
    format!(
        "{:>8} s  {}  {who}, answered by {by}{reason}",
        number(seconds, 3),
        served.status
    )
}

/// An event as one line: the local gateway has no event hub to send it to.
fn event_line(event: &LogEvent) -> String {
    let partition = event.partition.as_ref();
    let partition = partition.map_or(String::new(), |partition| format!(" partition {partition}"));
    let text = event.text.replace(['\r', '\n'], " ");
    format!("           event for {}{partition}: {text}", event.logger)
}

fn announce(terminal: &Terminal, url: &str, seed: &Seed, callers: &[Caller<'_>], behind: &str) {
    terminal.note(&format!(
        "local gateway in front of {behind}; Ctrl-C stops it"
    ));
    terminal.data(&format!("APIM_GATEWAY_URL={url}"));
    for caller in callers {
        let name = if callers.len() == 1 {
            "APIM_API_KEY".to_owned()
        } else {
            format!("APIM_API_KEY_{}", caller.id)
        };
        terminal.data(&format!("{name}={}", local::key(seed, caller.id).reveal()));
    }
    terminal.note(&format!(
        "try: curl -s '{url}/openai/deployments/{}/chat/completions?api-version=2024-10-21' -H '{KEY_HEADER}: KEY' \
         -H 'Content-Type: application/json' -d '{{\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}' -i",
        local::MODEL
    ));
}
