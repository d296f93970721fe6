//! The seam to rumqttd: publications in at one end, out at the other, in order and within a byte budget.
//!
//! Of rumqttd only `Router` is used, never its listeners, and that by the rules that were found to keep it alive
//! (facts/platform.md §4.4): local links, QoS 0, clean sessions, fixed client ids, no shared subscriptions, one topic
//! per recipients so that its tables stay small. Sessions, wills, retained publications, QoS and access rules live on
//! this side of the seam, so replacing the router touches this file only.

use crate::wire::{QoS, TopicName};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use protocol::DeviceId;
use rumqttd::{
    Notification, RouterConfig,
    local::{LinkBuilder, LinkRx, LinkTx},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, watch},
    time::{self, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

/// KiB that may be inside the router; far below what its segments hold, so that it never drops anything.
const CREDITS: usize = 1024;
/// What the router keeps of what it has forwarded, bytes: it never lets go of its last segments.
const SEGMENT_BYTES: usize = 512 << 10;
const SEGMENTS: usize = 6;
/// How long the router may take to come up.
const START: Duration = Duration::from_secs(5);

/// Who is to hear a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipients {
    /// One device.
    Device(DeviceId),
    /// Every device of the site.
    Site,
}

/// What goes through the router.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Publication {
    pub(crate) topic: TopicName,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// The device itself said it, so `no local` subscriptions do not hear it.
    pub(crate) local: bool,
    /// Seconds it is worth delivering.
    pub(crate) expiry: Option<u32>,
}

/// Something that came out of the router.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RoutedPublication {
    pub(crate) recipients: Recipients,
    pub(crate) publication: Publication,
}

/// The router's thread is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the router is dead")]
pub(crate) struct RouterDead;

/// The end that takes publications; shared by all connections.
#[derive(Clone)]
pub(crate) struct RouterSender {
    link: Arc<Mutex<LinkTx>>,
    credits: Arc<Semaphore>,
}

/// The end that gives them back; owned by the session task.
pub(crate) struct RouterReceiver {
    link: LinkRx,
    credits: Arc<Semaphore>,
    heartbeat: watch::Sender<()>,
    /// The router waits for a sign before it goes on.
    held: bool,
}

/// Starts the router's thread and links both ends to it. Blocks for a moment.
pub(crate) fn start() -> Result<(RouterSender, RouterReceiver, watch::Receiver<()>), RouterDead> {
    let config = RouterConfig {
        max_connections: 8,
        max_outgoing_packet_count: 200,
        max_segment_size: SEGMENT_BYTES,
        max_segment_count: SEGMENTS,
        ..Default::default()
    };
    let router = rumqttd::Router::new(0, config).spawn();
    let (sender, _, _) = LinkBuilder::new("router_sender", router.clone())
        .build()
        .map_err(|_| RouterDead)?;
    let (mut subscriber, receiver, _) = LinkBuilder::new("router_receiver", router)
        .build()
        .map_err(|_| RouterDead)?;
    subscriber.try_subscribe("#").map_err(|_| RouterDead)?;
    let credits = Arc::new(Semaphore::new(CREDITS));
    let (heartbeat, seen) = watch::channel(());
    let router_sender = RouterSender {
        link: Arc::new(Mutex::new(sender)),
        credits: Arc::clone(&credits),
    };
    let mut router_receiver = RouterReceiver {
        link: receiver,
        credits,
        heartbeat,
        held: false,
    };
    router_receiver.ready()?;
    Ok((router_sender, router_receiver, seen))
}

impl RouterSender {
    /// Hands a publication over, waiting while the router is full.
    pub(crate) async fn send(&self, recipients: &Recipients, publication: &Publication) -> Result<(), RouterDead> {
        let credits = self
            .credits
            .acquire_many(cost(publication))
            .await
            .map_err(|_| RouterDead)?;
        credits.forget();
        let topic = match recipients {
            Recipients::Device(device) => format!("device/{device}"),
            Recipients::Site => "site".to_owned(),
        };
        self.push(topic, encode(publication))
    }

