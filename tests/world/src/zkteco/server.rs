//! The terminal's network: one port for TCP and for UDP, its connections, its power.
//!
//! One task owns the port and every connection; cutting the power ends them all at once.

use super::{
    answers::{Answer, LiveEvents, Session, Way},
    config::{StrayPackets, TcpSplitting},
    device::{Desk, Device},
    layout::Punch,
    packet::{self, Packet},
};
use crate::port::Port;
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    sync::{broadcast, mpsc, oneshot},
    task::JoinSet,
};

/// Between two segments that clients must see apart.
const PAUSE: Duration = Duration::from_millis(20);
/// Command of live events; the session field names the kind.
const EVENT: u16 = 500;
/// Somebody was identified.
const ATTENDANCE: u16 = 1;
/// A finger was recognised: an event that stands in no log.
const VERIFIED: u16 = 128;

/// What the port's task is told.
pub(super) enum ServerCommand {
    /// Ends every connection.
    Cut,
    /// Ends every connection and hears nobody.
    Offline,
    /// Hears people again.
    Online,
    /// Power off and on.
    Reboot,
}

/// An order, and who wants to know when it is carried out.
pub(super) type PendingServerCommand = (ServerCommand, Option<oneshot::Sender<()>>);

/// The device and who hears its live events.
pub(super) struct Shared {
    device: Mutex<Device>,
    pub(super) events: broadcast::Sender<Punch>,
}

impl Shared {
    pub(super) fn new(device: Device) -> Self {
        Self {
            device: Mutex::new(device),
            events: broadcast::Sender::new(256),
        }
    }

