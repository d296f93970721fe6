//! The listener: one task per connection, a bounded number of them, and an end within a second.
//!
//! A connection that does not finish a request head in time is closed, idle ones too: nobody on the LAN can use the
//! box's connections up, and none holds up its stop. Who has how many places is said by `connections`.

use crate::{ClientNetwork, connections::ConnectionTable, settings::LanProxies};
use axum::{Router, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// Longest head of a request, and what is read ahead of a body, bytes per connection.
const HEAD_BYTES: usize = 16 << 10;
/// Most lines of a head.
const HEAD_LINES: usize = 64;
/// Time for a request's head, and the longest idleness between two requests.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time for an answer to arrive: without it Linux goes on trying for a quarter of an hour, and a terminal that fetched
/// an order before its network broke could open a door then.
const UNDELIVERED: Duration = Duration::from_secs(5);
/// How long answers that are under way may take once the agent stops.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// Serves until `stop`, then gives answers under way a moment.
pub(crate) async fn serve(listener: TcpListener, router: Router, proxies: LanProxies, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let places = ConnectionTable::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a connection to the LAN port panicked");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(converse(stream, peer, router.clone(), places.clone(), proxies.clone(), stop.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: those who are connected go on meanwhile.
                    tracing::warn!(%error, "cannot accept a connection on the LAN port");
                    sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    // Whoever is not done by then is cut off.
    let _ = timeout(SHUTDOWN_GRACE, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    places: ConnectionTable,
    proxies: LanProxies,
    stop: CancellationToken,
) {
    let network = ClientNetwork::of(Some(peer.ip()));
    let (place, evicted) = if proxies.trusted.trusts(peer.ip()) {
        places.enter_proxy(network)
    } else {
        places.enter(network)
    };
    if let Err(error) = SockRef::from(&stream).set_tcp_user_timeout(Some(UNDELIVERED)) {
        tracing::debug!(%error, "a socket cannot be prepared");
    }
    let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(place.clone());
        router.clone().call(request)
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // By the edge's clock instead: see `date`.
        .auto_date_header(false)
        .max_headers(HEAD_LINES)
        .max_buf_size(HEAD_BYTES);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // For another one.
        () = evicted.cancelled() => Ok(()),
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection to the LAN port ended");
    }
}
