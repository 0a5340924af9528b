//! Where the numbers come from: a gateway of ours, exact and at once, or Azure Monitor.

use std::time::Duration;

use super::arguments::WatchArguments;
use super::local::{self, Silence};
use crate::cli::azure::{self, CloudArguments, Connection};
use crate::cli::failure::Failure;
use crate::cli::since::{self, Found};
use crate::cli::terminal::Terminal;
use crate::cli::{azure_local, config};
use crate::clock::Clock;
use crate::dashboard::from_usage;
use crate::http::Endpoint;
use crate::monitor::Now;
use crate::usage::Window;

const LOCAL_INTERVAL: Duration = Duration::from_secs(1);
/// Azure has nothing new more often, and counts how often it is asked.
const AZURE_INTERVAL: Duration = Duration::from_secs(30);
/// Azure's newest minute is some minutes old; a longer stretch only makes answers longer.
const BACK: Duration = Duration::from_mins(15);

pub(super) enum Asked {
    Local(Endpoint),
    Azure(Box<Distant>),
}

/// A deployed gateway, through Azure Monitor.
pub(super) struct Distant {
    connection: Connection,
    found: Found,
    limit: Option<u64>,
    clock: Clock,
}

/// What came, and how old it is where that is not this moment.
pub(super) struct Look {
    pub(super) now: Now,
    pub(super) delay: Option<String>,
}

/// A gateway that is ours is asked itself; every other one is known to Azure Monitor.
pub(super) async fn open(
    terminal: &Terminal,
    arguments: &WatchArguments,
) -> Result<Asked, Failure> {
    let cloud = &arguments.data.cloud;
    let settings = config::read(cloud.target.as_deref())?;
    if let Some(url) = &settings.gateway_url {
        let endpoint = Endpoint::parse(&url.value).map_err(Failure::bug)?;
        match local::ask(&endpoint).await {
            Ok(_) => return Ok(Asked::Local(endpoint)),
            Err(silence @ Silence::Unreachable(_)) => {
                return Err(
                    Failure::remote(silence).hint("`apimon emulate` prints the URL of its gateway")
                );
            }
            Err(Silence::Foreign(_)) => {}
        }
    }
    // A URL is a gateway and no place in Azure.
    let target = cloud
        .target
        .clone()
        .filter(|target| !target.contains("://"));
    let cloud = CloudArguments {
        target,
        ..cloud.clone()
    };
    if azure::settings(cloud.target.as_deref(), &cloud.flags())?.is_local()
        && azure_local::joined().is_none()
    {
        let failure = match &settings.gateway_url {
            Some(url) => format!(
                "`{}` is no gateway of `apimon emulate`, and no Azure is known",
                url.value
            ),
            None => "there is no gateway to watch".to_owned(),
        };
        return Err(Failure::input(failure)
            .hint("give the URL that `apimon emulate` prints as `--target`")
            .hint("or `--subscription` and `--resource-group` of a deployed one"));
    }
    let connection = azure::connect(terminal, &cloud).await?;
    let found = since::find(&connection, &arguments.data).await?;
    for sentence in &found.absent {
        terminal.note(&format!("note: {sentence}"));
    }
    Ok(Asked::Azure(Box::new(Distant {
        connection,
        found,
        limit: arguments.data.tpm,
        clock: Clock::start(),
    })))
}

impl Asked {
    pub(super) fn name(&self) -> String {
        match self {
            Asked::Local(endpoint) => format!("local gateway at {endpoint}"),
            Asked::Azure(distant) => format!("{}, from Azure Monitor", distant.found.name),
        }
    }

    pub(super) fn interval(&self) -> Duration {
        match self {
            Asked::Local(_) => LOCAL_INTERVAL,
            Asked::Azure(_) => AZURE_INTERVAL,
        }
    }

    pub(super) async fn look(&self) -> Result<Look, Silence> {
        match self {
            Asked::Local(endpoint) => Ok(Look {
                now: local::ask(endpoint).await?,
                delay: None,
            }),
            Asked::Azure(distant) => distant.look().await,
        }
    }
}

impl Distant {
    async fn look(&self) -> Result<Look, Silence> {
        let clock = &self.clock;
        let now = clock.started() + clock.now().since_start();
        let unreachable = |why: String| Silence::Unreachable(why);
        let window =
            Window::new(now - BACK, now, now).map_err(|error| unreachable(error.to_string()))?;
        let usage = since::usage(&self.connection, &self.found, window, self.limit).await;
        if usage.is_unknown() {
            let why = usage.missing.first().map(|missing| missing.why.clone());
            return Err(unreachable(
                why.unwrap_or("Azure Monitor has no source here".to_owned()),
            ));
        }
        let (now, age) = from_usage(&usage, now);
        Ok(Look {
            now,
            delay: Some(format!("{age} min old")),
        })
    }
}
