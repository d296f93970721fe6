//! Driving one connection: one task, one loop, over whatever stream it is given.
//!
//! Nothing in the loop waits for the socket alone: a device that does not read still sees its session taken over, its
//! keep-alive enforced and its deadlines kept.

use super::{
    CLOGGED, End, Talk,
    bucket::Bucket,
    pending::{Batch, Pending},
    sign_in::{self, SignedIn},
};
use crate::{
    core::Core,
    exchange::{Ask, Attach, Attached},
    ground::Ground,
    wire::{self, Inbound, Reason, Unwelcome, Writer},
};
use bytes::BytesMut;
use protocol::Actor;
use std::{io, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot},
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

/// Requests waiting for one connection.
const ASKS: usize = 16;
/// How long a device has to take the last bytes.
const LAST_BYTES: Duration = Duration::from_millis(500);
/// Read buffer, bytes; one allocation serves many packets.
const READ: usize = 8 * 1024;

/// Serves one connection to its end.
pub(crate) async fn serve<S>(mut stream: S, ip: IpAddr, core: Arc<Core>, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut inbuf = BytesMut::with_capacity(READ);
    let signed_in = tokio::select! {
        () = shutdown.cancelled() => return,
        signed_in = sign_in::sign_in(&mut stream, &mut inbuf, &core, ip) => signed_in,
    };
    let Some(SignedIn { device, connect }) = signed_in else {
        return;
    };
    let (evict, (asks, inbox), (reply, attached)) = (CancellationToken::new(), mpsc::channel(ASKS), oneshot::channel());
    let (clean, expiry) = (connect.clean, connect.expiry);
    let attach = Attach {
        device: device.clone(),
        clean,
        expiry,
        evict: evict.clone(),
        asks,
        reply,
    };
    let attached = match core.exchange.attach(attach).await {
        Ok(()) => attached.await.ok(),
        Err(_) => None,
    };
    let Some(attached) = attached else {
        return sign_in::refuse(&mut stream, connect.version, Unwelcome::Busy).await;
    };
    let keep_alive = match connect.keep_alive {
        0 => None,
        seconds => Some(Duration::from_millis(u64::from(seconds) * 1500)),
    };
    let (serial, present, will) = (attached.serial, attached.present, connect.will.clone());
    let mut talk = begin(core, device, attached, &connect);
    let limits = &talk.core.limits;
    talk.writer
        .welcome(&mut talk.out, present, limits.incoming, limits.packet_bytes);
    tracing::debug!(device = %talk.device, %ip, present, "a device connected");
    talk.heard();
    talk.resume();
    let (reader, writer) = tokio::io::split(stream);
    let mut wires = Wires {
        reader,
        writer,
        inbuf,
        unflushed: false,
    };
    let ears = Ears {
        inbox,
        evict,
        shutdown,
        keep_alive,
    };
    let end = Box::pin(talk.run(&mut wires, ears)).await;
    tracing::debug!(device = %talk.device, ?end, "a device left");
    talk.last_word(end);
    let _ = time::timeout(LAST_BYTES, wires.drain(&mut talk.out)).await;
    talk.leave(end, serial, expiry, will).await;
}

fn begin(core: Arc<Core>, device: protocol::DeviceId, attached: Attached, connect: &wire::Connect) -> Talk {
    let Attached {
        inflight,
        filters,
        outbox,
        ..
    } = attached;
    let max_packet = connect
        .max_packet
        .and_then(|max| usize::try_from(max).ok())
        .unwrap_or(usize::MAX);
    Talk {
        actor: Actor::Device { id: device.clone() },
        ground: Ground::of(&device),
        writer: Writer {
            version: connect.version,
            max_packet,
        },
        out: BytesMut::with_capacity(4096),
        pending: Pending::default(),
        slow: Pending::default(),
        batch: Batch::default(),
        inflight,
        window: usize::from(connect.window.min(core.limits.outgoing)),
        filters,
        outbox,
        bucket: Bucket::new(core.limits.publications_per_s, core.limits.bytes_per_s),
        lease: None,
        core,
        device,
    }
}

/// The socket and its buffers.
struct Wires<R, W> {
    reader: R,
    writer: W,
    inbuf: BytesMut,
    /// Bytes may still be inside the TLS layer.
    unflushed: bool,
}

/// What else may end or interrupt a connection.
struct Ears {
    inbox: mpsc::Receiver<Ask>,
    evict: CancellationToken,
    shutdown: CancellationToken,
    keep_alive: Option<Duration>,
}

impl<R, W: AsyncWrite + Unpin> Wires<R, W> {
    async fn drain(&mut self, out: &mut BytesMut) -> io::Result<()> {
        self.writer.write_all_buf(out).await?;
        self.writer.flush().await?;
        self.writer.shutdown().await
    }
}

