//! HTTPS with a certificate that the device signed itself, as every device does.
//!
//! No client can check it against an authority; who trusts it has seen its fingerprint.

use anyhow::Context as _;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What a device shows to those who connect.
pub(super) struct Certificate {
    pub(super) acceptor: TlsAcceptor,
    pub(super) der: CertificateDer<'static>,
}

/// Makes a new one.
pub(super) fn self_signed() -> anyhow::Result<Certificate> {
    let made =
        rcgen::generate_simple_self_signed(["ds-k1t342mwx.invalid".to_owned()]).context("signing a certificate")?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())
        .map_err(|error| anyhow::anyhow!("reading a key just made: {error}"))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("choosing TLS versions")?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .context("using a certificate just made")?;
    Ok(Certificate {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        der: made.cert.der().clone(),
    })
}
