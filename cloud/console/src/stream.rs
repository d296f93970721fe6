//! The console's live updates: rows for a page's table, and panels that replace those on the page.
//!
//! The server renders them; the page's script only puts them in place. A panel is rendered anew when an event concerns
//! it, and every few seconds for what no event tells: that an edge has fallen silent.

use crate::{
    device_page, edge_page, event_row, home, outcome,
    session::{OrgUser, PageRefusal},
};
use axum::{
    extract::Query,
    http::HeaderMap,
    response::{Response, sse::Event},
};
use cloud_admin::{
    AdminError, AdminResult, caller::Tenant, commands, events::EventQuery, live::follow, role::Permission,
    target::DeviceRef,
};
use cloud_http::event_stream::{last_event_id, served};
use cloud_store::events::{EventNameFilter, StoredEvent};
use futures_util::{Stream, StreamExt as _, stream};
use maud::Markup;
use protocol::{CommandId, EdgeId, id::SubjectId};
use serde::Deserialize;
use std::{pin::Pin, time::Duration};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// How often a panel is rendered anew where no event asked for it.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Which page listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub(crate) enum LivePage {
    /// The first page.
    Home,
    /// An edge's page.
    Edge {
        /// Which.
        edge: EdgeId,
    },
    /// A device's page.
    Device {
        /// Which.
        device: DeviceRef,
    },
    /// The events' page.
    Events {
        /// Of this type only; empty: of any.
        #[serde(default, rename = "type")]
        kind: String,
        /// Of this device only; empty: of any.
        #[serde(default)]
        device: String,
    },
}

/// One page's updates.
struct Updates {
    tenant: Tenant,
    view: LivePage,
    events: Pin<Box<dyn Stream<Item = StoredEvent> + Send>>,
    ticks: Interval,
    shown: String,
    stop: CancellationToken,
}

/// What woke the updates.
enum UpdateTrigger {
    Event(StoredEvent),
    Tick,
    Ended,
}

/// The stream.
pub(crate) async fn live(
    member: OrgUser,
    Query(view): Query<LivePage>,
    headers: HeaderMap,
) -> Result<Response, PageRefusal> {
    let tenant = member.tenant;
    let permission = match view {
        LivePage::Home | LivePage::Edge { .. } => Permission::ReadSites,
        LivePage::Device { .. } => Permission::ReadDevices,
        LivePage::Events { .. } => Permission::ReadEvents,
    };
    tenant.need(permission).await?;
    let query = view.query()?;
    query.edge(&tenant).await?;
    let heard = Box::pin(follow(&tenant, query, last_event_id(&headers)?).await?);
    let mut ticks = interval_at(Instant::now() + LOOK_AGAIN, LOOK_AGAIN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let stop = tenant.admin().stop.clone();
    let updates = Updates {
        tenant,
        view,
        events: heard,
        ticks,
        shown: String::new(),
        stop,
    };
    let batches = stream::unfold(updates, |mut updates| async move {
        let events = updates.next().await?;
        Some((stream::iter(events), updates))
    });
    Ok(served(batches.flatten()))
}

impl LivePage {
    fn query(&self) -> AdminResult<EventQuery> {
        let any = EventQuery::default();
        Ok(match self {
            LivePage::Home => any,
            LivePage::Edge { edge } => EventQuery {
                edge: Some(*edge),
                ..any
            },
            LivePage::Device { device } => EventQuery {
                edge: Some(device.edge),
                ..any
            },
            LivePage::Events { kind, device } => {
                let device = match device.as_str() {
                    "" => None,
                    text => Some(text.parse().map_err(|_| AdminError::not_found("device"))?),
                };
                EventQuery {
                    device,
                    kind: Some(kind.as_str())
                        .filter(|kind| !kind.is_empty())
                        .map(EventNameFilter::from),
                    ..any
                }
            }
        })
    }
}

impl Updates {
    async fn next(&mut self) -> Option<Vec<Event>> {
        let woken = tokio::select! {
            () = self.stop.cancelled() => UpdateTrigger::Ended,
            heard = self.events.next() => heard.map_or(UpdateTrigger::Ended, UpdateTrigger::Event),
            _ = self.ticks.tick() => UpdateTrigger::Tick,
        };
        match woken {
            UpdateTrigger::Ended => None,
            UpdateTrigger::Tick => Some(self.panel().await.into_iter().collect()),
            UpdateTrigger::Event(event) => Some(self.of_event(&event).await),
        }
    }

    async fn of_event(&mut self, event: &StoredEvent) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(row) = self.row(event) {
            events.push(row);
        }
        if let Some(line) = self.outcome(event).await {
            events.push(line);
        }
        if event.name.as_str().starts_with("device.") || event.name.as_str().starts_with("site.") {
            events.extend(self.panel().await);
        }
        events
    }

    fn row(&self, event: &StoredEvent) -> Option<Event> {
        let wanted = match &self.view {
            LivePage::Home | LivePage::Edge { .. } => false,
            LivePage::Device { device } => {
                let may = self.tenant.caller.role.may(Permission::ReadEvents);
                may && event.device.as_ref().map(SubjectId::as_str) == Some(device.device.as_str())
            }
            LivePage::Events { .. } => true,
        };
        wanted.then(|| sent("row", &event_row::row(event)).id(event.id.to_string()))
    }

    /// A command of this device moved on.
    async fn outcome(&mut self, event: &StoredEvent) -> Option<Event> {
        let LivePage::Device { .. } = self.view else {
            return None;
        };
        let id: CommandId = event
            .corr
            .as_ref()
            .filter(|_| event.name.as_str().starts_with("command."))?
            .as_str()
            .parse()
            .ok()?;
        let tracked = commands::get(&self.tenant, id).await.ok()?;
        Some(sent("swap", &outcome::line(&tracked, self.tenant.admin().clock.now())))
    }

    /// The page's panel, where it looks different from the last one that was sent.
    async fn panel(&mut self) -> Option<Event> {
        let panel = match &self.view {
            LivePage::Home => home::fleet(&self.tenant).await,
            LivePage::Edge { edge } => edge_page::panel(&self.tenant, *edge).await,
            LivePage::Device { device } => device_page::panel(&self.tenant, device).await,
            LivePage::Events { .. } => return None,
        };
        let panel = panel.ok()?;
        if panel.0 == self.shown {
            return None;
        }
        self.shown.clone_from(&panel.0);
        Some(sent("swap", &panel))
    }
}

fn sent(name: &str, content: &Markup) -> Event {
    Event::default().event(name).data(content.0.as_str())
}
