//! TLS towards the cloud: rustls with ring, and only the roots that the settings name.
//!
//! Certificates are always checked: there is no switch to turn that off.

use crate::settings::Roots;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum UplinkTlsError {
    /// The file cannot be read, or is no PEM.
    #[error("cannot read certificates from {}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// A file without certificates.
    #[error("there is no certificate in {}", file.display())]
    Empty {
        /// Which.
        file: PathBuf,
    },
    /// A certificate that cannot vouch for anybody.
    #[error("a certificate in {} cannot be used as a root", file.display())]
    Root {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        #[source]
        source: rustls::Error,
    },
    /// ring lacks what TLS 1.2 and 1.3 need; it does not.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
    /// The HTTP client cannot be set up with these settings.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

/// What both HTTP client and socket start from; which protocols to offer is theirs to say.
pub(crate) fn config(roots: &Roots) -> Result<ClientConfig, UplinkTlsError> {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::Public => public(&mut store),
        Roots::PublicAnd(file) => {
            public(&mut store);
            add(&mut store, file)?;
        }
        Roots::Only(file) => add(&mut store, file)?,
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(UplinkTlsError::Setup)?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

fn public(store: &mut RootCertStore) {
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
}

fn add(store: &mut RootCertStore, file: &Path) -> Result<(), UplinkTlsError> {
    let unreadable = |source| UplinkTlsError::File {
        file: file.to_owned(),
        source,
    };
    for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
        let certificate = certificate.map_err(unreadable)?;
        store.add(certificate).map_err(|source| UplinkTlsError::Root {
            file: file.to_owned(),
            source,
        })?;
    }
    if store.is_empty() {
        Err(UplinkTlsError::Empty { file: file.to_owned() })
    } else {
        Ok(())
    }
}
