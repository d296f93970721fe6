//! Agreed times of a branch: made here, given to their holder as six digits, told to the edge as rows of a register.
//!
//! The digits are answered once and kept nowhere: the row holds their hash, as the edge needs it to let them in.

use crate::{
    AdminError, AdminErrorKind, AdminResult, caller::Tenant, documents, edges, entropy::entropy, role::Permission,
};
use cloud_store::{
    StoreError,
    audit::AuditResult,
    bookings::{self, BookingResult, NewBooking, Withdrawal},
    edges::EdgeState,
};
use protocol::{
    Digest, DocumentId, EdgeId, Timestamp,
    id::{BookingId, ServiceId},
    queue::{Booking, Branch},
    text::CodeHash,
};
use std::{fmt, time::Duration};

/// The document that says which services there are.
const BRANCH: &str = "queue/branch";
/// How far ahead somebody may book: what an edge keeps for working offline.
const AHEAD: Duration = Duration::from_secs(7 * 86_400 + 86_400);
/// How long a booking is kept after its time.
const KEPT: Duration = Duration::from_secs(86_400);
/// Bookings of one branch at most.
const MOST: usize = 5_000;
/// Codes tried for one booking: among so many bookings, that all of them are taken will not happen.
const CANDIDATES: usize = 8;

/// A booking that was made.
#[derive(Debug, Clone)]
pub struct CreatedBooking {
    /// Which.
    pub id: BookingId,
    /// What for.
    pub service: ServiceId,
    /// When.
    pub at: Timestamp,
    /// Six digits to type at the kiosk: told once, kept nowhere.
    pub code: BookingCode,
}

/// Six digits to type at the kiosk. `Debug` does not show them.
#[derive(Clone)]
pub struct BookingCode(String);

impl BookingCode {
    fn random() -> AdminResult<Self> {
        let entropy = entropy()?;
        let number = entropy
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Ok(Self(format!("{:06}", number % 1_000_000)))
    }
    /// The digits, for whoever booked.
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// As the edge's row holds it.
    fn hash(&self) -> CodeHash {
        Digest::of(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for BookingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BookingCode(…)")
    }
}

/// Agreed times of an edge's branch, soonest first.
pub async fn list(tenant: &Tenant, edge: EdgeId) -> AdminResult<Vec<Booking>> {
    tenant.need(Permission::ManageDevices).await?;
    edges::known(tenant, edge).await?;
    let bookings = bookings::list(&tenant.scope, edge).await.map_err(failed)?;
    Ok(sorted(bookings))
}

/// Agrees a time, and rings the edge; none: what was said is no time. The six digits are in the answer and nowhere else (Q8).
pub async fn create(
    tenant: &Tenant,
    edge: EdgeId,
    service: &ServiceId,
    at: Option<Timestamp>,
) -> AdminResult<CreatedBooking> {
    let now = tenant.admin().clock.now();
    let at = at.filter(|at| *at >= now && at.since(now) <= AHEAD);
    let no_time = || {
        AdminError::new(
            AdminErrorKind::Invalid,
            "at: is no RFC 3339 time within the next seven days.",
        )
    };
    let at = at.ok_or_else(no_time)?;
    tenant.need(Permission::ManageDevices).await?;
    let known = edges::known(tenant, edge).await?;
    if known.state == EdgeState::Revoked {
        let detail = "The edge is revoked: it takes no bookings.";
        return Err(AdminError::new(AdminErrorKind::Conflict, detail));
    }
    serves(tenant, edge, service).await?;
    let (id, service) = (BookingId::new(now, entropy()?), service.clone());
    let codes = (0..CANDIDATES)
        .map(|_| BookingCode::random())
        .collect::<AdminResult<Vec<_>>>()?;
    let candidates = codes.iter().map(|code| Booking {
        id,
        service: service.clone(),
        at,
        code_hash: code.hash(),
    });
    let new = NewBooking {
        edge,
        candidates: candidates.collect(),
        forget_before: now.minus(KEPT),
        most: MOST,
    };
    let target = format!("{edge} {id}");
    let entry = tenant
        .caller
        .entry("booking.create", &target, AuditResult::Done, String::new());
    let full = || {
        AdminError::new(
            AdminErrorKind::Conflict,
            "The branch has as many bookings as it can keep.",
        )
    };
    let made = match bookings::add(&tenant.scope, new, entry).await.map_err(failed)? {
        BookingResult::Booked(booking) => booking,
        BookingResult::Full => return Err(full()),
    };
    let code = codes
        .into_iter()
        .find(|code| code.hash() == made.code_hash)
        .ok_or_else(full)?;
    tenant.admin().links.wake(edge);
    Ok(CreatedBooking { id, service, at, code })
}

/// Withdraws a booking, and rings the edge: its code lets nobody in any more.
pub async fn withdraw(tenant: &Tenant, edge: EdgeId, booking: BookingId) -> AdminResult<()> {
    tenant.need(Permission::ManageDevices).await?;
    edges::known(tenant, edge).await?;
    let target = format!("{edge} {booking}");
    let entry = tenant
        .caller
        .entry("booking.withdraw", &target, AuditResult::Done, String::new());
    let withdrawn = bookings::withdraw(&tenant.scope, edge, booking, entry);
    match withdrawn.await.map_err(failed)? {
        Withdrawal::Done => {
            tenant.admin().links.wake(edge);
            Ok(())
        }
        Withdrawal::Unknown => Err(AdminError::not_found("booking")),
    }
}

/// The branch that is published for an edge, where there is one that can be read.
pub async fn branch(tenant: &Tenant, edge: EdgeId) -> AdminResult<Option<Branch>> {
    let found = documents::find(tenant, edge, named(BRANCH)?).await?;
    Ok(found.and_then(|found| serde_json::from_value(found.document.body).ok()))
}

async fn serves(tenant: &Tenant, edge: EdgeId, service: &ServiceId) -> AdminResult<()> {
    let nothing = "No branch is published for this edge: publish its queue first.";
    let branch = branch(tenant, edge).await?;
    match branch
        .ok_or_else(|| AdminError::new(AdminErrorKind::Conflict, nothing))?
        .service(service)
    {
        Some(_) => Ok(()),
        None => Err(AdminError::new(
            AdminErrorKind::Invalid,
            "service: the branch has no such service.",
        )),
    }
}

fn sorted(mut bookings: Vec<Booking>) -> Vec<Booking> {
    bookings.sort_by_key(|booking| (booking.at, booking.id));
    bookings
}

fn named(id: &str) -> AdminResult<DocumentId> {
    id.parse().map_err(|_| AdminError::not_found("document"))
}

fn failed(error: StoreError) -> AdminError {
    AdminError::store("Looking after bookings", error)
}
