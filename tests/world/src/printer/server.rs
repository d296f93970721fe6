//! The receipt printer's end of the line.
//!
//! It reads no more than it has room for: whoever writes further waits, as with a real one.

use super::mechanism::{Answers, Mechanism};
use crate::port::Port;
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Notify, mpsc, oneshot},
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

/// Between two looks at what is left to print.
const TICK: Duration = Duration::from_millis(5);

/// What somebody does to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerCommand {
    /// Ends every connection.
    Cut,
    /// Ends every connection and hears nobody.
    Offline,
    /// Hears people again.
    Online,
}

/// The printer, and who wants to know when it changes.
pub(super) struct Shared {
    mechanism: Mutex<Mechanism>,
    changed: Notify,
}

impl Shared {
    pub(super) fn new(mechanism: Mechanism) -> Self {
        Self {
            mechanism: Mutex::new(mechanism),
            changed: Notify::new(),
        }
    }

    /// For as long as something happens at once; never across an await.
    pub(super) fn mechanism(&self) -> MutexGuard<'_, Mechanism> {
        self.mechanism.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to it.
    pub(super) fn change(&self, act: impl FnOnce(&mut Mechanism)) {
        act(&mut self.mechanism());
        self.changed.notify_waiters();
    }
}

pub(super) async fn serve(
    mut port: Port,
    shared: Arc<Shared>,
    mut orders: mpsc::Receiver<(ServerCommand, oneshot::Sender<()>)>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = port.accept() => if let Ok(stream) = accepted {
                // One at a time: what came over two lines at once would be nobody's image.
                connections.shutdown().await;
                connections.spawn(connection(stream, Arc::clone(&shared)));
            },
            ordered = orders.recv() => {
                let Some((order, done)) = ordered else { return };
                if let Err(error) = carry_out(order, &mut port, &mut connections).await {
                    tracing::warn!(%error, "the simulated printer lost its port");
                }
                // Whoever ordered it may not wait.
                let _ = done.send(());
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn carry_out(order: ServerCommand, port: &mut Port, connections: &mut JoinSet<()>) -> io::Result<()> {
    match order {
        ServerCommand::Cut => connections.shutdown().await,
        ServerCommand::Offline => {
            port.close()?;
            connections.shutdown().await;
        }
        ServerCommand::Online => port.reopen()?,
    }
    Ok(())
}

/// One connection, to its end.
async fn connection(mut stream: TcpStream, shared: Arc<Shared>) {
    shared.mechanism().counts.connections += 1;
    if let Err(error) = converse(&mut stream, &shared).await {
        tracing::debug!(%error, "a connection to the simulated printer ended");
    }
}

async fn converse(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut worked = Instant::now();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let room = shared.mechanism().room().min(buffer.len());
        let space = buffer.get_mut(..room).unwrap_or_default();
        tokio::select! {
            read = stream.read(space), if room > 0 => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                shared.mechanism().receive(buffer.get(..read).unwrap_or_default());
            },
            () = shared.changed.notified() => {}
            _ = ticks.tick() => {}
        }
        let (said, answers) = {
            let mut mechanism = shared.mechanism();
            let budget = match mechanism.config.pace {
                None => usize::MAX,
                Some(pace) => {
                    let bytes = worked.elapsed().as_secs_f64() * f64::from(pace);
                    // `as` saturates, and a pace is no large number.
                    bytes as usize
                }
            };
            if budget > 0 {
                mechanism.work(budget);
                worked = Instant::now();
            }
            (mechanism.said(), mechanism.config.answers)
        };
        if answers == Answers::Split {
            for byte in said {
                stream.write_all(&[byte]).await?;
                tokio::task::yield_now().await;
            }
        } else if !said.is_empty() {
            stream.write_all(&said).await?;
        }
    }
}
