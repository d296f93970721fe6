//! Events as administrators find them: by edge, device, type and time, newest first.
//!
//! A body is passed on as the edge wrote it; nothing here reads into it.

use crate::{
    AdminError, AdminErrorKind, AdminResult,
    caller::Tenant,
    cursor::{Cursor, PageRequest, PageResult},
    edges,
    role::Permission,
    target::DeviceRef,
};
use cloud_store::{
    StoreError, edges as stored_edges,
    events::{self, EventFilter, EventNameFilter, StoredEvent},
};
use protocol::{EdgeId, SiteId, Timestamp, id::SubjectId, text::CorrelationId};
use std::collections::{HashMap, HashSet};

/// Which events. All given conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Of this edge.
    pub edge: Option<EdgeId>,
    /// About this device.
    pub device: Option<DeviceRef>,
    /// Of this type, or one of these.
    pub kind: Option<EventNameFilter>,
    /// Happened at or after.
    pub from: Option<Timestamp>,
    /// Happened before.
    pub to: Option<Timestamp>,
    /// Belonging to this command, ticket or visit.
    pub corr: Option<CorrelationId>,
}

/// Which site each edge stands at.
#[derive(Debug, Clone, Default)]
pub struct EdgeSites(HashMap<EdgeId, SiteId>);

impl EdgeSites {
    /// Reads it.
    pub async fn of(tenant: &Tenant) -> AdminResult<Self> {
        Self::read(tenant, None).await
    }
    /// Reads as much of it as these events need.
    pub async fn among(tenant: &Tenant, events: &[StoredEvent]) -> AdminResult<Self> {
        let edges: HashSet<EdgeId> = events.iter().map(|event| event.edge).collect();
        Self::read(tenant, Some(edges.into_iter().collect())).await
    }
    async fn read(tenant: &Tenant, only: Option<Vec<EdgeId>>) -> AdminResult<Self> {
        let sites = stored_edges::sites(&tenant.admin().store.platform(), tenant.scope.org(), only).await;
        Ok(Self(sites.map_err(failed)?.into_iter().collect()))
    }
    /// The site of an edge, where the edge was known when this was read.
    pub fn get(&self, edge: EdgeId) -> Option<SiteId> {
        self.0.get(&edge).copied()
    }
}

/// A page of events.
pub async fn list(
    tenant: &Tenant,
    query: &EventQuery,
    page: PageRequest<u64>,
) -> AdminResult<PageResult<StoredEvent, u64>> {
    tenant.need(Permission::ReadEvents).await?;
    let filter = EventFilter {
        edge: query.edge(tenant).await?,
        device: query.device.as_ref().map(|device| device.device.clone()),
        name: query.kind.clone(),
        from: query.from,
        to: query.to,
        corr: query.corr.clone(),
        before: page.after.map(Into::into),
        limit: page.limit,
    };
    let items = events::query(&tenant.scope, filter).await.map_err(failed)?;
    let last = items.last().filter(|_| items.len() == page.limit as usize);
    let next = last.map(|event| Cursor {
        at: event.at,
        id: event.id,
    });
    Ok(PageResult { items, next })
}

impl EventQuery {
    /// The edge that is meant, which must be one of the organisation's; type and `corr` are looked at too.
    pub async fn edge(&self, tenant: &Tenant) -> AdminResult<Option<EdgeId>> {
        self.check()?;
        let edge = match (self.edge, &self.device) {
            (Some(edge), Some(device)) if edge != device.edge => {
                return Err(AdminError::new(
                    AdminErrorKind::NotFound,
                    "Query: the device hangs on another edge.",
                ));
            }
            (_, Some(device)) => Some(device.edge),
            (edge, None) => edge,
        };
        if let Some(edge) = edge {
            edges::known(tenant, edge).await?;
        }
        Ok(edge)
    }

    /// The type is one or a beginning of one.
    fn check(&self) -> AdminResult<()> {
        if self.kind.as_ref().is_some_and(|kind| !kind.is_well_formed()) {
            return Err(AdminError::new(
                AdminErrorKind::BadArgument,
                "Query: type is 1 to 64 of a-z, 0-9, '_' and '.'.",
            ));
        }
        if self
            .corr
            .as_ref()
            .is_some_and(|corr| corr.as_str().chars().count() > 64)
        {
            return Err(AdminError::new(
                AdminErrorKind::BadArgument,
                "Query: corr is at most 64 characters.",
            ));
        }
        Ok(())
    }

    /// Whether a stored event is meant. Times are not looked at: a live event is always now.
    pub fn matches(&self, event: &StoredEvent) -> bool {
        self.edge.is_none_or(|edge| edge == event.edge)
            && self.device.as_ref().is_none_or(|wanted| {
                let about = event.device.as_ref().map(SubjectId::as_str);
                wanted.edge == event.edge && about == Some(wanted.device.as_str())
            })
            && self.kind.as_ref().is_none_or(|wanted| wanted.matches(&event.name))
            && self.corr.as_ref().is_none_or(|corr| event.corr.as_ref() == Some(corr))
    }
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking up events", error)
}
