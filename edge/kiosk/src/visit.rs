//! One person's stay at a kiosk: what was chosen so far, under a number the page made up, gone when the person is.
//!
//! Nothing of it reaches a disk, and it ends by itself: five minutes after it began, however often the screen is touched.

use edge_lan::secret;
use protocol::{Lang, id::ScreenId};
use sha2::{Digest as _, Sha256};
use std::{
    any::Any,
    collections::HashMap,
    fmt,
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
pub struct VisitNumber(String);

/// No number of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no number of a visit: 32 hex digits")]
pub struct InvalidVisitNumber;

impl FromStr for VisitNumber {
    type Err = InvalidVisitNumber;
    fn from_str(text: &str) -> Result<Self, InvalidVisitNumber> {
        let fits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidVisitNumber)
        }
    }
}

impl VisitNumber {
    /// Digits of 128 bits that belong to the visit, e.g. a `token`: asked for again after an answer was lost, even from an
    /// edge that was restarted meanwhile, they are the same.
    pub fn digits(&self, what: &str) -> String {
        let digest = Sha256::new()
            .chain_update(b"ostona kiosk ")
            .chain_update(what)
            .chain_update(b" ")
            .chain_update(&self.0)
            .finalize();
        secret::hex(digest.get(..16).unwrap_or_default())
    }

    /// The same as an id: a UUID of version 8, variant 10 (RFC 9562 §4).
    pub fn uuid(&self, what: &str) -> String {
        let mut digits = self.digits(what);
        digits.replace_range(12..13, "8");
        digits.replace_range(16..17, "a");
        digits
    }
}

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VisitPlace {
    /// K1.
    Home,
    /// Staff was called.
    Staff,
    /// At a screen of the flow with this name.
    With(&'static str),
}

/// A visit.
#[derive(Clone)]
pub struct Visit {
    number: VisitNumber,
    lang: Lang,
    pub(crate) place: VisitPlace,
    /// What the flow it is with remembers of it.
    memory: Option<Arc<dyn Any + Send + Sync>>,
    /// The last step that was done: a step that is asked for again is shown, not done.
    turn: u32,
    begun: Instant,
    seen: Instant,
}

/// Whether a step is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepState {
    /// It is new.
    New,
    /// It was done; only its answer was lost.
    Done,
}

/// The visits at all kiosks, one each.
#[derive(Clone, Default)]
pub struct Visits(Arc<Mutex<HashMap<ScreenId, Visit>>>);

impl Visits {
    /// The visit with this number at this kiosk, and whether the step is new; a visit of another number ends with it.
    pub(crate) fn find(&self, kiosk: &ScreenId, number: &VisitNumber, lang: Lang, turn: u32) -> (Visit, StepState) {
        let now = Instant::now();
        let mut visits = self.lock();
        visits.retain(|_, visit| !visit.is_over(now));
        let known = visits.get_mut(kiosk).filter(|visit| visit.number == *number);
        if let Some(visit) = known {
            visit.seen = now;
            let state = if turn > visit.turn {
                StepState::New
            } else {
                StepState::Done
            };
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
            place: VisitPlace::Home,
            memory: None,
            turn: 0,
            begun: now,
            seen: now,
        };
        visits.insert(kiosk.clone(), visit.clone());
        drop(visits);
        self.end_in_time(kiosk.clone(), number.clone());
        (Visit { turn, ..visit }, StepState::New)
    }

    /// Keeps where a visit has got to once its step is done, unless it is over.
    pub(crate) fn keep(&self, kiosk: &ScreenId, visit: Visit) {
        let mut visits = self.lock();
        if let Some(kept) = visits.get_mut(kiosk).filter(|kept| kept.number == visit.number) {
            *kept = visit;
        }
    }

    /// Forgets a visit.
    pub(crate) fn end(&self, kiosk: &ScreenId, number: &VisitNumber) {
        let mut visits = self.lock();
        if visits.get(kiosk).is_some_and(|visit| visit.number == *number) {
            visits.remove(kiosk);
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Forgets the visit at a kiosk, whoever it is.
    pub fn wipe(&self, kiosk: &ScreenId) {
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
    /// Its number.
    pub fn number(&self) -> &VisitNumber {
        &self.number
    }

    /// The language somebody chose.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// What a flow remembers of it: what it kept last, or nothing yet.
    pub fn memory<T: Default + Clone + Send + Sync + 'static>(&self) -> T {
        let known = self.memory.as_ref().and_then(|memory| memory.downcast_ref::<T>());
        known.cloned().unwrap_or_default()
    }

    /// Remembers something in place of what was remembered, until the visit is over.
    pub fn remember<T: Send + Sync + 'static>(&mut self, memory: T) {
        self.memory = Some(Arc::new(memory));
    }

    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.begun) >= CAP || now.duration_since(self.seen) >= IDLE
    }
}

/// Without the number, from which the visit's token follows, and without what was typed.
impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VisitNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VisitNumber").finish_non_exhaustive()
    }
}

impl fmt::Debug for Visits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visits").field("count", &self.count()).finish()
    }
}

/// Without what was typed.
impl fmt::Debug for crate::Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Touch").field("act", &self.act).finish_non_exhaustive()
    }
}
