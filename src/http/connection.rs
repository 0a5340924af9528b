use std::io;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Endpoint;

/// An open HTTP/1.1 connection; one request at a time.
pub(crate) type Connection = SendRequest<Full<Bytes>>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("cannot connect to `{endpoint}`: {cause}")]
    Connect { endpoint: String, cause: io::Error },
    #[error("`{endpoint}` is not a name that a certificate can hold")]
    Name { endpoint: String },
    #[error("cannot use the system's certificates: {0}")]
    Certificates(rustls::Error),
    #[error("`{endpoint}` does not speak HTTP/1.1: {cause}")]
    Handshake {
        endpoint: String,
        cause: hyper::Error,
    },
}

/// Chooses the TLS implementation for this process; must run before the first connection.
pub(crate) fn install_crypto() {
    // A second call finds the first one's choice in place, which is the same one.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
}

/// Opens a connection and keeps it served until it closes.
///
/// # Errors
///
/// When the endpoint does not answer, or its certificate is not trusted.
pub(crate) async fn connect(endpoint: &Endpoint) -> Result<Connection, HttpError> {
    let stream = dial(endpoint).await?;
    if endpoint.tls {
        serve(endpoint, secure(endpoint, stream).await?).await
    } else {
        serve(endpoint, stream).await
    }
}

/// Opens a socket to the endpoint.
///
/// # Errors
///
/// When it has no address or does not answer.
pub(crate) async fn dial(endpoint: &Endpoint) -> Result<TcpStream, HttpError> {
    let failed = |cause| HttpError::Connect {
        endpoint: endpoint.to_string(),
        cause,
    };
    let stream = TcpStream::connect((endpoint.bare_host(), endpoint.port))
        .await
        .map_err(failed)?;
    // Small requests and answers must not wait for each other's acknowledgements.
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// Makes a TLS connection of a socket to the endpoint.
///
/// # Errors
///
/// When its certificate is not trusted, or it does not speak TLS.
pub(crate) async fn secure(
    endpoint: &Endpoint,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, HttpError> {
    let name = ServerName::try_from(endpoint.bare_host().to_owned());
    let name = name.map_err(|_| HttpError::Name {
        endpoint: endpoint.to_string(),
    })?;
    let secured = connector()?.connect(name, stream).await;
    secured.map_err(|cause| HttpError::Connect {
        endpoint: endpoint.to_string(),
        cause,
    })
}

async fn serve<S>(endpoint: &Endpoint, stream: S) -> Result<Connection, HttpError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) =
        handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| HttpError::Handshake {
                endpoint: endpoint.to_string(),
                cause,
            })?;
    // Its error reaches whoever waits for an answer on it.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// Reading the system's certificates takes milliseconds; once is enough.
fn connector() -> Result<TlsConnector, HttpError> {
    static CONFIG: OnceLock<Arc<rustls::ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(TlsConnector::from(Arc::clone(config)));
    }
    let config = rustls::ClientConfig::with_platform_verifier().map_err(HttpError::Certificates)?;
    Ok(TlsConnector::from(Arc::clone(
        CONFIG.get_or_init(|| Arc::new(config)),
    )))
}
