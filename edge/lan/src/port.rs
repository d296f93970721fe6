//! The port at work: bound, served until told to stop, and ended.

use crate::{Area, DevicePush, LanError, LanSettings, LanState, admin, listener, routes, state::PUSHES};
use edge_kernel::Port;
use std::net::SocketAddr;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The LAN port at work.
#[derive(Debug)]
pub struct LanPort {
    address: SocketAddr,
    state: LanState,
    task: tokio::task::JoinHandle<()>,
}

impl LanPort {
    /// Binds and serves until `stop`. What devices push comes out of the receiver.
    pub async fn start(
        settings: LanSettings,
        port: Port,
        areas: &'static [Area],
        stop: CancellationToken,
    ) -> Result<(Self, mpsc::Receiver<DevicePush>), LanError> {
        let listen = settings.listen;
        let bind = |source| LanError::Bind { listen, source };
        let listener = tokio::net::TcpListener::bind(listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let (pushes, pushed) = mpsc::channel(PUSHES);
        let state = LanState::new(settings, port, areas, pushes);
        for area in areas {
            (area.start)(&state, &stop).await;
        }
        admin::prepare(&state).await;
        let task = tokio::spawn(listener::serve(
            listener,
            routes(&state),
            state.inner().proxies.clone(),
            stop,
        ));
        Ok((Self { address, state, task }, pushed))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its pages look at, for whoever wires areas with the rest of the edge.
    pub fn state(&self) -> &LanState {
        &self.state
    }

    /// Waits for the end after `stop`.
    pub async fn ended(self) {
        // A task that panicked has nothing more to say.
        let _ = self.task.await;
    }
}
