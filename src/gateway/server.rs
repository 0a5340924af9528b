use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::backend::Backend;
use super::handler;
use super::intake::Held;
use super::ledger::Ledger;
use super::monitor::Monitor;
use super::outbound::Outbound;
use super::traces::Traces;
use crate::base::Moment;
use crate::clock::Clock;
use crate::engine::{Configuration, Engine, LogEvent, Metric, MetricTotals, Service};

/// How long to wait for connections to close when no more can be opened.
const PAUSE_WITHOUT_DESCRIPTORS: Duration = Duration::from_millis(10);

/// Unread headers and unwritten answers of one connection.
const MAX_CONNECTION_BYTES: usize = 128 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        address: SocketAddr,
        cause: io::Error,
    },
    #[error("cannot start the gateway: {0}")]
    Start(io::Error),
}

/// A gateway that runs on a thread of its own until it is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Who wants to know what the gateway does.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    /// Is told every answer.
    pub(crate) log: Option<UnboundedSender<Served>>,
    /// Serve Prometheus series at `/.apimon/metrics`.
    pub(crate) series: bool,
    /// Is told every request when it is over; its last minute is then served at `/.apimon/now`.
    pub(crate) ledger: Option<Ledger>,
}

/// What all connections have in common.
#[derive(Debug)]
pub(super) struct Shared {
    engine: Mutex<Engine>,
    pub(super) backend: Backend,
    pub(super) outbound: Outbound,
    pub(super) traces: Traces,
    pub(super) clock: Clock,
    pub(super) held: Arc<Held>,
    metrics: Mutex<MetricTotals>,
    log: Option<UnboundedSender<Served>>,
    /// Set when series are wanted.
    pub(super) monitor: Option<Monitor>,
    pub(super) ledger: Option<Ledger>,
}

/// One request that was answered, for whoever watches the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) at: Moment,
    /// Absent when no valid key was sent.
    pub(crate) subscription: Option<String>,
    pub(crate) status: u16,
    /// False when the gateway answered by itself.
    pub(crate) backend_called: bool,
    /// Events of `log-to-eventhub`.
    pub(crate) events: Vec<LogEvent>,
    /// `LastError.Reason`, when an error was raised.
    pub(crate) reason: Option<String>,
}

impl Shared {
    pub(super) fn new(
        engine: Engine,
        backend: Backend,
        clock: Clock,
        watchers: Watchers,
    ) -> Shared {
        Shared {
            engine: Mutex::new(engine),
            backend,
            outbound: Outbound::default(),
            traces: Traces::default(),
            clock,
            held: Arc::default(),
            metrics: Mutex::new(MetricTotals::default()),
            log: watchers.log,
            monitor: watchers.series.then(Monitor::default),
            ledger: watchers.ledger,
        }
    }

    pub(super) fn engine(&self) -> MutexGuard<'_, Engine> {
        // A panic while deciding is our bug and was reported; the counters are still sound.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// UTC time of a moment.
    pub(super) fn utc(&self, moment: Moment) -> jiff::Timestamp {
        let started = self.clock.started();
        started
            .checked_add(moment.since_start())
            .unwrap_or(jiff::Timestamp::MAX)
    }

    pub(super) fn emit(&self, metrics: Vec<Metric>) {
        self.metrics
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(metrics);
    }

    pub(super) fn served(&self, served: Served) {
        if let Some(log) = &self.log {
            // Nobody watches any more; the gateway goes on.
            let _gone = log.send(served);
        }
    }
}

impl Gateway {
    /// Listens on a loopback port; 0 lets the system choose one. What happens is told to `watchers`.
    ///
    /// # Errors
    ///
    /// When the port is taken, or no thread can be started.
    pub(crate) fn start(
        engine: Engine,
        backend: Backend,
        clock: Clock,
        port: u16,
        watchers: Watchers,
    ) -> Result<Gateway, GatewayError> {
        crate::http::allow_many_connections();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(GatewayError::Start)?;
        let address = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        let failed = |cause| GatewayError::Listen { address, cause };
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared::new(engine, backend, clock, watchers));
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("gateway".to_owned())
            .spawn(move || runtime.block_on(serve(listener, serving, stopped)))
            .map_err(GatewayError::Start)?;
        Ok(Gateway {
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the gateway is configured with now.
    pub(crate) fn service(&self) -> Arc<Service> {
        Arc::clone(self.shared.engine().service())
    }

    /// Puts another configuration in place, for all requests that arrive from now on; counters,
    /// cached values and open circuits go on under their keys.
    pub(crate) fn reconfigure(&self, service: Service) {
        // Compiled before anybody has to wait for it.
        let next = Configuration::compile(service);
        self.shared.engine().configure(next);
    }

    /// What the token metrics of the policy came to so far.
    pub(crate) fn metrics(&self) -> MetricTotals {
        self.shared
            .metrics
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Gateway {
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

/// Accepts until told to stop; then closes what is still open.
async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => { connections.spawn(connection(stream, peer, Arc::clone(&shared))); }
                // Out of descriptors: let connections close, then go on.
                Err(_) => shared.clock.sleep_until(shared.clock.now() + PAUSE_WITHOUT_DESCRIPTORS).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>) {
    if stream.set_nodelay(true).is_ok() {
        converse(stream, peer, shared).await;
    }
}

/// Answers what comes over one connection until it ends.
pub(super) async fn converse<S>(stream: S, peer: SocketAddr, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |request| handler::handle(Arc::clone(&shared), peer, request));
    let mut builder = http1::Builder::new();
    // A caller that never finishes its headers gets closed after 30 seconds, hyper's own default.
    builder.timer(TokioTimer::new());
    // Bounds what a flood of headers, or a caller who does not read, can make one connection hold.
    builder.max_buf_size(MAX_CONNECTION_BYTES);
    // What went wrong with one connection is seen by its caller and concerns nobody else.
    let _outcome = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
