//! Registers of an edge: large configuration that goes down as rows, and how far the edge has it.
//!
//! No row is shown here.

use crate::{extract::Path, page::OrgParam, refusals::Refusals, result::ApiResult};
use axum::Json;
use cloud_admin::{caller::Tenant, registers};
use cloud_store::registers::TrackedRegister;
use protocol::EdgeId;
use serde::Serialize;
use utoipa::ToSchema;

/// A register, and how far the edge has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Register)]
pub(crate) struct RegisterBody {
    /// Which, e.g. `bookings`.
    id: String,
    /// How far the cloud has come: one more with each row that is written.
    version: u64,
    /// The hash of the cloud's rows.
    hash: String,
    /// `due`: the edge lacks something; `sent`: rows are on their way; `in_force`: the edge holds what there is;
    /// `refused`: the edge does not know the register.
    #[schema(pattern = "^(due|sent|in_force|refused)$")]
    state: &'static str,
    /// What the edge last said it holds; none: it holds nothing yet.
    held: Option<HeldBody>,
    /// Why the edge did not take the last rows.
    reason: Option<String>,
}

/// What an edge holds of a register.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldRegister)]
pub(crate) struct HeldBody {
    /// How far it has it.
    version: u64,
    /// The hash of its rows.
    hash: String,
    /// The whole table is on its way to it.
    resync: bool,
}

/// Registers of an edge.
#[utoipa::path(get, path = "/edges/{id}/registers", tag = "edges", params(("id" = Uuid, Path), OrgParam),
    responses((status = 200, body = Vec<RegisterBody>), Refusals))]
pub(crate) async fn list(tenant: Tenant, Path(edge): Path<EdgeId>) -> ApiResult<Json<Vec<RegisterBody>>> {
    let all = registers::list(&tenant, edge).await?;
    Ok(Json(all.into_iter().map(body).collect()))
}

fn body(tracked: TrackedRegister) -> RegisterBody {
    RegisterBody {
        id: tracked.register.as_str().to_owned(),
        version: tracked.state.version.0,
        hash: tracked.state.hash.to_string(),
        state: tracked.progress.as_str(),
        held: tracked.held.map(|held| HeldBody {
            version: held.version.0,
            hash: held.hash.to_string(),
            resync: held.resync_since.is_some(),
        }),
        reason: tracked.reason,
    }
}
