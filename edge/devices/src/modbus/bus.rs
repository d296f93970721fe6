//! One bus: the task that owns its connection and gives everybody a turn.
//!
//! A connection on which a question was left open is never used again.

use super::bus_connection::{BusConnection, connect};
use adapter_sdk::{
    ModbusTarget, ModbusTransport,
    modbus::{ModbusError, ModbusReply, ModbusRequest},
    socket::SocketError,
};
use std::{io, sync::Arc};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout_at},
};

/// One ask, waiting for its turn.
#[derive(Debug)]
pub(super) struct BusRequest {
    pub(super) target: Arc<ModbusTarget>,
    pub(super) request: ModbusRequest,
    pub(super) deadline: Instant,
    /// Told when its turn has come. Nobody listens any more: it must not begin.
    pub(super) begin: oneshot::Sender<()>,
    pub(super) answer: oneshot::Sender<Result<ModbusReply, ModbusError>>,
}

/// Gives turns until no unit is left.
pub(super) async fn serve(mut turns: mpsc::Receiver<BusRequest>) {
    let mut bus = BusTask { idle: None };
    while let Some(turn) = turns.recv().await {
        bus.take(turn).await;
    }
}

struct BusTask {
    /// The connection, while no question is open on it, and the way it was made.
    idle: Option<(ModbusTransport, BusConnection)>,
}

impl BusTask {
    async fn take(&mut self, turn: BusRequest) {
        let BusRequest {
            target,
            request,
            deadline,
            begin,
            mut answer,
        } = turn;
        if Instant::now() >= deadline || begin.send(()).is_err() {
            return;
        }
        let end = tokio::select! {
            biased;
            // Whoever asked is gone: the connection goes as well, with the answer that may still come.
            () = answer.closed() => return,
            end = self.ask(&target, request, deadline) => end,
        };
        // Nobody waits for it: a driver that was stopped.
        let _ = answer.send(end);
    }

    async fn ask(
        &mut self,
        target: &ModbusTarget,
        request: ModbusRequest,
        deadline: Instant,
    ) -> Result<ModbusReply, ModbusError> {
        let mut wire = self.wire(&target.via, deadline).await.map_err(unreached)?;
        if Instant::now() >= deadline {
            let late = io::ErrorKind::TimedOut.into();
            return Err(unreached(late));
        }
        let asking = wire.ask(target.unit, request);
        let end = timeout_at(deadline, asking)
            .await
            .unwrap_or(Err(ModbusError::Line(SocketError::Timeout)));
        if let Ok(_) | Err(ModbusError::Exception(_)) = &end {
            self.idle = Some((target.via.clone(), wire));
        }
        end
    }

    /// A connection that is quiet: the one there is, or a new one.
    async fn wire(&mut self, via: &ModbusTransport, deadline: Instant) -> io::Result<BusConnection> {
        if let Some((made, wire)) = self.idle.take()
            && made == *via
            && wire.is_quiet()
        {
            sleep_until(wire.free()).await;
            return Ok(wire);
        }
        connect(via, deadline).await
    }
}

/// Nothing was written.
fn unreached(error: io::Error) -> ModbusError {
    ModbusError::Line(SocketError::Connect(error))
}
