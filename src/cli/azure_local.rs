//! The local Azure of commands: one that this process runs, or one that `apimon emulate` left
//! running in this folder.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::AzureArguments;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::base::parse_duration;
use crate::emulator::{
    self, Certificate, DISCOVERY_FILE, Discovery, EmulatorError, Options, Running,
};
use crate::files;
use crate::http::Endpoint;
use crate::plane;

/// A local Azure that commands can talk to.
#[derive(Debug)]
pub(super) struct LocalAzure {
    pub(super) at: Discovery,
    /// Held while this process runs it.
    running: Option<Running>,
}

impl LocalAzure {
    /// True when it ends with this process.
    pub(super) fn is_ours(&self) -> bool {
        self.running.is_some()
    }
}

/// Joins the local Azure of this folder, or starts one that ends with this process.
///
/// # Errors
///
/// When none can be started.
pub(super) fn open(terminal: &Terminal) -> Result<LocalAzure, Failure> {
    if let Some(at) = joined() {
        terminal.note(&format!(
            "local Azure: joined the one at {}",
            at.management_url
        ));
        return Ok(LocalAzure { at, running: None });
    }
    let running = emulator::start(&Options::default()).map_err(Failure::remote)?;
    terminal.note(&format!(
        "local Azure: started at {}",
        running.management_url
    ));
    let at = Discovery::of(&running, std::process::id());
    Ok(LocalAzure {
        at,
        running: Some(running),
    })
}

/// The local Azure that runs in this folder, if one answers.
pub(super) fn joined() -> Option<Discovery> {
    let at = Discovery::read(&files::read_text(Path::new(DISCOVERY_FILE)).ok()?)?;
    let endpoint = Endpoint::parse(&at.management_url).ok()?;
    let address = SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), endpoint.port);
    TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok()?;
    Some(at)
}

/// Starts the local Azure of `apimon emulate`, and says where it is found.
///
/// # Errors
///
/// When an option is wrong, or the address is taken.
pub(super) fn start(
    terminal: &Terminal,
    arguments: &AzureArguments,
    seed: u64,
) -> Result<(Running, Announced), Failure> {
    let provisioning = parse_duration(&arguments.provisioning).map_err(|problem| {
        Failure::input(format!(
            "`--provisioning {}`: {problem}",
            arguments.provisioning
        ))
    })?;
    let certificate = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(chain), Some(key)) => Some(Certificate {
            chain: files::read_text(chain)?,
            key: files::read_text(key)?,
        }),
        _ => None,
    };
    let faults = match &arguments.faults {
        Some(path) => Some(plane::read_faults(&files::read_source(path)?)?),
        None => None,
    };
    let options = Options {
        address: arguments.management_addr,
        seed,
        provisioning,
        certificate,
        faults,
        data: arguments.data.clone(),
        ..Options::default()
    };
    let running = emulator::start(&options).map_err(|error| match error {
        EmulatorError::Listen { .. } | EmulatorError::Start(_) | EmulatorError::Randomness => {
            Failure::remote(error)
        }
        EmulatorError::Certificate(_) | EmulatorError::File(_) | EmulatorError::Kept { .. } => {
            Failure::input(error)
        }
    })?;
    let at = Discovery::of(&running, std::process::id());
    // Another one that runs in this folder stays the one that is joined.
    let announced = if joined().is_none() {
        let path = PathBuf::from(DISCOVERY_FILE);
        match files::write_private(&path, &at.text()) {
            Ok(()) => Announced(Some(path)),
            Err(error) => {
                terminal.note(&format!(
                    "other commands will not find the local Azure: {error}"
                ));
                Announced(None)
            }
        }
    } else {
        Announced(None)
    };
    for (name, value) in [
        ("AZURE_RESOURCE_MANAGER_URL", &at.management_url),
        ("IDENTITY_ENDPOINT", &at.identity_endpoint),
        ("IDENTITY_HEADER", &"local".to_owned()),
        ("AZURE_TENANT_ID", &at.tenant),
        ("AZURE_SUBSCRIPTION_ID", &at.subscription),
    ] {
        terminal.data(&format!("{name}={value}"));
    }
    Ok((running, announced))
}

/// The file by which others find us; it goes when we go.
#[derive(Debug)]
pub(super) struct Announced(Option<PathBuf>);

impl Drop for Announced {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What stays behind is a file that names nobody who answers.
            let _gone = files::remove(path);
        }
    }
}
