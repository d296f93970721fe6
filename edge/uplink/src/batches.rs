//! Batches: from where the cloud is, facts before telemetry, at once when facts wait.
//!
//! At least once on the wire; (edge, epoch, lane, seq) makes it once in the store. A batch that the cloud does not want
//! is cut in half until one record is left; that one is offered again rarely, for ever: a fact is never given up here.

mod pack;
mod schedule;

pub(crate) use pack::{PackError, PackedBatch, pack, seal};
pub(crate) use schedule::Schedule;

use crate::{
    client::{CallBody, CallError, CloudCall, CloudClient, EdgeRefusal},
    jitter::random,
    link::{LinkReport, LinkReporter},
    settings::Timing,
};
use edge_kernel::{FactEntry, JournalError, Port};
use protocol::{
    Actor, EdgeId, Epoch, Fact, Lane, LaneCursors, Seq, batch,
    control::IngestReply,
    fact::{DropReason, EventRange},
};
use schedule::BatchRefusal;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Why no more batches are sent.
#[derive(Debug)]
pub(crate) enum BatchesEnd {
    /// The edge is stopping.
    Stopping,
    /// The cloud turned this edge away.
    Refused(EdgeRefusal),
    /// The cloud wants this edge to join again.
    Rejoin,
}

/// The sender of one session.
pub(crate) struct Batches {
    pub(crate) cloud: CloudClient,
    /// Kept whole: each clone of a port looks for its place in the journal anew.
    pub(crate) port: Arc<Port>,
    pub(crate) edge: EdgeId,
    /// Under which epoch they go up.
    pub(crate) epoch: Epoch,
    /// Up to here they went up under an epoch before.
    pub(crate) after: LaneCursors,
    /// What the cloud had confirmed before this session.
    pub(crate) confirmed: LaneCursors,
    pub(crate) timing: Timing,
    pub(crate) link: LinkReporter,
    /// What the cloud said over the control channel that it has: an imported file moves it, too.
    pub(crate) cloud_has: watch::Receiver<LaneCursors>,
    pub(crate) flush: Arc<Notify>,
}

impl Batches {
    /// Sends until the edge stops or is turned away.
    pub(crate) async fn run(self, have: LaneCursors, shutdown: CancellationToken) -> BatchesEnd {
        let mut schedule = Schedule::new(have, &self.timing, Instant::now());
        schedule.cloud_has(self.after);
        loop {
            if shutdown.is_cancelled() {
                return BatchesEnd::Stopping;
            }
            schedule.cloud_has(*self.cloud_has.borrow());
            let committed = *self.port.committed().borrow();
            let now = Instant::now();
            let Some(lane) = schedule.due(committed, now) else {
                if self.rest(&mut schedule, now, &shutdown).await {
                    continue;
                }
                return BatchesEnd::Stopping;
            };
            if let Err(ended) = self.serve(lane, &mut schedule).await {
                return ended;
            }
        }
    }

