//! Batches: from where the cloud is, facts before telemetry, at once when facts wait.
//!
//! At least once on the wire; (edge, epoch, lane, seq) makes it once in the store. A batch that the cloud does not want
//! is cut in half until one record is left; that one is offered again rarely, for ever: a fact is never given up here.

mod course;
mod pack;

pub(crate) use course::Course;
pub(crate) use pack::{PackError, Packed, pack, seal};

use crate::{
    backoff::random,
    client::{Body, Call, CallError, Cloud, Refused},
    link::{Link, Sign},
    settings::Timing,
};
use course::Verdict;
use edge_kernel::{Entry, JournalError, Port};
use protocol::{
    Actor, EdgeId, Fact, Have, Lane, Seq, batch,
    control::Stored,
    fact::{DropReason, Dropped},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Why no more batches are sent.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The edge is stopping.
    Stopping,
    /// The cloud turned this edge away.
    Refused(Refused),
    /// The cloud wants this edge to join again.
    Rejoin,
}

/// The sender of one session.
pub(crate) struct Batches {
    pub(crate) cloud: Cloud,
    /// Kept whole: each clone of a port looks for its place in the journal anew.
    pub(crate) port: Arc<Port>,
    pub(crate) edge: EdgeId,
    pub(crate) timing: Timing,
    pub(crate) link: Link,
    /// What the cloud said over the control channel that it has: an imported file moves it, too.
    pub(crate) told: watch::Receiver<Have>,
    pub(crate) flush: Arc<Notify>,
}

impl Batches {
    /// Sends until the edge stops or is turned away.
    pub(crate) async fn run(self, have: Have, shutdown: CancellationToken) -> Ended {
        let mut course = Course::new(have, &self.timing, Instant::now());
        loop {
            if shutdown.is_cancelled() {
                return Ended::Stopping;
            }
            course.told(*self.told.borrow());
            let committed = *self.port.committed().borrow();
            let now = Instant::now();
            let Some(lane) = course.due(committed, now) else {
                if self.rest(&mut course, now, &shutdown).await {
                    continue;
                }
                return Ended::Stopping;
            };
            if let Err(ended) = self.serve(lane, &mut course).await {
                return ended;
            }
        }
    }

    /// Waits for something to do; false: the edge is stopping.
    async fn rest(&self, course: &mut Course, now: Instant, shutdown: &CancellationToken) -> bool {
        let mut committed = self.port.committed();
        let facts = committed.borrow_and_update().facts;
        let until = course.wake_at(facts, now);
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
            () = self.flush.notified() => course.hurry(Instant::now()),
            () = fresh => tokio::time::sleep(self.timing.coalesce).await,
        }
        true
    }

    /// Sends one batch of a lane, or notes why not.
    async fn serve(&self, lane: Lane, course: &mut Course) -> Result<(), Ended> {
        let (after, room) = (course.position(lane), course.chunk(lane));
        let (port, edge) = (Arc::clone(&self.port), self.edge);
        let packed = tokio::task::spawn_blocking(move || pack(&port, edge, lane, after, room)).await;
        match packed.map_err(|_| Ended::Stopping)? {
            Ok(Some(packed)) => self.send(packed, course).await,
            Ok(None) => {
                course.nothing(lane, Instant::now());
                Ok(())
            }
            Err(pack::PackError::Records(JournalError::Damaged { lane, from, to })) => {
                if course.skip(lane, to) {
                    self.explain(lane, from, to).await;
                }
                Ok(())
            }
            Err(error) => {
                let wait = course.failed(Instant::now(), random());
                tracing::warn!(%lane, %error, source = ?std::error::Error::source(&error), ?wait, "no batch could be made");
                Ok(())
            }
        }
    }

    async fn send(&self, packed: Packed, course: &mut Course) -> Result<(), Ended> {
        let (lane, last) = (packed.header.lane, packed.header.last);
        let idempotency_key = packed.header.idempotency_key();
        let body = Body::Batch {
            wire: packed.wire,
            idempotency_key: &idempotency_key,
        };
        let call = Call {
            doing: "send a batch",
            path: batch::PATH,
            body,
            wait: Duration::ZERO,
        };
        let stored = self.cloud.call(&call).await.and_then(|answer| {
            serde_json::from_slice::<Stored>(&answer).map_err(|source| CallError::Answer {
                doing: call.doing,
                source,
            })
        });
        match stored {
            Ok(stored) => {
                tracing::debug!(%lane, %last, new = stored.new, known = stored.known, "batch stored");
                course.stored(lane, packed.header.first, last, stored.have, Instant::now());
                self.link.report(Sign::Stored).await;
                self.port
                    .advance(self.port.epoch(), stored.have)
                    .await
                    .map_err(|_| Ended::Stopping)
            }
            Err(CallError::Refused(refused)) => Err(Ended::Refused(refused)),
            Err(CallError::Rejoin) => Err(Ended::Rejoin),
            Err(error) => {
                self.complain(&packed.header, &error, course);
                Ok(())
            }
        }
    }

    /// Learns from a failure how to go on, and says so once.
    fn complain(&self, header: &batch::BatchHeader, error: &CallError, course: &mut Course) {
        let (lane, first, last) = (header.lane, header.first, header.last);
        if error.is_timeout() {
            course.too_slow(lane);
        }
        if error.refused_status().is_none() {
            let wait = course.failed(Instant::now(), random());
            tracing::info!(%lane, %error, ?wait, "a batch was not stored");
            return;
        }
        match course.refused(lane, first, last, Instant::now()) {
            Verdict::Smaller => tracing::info!(%lane, %first, %last, %error, "a batch was refused, trying half of it"),
            Verdict::Stuck => {
                tracing::warn!(%lane, seq = %first, %error, "the cloud refuses a record; it is offered again, rarely")
            }
            Verdict::StillStuck => tracing::debug!(%lane, seq = %first, %error, "the cloud still refuses a record"),
        }
    }

    /// Leaves a tombstone for what cannot be read any more.
    async fn explain(&self, lane: Lane, from_seq: Seq, to_seq: Seq) {
        tracing::error!(%lane, %from_seq, %to_seq, "events are damaged on disk");
        let dropped = Dropped {
            lane,
            from_seq,
            to_seq,
            bytes: 0,
            reason: DropReason::Damaged,
        };
        if let Err(refusal) = self
            .port
            .record(Actor::Edge, vec![Entry::from(Fact::JournalDropped(dropped))])
            .await
        {
            tracing::warn!(%refusal, "a tombstone was not recorded");
        }
    }
}
