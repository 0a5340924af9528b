use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::CloudArguments;
use super::refused::refused;
use super::state::{FOLDER, settings};
use crate::azure::{
    ArmClient, Auth, AzureError, Chosen, Cloud, GroupId, Method, Pace, RetryPolicy, Session,
    Tokens, Trace, Transport, choose,
};
use crate::base::{Secret, Seed};
use crate::cli::azure_local::{self, LocalAzure};
use crate::cli::failure::Failure;
use crate::cli::terminal::{Terminal, variable};
use crate::clock::Clock;
use crate::files::{Appender, FileError};
use crate::settings::AzureSettings;

/// The way into one Azure.
#[derive(Debug)]
pub(in crate::cli) struct Connection {
    pub(in crate::cli) client: ArmClient,
    /// `local`, `azure`, or a name of `apimon.toml`.
    pub(in crate::cli) target: String,
    pub(in crate::cli) group: GroupId,
    pub(in crate::cli) settings: AzureSettings,
    /// Which credential, and why.
    pub(in crate::cli) chosen: Chosen,
    /// Where state is kept.
    pub(in crate::cli) folder: PathBuf,
    /// The local Azure of this process, which ends with it.
    pub(in crate::cli) passing: bool,
    /// Held while the local Azure is needed.
    _local: Option<LocalAzure>,
}

#[cfg(test)]
impl Connection {
    /// A way in that a test has made.
    pub(in crate::cli) fn of(
        client: ArmClient,
        group: GroupId,
        settings: AzureSettings,
        folder: PathBuf,
    ) -> Connection {
        Connection {
            client,
            target: settings.target.value.clone(),
            group,
            settings,
            chosen: choose(Auth::AzureCli, &|_| None).unwrap(),
            folder,
            passing: false,
            _local: None,
        }
    }
}

/// Who asks, and where.
struct Way {
    cloud: String,
    subscription: String,
    chosen: Chosen,
}

/// Runs a command that talks to Azure.
///
/// # Errors
///
/// Those of the command.
pub(in crate::cli) fn block_on<T>(
    command: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    let outcome = runtime.block_on(command);
    // A question that nobody answered must not keep the process.
    runtime.shutdown_background();
    outcome
}

/// Finds the cloud, the credential and the subscription. Nothing is signed in to before the first
/// call.
///
/// # Errors
///
/// When settings are wrong or missing, and when a cloud that says itself where it is does not.
pub(in crate::cli) async fn connect(
    terminal: &Terminal,
    arguments: &CloudArguments,
) -> Result<Connection, Failure> {
    let settings = settings(arguments.target.as_deref(), &arguments.flags())?;
    let local = settings
        .is_local()
        .then(|| azure_local::open(terminal))
        .transpose()?;
    let way = match &local {
        Some(local) => near(local, &settings),
        None => remote(arguments.auth.into(), &settings)?,
    };
    let trace = arguments.trace.as_deref().map(|path| {
        let out = Appender::open(path).map(TraceFile)?;
        Ok::<_, FileError>(Trace::new(Box::new(out)))
    });
    let clock = Clock::start();
    let seed = Seed::new(clock.started().as_microsecond().unsigned_abs());
    let transport = Transport::new(
        RetryPolicy::default(),
        Pace::new(clock),
        &seed,
        trace.transpose()?,
    );
    let transport = Arc::new(transport.map_err(refused)?);
    let authority = variable("AZURE_AUTHORITY_HOST").filter(|host| !host.trim().is_empty());
    let cloud = match Cloud::named(&way.cloud, authority.as_deref()).map_err(refused)? {
        Some(cloud) => cloud,
        None => Cloud::discovered(&transport, &way.cloud)
            .await
            .map_err(refused)?,
    };
    for passed_over in &way.chosen.passed_over {
        terminal.detail(passed_over);
    }
    terminal.detail(&format!(
        "sign-in by {}, because {}",
        way.chosen.method, way.chosen.why
    ));
    terminal.detail(&format!("cloud `{}` at {}", cloud.name, cloud.arm));
    let tokens = Tokens::new(&way.chosen, &cloud, &transport);
    let tokens = tokens.map_err(|error| refused(AzureError::from(error)))?;
    let session = Session::new(transport, cloud, tokens);
    Ok(Connection {
        client: ArmClient::new(Arc::new(session)),
        target: settings.target.value.clone(),
        group: GroupId {
            subscription: way.subscription,
            name: settings.resource_group.value.clone(),
        },
        chosen: way.chosen,
        settings,
        folder: PathBuf::from(FOLDER),
        passing: local.as_ref().is_some_and(LocalAzure::is_ours),
        _local: local,
    })
}

/// The local Azure, whose tokens are for whoever asks.
fn near(local: &LocalAzure, settings: &AzureSettings) -> Way {
    let subscription = settings
        .subscription
        .as_ref()
        .map(|subscription| subscription.value.clone());
    Way {
        cloud: local.at.management_url.clone(),
        subscription: subscription.unwrap_or_else(|| local.at.subscription.clone()),
        chosen: Chosen {
            method: Method::ServicePrincipal {
                tenant: local.at.tenant.clone(),
                client: "apimon".to_owned(),
                secret: Secret::new("local"),
            },
            why: "the local Azure knows no other".to_owned(),
            passed_over: Vec::new(),
        },
    }
}

/// Azure itself, or another cloud that settings name.
fn remote(auth: Auth, settings: &AzureSettings) -> Result<Way, Failure> {
    let authority = variable("AZURE_AUTHORITY_HOST");
    let of_authority = || {
        authority
            .as_deref()
            .and_then(Cloud::name_of_authority)
            .unwrap_or("public")
    };
    let cloud = settings
        .cloud
        .as_ref()
        .map_or_else(of_authority, |cloud| cloud.value.as_str());
    let tenant = settings.tenant.as_ref().map(|tenant| tenant.value.clone());
    // The target's tenant is the one to sign in to.
    let held = |name: &str| match name {
        "AZURE_TENANT_ID" => tenant.clone(),
        name => variable(name),
    };
    let chosen = choose(auth, &held).map_err(|error| refused(error.into()))?;
    let subscription = settings
        .subscription
        .as_ref()
        .map(|subscription| subscription.value.clone());
    let subscription = subscription.ok_or_else(|| {
        Failure::input("no subscription is given")
            .hint("set `AZURE_SUBSCRIPTION_ID`, or `subscription-id` of a target in `apimon.toml`, or give `--subscription`")
            .hint("`--target local` needs no Azure")
    })?;
    Ok(Way {
        cloud: cloud.to_owned(),
        subscription,
        chosen,
    })
}

/// Trace lines at the end of a file.
#[derive(Debug)]
struct TraceFile(Appender);

impl Write for TraceFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0
            .line(text.trim_end_matches('\n'))
            .map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