    /// Waits for something to do; false: the edge is stopping.
    async fn rest(&self, schedule: &mut Schedule, now: Instant, shutdown: &CancellationToken) -> bool {
        let mut committed = self.port.committed();
        let facts = committed.borrow_and_update().facts;
        let until = schedule.wake_at(facts, now);
        let fresh = async {
            // Telemetry moves this, too, and is not worth waking up for.
            while committed.changed().await.is_ok() {
                if committed.borrow_and_update().facts > facts {
                    return;
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            () = shutdown.cancelled() => return false,
            () = tokio::time::sleep_until(until) => {}
            () = self.flush.notified() => schedule.hurry(Instant::now()),
            () = fresh => tokio::time::sleep(self.timing.coalesce).await,
        }
        true
    }

    /// Sends one batch of a lane, or notes why not.
    async fn serve(&self, lane: Lane, schedule: &mut Schedule) -> Result<(), BatchesEnd> {
        let (after, room) = (schedule.position(lane), schedule.chunk(lane));
        let (port, origin) = (Arc::clone(&self.port), (self.edge, self.epoch));
        let packed = tokio::task::spawn_blocking(move || pack(&port, origin, lane, after, room)).await;
        match packed.map_err(|_| BatchesEnd::Stopping)? {
            Ok(Some(packed)) => {
                // The cloud had these once, and they were let go then: it was restored from a copy since.
                if let Some(range) = schedule.let_go(lane, packed.header.first, self.confirmed.of(lane)) {
                    self.record_tombstone(lane, range, DropReason::Acknowledged).await;
                }
                self.send(packed, schedule).await
            }
            Ok(None) => {
                schedule.nothing(lane, Instant::now());
                Ok(())
            }
            Err(pack::PackError::Records(JournalError::Damaged { lane, from, to })) => {
                if schedule.skip(lane, to) {
                    tracing::error!(%lane, %from, %to, "events are damaged on disk");
                    self.record_tombstone(lane, (from, to), DropReason::Damaged).await;
                }
                Ok(())
            }
            Err(error) => {
                let wait = schedule.failed(Instant::now(), random());
                tracing::warn!(%lane, %error, source = ?std::error::Error::source(&error), ?wait, "no batch could be made");
                Ok(())
            }
        }
    }

    async fn send(&self, packed: PackedBatch, schedule: &mut Schedule) -> Result<(), BatchesEnd> {
        let (lane, last) = (packed.header.lane, packed.header.last);
        let idempotency_key = packed.header.idempotency_key();
        let body = CallBody::Batch {
            wire: packed.wire,
            idempotency_key: &idempotency_key,
        };
        let call = CloudCall {
            doing: "send a batch",
            path: batch::PATH,
            body,
            wait: Duration::ZERO,
        };
        let stored = self.cloud.call(&call).await.and_then(|answer| {
            serde_json::from_slice::<IngestReply>(&answer).map_err(|source| CallError::Answer {
                doing: call.doing,
                source,
            })
        });
        match stored {
            Ok(stored) => {
                tracing::debug!(%lane, %last, new = stored.new, known = stored.known, "batch stored");
                schedule.stored(lane, packed.header.first, last, stored.have, Instant::now());
                self.link.report(LinkReport::Stored).await;
                self.port
                    .advance(self.port.epoch(), stored.have)
                    .await
                    .map_err(|_| BatchesEnd::Stopping)
            }
            Err(CallError::Refused(refused)) => Err(BatchesEnd::Refused(refused)),
            Err(CallError::Rejoin) => Err(BatchesEnd::Rejoin),
            Err(error) => {
                self.handle_failure(&packed.header, &error, schedule);
                Ok(())
            }
        }
    }

    /// Learns from a failure how to go on, and says so once.
    fn handle_failure(&self, header: &batch::BatchHeader, error: &CallError, schedule: &mut Schedule) {
        let (lane, first, last) = (header.lane, header.first, header.last);
        if error.is_timeout() {
            schedule.too_slow(lane);
        }
        if error.refused_status().is_none() {
            let wait = schedule.failed(Instant::now(), random());
            tracing::info!(%lane, %error, ?wait, "a batch was not stored");
            return;
        }
        match schedule.refused(lane, first, last, Instant::now()) {
            BatchRefusal::Smaller => {
                tracing::info!(%lane, %first, %last, %error, "a batch was refused, trying half of it")
            }
            BatchRefusal::Stuck => {
                tracing::warn!(%lane, seq = %first, %error, "the cloud refuses a record; it is offered again, rarely")
            }
            BatchRefusal::StillStuck => {
                tracing::debug!(%lane, seq = %first, %error, "the cloud still refuses a record")
            }
        }
    }

    /// Leaves a tombstone for what is not sent.
    async fn record_tombstone(&self, lane: Lane, (from_seq, to_seq): (Seq, Seq), reason: DropReason) {
        let dropped = EventRange {
            lane,
            from_seq,
            to_seq,
            bytes: 0,
            reason,
        };
        if let Err(refusal) = self
            .port
            .record(Actor::Edge, vec![FactEntry::from(Fact::JournalDropped(dropped))])
            .await
        {
            tracing::warn!(%refusal, "a tombstone was not recorded");
        }
    }
}
