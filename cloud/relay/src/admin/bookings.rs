//! Agreed times of a branch: made here, given to their holder as six digits, told to the edge as rows of a register.
//!
//! The digits are answered once and kept nowhere: the row holds their hash, as the edge needs it to let them in.

use super::{
    caller::Tenant,
    documents, edges,
    extract::{Body, Path},
    page::Whose,
    problem::{Answer, Kind, Problem, Refusals},
    role::Permission,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use cloud_store::{
    audit::Done,
    bookings::{self, Added, NewBooking},
    edges::EdgeState,
};
use http::StatusCode;
use protocol::{
    Digest, DocumentId, EdgeId, Timestamp,
    id::{BookingId, ServiceId},
    queue::{Booking, Branch},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// The document that says which services there are.
pub const BRANCH: &str = "queue/branch";
/// How far ahead somebody may book: what an edge keeps for working offline.
const AHEAD: Duration = Duration::from_secs(7 * 86_400 + 86_400);
/// How long a booking is kept after its time.
const KEPT: Duration = Duration::from_secs(86_400);
/// Bookings of one branch at most.
const MOST: usize = 5_000;
/// Codes tried for one booking: among so many bookings, that all of them are taken will not happen.
const CANDIDATES: usize = 8;

/// What somebody books.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BookingWish {
    /// A service of the branch that is published for this edge.
    #[schema(value_type = String, pattern = "^[a-z0-9][a-z0-9-]{0,62}$")]
    pub service: ServiceId,
    /// When, RFC 3339: from now on, seven days ahead at most.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A booking that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BookingMade {
    /// Which.
    #[schema(value_type = Uuid)]
    pub id: BookingId,
    /// What for.
    #[schema(value_type = String)]
    pub service: ServiceId,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Six digits to type at the kiosk: told once, kept nowhere.
    pub code: String,
}

/// A booking as anybody of the organisation may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BookingBody {
    /// Which.
    #[schema(value_type = Uuid)]
    pub id: BookingId,
    /// What for.
    #[schema(value_type = String)]
    pub service: ServiceId,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Agreed times of an edge's branch, soonest first.
#[utoipa::path(get, path = "/edges/{id}/bookings", tag = "queue", params(("id" = Uuid, Path), Whose),
    responses((status = 200, body = Vec<BookingBody>), Refusals))]
pub async fn list(tenant: Tenant, Path(edge): Path<EdgeId>) -> Answer<Json<Vec<BookingBody>>> {
    all(&tenant, edge).await.map(Json)
}

/// The same, for the console.
pub async fn all(tenant: &Tenant, edge: EdgeId) -> Answer<Vec<BookingBody>> {
    tenant.need(Permission::ManageDevices).await?;
    edges::known(tenant, edge).await?;
    let bookings = bookings::list(&tenant.scope, edge).await.map_err(failed)?;
    Ok(sorted(bookings).iter().map(shown).collect())
}

/// Agree a time. The six digits are in the answer and nowhere else (Q8).
#[utoipa::path(post, path = "/edges/{id}/bookings", tag = "queue", request_body = BookingWish,
    params(("id" = Uuid, Path), Whose), responses((status = 201, body = BookingMade), Refusals))]
pub async fn create(tenant: Tenant, Path(edge): Path<EdgeId>, Body(wish): Body<BookingWish>) -> Answer<Response> {
    let made = book(&tenant, edge, &wish).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Makes a booking, and rings the edge.
pub async fn book(tenant: &Tenant, edge: EdgeId, wish: &BookingWish) -> Answer<BookingMade> {
    let now = tenant.admin().app.clock.now();
    let at = Timestamp::from_rfc3339(&wish.at).filter(|at| *at >= now && at.since(now) <= AHEAD);
    let at = at.ok_or_else(|| Problem::new(Kind::Invalid, "at: is no RFC 3339 time within the next seven days."))?;
    tenant.need(Permission::ManageDevices).await?;
    let known = edges::known(tenant, edge).await?;
    if known.state == EdgeState::Revoked {
        return Err(Problem::new(
            Kind::Conflict,
            "The edge is revoked: it takes no bookings.",
        ));
    }
    serves(tenant, edge, &wish.service).await?;
    let (id, service) = (BookingId::new(now, super::orgs::entropy()?), wish.service.clone());
    let codes = (0..CANDIDATES).map(|_| code()).collect::<Answer<Vec<_>>>()?;
    let candidates = codes.iter().map(|code| Booking {
        id,
        service: service.clone(),
        at,
        code_hash: hash(code),
    });
    let new = NewBooking {
        edge,
        candidates: candidates.collect(),
        forget_before: now.minus(KEPT),
        most: MOST,
    };
    let entry = tenant
        .caller
        .entry("booking.create", &format!("{edge} {id}"), Done::Yes, String::new());
    let full = || Problem::new(Kind::Conflict, "The branch has as many bookings as it can keep.");
    let made = match bookings::add(&tenant.scope, new, entry).await.map_err(failed)? {
        Added::Yes(booking) => booking,
        Added::Full => return Err(full()),
    };
    let code = codes
        .into_iter()
        .find(|code| hash(code) == made.code_hash)
        .ok_or_else(full)?;
    tenant.admin().app.links.ring(edge);
    let at = at.to_string();
    Ok(BookingMade { id, service, at, code })
}

async fn serves(tenant: &Tenant, edge: EdgeId, service: &ServiceId) -> Answer<()> {
    let nothing = || {
        Problem::new(
            Kind::Conflict,
            "No branch is published for this edge: publish its queue first.",
        )
    };
    let found = documents::latest(tenant, edge, named(BRANCH)?).await;
    let branch = found
        .ok()
        .and_then(|found| serde_json::from_value::<Branch>(found.document.body).ok());
    match branch.ok_or_else(nothing)?.service(service) {
        Some(_) => Ok(()),
        None => Err(Problem::new(Kind::Invalid, "service: the branch has no such service.")),
    }
}

/// Six digits.
fn code() -> Answer<String> {
    let entropy = super::orgs::entropy()?;
    let number = entropy
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Ok(format!("{:06}", number % 1_000_000))
}

fn hash(code: &str) -> String {
    Digest::of(code.as_bytes()).to_string()
}

fn sorted(mut bookings: Vec<Booking>) -> Vec<Booking> {
    bookings.sort_by_key(|booking| (booking.at, booking.id));
    bookings
}

fn shown(booking: &Booking) -> BookingBody {
    BookingBody {
        id: booking.id,
        service: booking.service.clone(),
        at: booking.at.to_string(),
    }
}

/// A document by its id.
pub fn named(id: &str) -> Answer<DocumentId> {
    id.parse().map_err(|_| Problem::not_found("document"))
}

fn failed(error: cloud_store::StoreError) -> Problem {
    Problem::store("Looking after bookings", error)
}
