//! The TLS listener's certificates.
//!
//! Keys are taken as PEM text and never shown.

use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use std::sync::Arc;

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BrokerTlsError {
    /// The PEM text holds no certificate, or a broken one.
    #[error("cannot read the {what} from PEM")]
    Pem {
        /// Which text.
        what: &'static str,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// Key and certificate do not fit, or are of a kind that is not supported.
    #[error("cannot use the certificate and key")]
    Use(#[source] rustls::Error),
    /// The client authority cannot be used.
    #[error("cannot use the clients' certificate authority")]
    Authority(#[source] rustls::server::VerifierBuilderError),
}

/// Certificates for the TLS listener. With `client_authority` only clients with a certificate of its are let in; their
/// token is asked for all the same.
pub fn tls_config(chain: &str, key: &str, client_authority: Option<&str>) -> Result<Arc<ServerConfig>, BrokerTlsError> {
    let chain = certificates(chain, "certificate")?;
    let key =
        PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|source| BrokerTlsError::Pem { what: "key", source })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(BrokerTlsError::Use)?;
    let builder = match client_authority {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(pem, "client authority")? {
                roots.add(root).map_err(BrokerTlsError::Use)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(BrokerTlsError::Authority)?)
        }
    };
    builder
        .with_single_cert(chain, key)
        .map(Arc::new)
        .map_err(BrokerTlsError::Use)
}

fn certificates(pem: &str, what: &'static str) -> Result<Vec<CertificateDer<'static>>, BrokerTlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    read.map_err(|source| BrokerTlsError::Pem { what, source })
}