    /// For as long as something happens at once; never across an await.
    pub(super) fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn serve(
    mut port: Port,
    udp: UdpSocket,
    shared: Arc<Shared>,
    orders: (mpsc::Sender<PendingServerCommand>, mpsc::Receiver<PendingServerCommand>),
) {
    let (sender, mut receiver) = orders;
    let mut connections = JoinSet::new();
    let mut events = shared.events.subscribe();
    let mut sessions: BTreeMap<SocketAddr, Session> = BTreeMap::new();
    let mut power = Power::On;
    let mut buffer = vec![0; 65_535];
    loop {
        tokio::select! {
            accepted = port.accept() => if let Ok(stream) = accepted {
                connections.spawn(connection(stream, Arc::clone(&shared), sender.clone()));
            },
            received = udp.recv_from(&mut buffer) => if let (Ok((length, from)), Power::On) = (received, power) {
                let datagram = buffer.get(..length).unwrap_or_default();
                let session = sessions.entry(from).or_insert_with(Session::new);
                if let Err(error) = datagram_came(&udp, from, datagram, session, &shared, &sender).await {
                    tracing::debug!(%error, "a datagram could not be answered");
                }
            },
            event = events.recv() => if let (Ok(punch), Power::On) = (event, power) {
                for (to, session) in sessions.iter().filter(|(_, session)| session.listening == LiveEvents::Yes) {
                    let packet = event_packet(&shared, &punch);
                    tracing::debug!(session = session.id, "a live event");
                    // Nobody may be there any more.
                    let _ = udp.send_to(&packet.encode(), to).await;
                }
            },
            ordered = receiver.recv() => {
                let Some((order, done)) = ordered else { return };
                sessions.clear();
                match carry_out(order, &mut port, &mut connections, &shared).await {
                    Ok(now) => power = now,
                    Err(error) => tracing::warn!(%error, "the simulated terminal lost its port"),
                }
                if let Some(done) = done {
                    // Whoever ordered it may not wait.
                    let _ = done.send(());
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Whether anybody is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    On,
    Off,
}

async fn carry_out(
    order: ServerCommand,
    port: &mut Port,
    connections: &mut JoinSet<()>,
    shared: &Shared,
) -> io::Result<Power> {
    match order {
        ServerCommand::Cut => connections.shutdown().await,
        ServerCommand::Offline => {
            port.close()?;
            connections.shutdown().await;
            return Ok(Power::Off);
        }
        ServerCommand::Online => port.reopen()?,
        ServerCommand::Reboot => {
            port.close()?;
            connections.shutdown().await;
            let rest = {
                let mut device = shared.device();
                device.desk = Desk::Open;
                device.config.reboot_time
            };
            tokio::time::sleep(rest).await;
            port.reopen()?;
        }
    }
    Ok(Power::On)
}

async fn datagram_came(
    udp: &UdpSocket,
    from: SocketAddr,
    datagram: &[u8],
    session: &mut Session,
    shared: &Shared,
    orders: &mpsc::Sender<PendingServerCommand>,
) -> anyhow::Result<()> {
    let Some(request) = Packet::decode(datagram) else {
        shared.device().counts.spoilt += 1;
        return Ok(());
    };
    let answer = session.answer(&mut shared.device(), &request, Way::Udp);
    let (packets, then) = match answer {
        Answer::Packets(packets) => (packets, None),
        Answer::Reboot(packets) => (packets, Some(ServerCommand::Reboot)),
        Answer::Nothing | Answer::Cut => return Ok(()),
    };
    for packet in packets {
        let lost = {
            let mut device = shared.device();
            let one_in = device.config.lost_datagrams;
            one_in > 0 && device.rng.once_in(one_in)
        };
        if !lost {
            udp.send_to(&packet.encode(), from).await?;
        }
    }
    if let Some(order) = then {
        orders.send((order, None)).await?;
    }
    Ok(())
}

async fn connection(mut stream: TcpStream, shared: Arc<Shared>, orders: mpsc::Sender<PendingServerCommand>) {
    if let Err(error) = converse(&mut stream, &shared, &orders).await {
        tracing::debug!(%error, "a connection to the simulated terminal ended");
    }
}

async fn converse(
    stream: &mut TcpStream,
    shared: &Shared,
    orders: &mpsc::Sender<PendingServerCommand>,
) -> anyhow::Result<()> {
    let mut session = Session::new();
    let mut events = shared.events.subscribe();
    let mut buffer = Vec::new();
    loop {
        tokio::select! {
            read = stream.read_buf(&mut buffer) => if read? == 0 {
                return Ok(());
            },
            punch = events.recv() => if session.listening == LiveEvents::Yes {
                let packet = event_packet(shared, &punch?);
                write(stream, &[packet], shared).await?;
            },
        }
        while let Some(request) = packet::take(&mut buffer).map_err(|()| anyhow::anyhow!("no packet"))? {
            let Some(request) = request else {
                shared.device().counts.spoilt += 1;
                continue;
            };
            let answer = session.answer(&mut shared.device(), &request, Way::Tcp);
            let (mut packets, then) = match answer {
                Answer::Packets(packets) => (packets, None),
                Answer::Reboot(packets) => (packets, Some(ServerCommand::Reboot)),
                Answer::Nothing => continue,
                Answer::Cut => return Ok(()),
            };
            let chatter = shared.device().config.chatter;
            if chatter == StrayPackets::Event && session.listening == LiveEvents::Yes {
                packets.insert(0, event(VERIFIED, vec![1, 0, 0, 0, 0, 0]));
            }
            write(stream, &packets, shared).await?;
            if let Some(order) = then {
                orders.send((order, None)).await?;
            }
        }
    }
}

fn event_packet(shared: &Shared, punch: &Punch) -> Packet {
    event(ATTENDANCE, shared.device().config.events.encode(punch))
}

fn event(kind: u16, data: Vec<u8>) -> Packet {
    Packet {
        command: EVENT,
        session: kind,
        reply: 0,
        data,
    }
}

/// Says something over TCP, cut as its network cuts.
async fn write(stream: &mut TcpStream, packets: &[Packet], shared: &Shared) -> io::Result<()> {
    let cuts = shared.device().config.cuts;
    match cuts {
        TcpSplitting::Anywhere => {
            let whole: Vec<u8> = packets.iter().flat_map(Packet::encode_tcp).collect();
            let mut rest = whole.as_slice();
            while !rest.is_empty() {
                let most = if rest.len() > 4096 { 4096 } else { 24 };
                let length = 1 + shared.device().rng.below(most);
                let (piece, after) = rest.split_at(rest.len().min(usize::try_from(length).unwrap_or(1)));
                stream.write_all(piece).await?;
                tokio::task::yield_now().await;
                rest = after;
            }
            Ok(())
        }
        TcpSplitting::Frames => match packets {
            [announcement, rest @ ..] if !rest.is_empty() => {
                stream.write_all(&announcement.encode_tcp()).await?;
                tokio::time::sleep(PAUSE).await;
                let rest: Vec<u8> = rest.iter().flat_map(Packet::encode_tcp).collect();
                stream.write_all(&rest).await
            }
            packets => {
                let whole: Vec<u8> = packets.iter().flat_map(Packet::encode_tcp).collect();
                stream.write_all(&whole).await
            }
        },
    }
}
