//! The listener: one task per connection, TLS where the settings name a certificate, an end within a second.
//!
//! A connection that does not finish its handshake or its request head in time is closed, and so is one that does not
//! take what it is sent; none outlives the relay. One network has no more than its share of connections.

mod caller_address;
mod connection_limit;

use crate::{settings::Tls, state::RelayState};
use axum::{Router, extract::ConnectInfo};
use caller_address::{behind_proxy, of_connection};
use connection_limit::{ConnectionLease, ConnectionLimits};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
const HEAD_TIME: Duration = Duration::from_secs(20);
/// How long a connection may take nothing of an answer: what is read for it must not be kept for a reader that is gone.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// How long answers that are under way may take once the relay ends.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why the listener cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub enum ListenerTlsError {
    /// A PEM file cannot be read.
    #[error("cannot read {path}")]
    Pem {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    /// Certificate and key do not work together.
    #[error("the certificate and the key cannot be used")]
    Unusable(#[source] rustls::Error),
}

/// Makes the TLS side from the files that the settings name.
pub fn acceptor(tls: &Tls) -> Result<TlsAcceptor, ListenerTlsError> {
    let unread = |path: &PathBuf| {
        let path = path.clone();
        move |source| ListenerTlsError::Pem { path, source }
    };
    let chain = CertificateDer::pem_file_iter(&tls.cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(unread(&tls.cert))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(unread(&tls.key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ListenerTlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(ListenerTlsError::Unusable)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves until the relay is told to stop, then gives answers under way a moment.
pub async fn serve(app: Arc<RelayState>, listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
    let limits = Arc::new(ConnectionLimits::new(&app.settings.limits));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = app.stop.cancelled() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Ok(place) = limits.accept(peer.ip(), &app.settings.proxy.trusted) else {
                    tracing::debug!(%peer, "no place for another connection");
                    continue;
                };
                let limits = Arc::clone(&limits);
                let connection = connection(
                    Arc::clone(&app),
                    (stream, peer),
                    (place, limits),
                    tls.clone(),
                    router.clone(),
                );
                connections.spawn(connection);
            }
            // That caller is gone again; the next one may be there already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                // Out of file descriptors, most likely: those who are connected go on meanwhile.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let _ = timeout(LAST_WORDS, async { while connections.join_next().await.is_some() {} }).await;
    connections.abort_all();
}

async fn connection(
    app: Arc<RelayState>,
    (stream, peer): (TcpStream, SocketAddr),
    (place, limits): (ConnectionLease, Arc<ConnectionLimits>),
    tls: Option<TlsAcceptor>,
    router: Router,
) {
    // Commands are small and somebody waits at a door for them.
    let _ = stream.set_nodelay(true);
    let mut stream = stream;
    let caller = match timeout(HANDSHAKE_TIME, of_connection(&app.settings.proxy, &mut stream, peer)).await {
        Ok(Ok(caller)) => caller,
        Ok(Err(error)) => return tracing::debug!(%peer, %error, "no PROXY header"),
        Err(_) => return tracing::debug!(%peer, "the PROXY header took too long"),
    };
    let named = (caller != peer).then(|| limits.of_caller(caller.ip())).transpose();
    let Ok(named) = named else {
        return tracing::debug!(peer = %caller, "no place for another connection");
    };
    // Held until the connection ends.
    let _places = (place, named);
    let peer = caller;
    match tls {
        None => converse(&app, stream, peer, router).await,
        Some(tls) => match timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
            Ok(Ok(stream)) => converse(&app, stream, peer, router).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(%peer, "the TLS handshake took too long"),
        },
    }
}

async fn converse<S>(app: &RelayState, stream: S, peer: SocketAddr, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIME));
    let proxy = app.settings.proxy.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let caller = behind_proxy(&proxy, peer, request.headers());
        request.extensions_mut().insert(ConnectInfo(caller));
        router.clone().call(request)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(64 << 10);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(Box::pin(stream)), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return log(ended),
        () = app.stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    log(connection.await);
}

fn log(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection ended");
    }
}

/// Binds the address that the settings name.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

#[cfg(test)]
mod tests;
