//! One person's stay at a kiosk: what was chosen so far, under a number the page made up, gone when the person is.
//!
//! Nothing of it reaches a disk, and it ends by itself: five minutes after it began, however often the screen is touched.

use crate::{holder::Holder, secret};
use edge_kernel::prints::Copied;
use protocol::{
    Lang, PrintId,
    id::{ScreenId, ServiceId, TicketId},
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The longest visit.
const CAP: Duration = Duration::from_secs(300);
/// Untouched for so long it has ended: the page's own time-out comes first.
const IDLE: Duration = Duration::from_secs(120);

/// The number of a visit: 128 bits made up by the page, kept in no cookie, storage or address.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct VisitNumber(String);

/// No number of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no number of a visit: 32 hex digits")]
pub(super) struct NotAVisit;

impl FromStr for VisitNumber {
    type Err = NotAVisit;
    fn from_str(text: &str) -> Result<Self, NotAVisit> {
        let fits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAVisit)
        }
    }
}

impl VisitNumber {
    /// The one ticket of the visit: asked for again after an answer was lost, even from an edge that was restarted
    /// meanwhile, it is the same ticket.
    pub(super) fn ticket(&self) -> Option<TicketId> {
        let mut digits = self.derived("ticket");
        as_uuid(&mut digits);
        digits.parse().ok()
    }
    /// The sheet of its ticket, and the one copy.
    pub(super) fn print(&self, sheet: Copied) -> Option<PrintId> {
        let mut digits = self.derived(match sheet {
            Copied::Original => "print",
            Copied::Copy => "copy",
        });
        as_uuid(&mut digits);
        digits.parse().ok()
    }
    /// The token of its holder's page: 128 bits.
    pub(super) fn token(&self) -> String {
        self.derived("token")
    }
    fn derived(&self, what: &str) -> String {
        let digest = Sha256::new()
            .chain_update(b"ostona kiosk ")
            .chain_update(what)
            .chain_update(b" ")
            .chain_update(&self.0)
            .finalize();
        secret::hex(digest.get(..16).unwrap_or_default())
    }
}

/// Version 8, variant 10 (RFC 9562 §4).
fn as_uuid(digits: &mut String) {
    digits.replace_range(12..13, "8");
    digits.replace_range(16..17, "a");
}

/// Which screen somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum At {
    /// K1.
    Need,
    /// K2, and which page of it.
    Services(usize),
    /// K3: the phone number for a service.
    Phone(ServiceId),
    /// K3: the name.
    Name(ServiceId),
    /// K3: the code of a booking.
    Code,
    /// K4.
    Ticket,
    /// Staff was called; where from.
    Staff,
}

/// A visit.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) number: VisitNumber,
    pub(super) lang: Lang,
    pub(super) at: At,
    pub(super) holder: Holder,
    /// Its ticket is printed once more at most.
    pub(super) printed_again: bool,
    /// The last step that was done: a step that is asked for again is shown, not done.
    turn: u32,
    begun: Instant,
    seen: Instant,
}

/// Whether a step is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is new.
    New,
    /// It was done; only its answer was lost.
    Done,
}

/// The visits at all kiosks, one each.
#[derive(Clone, Default)]
pub(crate) struct Visits(Arc<Mutex<HashMap<ScreenId, Visit>>>);

impl Visits {
    /// The visit with this number at this kiosk, and whether the step is new; a visit of another number ends with it.
    pub(super) fn find(&self, kiosk: &ScreenId, number: &VisitNumber, lang: Lang, turn: u32) -> (Visit, Turn) {
        let now = Instant::now();
        let mut visits = self.lock();
        visits.retain(|_, visit| !visit.is_over(now));
        let known = visits.get_mut(kiosk).filter(|visit| visit.number == *number);
        if let Some(visit) = known {
            visit.seen = now;
            let state = if turn > visit.turn { Turn::New } else { Turn::Done };
            return (
                Visit {
                    turn: visit.turn.max(turn),
                    ..visit.clone()
                },
                state,
            );
        }
        let visit = Visit {
            number: number.clone(),
            lang,
            at: At::Need,
            holder: Holder::default(),
            printed_again: false,
            turn: 0,
            begun: now,
            seen: now,
        };
        visits.insert(kiosk.clone(), visit.clone());
        drop(visits);
        self.end_in_time(kiosk.clone(), number.clone());
        (Visit { turn, ..visit }, Turn::New)
    }

    /// Keeps where a visit has got to once its step is done, unless it is over.
    pub(super) fn keep(&self, kiosk: &ScreenId, visit: Visit) {
        let mut visits = self.lock();
        if let Some(kept) = visits.get_mut(kiosk).filter(|kept| kept.number == visit.number) {
            *kept = visit;
        }
    }

    /// Forgets a visit.
    pub(super) fn end(&self, kiosk: &ScreenId, number: &VisitNumber) {
        let mut visits = self.lock();
        if visits.get(kiosk).is_some_and(|visit| visit.number == *number) {
            visits.remove(kiosk);
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Somebody touched the screen.
    #[cfg(test)]
    pub(crate) fn somebody(&self, kiosk: &ScreenId) {
        let number = VisitNumber("0".repeat(32));
        let (visit, _) = self.find(kiosk, &number, Lang::Ru, 1);
        self.keep(kiosk, visit);
    }

    /// What an edge has done that was killed right after a visit's ticket was on disk.
    #[cfg(test)]
    pub(crate) async fn issue_only(&self, port: &edge_kernel::Port, number: &str, service: ServiceId) {
        let number: VisitNumber = number.parse().expect("a number");
        let request = edge_kernel::queue::Request::Issue {
            ticket: number.ticket().expect("an id"),
            service,
            source: protocol::queue::Source::Kiosk,
            lang: Lang::Ru,
            token_hash: secret::hash(&number.token()),
            booking_code_hash: None,
        };
        port.queue(protocol::Actor::Edge, request).await.expect("issued");
    }

    /// What a restart does.
    #[cfg(test)]
    pub(crate) fn forget_all(&self, kiosk: &ScreenId) {
        self.lock().remove(kiosk);
    }

    /// A kiosk whose plug was pulled says nothing more: its visit ends all the same.
    fn end_in_time(&self, kiosk: ScreenId, number: VisitNumber) {
        let visits = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(CAP).await;
            visits.end(&kiosk, &number);
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ScreenId, Visit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.begun) >= CAP || now.duration_since(self.seen) >= IDLE
    }
}
