//! Agreed times of a branch: made here, given to their holder as six digits, told to the edge as a document.
//!
//! The digits are answered once and kept nowhere: the document holds their hash, as the edge needs it to let them in.

use super::{
    caller::Tenant,
    documents::{self, Change, DocumentWish},
    edges,
    extract::{Body, Path},
    page::Whose,
    problem::{Answer, Kind, Problem, Refusals},
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use protocol::{
    DocumentId, EdgeId, Timestamp,
    id::{BookingId, ServiceId},
    queue::{Booking, Bookings, Branch},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use utoipa::ToSchema;

/// The document agreed times travel in.
const BOOKINGS: &str = "bookings/branch";
/// The document that says which services there are.
pub const BRANCH: &str = "queue/branch";
/// How far ahead somebody may book: what an edge keeps for working offline.
const AHEAD: Duration = Duration::from_secs(7 * 86_400 + 86_400);
/// How long a booking stays in the document after its time.
const KEPT: Duration = Duration::from_secs(86_400);
/// Bookings of one branch at most.
const MOST: usize = 5_000;
/// How often the document is read again where somebody else was faster.
const TRIES: u8 = 5;

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
    let (bookings, _) = read(tenant, edge).await?;
    Ok(sorted(bookings).iter().map(shown).collect())
}

/// Agree a time. The six digits are in the answer and nowhere else (Q8).
#[utoipa::path(post, path = "/edges/{id}/bookings", tag = "queue", request_body = BookingWish,
    params(("id" = Uuid, Path), Whose), responses((status = 201, body = BookingMade), Refusals))]
pub async fn create(tenant: Tenant, Path(edge): Path<EdgeId>, Body(wish): Body<BookingWish>) -> Answer<Response> {
    let made = book(&tenant, edge, &wish).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// Makes a booking.
pub async fn book(tenant: &Tenant, edge: EdgeId, wish: &BookingWish) -> Answer<BookingMade> {
    let now = tenant.admin().app.clock.now();
    let at = Timestamp::from_rfc3339(&wish.at).filter(|at| *at >= now && at.since(now) <= AHEAD);
    let at = at.ok_or_else(|| Problem::new(Kind::Invalid, "at: is no RFC 3339 time within the next seven days."))?;
    for _ in 0..TRIES {
        let (mut bookings, version) = read(tenant, edge).await?;
        serves(tenant, edge, &wish.service).await?;
        bookings.retain(|booking| booking.at.plus(KEPT) >= now);
        if bookings.len() >= MOST {
            return Err(Problem::new(
                Kind::Conflict,
                "The branch has as many bookings as it can keep.",
            ));
        }
        let code = code(&bookings, now)?;
        let id = BookingId::new(now, super::orgs::entropy()?);
        let service = wish.service.clone();
        bookings.push(Booking {
            id,
            service: service.clone(),
            at,
            code_hash: hash(&code),
        });
        let published = publish(tenant, edge, version, sorted(bookings)).await;
        match published {
            Ok(()) => {
                let at = at.to_string();
                return Ok(BookingMade { id, service, at, code });
            }
            // Somebody booked meanwhile: once more, with theirs.
            Err(problem) if problem.kind() == Kind::Stale => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(Kind::Stale, "Too many book at once. Try again."))
}

/// The bookings and the version they stand in; no version: there are none yet.
async fn read(tenant: &Tenant, edge: EdgeId) -> Answer<(Vec<Booking>, Option<u64>)> {
    match documents::latest(tenant, edge, named(BOOKINGS)?).await {
        Ok(found) => {
            let body = serde_json::from_value::<Bookings>(found.document.body);
            let body = body.map_err(|error| Problem::internal("Reading the bookings", &error))?;
            Ok((body.bookings, Some(found.document.version)))
        }
        Err(problem) if problem.kind() == Kind::NotFound => {
            edges::known(tenant, edge).await?;
            Ok((Vec::new(), None))
        }
        Err(problem) => Err(problem),
    }
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

async fn publish(tenant: &Tenant, edge: EdgeId, version: Option<u64>, bookings: Vec<Booking>) -> Answer<()> {
    let body = serde_json::to_value(Bookings { bookings });
    let body = body.map_err(|error| Problem::internal("Writing the bookings", &error))?;
    let Value::Object(body) = body else {
        return Err(Problem::new(Kind::Internal, "Writing the bookings failed."));
    };
    let change = Change::Settings(wish(body));
    documents::publish(tenant, edge, named(BOOKINGS)?, &condition(version), change)
        .await
        .map(drop)
}

fn wish(body: Map<String, Value>) -> DocumentWish {
    DocumentWish {
        body,
        requires_restart: false,
    }
}

fn condition(version: Option<u64>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    match version.and_then(|version| HeaderValue::from_str(&version.to_string()).ok()) {
        Some(version) => headers.insert(header::IF_MATCH, version),
        None => headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*")),
    };
    headers
}

/// Six digits that no booking of a time to come has.
fn code(bookings: &[Booking], now: Timestamp) -> Answer<String> {
    loop {
        let entropy = super::orgs::entropy()?;
        let number = entropy
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let code = format!("{:06}", number % 1_000_000);
        let hash = hash(&code);
        let taken = |booking: &Booking| booking.code_hash == hash && booking.at.plus(KEPT) >= now;
        if !bookings.iter().any(taken) {
            return Ok(code);
        }
    }
}

fn hash(code: &str) -> String {
    Sha256::digest(code).iter().map(|byte| format!("{byte:02x}")).collect()
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
