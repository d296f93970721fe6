//! The two doors: one plain, one TLS.
//!
//! Accepting never waits for anybody: TLS handshakes and CONNECTs have their own tasks and deadlines.

use crate::{admission::StrangerPermit, connection::serve, context::BrokerContext};
use socket2::SockRef;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Accepts connections until `shutdown`.
pub(crate) async fn listen(
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    context: Arc<BrokerContext>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: others must end first.
                tracing::warn!(%error, "cannot accept a connection");
                time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let stranger = context.admission.enter(peer.ip());
        let (context, shutdown, acceptor) = (Arc::clone(&context), shutdown.clone(), acceptor.clone());
        tasks.spawn(async move {
            connect(socket, peer, acceptor, context, stranger, shutdown).await;
        });
    }
}

/// Nothing waits for company, and nothing is delivered by the network long after it was written: without this, Linux
/// goes on trying for a quarter of an hour, and a door could open then.
pub(crate) fn prepare(socket: &TcpStream, undelivered: Duration) {
    let set = socket
        .set_nodelay(true)
        .and_then(|()| SockRef::from(socket).set_tcp_user_timeout(Some(undelivered)));
    if let Err(error) = set {
        tracing::debug!(%error, "a socket cannot be prepared");
    }
}

async fn connect(
    socket: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    context: Arc<BrokerContext>,
    stranger: StrangerPermit,
    shutdown: CancellationToken,
) {
    prepare(&socket, context.limits.undelivered);
    let ip = peer.ip();
    let Some(acceptor) = acceptor else {
        return serve(socket, ip, context, stranger, shutdown).await;
    };
    let handshake = time::timeout(context.limits.handshake, acceptor.accept(socket));
    let stream = tokio::select! {
        () = shutdown.cancelled() => return,
        () = stranger.evicted() => return,
        stream = handshake => stream,
    };
    match stream {
        Ok(Ok(stream)) => Box::pin(serve(stream, ip, context, stranger, shutdown)).await,
        Ok(Err(error)) => tracing::debug!(%ip, %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!(%ip, "no TLS handshake in time"),
    }
}
