//! Driving one connection: one task, one loop, over whatever stream it is given.
//!
//! Nothing in the loop waits for the socket alone: a device that does not read still sees its session taken over, its
//! keep-alive enforced and its deadlines kept.

use super::{
    CloseReason, MAX_UNSENT, MqttConnection,
    ack_queue::{AckQueue, FactBatch},
    rate_limit::RateLimit,
    sign_in::{self, AuthenticatedDevice},
    timer::Timer,
};
use crate::{
    admission::StrangerPermit,
    context::BrokerContext,
    credentials::{DeviceCredentials, DeviceTokenHash},
    sessions::{AttachRequest, AttachedSession, DeliveryRequest},
    topic_access::TopicAccess,
    wire::{self, ConnectRefusal, InboundPacket, PacketWriter, ReasonCode},
};
use bytes::BytesMut;
use protocol::Actor;
use std::{
    future::poll_fn,
    io,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot, watch},
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
pub(crate) async fn serve<S>(
    mut stream: S,
    ip: IpAddr,
    context: Arc<BrokerContext>,
    stranger: StrangerPermit,
    shutdown: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // As much as a CONNECT may have: a stranger has no claim to more.
    let mut inbuf = BytesMut::with_capacity(context.limits.connect_bytes);
    let signed_in = tokio::select! {
        () = shutdown.cancelled() => return,
        () = stranger.evicted() => return,
        signed_in = sign_in::sign_in(&mut stream, &mut inbuf, &context, ip) => signed_in,
    };
    let Some(AuthenticatedDevice { device, hash, connect }) = signed_in else {
        return;
    };
    let Some(_place) = context.admission.admit_device() else {
        tracing::warn!(%device, "no room for another device");
        return sign_in::refuse(&mut stream, connect.version, ConnectRefusal::Busy).await;
    };
    drop(stranger);
    let (evict, (asks, inbox), (reply, attached)) = (shutdown.child_token(), mpsc::channel(ASKS), oneshot::channel());
    let (clean, expiry) = (connect.clean, connect.expiry);
    let attach = AttachRequest {
        device: device.clone(),
        clean,
        expiry,
        evict: evict.clone(),
        asks,
        reply,
    };
    let Some(attached) = attach_session(&context, attach, attached).await else {
        return sign_in::refuse(&mut stream, connect.version, ConnectRefusal::Busy).await;
    };
    let (serial, present, will) = (attached.serial, attached.present, connect.will.clone());
    let mut connection = begin(context, (device, hash), attached, &connect);
    let limits = &connection.context.limits;
    connection.writer.connack(
        &mut connection.out,
        present.into(),
        limits.incoming,
        limits.packet_bytes,
    );
    tracing::debug!(device = %connection.device, %ip, present, "a device connected");
    connection.renew_lease();
    connection.resume();
    let (reader, writer) = tokio::io::split(stream);
    let mut socket = BufferedSocket {
        reader,
        writer,
        inbuf,
        unflushed: false,
    };
    let inputs = ControlInputs {
        inbox,
        evict,
        shutdown,
        keep_alive: KeepAlive::new(keep_alive_timeout(connect.keep_alive)),
    };
    let end = Box::pin(connection.run(&mut socket, inputs)).await;
    tracing::debug!(device = %connection.device, ?end, "a device left");
    connection.write_disconnect(end);
    socket.stop(&mut connection).await;
    connection.leave(end, serial, expiry, will).await;
}

/// The device's session, once its former connection has left; none where the broker stops.
async fn attach_session(
    context: &BrokerContext,
    attach: AttachRequest,
    attached: oneshot::Receiver<AttachedSession>,
) -> Option<AttachedSession> {
    context.sessions.attach(attach).await.ok()?;
    attached.await.ok()
}

/// How long a client with this keep-alive, in seconds, may be silent: half as long again (3.1.2.10); none: for ever.
fn keep_alive_timeout(keep_alive: u16) -> Option<Duration> {
    match keep_alive {
        0 => None,
        seconds => Some(Duration::from_millis(u64::from(seconds) * 1500)),
    }
}

