//! The board's bus: a loopback port, or the far end of a serial cable.
//!
//! One task owns it and every connection; cutting the power ends them all at once.

use super::{
    board::Board,
    frame::{self, Front},
};
use crate::{port::Port, pty::Pty};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

/// What the bus is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerCommand {
    /// No power: every connection ends and nobody is heard.
    Dark,
    /// Power again, on the same port.
    Light,
}

/// An order, and who wants to know when it is carried out.
pub(super) type PendingServerCommand = (ServerCommand, oneshot::Sender<()>);

/// The board, for whoever looks at it.
#[derive(Debug)]
pub(super) struct Shared(Mutex<Board>);

impl Shared {
    pub(super) fn new(board: Board) -> Self {
        Self(Mutex::new(board))
    }

    /// For as long as something happens at once; never across an await.
    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a port until nobody gives orders any more.
pub(super) async fn serve_tcp(mut port: Port, shared: Arc<Shared>, mut orders: mpsc::Receiver<PendingServerCommand>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = port.accept() => if let Ok(stream) = accepted {
                connections.spawn(connection(stream, Arc::clone(&shared)));
            },
            ordered = orders.recv() => {
                let Some((order, done)) = ordered else { return };
                let carried_out = match order {
                    ServerCommand::Dark => {
                        let closed = port.close();
                        connections.shutdown().await;
                        shared.board().lose_power(Instant::now());
                        closed
                    }
                    ServerCommand::Light => port.reopen(),
                };
                if let Err(error) = carried_out {
                    tracing::warn!(%error, "the simulated board lost its port");
                }
                // Whoever ordered it may not wait.
                let _ = done.send(());
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn connection(mut stream: TcpStream, shared: Arc<Shared>) {
    if let Err(error) = converse(&mut stream, &shared).await {
        tracing::debug!(%error, "a connection of the simulated board broke");
    }
}

async fn converse(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        match frame::take_tcp(&mut buffer) {
            Front::Whole(request) => {
                let answer = shared.board().hear(request.unit, &request.pdu, Instant::now());
                if let Some(pdu) = answer {
                    stream.write_all(&frame::tcp(&request, &pdu)).await?;
                }
            }
            Front::Part => {
                if stream.read_buf(&mut buffer).await? == 0 {
                    return Ok(());
                }
            }
            Front::Else => return Ok(()),
        }
    }
}

/// Serves a serial cable until nobody gives orders any more.
pub(super) async fn serve_rtu(mut cable: Pty, shared: Arc<Shared>, mut orders: mpsc::Receiver<PendingServerCommand>) {
    let mut buffer = Vec::new();
    let mut power = ServerCommand::Light;
    loop {
        tokio::select! {
            heard = cable.read() => {
                let Ok(bytes) = heard else { return };
                if power == ServerCommand::Light {
                    buffer.extend(bytes);
                    if answer_all(&mut cable, &shared, &mut buffer).await.is_err() {
                        return;
                    }
                }
            }
            ordered = orders.recv() => {
                let Some((order, done)) = ordered else { return };
                power = order;
                buffer.clear();
                if order == ServerCommand::Dark {
                    shared.board().lose_power(Instant::now());
                }
                // Whoever ordered it may not wait.
                let _ = done.send(());
            }
        }
    }
}

async fn answer_all(cable: &mut Pty, shared: &Shared, buffer: &mut Vec<u8>) -> io::Result<()> {
    loop {
        match frame::take_rtu(buffer) {
            Front::Part => return Ok(()),
            Front::Else => {
                buffer.remove(0);
                shared.board().counts.strange += 1;
            }
            Front::Whole(request) => {
                let answer = shared.board().hear(request.unit, &request.pdu, Instant::now());
                if let Some(pdu) = answer {
                    cable.write(&frame::rtu(request.unit, &pdu)).await?;
                }
            }
        }
    }
}
