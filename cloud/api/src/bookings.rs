//! Agreed times of a branch: made here, given to their holder as six digits, told to the edge as rows of a register.
//!
//! The digits are answered once and kept nowhere: the row holds their hash, as the edge needs it to let them in.

use crate::{
    extract::{JsonBody, Path},
    page::OrgParam,
    refusals::Refusals,
    result::ApiResult,
    wire_time::{WireTime, readable},
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cloud_admin::{
    bookings::{self, BookingCode},
    caller::Tenant,
};
use http::StatusCode;
use protocol::{
    EdgeId, Timestamp,
    id::{BookingId, ServiceId},
};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

/// What somebody books.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookingRequest {
    /// A service of the branch that is published for this edge.
    #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,62}$")]
    pub(crate) service: ServiceId,
    /// When, RFC 3339: from now on, seven days ahead at most.
    #[serde(deserialize_with = "readable")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Option<Timestamp>,
}

/// A booking that was made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingCreated)]
pub(crate) struct CreatedBookingBody {
    /// Which.
    #[schema(value_type = Uuid)]
    pub(crate) id: BookingId,
    /// What for.
    #[schema(value_type = String)]
    pub(crate) service: ServiceId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: WireTime,
    /// Six digits to type at the kiosk: told once, kept nowhere.
    #[serde(serialize_with = "exposed")]
    #[schema(value_type = String)]
    pub(crate) code: BookingCode,
}

/// A booking as anybody of the organisation may see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BookingBody {
    /// Which.
    #[schema(value_type = Uuid)]
    pub(crate) id: BookingId,
    /// What for.
    #[schema(value_type = String)]
    pub(crate) service: ServiceId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: WireTime,
}

/// The one answer in which the digits stand.
fn exposed<S: Serializer>(code: &BookingCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.expose())
}

/// Agreed times of an edge's branch, soonest first.
#[utoipa::path(get, path = "/edges/{id}/bookings", tag = "queue", params(("id" = Uuid, Path), OrgParam),
    responses((status = 200, body = Vec<BookingBody>), Refusals))]
pub(crate) async fn list(tenant: Tenant, Path(edge): Path<EdgeId>) -> ApiResult<Json<Vec<BookingBody>>> {
    let all = bookings::list(&tenant, edge).await?;
    let bodies = all.into_iter().map(|booking| BookingBody {
        id: booking.id,
        service: booking.service,
        at: booking.at.into(),
    });
    Ok(Json(bodies.collect()))
}

/// Agree a time. The six digits are in the answer and nowhere else (Q8).
#[utoipa::path(post, path = "/edges/{id}/bookings", tag = "queue", request_body = BookingRequest,
    params(("id" = Uuid, Path), OrgParam), responses((status = 201, body = CreatedBookingBody), Refusals))]
pub(crate) async fn create(
    tenant: Tenant,
    Path(edge): Path<EdgeId>,
    JsonBody(request): JsonBody<BookingRequest>,
) -> ApiResult<Response> {
    let made = bookings::create(&tenant, edge, &request.service, request.at).await?;
    let body = CreatedBookingBody {
        id: made.id,
        service: made.service,
        at: made.at.into(),
        code: made.code,
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// A booking's path: edge and booking.
#[derive(Debug, Deserialize)]
pub(crate) struct BookingPath {
    id: EdgeId,
    booking: BookingId,
}

/// Withdraw a booking: its six digits let nobody in any more, once the edge has heard of it.
#[utoipa::path(delete, path = "/edges/{id}/bookings/{booking}", tag = "queue",
    params(("id" = Uuid, Path), ("booking" = Uuid, Path), OrgParam), responses((status = 204), Refusals))]
pub(crate) async fn withdraw(tenant: Tenant, Path(path): Path<BookingPath>) -> ApiResult<StatusCode> {
    bookings::withdraw(&tenant, path.id, path.booking).await?;
    Ok(StatusCode::NO_CONTENT)
}