fn begin(
    context: Arc<BrokerContext>,
    (device, hash): (protocol::DeviceId, DeviceTokenHash),
    attached: AttachedSession,
    connect: &wire::Connect,
) -> MqttConnection {
    let AttachedSession {
        inflight,
        filters,
        outbox,
        ..
    } = attached;
    let max_packet = connect
        .max_packet
        .and_then(|max| usize::try_from(max).ok())
        .unwrap_or(usize::MAX);
    MqttConnection {
        actor: Actor::Device { id: device.clone() },
        topic_access: TopicAccess::of(&device),
        writer: PacketWriter {
            version: connect.version,
            max_packet,
        },
        out: BytesMut::with_capacity(4096),
        pending: AckQueue::default(),
        slow: AckQueue::default(),
        batch: FactBatch::default(),
        inflight,
        window: usize::from(connect.window.min(context.limits.outgoing)),
        filters,
        outbox,
        rate_limit: RateLimit::new(context.limits.publications_per_s, context.limits.bytes_per_s),
        lease: None,
        unsent_request: None,
        context,
        device,
        hash,
    }
}

/// The socket and its buffers.
struct BufferedSocket<R, W> {
    reader: R,
    writer: W,
    inbuf: BytesMut,
    /// Bytes may still be inside the TLS layer.
    unflushed: bool,
}

/// What else may end or interrupt a connection.
struct ControlInputs {
    inbox: mpsc::Receiver<DeliveryRequest>,
    /// Cancelled with `shutdown`, or alone when the device connects again.
    evict: CancellationToken,
    shutdown: CancellationToken,
    keep_alive: KeepAlive,
}

impl ControlInputs {
    fn why_ended(&self) -> ReasonCode {
        if self.shutdown.is_cancelled() {
            ReasonCode::ServerShuttingDown
        } else {
            ReasonCode::TakenOver
        }
    }
}

/// When bytes last moved, and how long none may.
struct KeepAlive {
    /// One and a half keep-alives; none: for ever.
    timeout: Option<Duration>,
    read: Instant,
    written: Instant,
}

impl KeepAlive {
    fn new(patience: Option<Duration>) -> Self {
        let now = Instant::now();
        Self {
            timeout: patience,
            read: now,
            written: now,
        }
    }

    /// When the connection counts as dead. That we do not read is not the device's silence, unless it is because the
    /// device itself takes nothing.
    fn keep_alive_deadline(&self, open: bool, clogged: bool) -> Option<Instant> {
        let since = match (open, clogged) {
            (true, _) => self.read,
            (false, true) => self.read.max(self.written),
            (false, false) => return None,
        };
        self.timeout.map(|patience| since + patience)
    }
}

impl<R, W: AsyncWrite + Unpin> BufferedSocket<R, W> {
    /// Writes what is left, but no request after its deadline.
    async fn stop(&mut self, connection: &mut MqttConnection) {
        let now = Instant::now();
        let until = connection
            .request_deadline(self.unflushed)
            .map_or(now + LAST_BYTES, |by| by.min(now + LAST_BYTES));
        if until > now {
            let _ = time::timeout_at(until, self.drain(&mut connection.out)).await;
        }
    }

    async fn drain(&mut self, out: &mut BytesMut) -> io::Result<()> {
        self.writer.write_all_buf(out).await?;
        self.writer.flush().await?;
        self.writer.shutdown().await
    }
}

