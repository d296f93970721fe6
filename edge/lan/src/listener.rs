//! The listener: one task per connection, a bounded number of them, and an end within a second.
//!
//! A connection that does not finish a request head in time is closed, idle ones too: nobody on the LAN can use the
//! box's connections up, and none holds up its stop. Screens keep a stream open each; no single address may hold more
//! than its share of the connections.

use axum::{Router, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::Service as _;

/// Connections at once; more wait to be accepted: 200 screens with a stream and a request each, and devices. Half of the
/// file descriptors a process has by default.
const CONNECTIONS: usize = 512;
/// Connections of one address at once; one more is hung up on. The box itself may use them all: its kiosk, its tests.
const OF_ONE_ADDRESS: usize = 64;
/// Time for a request's head, and the longest idleness between two requests.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Time for an answer to arrive: without it Linux goes on trying for a quarter of an hour, and a terminal that fetched
/// an order before its network broke could open a door then.
const UNDELIVERED: Duration = Duration::from_secs(5);
/// How long answers that are under way may take once the agent stops.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// Serves until `stop`, then gives answers under way a moment.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    let mut shares = ConnectionCounts::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => match ended {
                Ok(address) => shares.give_back(address),
                // A conversation that panicked keeps its share until the box restarts.
                Err(error) => tracing::error!(%error, "a connection to the LAN port panicked"),
            },
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    let address = peer.ip().to_canonical();
                    if shares.take(address) {
                        let conversation = converse(stream, peer, router.clone(), stop.clone());
                        connections.spawn(async move {
                            conversation.await;
                            address
                        });
                    }
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

/// How many connections each address holds.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounts(HashMap<IpAddr, usize>);

impl ConnectionCounts {
    /// Whether an address may hold one more; it does then.
    pub(crate) fn take(&mut self, address: IpAddr) -> bool {
        let share = self.0.entry(address).or_default();
        let may = *share < OF_ONE_ADDRESS || address.is_loopback();
        *share += usize::from(may);
        may
    }

    pub(crate) fn give_back(&mut self, address: IpAddr) {
        if let Some(share) = self.0.get_mut(&address) {
            *share = share.saturating_sub(1);
            if *share == 0 {
                self.0.remove(&address);
            }
        }
    }
}

async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    if let Err(error) = SockRef::from(&stream).set_tcp_user_timeout(Some(UNDELIVERED)) {
        tracing::debug!(%error, "a socket cannot be prepared");
    }
    let answer = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // By the edge's clock instead: see `date`.
        .auto_date_header(false)
        .max_buf_size(64 << 10);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection to the LAN port ended");
    }
}