impl Talk {
    /// Talks until the end.
    async fn run<R, W>(&mut self, wires: &mut Wires<R, W>, mut ears: Ears) -> End
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut credentials = self.core.credentials.clone();
        let hash = credentials.borrow_and_update().hash_of(&self.device);
        let mut last_read = Instant::now();
        loop {
            if let Err(end) = self.digest(&mut wires.inbuf).await {
                return end;
            }
            self.pump();
            let (room, open) = (self.has_room(), self.is_open());
            let (writing, idle) = (!self.out.is_empty() || wires.unflushed, self.out.is_empty());
            let quiet = ears.keep_alive.filter(|_| open).map(|after| last_read + after);
            let refill = (!self.bucket.is_open()).then(|| Instant::now() + self.bucket.wait());
            let wake = quiet.into_iter().chain(refill).min();
            let outbox = Arc::clone(&self.outbox);
            let step = tokio::select! {
                biased;
                () = ears.shutdown.cancelled() => Err(End::Ours(Reason::ServerShuttingDown)),
                () = ears.evict.cancelled() => Err(End::Ours(Reason::TakenOver)),
                Ok(()) = credentials.changed() => {
                    let valid = credentials.borrow_and_update().hash_of(&self.device) == hash;
                    if valid { Ok(()) } else { Err(End::Ours(Reason::Revoked)) }
                }
                (acks, result) = self.pending.next() => self.acknowledge(acks, result),
                (acks, result) = self.slow.next() => self.acknowledge(acks, result),
                written = push_out(&mut wires.writer, &mut self.out, &mut wires.unflushed), if writing => {
                    written.map_err(|_| End::Lost)
                }
                Some(ask) = ears.inbox.recv(), if idle => {
                    self.ask(ask);
                    Ok(())
                }
                () = outbox.filled(), if room => Ok(()),
                read = wires.reader.read_buf(&mut wires.inbuf), if open => match read {
                    Ok(0) | Err(_) => Err(End::Lost),
                    Ok(bytes) => {
                        last_read = Instant::now();
                        self.bucket.take_bytes(bytes);
                        self.heard();
                        Ok(())
                    }
                },
                () = sleep(wake) => self.overdue(ears.keep_alive, last_read, open),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Ends the connection where nothing was heard for one and a half keep-alives. Not reading is not silence.
    fn overdue(&self, keep_alive: Option<Duration>, last_read: Instant, open: bool) -> Result<(), End> {
        let silent = keep_alive.is_some_and(|after| open && last_read.elapsed() >= after);
        if silent {
            Err(End::Ours(Reason::KeepAlive))
        } else {
            Ok(())
        }
    }

    /// Takes packets off the read buffer while there is room for what they ask.
    async fn digest(&mut self, inbuf: &mut BytesMut) -> Result<(), End> {
        self.bucket.refill();
        while self.is_open() {
            match wire::read(inbuf, self.writer.version, self.core.limits.packet_bytes) {
                Ok(Some(packet)) => self.packet(packet).await?,
                Ok(None) => break,
                Err(error) => return Err(End::Wire(error)),
            }
        }
        self.flush().await;
        if inbuf.capacity() - inbuf.len() < 1024 {
            inbuf.reserve(READ);
        }
        Ok(())
    }

    async fn packet(&mut self, packet: Inbound) -> Result<(), End> {
        match packet {
            Inbound::Publish(publish) => return self.publish(publish).await,
            Inbound::PubAck(pkid) => self.inflight.acknowledged(pkid, wire::QoS::AtLeastOnce),
            Inbound::PubRec { pkid, accepted: true } => {
                self.inflight.received(pkid);
                self.writer.release(&mut self.out, pkid);
            }
            Inbound::PubRec { pkid, accepted: false } => self.inflight.acknowledged(pkid, wire::QoS::ExactlyOnce),
            Inbound::PubRel(pkid) => {
                self.inflight.release(pkid);
                self.writer.complete(&mut self.out, pkid);
            }
            Inbound::PubComp(pkid) => self.inflight.completed(pkid),
            Inbound::Subscribe {
                pkid,
                filters,
                numbered,
            } => return self.subscribe(pkid, filters, numbered).await,
            Inbound::Unsubscribe { pkid, filters } => return self.unsubscribe(pkid, filters).await,
            Inbound::Ping => self.writer.pong(&mut self.out),
            Inbound::Disconnect(farewell) => return Err(End::Farewell(farewell)),
        }
        Ok(())
    }
}

/// Moves bytes towards the device. May be dropped while it waits.
async fn push_out<W: AsyncWrite + Unpin>(writer: &mut W, out: &mut BytesMut, unflushed: &mut bool) -> io::Result<()> {
    if out.is_empty() {
        writer.flush().await?;
        *unflushed = false;
    } else {
        let written = writer.write_buf(out).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        *unflushed = true;
        if out.is_empty() && out.capacity() > CLOGGED {
            *out = BytesMut::with_capacity(4096);
        }
    }
    Ok(())
}

async fn sleep(until: Option<Instant>) {
    match until {
        Some(until) => time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
