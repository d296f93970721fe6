//! Registers of an edge as administrators see them: how far the cloud has come, and how far the edge is with it.
//!
//! No row is shown here: what a row is about is for whoever looks after it.

use crate::{AdminError, AdminResult, caller::Tenant, edges, role::Permission};
use cloud_store::registers::{self, TrackedRegister};
use protocol::EdgeId;

/// The registers of an edge that rows were ever written of, by name.
pub async fn list(tenant: &Tenant, edge: EdgeId) -> AdminResult<Vec<TrackedRegister>> {
    tenant.need(Permission::ReadSites).await?;
    edges::known(tenant, edge).await?;
    let all = registers::all(&tenant.scope, edge).await;
    all.map_err(|error| AdminError::store("Looking at registers", error))
}