impl MqttConnection {
    /// Talks until the end.
    async fn run<R, W>(&mut self, socket: &mut BufferedSocket<R, W>, mut inputs: ControlInputs) -> CloseReason
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut credentials = self.context.credentials.clone();
        // They may have changed while the former connection was waited for.
        credentials.mark_changed();
        // What is waited for in every round is asked for once: each of these stands in a list behind a lock.
        let mut changed = pin!(next_credentials(credentials));
        let mut ended = pin!(inputs.evict.cancelled());
        let mut timer = Timer::new();
        let outbox = Arc::clone(&self.outbox);
        loop {
            if let Err(end) = self.read_packets(&mut socket.inbuf).await {
                return end;
            }
            self.deliver_queued();
            let (room, open) = (self.has_room(), self.is_open());
            let idle = self.out.is_empty() && !socket.unflushed;
            let dead = inputs
                .keep_alive
                .keep_alive_deadline(open, self.out.len() >= MAX_UNSENT);
            let ask_by = self.request_deadline(socket.unflushed);
            if is_past(ask_by) {
                return CloseReason::Lost;
            }
            let refill = (!self.rate_limit.is_open()).then(|| Instant::now() + self.rate_limit.wait());
            timer.arm([dead, ask_by, refill]);
            let step = tokio::select! {
                biased;
                () = &mut ended => Err(CloseReason::Server(inputs.why_ended())),
                credentials = &mut changed => {
                    let valid = credentials.borrow().hash_of(&self.device) == Some(self.hash);
                    changed.set(next_credentials(credentials));
                    valid.then_some(()).ok_or(CloseReason::Server(ReasonCode::Revoked))
                }
                (acks, result) = self.pending.next() => self.acknowledge_ready(acks, result),
                (acks, result) = self.slow.next() => self.acknowledge(acks, result),
                written = push_out(&mut socket.writer, &mut self.out, &mut socket.unflushed), if !idle => {
                    inputs.keep_alive.written = Instant::now();
                    written.map(|bytes| self.written(bytes)).map_err(|_| CloseReason::Lost)
                }
                Some(ask) = inputs.inbox.recv(), if idle => {
                    self.ask(ask);
                    Ok(())
                }
                () = outbox.filled(), if room => Ok(()),
                read = socket.reader.read_buf(&mut socket.inbuf), if open => match read {
                    Ok(0) | Err(_) => Err(CloseReason::Lost),
                    Ok(bytes) => {
                        inputs.keep_alive.read = Instant::now();
                        self.rate_limit.take_bytes(bytes);
                        self.renew_lease();
                        Ok(())
                    }
                },
                () = timer.expired() => if is_past(dead) { Err(CloseReason::Server(ReasonCode::KeepAlive)) } else { Ok(()) },
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Takes packets off the read buffer while there is room for what they ask.
    async fn read_packets(&mut self, inbuf: &mut BytesMut) -> Result<(), CloseReason> {
        self.rate_limit.refill();
        while self.is_open() {
            match wire::read(inbuf, self.writer.version, self.context.limits.packet_bytes) {
                Ok(Some(packet)) => self.packet(packet).await?,
                Ok(None) => break,
                Err(error) => return Err(CloseReason::Wire(error)),
            }
        }
        self.flush().await;
        if inbuf.capacity() - inbuf.len() < 1024 {
            inbuf.reserve(READ);
        }
        Ok(())
    }

    async fn packet(&mut self, packet: InboundPacket) -> Result<(), CloseReason> {
        match packet {
            InboundPacket::Publish(publish) => return self.publish(publish).await,
            InboundPacket::PubAck(pkid) => self.inflight.acknowledged(pkid, wire::QoS::AtLeastOnce),
            InboundPacket::PubRec { pkid, accepted: true } => {
                self.inflight.received(pkid);
                self.writer.pubrel(&mut self.out, pkid);
            }
            InboundPacket::PubRec { pkid, accepted: false } => self.inflight.acknowledged(pkid, wire::QoS::ExactlyOnce),
            InboundPacket::PubRel(pkid) => {
                self.inflight.release(pkid);
                self.writer.pubcomp(&mut self.out, pkid);
            }
            InboundPacket::PubComp(pkid) => self.inflight.completed(pkid),
            InboundPacket::Subscribe { pkid, filters, id } => return self.subscribe(pkid, filters, id).await,
            InboundPacket::Unsubscribe { pkid, filters } => return self.unsubscribe(pkid, filters).await,
            InboundPacket::Ping => self.writer.pingresp(&mut self.out),
            InboundPacket::Disconnect(farewell) => return Err(CloseReason::Disconnect(farewell)),
        }
        Ok(())
    }
}

fn is_past(moment: Option<Instant>) -> bool {
    moment.is_some_and(|at| at <= Instant::now())
}

/// The credentials once they have changed; never where they cannot change any more.
async fn next_credentials(
    mut credentials: watch::Receiver<Arc<DeviceCredentials>>,
) -> watch::Receiver<Arc<DeviceCredentials>> {
    match credentials.changed().await {
        Ok(()) => credentials,
        Err(_) => std::future::pending().await,
    }
}

/// Moves bytes towards the device, and says how many. May be dropped while it waits.
async fn push_out<W: AsyncWrite + Unpin>(
    writer: &mut W,
    out: &mut BytesMut,
    unflushed: &mut bool,
) -> io::Result<usize> {
    if out.is_empty() {
        writer.flush().await?;
        *unflushed = false;
        Ok(0)
    } else {
        let written = writer.write_buf(out).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        // A plain socket has nothing to flush, and TLS mostly can: that needs no round of its own.
        let flushed = poll_fn(|cx| Poll::Ready(Pin::new(&mut *writer).poll_flush(cx))).await;
        *unflushed = match flushed {
            Poll::Ready(flushed) => flushed.map(|()| !out.is_empty())?,
            Poll::Pending => true,
        };
        if out.is_empty() && out.capacity() > MAX_UNSENT {
            *out = BytesMut::with_capacity(4096);
        }
        Ok(written)
    }
}
