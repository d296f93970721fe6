//! Live events for one listener: read from the store, a page at a time, whenever it is said that there are newer ones.
//!
//! Nothing is held for a listener but the page it is reading, so one that does not read costs nothing and misses
//! nothing. A feed never outlives the session it was asked for with.

use crate::{AdminError, AdminResult, caller::Tenant, clock::CloudClock, events::EventQuery};
use cloud_store::{
    OrgStore, PlatformStore, StoreError,
    accounts::sessions::{self, SessionId},
    events::{self, StoredEvent},
};
use futures_util::{Stream, stream};
use std::{collections::VecDeque, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;

/// Events read at a time; their bytes are bounded, too.
const AT_ONCE: u32 = 500;
/// How often it is looked whether the session still is one.
const SESSION_CHECK: Duration = Duration::from_secs(10);
/// Feeds of one organisation at once.
const FEEDS: usize = 256;

/// One listener's feed.
#[derive(Debug)]
struct EventFeed {
    scope: OrgStore,
    newest: watch::Receiver<u64>,
    stop: CancellationToken,
    session: FeedSession,
    query: EventQuery,
    /// Everything up to here has been read.
    read: u64,
    /// Whether there may be more than that.
    progress: FeedProgress,
    waiting: VecDeque<StoredEvent>,
}

/// Whose feed it is, and whether that still holds.
#[derive(Debug)]
struct FeedSession {
    platform: PlatformStore,
    clock: CloudClock,
    id: SessionId,
    checks: Interval,
    /// Somebody's sessions were ended.
    changes: watch::Receiver<()>,
}

/// How far a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FeedProgress {
    /// The store may have more.
    Behind,
    /// It had nothing more when it was last asked.
    CaughtUp,
}

/// Follows the organisation's events that match; `after` is the last one the listener has, none: only what comes.
pub async fn follow(
    tenant: &Tenant,
    query: EventQuery,
    after: Option<u64>,
) -> AdminResult<impl Stream<Item = StoredEvent> + Send + 'static> {
    let (admin, scope) = (tenant.admin(), tenant.scope.clone());
    let failed = |error| AdminError::store("Following events", error);
    // Before the store is asked for its newest event, so that nothing falls between the two.
    let newest = scope.new_events(FEEDS).map_err(failed)?;
    let (read, progress) = match after {
        Some(after) => (after, FeedProgress::Behind),
        None => (events::last_id(&scope).await.map_err(failed)?, FeedProgress::CaughtUp),
    };
    let mut checks = interval_at(Instant::now() + SESSION_CHECK, SESSION_CHECK);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let feed = EventFeed {
        newest,
        stop: admin.stop.clone(),
        session: FeedSession {
            platform: admin.store.platform(),
            clock: admin.clock.clone(),
            id: tenant.caller.session.id,
            checks,
            changes: admin.session_changes.subscribe(),
        },
        scope,
        query,
        read,
        progress,
        waiting: VecDeque::new(),
    };
    Ok(stream::unfold(feed, |mut feed| async move {
        feed.next().await.map(|event| (event, feed))
    }))
}

impl EventFeed {
    async fn next(&mut self) -> Option<StoredEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let more = async {
                match self.progress {
                    FeedProgress::Behind => Ok(()),
                    FeedProgress::CaughtUp => self.newest.changed().await,
                }
            };
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = self.session.check_due() => {
                    if !self.session.holds().await {
                        return None;
                    }
                }
                more = more => {
                    more.ok()?;
                    if let Err(error) = self.read_page().await {
                        tracing::error!(%error, "cannot read events for a listener");
                        return None;
                    }
                }
            }
        }
    }

    async fn read_page(&mut self) -> Result<(), StoreError> {
        self.newest.mark_unchanged();
        let found = events::stored_after(&self.scope, self.read, AT_ONCE).await?;
        self.progress = match found.last() {
            Some(last) => {
                self.read = last.id;
                FeedProgress::Behind
            }
            None => FeedProgress::CaughtUp,
        };
        let query = &self.query;
        self.waiting
            .extend(found.into_iter().filter(|event| query.matches(event)));
        Ok(())
    }
}

impl FeedSession {
    /// Waits until it is time to look: every few seconds, and at once where somebody's sessions were ended.
    async fn check_due(&mut self) {
        let (checks, changes) = (&mut self.checks, &mut self.changes);
        tokio::select! {
            _ = checks.tick() => {}
            Ok(()) = changes.changed() => {}
        }
    }

    /// A store that does not answer ends the feed, too: whoever may listen connects again.
    async fn holds(&self) -> bool {
        let live = sessions::is_live(&self.platform, self.id, self.clock.now()).await;
        live.is_ok_and(|live| live)
    }
}
