//! The terminal's network: its port, its connections, the endless stream, power.
//!
//! One task owns the port and every connection; cutting the power ends them all at once.

use super::{
    device::{Cable, Device, ObservedFact},
    parts,
    routes::{self, Answer},
};
use crate::{
    http::{Reply, read_request},
    port::Port,
};
use bytes::BytesMut;
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;

/// How often doors are looked at.
const TICK: Duration = Duration::from_millis(50);

/// What the port's task is told.
pub(super) enum ServerCommand {
    /// Ends every connection.
    Cut,
    /// Ends every connection and refuses new ones.
    Offline,
    /// Accepts connections again.
    Online,
    /// Power off and on.
    Reboot,
}

/// The device and who waits for it to change.
pub(super) struct Shared {
    device: Mutex<Device>,
    grown: watch::Sender<()>,
    acceptor: Option<TlsAcceptor>,
}

impl Shared {
    pub(super) fn new(device: Device, acceptor: Option<TlsAcceptor>) -> Self {
        Self {
            device: Mutex::new(device),
            grown: watch::Sender::new(()),
            acceptor,
        }
    }

    /// For as long as something happens at once; never across an await.
    pub(super) fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells streams and pushes to look at the log.
    pub(super) fn wake(&self) {
        self.grown.send_replace(());
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }
}

/// An order, and who wants to know when it is carried out.
pub(super) type PendingServerCommand = (ServerCommand, Option<oneshot::Sender<()>>);

pub(super) async fn serve(
    mut port: Port,
    shared: Arc<Shared>,
    orders: (mpsc::Sender<PendingServerCommand>, mpsc::Receiver<PendingServerCommand>),
) {
    let (sender, mut receiver) = orders;
    let mut connections = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            accepted = port.accept() => if let Ok(stream) = accepted {
                shared.device().counts.connections += 1;
                connections.spawn(connection(stream, Arc::clone(&shared), sender.clone()));
            },
            ordered = receiver.recv() => {
                let Some((order, done)) = ordered else { return };
                if let Err(error) = carry_out(order, &mut port, &mut connections, &shared).await {
                    tracing::warn!(%error, "the simulated terminal lost its port");
                }
                if let Some(done) = done {
                    let _ = done.send(());
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = tick.tick() => {
                let relocked = shared.device().relock();
                if relocked {
                    shared.wake();
                }
            }
        }
    }
}

async fn carry_out(
    order: ServerCommand,
    port: &mut Port,
    connections: &mut JoinSet<()>,
    shared: &Shared,
) -> io::Result<()> {
    match order {
        ServerCommand::Cut => connections.shutdown().await,
        ServerCommand::Offline => {
            port.close()?;
            connections.shutdown().await;
            shared.device().cable = Cable::Unplugged;
        }
        ServerCommand::Online => {
            shared.device().cable = Cable::Plugged;
            port.reopen()?;
        }
        ServerCommand::Reboot => {
            port.close()?;
            connections.shutdown().await;
            let rest = {
                let mut device = shared.device();
                device.rebooted();
                device.config.reboot_time
            };
            tokio::time::sleep(rest).await;
            port.reopen()?;
            shared.wake();
        }
    }
    Ok(())
}

async fn connection(mut stream: TcpStream, shared: Arc<Shared>, orders: mpsc::Sender<PendingServerCommand>) {
    let ended = match shared.acceptor.clone() {
        None => requests(&mut stream, &shared, &orders).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(mut stream) => requests(&mut stream, &shared, &orders).await,
            Err(error) => Err(error.into()),
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the simulated terminal ended");
    }
}

async fn requests(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    shared: &Arc<Shared>,
    orders: &mpsc::Sender<PendingServerCommand>,
) -> anyhow::Result<()> {
    let mut buffer = BytesMut::new();
    while let Some(request) = read_request(stream, &mut buffer).await? {
        let at = Instant::now();
        let answer = {
            let mut device = shared.device();
            let answer = routes::answer(&mut device, &request, at);
            let (method, path) = (request.method.clone(), request.path().to_owned());
            device.saw(ObservedFact {
                method,
                path,
                status: answer.status(),
                at,
            });
            answer
        };
        shared.wake();
        match answer {
            Answer::Reply(reply) => put(stream, &reply.encode()).await?,
            Answer::Later(by, reply) => {
                tokio::time::sleep(by).await;
                put(stream, &reply.encode()).await?;
            }
            Answer::Stream { live_from } => return Ok(stream_events(stream, shared, live_from).await?),
            Answer::Reboot(reply) => {
                put(stream, &reply.encode()).await?;
                orders.send((ServerCommand::Reboot, None)).await?;
            }
            Answer::Cut => return Ok(()),
            Answer::Silence => std::future::pending().await,
        }
        if request
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
        {
            return Ok(stream.shutdown().await?);
        }
    }
    Ok(())
}

/// Writes, and leaves nothing in a TLS layer's buffer.
async fn put(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Gives the slot back however the stream ends.
struct Slot<'a>(&'a Shared);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.device().close_stream();
    }
}

async fn stream_events(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    shared: &Shared,
    live_from: usize,
) -> io::Result<()> {
    let _slot = Slot(shared);
    let mut grown = shared.changes();
    let (kind, beat) = {
        let device = shared.device();
        (
            format!("multipart/mixed; boundary={}", parts::boundary(device.config.model)),
            device.config.heartbeat,
        )
    };
    let head = Reply::new(200, &kind, Vec::new()).with("Connection", "close");
    put(stream, &head.head()).await?;
    let mut heartbeats = tokio::time::interval(beat);
    heartbeats.reset();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (mut sent, mut unread) = (0, [0; 512]);
    loop {
        let (bytes, now_sent) = shared.device().parts_after(sent, live_from);
        if now_sent > sent {
            sent = now_sent;
            put(&mut writer, &bytes).await?;
            continue;
        }
        tokio::select! {
            changed = grown.changed() => if changed.is_err() { return Ok(()) },
            read = reader.read(&mut unread) => if read? == 0 { return Ok(()) },
            _ = heartbeats.tick() => {
                let beat = shared.device().heartbeat_part();
                put(&mut writer, &beat).await?;
            }
        }
    }
}