    /// Publishes nothing to nobody once a second, and calls `abort` when that stops coming out at the other end. Beats
    /// are counted, not seconds: a process that was stopped for a while is no silent router.
    pub(crate) async fn watch(
        self,
        mut seen: watch::Receiver<()>,
        silence: Duration,
        abort: Arc<dyn Fn() + Send + Sync>,
        shutdown: CancellationToken,
    ) {
        let every = Duration::from_secs(1).min(silence / 2);
        let most = silence.as_millis() / every.as_millis().max(1);
        let mut beat = time::interval(every);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut missed = 0;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = beat.tick() => {}
            }
            let dead = self
                .push("heartbeat".to_owned(), Bytes::from_static(b"heartbeat"))
                .is_err();
            missed = if seen.has_changed().unwrap_or(false) {
                0
            } else {
                missed + 1
            };
            seen.mark_unchanged();
            if dead || missed > most {
                tracing::error!("the router is silent");
                abort();
                return;
            }
        }
    }

    fn push(&self, topic: String, payload: Bytes) -> Result<(), RouterDead> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        match link.try_publish(topic, payload) {
            // Where the channel is full, the publication is in the link's buffer already and the router is awake.
            Ok(_) | Err(rumqttd::local::LinkError::TrySend(flume::TrySendError::Full(_))) => Ok(()),
            Err(_) => Err(RouterDead),
        }
    }
}

impl RouterReceiver {
    /// The next publication. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Result<RoutedPublication, RouterDead> {
        loop {
            if self.held {
                self.link.wake().await.map_err(|_| RouterDead)?;
                self.held = false;
            }
            let forward = match self.link.next().await {
                Ok(Some(Notification::Forward(forward))) => forward,
                Ok(Some(Notification::Unschedule)) => {
                    self.held = true;
                    continue;
                }
                Ok(_) => continue,
                Err(_) => return Err(RouterDead),
            };
            if forward.publish.topic.as_ref() == b"heartbeat" {
                self.heartbeat.send_replace(());
                continue;
            }
            if let Some(routed) = decode(&forward.publish.topic, forward.publish.payload.clone()) {
                self.credits.add_permits(cost(&routed.publication) as usize);
                return Ok(routed);
            }
        }
    }

    /// Waits, blocking, until the router has taken the subscription.
    fn ready(&mut self) -> Result<(), RouterDead> {
        #[expect(clippy::disallowed_methods, reason = "rumqttd's blocking link takes a std deadline")]
        let deadline = std::time::Instant::now() + START;
        self.link.recv_deadline(deadline).map(drop).map_err(|_| RouterDead)
    }
}

/// What a publication costs, KiB; the largest one fits.
fn cost(publication: &Publication) -> u32 {
    let kib = (publication.payload.len() + publication.topic.as_bytes().len()) / 1024 + 1;
    u32::try_from(kib.min(CREDITS)).unwrap_or(1)
}

fn encode(publication: &Publication) -> Bytes {
    let mut frame = BytesMut::with_capacity(8 + publication.topic.as_bytes().len() + publication.payload.len());
    frame.put_u8(publication.qos as u8 | u8::from(publication.retain) << 2 | u8::from(publication.local) << 3);
    frame.put_u32(publication.expiry.map_or(0, |seconds| seconds.saturating_add(1)));
    frame.put_u16(u16::try_from(publication.topic.as_bytes().len()).unwrap_or(0));
    frame.put_slice(publication.topic.as_bytes());
    frame.put_slice(&publication.payload);
    frame.freeze()
}

fn decode(topic: &[u8], mut frame: Bytes) -> Option<RoutedPublication> {
    let topic = std::str::from_utf8(topic).ok()?;
    let recipients = match topic.strip_prefix("device/") {
        Some(device) => Recipients::Device(device.parse().ok()?),
        None => Recipients::Site,
    };
    let flags = frame.try_get_u8().ok()?;
    let expiry = frame.try_get_u32().ok()?.checked_sub(1);
    let len = usize::from(frame.try_get_u16().ok()?);
    if len > frame.len() {
        return None;
    }
    let topic = TopicName::of(frame.split_to(len))?;
    let qos = rumqttc::mqttbytes::qos(flags & 3).ok()?;
    let (retain, local) = (flags & 4 != 0, flags & 8 != 0);
    Some(RoutedPublication {
        recipients,
        publication: Publication {
            topic,
            payload: frame,
            qos,
            retain,
            local,
            expiry,
        },
    })
}
