use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::EmulatorError;

/// A certificate chain and its key, both as PEM texts.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) chain: String,
    pub(crate) key: String,
}

impl std::fmt::Debug for Certificate {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

/// # Errors
///
/// When the texts are no certificate and key that belong together.
pub(super) fn acceptor(certificate: &Certificate) -> Result<TlsAcceptor, EmulatorError> {
    crate::http::install_crypto();
    let chain =
        CertificateDer::pem_slice_iter(certificate.chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| EmulatorError::Certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(EmulatorError::Certificate(
            "the file holds no certificate".to_owned(),
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes())
        .map_err(|error| EmulatorError::Certificate(format!("the key: {error}")))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| EmulatorError::Certificate(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
