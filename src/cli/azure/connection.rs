use std::sync::Arc;

use super::arguments::{AzureArguments, GroupArguments};
use crate::azure::{
    ArmClient, AzureError, Chosen, Cloud, GroupId, Method, Pace, Request, RetryPolicy, Session,
    SignInError, Tokens, Trace, Transport, choose,
};
use crate::base::{Secret, Seed};
use crate::cli::Outcome;
use crate::cli::azure_local::{self, LocalAzure};
use crate::cli::failure::Failure;
use crate::cli::terminal::{Terminal, variable};
use crate::clock::Clock;
use crate::files;
use crate::settings::LOCAL;

const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

/// Resource group of the local Azure unless another is given.
const LOCAL_GROUP: &str = "apimon-local";

/// Signed in, and pointed at a resource group.
#[derive(Debug)]
pub(in crate::cli) struct Connection {
    pub(in crate::cli) client: ArmClient,
    pub(in crate::cli) group: GroupId,
    /// Name of the target, under which its state is kept.
    pub(in crate::cli) target: String,
    /// The local Azure of this process, which ends with it.
    pub(in crate::cli) passing: bool,
    _local: Option<LocalAzure>,
}

/// Runs a command that talks to Azure.
///
/// # Errors
///
/// Those of the command.
pub(in crate::cli) fn block_on(command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    let outcome = runtime.block_on(command);
    // A question that nobody answered must not keep the process.
    runtime.shutdown_background();
    outcome
}

/// Signs in; with nothing configured, to the local Azure.
///
/// # Errors
///
/// What is missing, and when nothing signs in.
pub(in crate::cli) async fn connect(
    terminal: &Terminal,
    arguments: &GroupArguments,
) -> Result<Connection, Failure> {
    let local = match arguments.target.as_deref() {
        Some(target) => target == LOCAL,
        None => arguments.subscription.is_none() && arguments.azure.cloud.is_none(),
    };
    if local {
        return here(terminal, arguments).await;
    }
    let subscription = arguments.subscription.clone().ok_or_else(|| {
        Failure::input("no subscription is given")
            .hint("give `--subscription ID`, or set `AZURE_SUBSCRIPTION_ID`")
    })?;
    let name = arguments.resource_group.clone().ok_or_else(|| {
        Failure::input("no resource group is given")
            .hint("give `--resource-group NAME`, or set `AZURE_RESOURCE_GROUP`")
    })?;
    let session = session(terminal, &arguments.azure).await?;
    Ok(Connection {
        client: ArmClient::new(session),
        target: arguments
            .target
            .clone()
            .unwrap_or_else(|| "azure".to_owned()),
        group: GroupId { subscription, name },
        passing: false,
        _local: None,
    })
}

/// The local Azure: the one of this folder, or one of our own.
async fn here(terminal: &Terminal, arguments: &GroupArguments) -> Result<Connection, Failure> {
    let local = azure_local::open(terminal)?;
    let transport = transport(&arguments.azure)?;
    let cloud = Cloud::discovered(&transport, &local.at.management_url)
        .await
        .map_err(failed)?;
    let chosen = Chosen {
        method: Method::Static {
            token: local_token(&transport, &local.at.identity_endpoint)
                .await
                .map_err(failed)?,
        },
        why: "the local Azure gives one to whoever asks on this machine".to_owned(),
        passed_over: Vec::new(),
    };
    let tokens = Tokens::new(&chosen, &cloud, &transport).map_err(signed_out)?;
    let name = arguments
        .resource_group
        .clone()
        .unwrap_or_else(|| LOCAL_GROUP.to_owned());
    Ok(Connection {
        client: ArmClient::new(Arc::new(Session::new(transport, cloud, tokens))),
        group: GroupId {
            subscription: local.at.subscription.clone(),
            name,
        },
        target: LOCAL.to_owned(),
        passing: local.is_ours(),
        _local: Some(local),
    })
}

/// A token as a managed identity gets one.
async fn local_token(transport: &Transport, endpoint: &str) -> Result<Secret, AzureError> {
    let url =
        format!("{endpoint}?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com");
    let url = reqwest::Url::parse(&url).map_err(|error| AzureError::Url {
        text: url.clone(),
        problem: error.to_string(),
    })?;
    let header = reqwest::header::HeaderName::from_static("x-identity-header");
    let request = Request::new(reqwest::Method::GET, url).header(header, "local")?;
    let operation = request.operation();
    let answer = transport.send(&request).await?.success(&operation)?;
    let answer = answer.json(&operation)?;
    let token = answer["access_token"]
        .as_str()
        .ok_or_else(|| AzureError::Answer {
            operation,
            problem: "it holds no `access_token`".to_owned(),
        })?;
    Ok(Secret::new(token))
}

async fn session(terminal: &Terminal, arguments: &AzureArguments) -> Result<Arc<Session>, Failure> {
    let transport = transport(arguments)?;
    let cloud = cloud(arguments, &transport).await?;
    let chosen = choose(arguments.auth, &variable).map_err(signed_out)?;
    if arguments.verbose {
        for passed_over in &chosen.passed_over {
            terminal.note(passed_over);
        }
        terminal.note(&format!("signing in by {}: {}", chosen.method, chosen.why));
    }
    let tokens = Tokens::new(&chosen, &cloud, &transport).map_err(signed_out)?;
    let session = Arc::new(Session::new(transport, cloud, tokens));
    session.sign_in().await.map_err(failed)?;
    Ok(session)
}

fn transport(arguments: &AzureArguments) -> Result<Arc<Transport>, Failure> {
    let trace = arguments.trace.as_deref().map(files::create).transpose()?;
    let trace = trace.map(|file| Trace::new(Box::new(file)));
    let clock = Clock::start();
    // Two processes that fail together must not come back together.
    let seed = Seed::new(u64::try_from(clock.started().as_nanosecond()).unwrap_or_default());
    Transport::new(RetryPolicy::default(), Pace::new(clock), &seed, trace)
        .map(Arc::new)
        .map_err(failed)
}

async fn cloud(arguments: &AzureArguments, transport: &Transport) -> Result<Cloud, Failure> {
    let authority = variable(AUTHORITY).filter(|text| !text.trim().is_empty());
    let named = arguments.cloud.as_deref();
    if let Some(url) = named.filter(|name| name.contains("://")) {
        return Cloud::discovered(transport, url).await.map_err(failed);
    }
    let name = named
        .or_else(|| Cloud::name_of_authority(authority.as_deref()?))
        .unwrap_or("public");
    Cloud::named(name, authority.as_deref())
        .map_err(failed)?
        .ok_or_else(|| {
            let names: Vec<&str> = Cloud::names().collect();
            Failure::input(format!("there is no cloud `{name}`"))
                .hint(crate::base::nearest_hint(name, names))
        })
}

fn signed_out(error: SignInError) -> Failure {
    failed(AzureError::SignIn(error))
}

/// Nothing of the resource group is to blame.
fn failed(error: AzureError) -> Failure {
    match &error {
        AzureError::SignIn(SignInError::Missing { .. }) | AzureError::Url { .. } => {
            Failure::input(&error)
        }
        AzureError::SignIn(SignInError::Nothing { .. }) => Failure::remote(&error)
            .hint("run `az login`, or set the variables of a service principal: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`"),
        _ => Failure::remote(&error),
    }
}
