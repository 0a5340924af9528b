use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::issuer::Issuer;
use super::shared::Shared;
use super::tls::{self, Certificate};
use super::{SUBSCRIPTION, TENANT, handler};
use crate::clock::Clock;
use crate::engine::Credentials;
use crate::files::{self, FileError};
use crate::plane::{Faults, KeptError, Pace, Plane, Settings};

/// How long to wait for connections to close when no more can be opened.
const PAUSE_WITHOUT_DESCRIPTORS: Duration = Duration::from_millis(10);

/// Name of the file in which the state is kept.
const STATE: &str = "azure.json";

/// Items of one page of a list.
const PAGE: usize = 100;

/// How a local Azure is started.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Where the management endpoint listens; port 0 lets the system choose.
    pub(crate) address: SocketAddr,
    /// What ids and keys are drawn from.
    pub(crate) seed: u64,
    /// How long an API Management service takes; everything else takes less.
    pub(crate) provisioning: Duration,
    /// What `Retry-After` of operations says, in seconds.
    pub(crate) retry_after: u64,
    /// With one, the endpoint speaks https.
    pub(crate) certificate: Option<Certificate>,
    /// What goes wrong on purpose.
    pub(crate) faults: Option<Faults>,
    /// Folder in which the state is kept; without one it ends with the process.
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum EmulatorError {
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        address: SocketAddr,
        cause: io::Error,
    },
    #[error("cannot start the local Azure: {0}")]
    Start(io::Error),
    #[error("the system gives no randomness for the key that signs tokens")]
    Randomness,
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{path}`: {cause}")]
    Kept { path: PathBuf, cause: KeptError },
}

/// A local Azure that runs on a thread of its own until it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    /// Such as `http://127.0.0.1:8080`.
    pub(crate) management_url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            provisioning: Duration::from_millis(200),
            retry_after: 1,
            certificate: None,
            faults: None,
            data: None,
        }
    }
}

impl Running {
    /// The value of `IDENTITY_ENDPOINT`; any text does for `IDENTITY_HEADER`.
    pub(crate) fn identity_endpoint(&self) -> String {
        format!("{}/msi/token", self.management_url)
    }

    /// Gateway URLs by the name of their service.
    pub(crate) fn gateways(&self) -> Vec<(String, String)> {
        self.shared.urls()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended already; then there is nobody to tell.
            let _ended = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic on that thread was printed when it happened.
            let _panicked = thread.join();
        }
    }
}

/// Starts a local Azure.
///
/// # Errors
///
/// When the address is taken, the certificate is none, or no thread can be started.
pub(crate) fn start(options: &Options) -> Result<Running, EmulatorError> {
    let acceptor = options
        .certificate
        .as_ref()
        .map(tls::acceptor)
        .transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EmulatorError::Start)?;
    let address = options.address;
    let failed = |cause| EmulatorError::Listen { address, cause };
    // Whoever starts it may be in a runtime of its own, which nothing may block.
    let listener = std::net::TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let listener = {
        let _inside = runtime.enter();
        TcpListener::from_std(listener).map_err(failed)?
    };
    let address = listener.local_addr().map_err(failed)?;
    let issuer = Issuer::new().ok_or(EmulatorError::Randomness)?;
    // A certificate is made for a name, and `localhost` is the one that resolves everywhere.
    let management_url = match &acceptor {
        Some(_) => format!("https://localhost:{}", address.port()),
        None => format!("http://{address}"),
    };
    let file = options.data.as_ref().map(|folder| folder.join(STATE));
    let plane = plane(options, file.as_ref(), trusted(&issuer, &management_url))?;
    let shared = Arc::new(Shared::new(plane, issuer, Clock::start(), file));
    shared.begin();
    let (stop, stopped) = oneshot::channel();
    let serving = Arc::clone(&shared);
    let thread = std::thread::Builder::new()
        .name("local-azure".to_owned())
        .spawn(move || runtime.block_on(serve(listener, acceptor, serving, stopped)))
        .map_err(EmulatorError::Start)?;
    Ok(Running {
        management_url,
        shared,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// The plane as it was kept, or a new one.
fn plane(
    options: &Options,
    file: Option<&PathBuf>,
    credentials: Credentials,
) -> Result<Plane, EmulatorError> {
    let settings = Settings {
        tenant: TENANT.to_owned(),
        subscription: SUBSCRIPTION.to_owned(),
        seed: options.seed,
        pace: Pace::of(options.provisioning),
        retry_after: options.retry_after,
        page: PAGE,
        credentials,
    };
    let faults = options.faults.clone();
    let Some(file) = file.filter(|file| files::exists(file)) else {
        return Ok(Plane::new(settings, faults));
    };
    let text = files::read_text(file)?;
    Plane::restore(settings, faults, &text).map_err(|cause| EmulatorError::Kept {
        path: file.clone(),
        cause,
    })
}

/// Policies of the gateways take our tokens, under our own address and under Azure's.
fn trusted(issuer: &Issuer, url: &str) -> Credentials {
    let issuers = [url, "https://login.microsoftonline.com"].map(|authority| {
        serde_json::json!({
            "openid-config": format!("{authority}/{TENANT}/v2.0/.well-known/openid-configuration"),
            "issuer": format!("https://sts.windows.net/{TENANT}/"),
            "keys": issuer.keys()["keys"],
        })
    });
    serde_json::from_value(serde_json::json!({"issuers": issuers})).unwrap_or_default()
}

/// Accepts until told to stop; then closes what is still open.
async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    let beating = Arc::clone(&shared);
    connections.spawn(async move { beating.beat().await });
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, acceptor.clone(), Arc::clone(&shared)));
                }
                // Out of descriptors: let connections close, then go on.
                Err(_) => shared.clock.sleep_until(shared.clock.now() + PAUSE_WITHOUT_DESCRIPTORS).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, shared: Arc<Shared>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match acceptor {
        None => talk(stream, false, shared).await,
        // Who does not finish the handshake is seen by nobody but itself.
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                talk(stream, true, shared).await;
            }
        }
    }
}

async fn talk<S>(stream: S, tls: bool, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| handler::handle(Arc::clone(&shared), tls, request));
    let mut builder = http1::Builder::new();
    // A caller that never finishes its headers gets closed after 30 seconds, hyper's own default.
    builder.timer(TokioTimer::new());
    // What went wrong with one connection is seen by its caller and concerns nobody else.
    let _outcome = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
