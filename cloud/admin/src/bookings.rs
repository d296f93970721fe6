//! Agreed times of a branch: made here, given to their holder as six digits, told to the edge as a document.
//!
//! The digits are answered once and kept nowhere: the document holds their hash, as the edge needs it to let them in.

use crate::{
    AdminError, AdminResult, Reason,
    caller::Tenant,
    documents::{self, Change, Effect, Expected},
    entropy::entropy,
};
use protocol::{
    DocumentId, EdgeId, Timestamp,
    id::{BookingId, ServiceId},
    queue::{Booking, Bookings, Branch},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// The document agreed times travel in.
const BOOKINGS: &str = "bookings/branch";
/// The document that says which services there are.
const BRANCH: &str = "queue/branch";
/// How far ahead somebody may book: what an edge keeps for working offline.
const AHEAD: Duration = Duration::from_secs(7 * 86_400 + 86_400);
/// How long a booking stays in the document after its time.
const KEPT: Duration = Duration::from_secs(86_400);
/// Bookings of one branch at most.
const MOST: usize = 5_000;
/// How often the document is read again where somebody else was faster.
const TRIES: u8 = 5;

/// A booking that was made.
#[derive(Debug, Clone)]
pub struct BookingCreated {
    /// Which.
    pub id: BookingId,
    /// What for.
    pub service: ServiceId,
    /// When.
    pub at: Timestamp,
    /// Six digits to type at the kiosk: told once, kept nowhere.
    pub code: String,
}

/// Agreed times of an edge's branch, soonest first.
pub async fn list(tenant: &Tenant, edge: EdgeId) -> AdminResult<Vec<Booking>> {
    let (bookings, _) = read(tenant, edge).await?;
    Ok(sorted(bookings))
}

/// Agrees a time; none: what was said is no time. The six digits are in the answer and nowhere else (Q8).
pub async fn create(
    tenant: &Tenant,
    edge: EdgeId,
    service: &ServiceId,
    at: Option<Timestamp>,
) -> AdminResult<BookingCreated> {
    let now = tenant.admin().clock.now();
    let at = at.filter(|at| *at >= now && at.since(now) <= AHEAD);
    let no_time = || AdminError::new(Reason::Invalid, "at: is no RFC 3339 time within the next seven days.");
    let at = at.ok_or_else(no_time)?;
    for _ in 0..TRIES {
        let (mut bookings, expected) = read(tenant, edge).await?;
        serves(tenant, edge, service).await?;
        bookings.retain(|booking| booking.at.plus(KEPT) >= now);
        if bookings.len() >= MOST {
            return Err(AdminError::new(
                Reason::Conflict,
                "The branch has as many bookings as it can keep.",
            ));
        }
        let code = code(&bookings, now)?;
        let id = BookingId::new(now, entropy()?);
        let service = service.clone();
        bookings.push(Booking {
            id,
            service: service.clone(),
            at,
            code_hash: hash(&code),
        });
        match publish(tenant, edge, expected, sorted(bookings)).await {
            Ok(()) => return Ok(BookingCreated { id, service, at, code }),
            // Somebody booked meanwhile: once more, with theirs.
            Err(error) if error.reason() == Reason::Stale => {}
            Err(error) => return Err(error),
        }
    }
    Err(AdminError::new(Reason::Stale, "Too many book at once. Try again."))
}

/// The branch that is published for an edge, where there is one that can be read.
pub async fn branch(tenant: &Tenant, edge: EdgeId) -> AdminResult<Option<Branch>> {
    let found = documents::find(tenant, edge, named(BRANCH)?).await?;
    Ok(found.and_then(|found| serde_json::from_value(found.document.body).ok()))
}

/// The bookings, and what a change of them must find.
async fn read(tenant: &Tenant, edge: EdgeId) -> AdminResult<(Vec<Booking>, Expected)> {
    let Some(found) = documents::find(tenant, edge, named(BOOKINGS)?).await? else {
        return Ok((Vec::new(), Expected::Absent));
    };
    let body = serde_json::from_value::<Bookings>(found.document.body);
    let body = body.map_err(|error| AdminError::internal("Reading the bookings", &error))?;
    Ok((body.bookings, Expected::Version(found.document.version)))
}

async fn serves(tenant: &Tenant, edge: EdgeId, service: &ServiceId) -> AdminResult<()> {
    let nothing = "No branch is published for this edge: publish its queue first.";
    let branch = branch(tenant, edge).await?;
    match branch
        .ok_or_else(|| AdminError::new(Reason::Conflict, nothing))?
        .service(service)
    {
        Some(_) => Ok(()),
        None => Err(AdminError::new(
            Reason::Invalid,
            "service: the branch has no such service.",
        )),
    }
}

async fn publish(tenant: &Tenant, edge: EdgeId, expected: Expected, bookings: Vec<Booking>) -> AdminResult<()> {
    let body = serde_json::to_value(Bookings { bookings });
    let body = body.map_err(|error| AdminError::internal("Writing the bookings", &error))?;
    let Value::Object(body) = body else {
        return Err(AdminError::new(Reason::Internal, "Writing the bookings failed."));
    };
    let effect = Effect::AtOnce;
    documents::publish(
        tenant,
        edge,
        named(BOOKINGS)?,
        expected,
        Change::Settings { body, effect },
    )
    .await
    .map(drop)
}

/// Six digits that no booking of a time to come has.
fn code(bookings: &[Booking], now: Timestamp) -> AdminResult<String> {
    loop {
        let entropy = entropy()?;
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

fn named(id: &str) -> AdminResult<DocumentId> {
    id.parse().map_err(|_| AdminError::not_found("document"))
}
