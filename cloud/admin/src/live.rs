//! Live events for one listener: first what it missed, from the store, then what arrives, from the broadcast.
//!
//! The broadcast is joined before the store is read, so nothing falls between the two; what both have comes once. Two
//! batches that are stored at the same moment may arrive in either order. A listener never holds anything up: one that falls too far behind is told so, and its feed ends.

use crate::{caller::Tenant, events::EventQuery};
use cloud_store::{OrgStore, events, ingest::OrgEvent};
use futures_util::{Stream, stream};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

const AT_ONCE: u32 = 500;

/// What a listener gets.
#[derive(Debug, Clone)]
pub enum LiveEvent {
    /// An event that was stored.
    Event(Arc<OrgEvent>),
    /// It was too slow; the feed ends here.
    Dropped {
        /// How many events it missed.
        missed: u64,
    },
}

/// Where a feed is.
#[derive(Debug)]
enum FeedPhase {
    /// Reading what was missed.
    CatchingUp,
    /// Hearing what arrives.
    Live,
    /// Over.
    Ended,
}

/// One listener's feed.
#[derive(Debug)]
pub struct EventFeed {
    scope: OrgStore,
    arrivals: Receiver<Arc<OrgEvent>>,
    stop: CancellationToken,
    query: EventQuery,
    /// Everything up to here came from the store.
    caught_up: u64,
    waiting: VecDeque<Arc<OrgEvent>>,
    phase: FeedPhase,
}

/// Follows the organisation's events that match; `after` is the last one the listener has, none: only what comes.
pub fn follow(
    tenant: &Tenant,
    query: EventQuery,
    after: Option<u64>,
) -> impl Stream<Item = LiveEvent> + Send + 'static {
    let admin = tenant.admin();
    let phase = if after.is_some() {
        FeedPhase::CatchingUp
    } else {
        FeedPhase::Live
    };
    let feed = EventFeed {
        scope: tenant.scope.clone(),
        arrivals: admin.live.subscribe(),
        stop: admin.stop.clone(),
        query,
        caught_up: after.unwrap_or(0),
        waiting: VecDeque::new(),
        phase,
    };
    stream::unfold(
        feed,
        |mut feed| async move { feed.next().await.map(|heard| (heard, feed)) },
    )
}

impl EventFeed {
    async fn next(&mut self) -> Option<LiveEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(LiveEvent::Event(event));
            }
            match self.phase {
                FeedPhase::CatchingUp => self.catch_up().await,
                FeedPhase::Live => {
                    if let Some(heard) = self.hear().await {
                        return Some(heard);
                    }
                }
                FeedPhase::Ended => return None,
            }
        }
    }

    async fn catch_up(&mut self) {
        match events::stored_after(&self.scope, self.caught_up, AT_ONCE).await {
            Ok(missed) => {
                if missed.len() < AT_ONCE as usize {
                    self.phase = FeedPhase::Live;
                }
                for event in missed {
                    self.caught_up = event.id;
                    if self.query.matches(&event) {
                        self.waiting.push_back(Arc::new(OrgEvent {
                            org: self.scope.org(),
                            event,
                        }));
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, "cannot read the events that a listener missed");
                self.phase = FeedPhase::Ended;
            }
        }
    }

    async fn hear(&mut self) -> Option<LiveEvent> {
        let arrived = tokio::select! {
            () = self.stop.cancelled() => {
                self.phase = FeedPhase::Ended;
                return None;
            }
            arrived = self.arrivals.recv() => arrived,
        };
        match arrived {
            Ok(arrived) => {
                let event = &arrived.event;
                let fresh = arrived.org == self.scope.org() && event.id > self.caught_up;
                (fresh && self.query.matches(event)).then(|| LiveEvent::Event(Arc::clone(&arrived)))
            }
            Err(RecvError::Lagged(missed)) => {
                self.phase = FeedPhase::Ended;
                Some(LiveEvent::Dropped { missed })
            }
            Err(RecvError::Closed) => {
                self.phase = FeedPhase::Ended;
                None
            }
        }
    }
}
