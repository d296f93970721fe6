//! What the queue knows. Rebuilt from events alone; serialised whole into snapshots, equal histories give equal bytes.
//!
//! Bounded: what waits is limited by the branch's rules and 24 hours, what ended by [`ENDED_KEPT`] and the day.

use crate::{
    fair_schedule::FairSchedule,
    numbers::Numbers,
    rank::Rank,
    service_record::ServiceRecord,
    steady_clock::ClockReading,
    ticket::{State, Ticket},
};
use protocol::{
    PersonId, SpotId, Timestamp,
    fact::OperatorState,
    id::{BookingId, ProfileId, ServiceId, TicketId},
    queue::{Source, TicketNumber},
    text::{ReasonWord, TicketTokenHash},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Visits that ended and are still known, of the present day: the newest.
pub const ENDED_KEPT: usize = 1000;

/// The queue of a branch. Its serialised form is its events' business and nobody else's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Queue {
    pub(crate) stored: StoredQueue,
    pub(crate) index: TicketIndex,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct StoredQueue {
    pub(crate) numbers: Numbers,
    pub(crate) tickets: BTreeMap<TicketId, Ticket>,
    /// Visits that are over, the newest last.
    pub(crate) ended: VecDeque<TicketId>,
    pub(crate) desks: BTreeMap<SpotId, Desk>,
    pub(crate) lines: BTreeMap<ServiceId, ServiceRecord>,
    pub(crate) turns: BTreeMap<ProfileId, FairSchedule>,
    /// The newest last.
    pub(crate) calls: VecDeque<TicketCall>,
    /// Bookings that have had their ticket, and when they were for.
    pub(crate) used: BTreeMap<BookingId, Timestamp>,
    /// Counts arrivals in lines.
    pub(crate) seq: u64,
    pub(crate) heard: Option<ClockReading>,
}

/// What follows from the tickets, kept so that nobody has to look through all of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TicketIndex {
    /// Who waits for what, in order.
    pub(crate) orders: BTreeMap<ServiceId, BTreeMap<Rank, TicketId>>,
    /// Who waits for one window or person.
    pub(crate) exclusive: BTreeSet<TicketId>,
    pub(crate) tokens: BTreeMap<TicketTokenHash, TicketId>,
    /// How many wait.
    pub(crate) waiting: usize,
    /// How many of them were taken on a phone.
    pub(crate) waiting_online: usize,
}

/// Somebody at a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// Who.
    pub operator: PersonId,
    /// Which services are called there.
    pub profile: Option<ProfileId>,
    /// Ready or on a break; whoever left has no desk.
    pub state: OperatorState,
    /// Why, for a break.
    pub reason: Option<ReasonWord>,
    /// Since when.
    pub since: Timestamp,
    /// The ticket called there or served there.
    pub ticket: Option<TicketId>,
}

/// A call, for displays and voices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketCall {
    /// Whom.
    pub ticket: TicketId,
    /// What stands on it.
    pub number: TicketNumber,
    /// What for.
    pub service: ServiceId,
    /// Where to.
    pub window: SpotId,
    /// What stands above it.
    pub window_number: u16,
    /// 1 for the first call, one more with each recall.
    pub attempt: u8,
    /// When.
    pub at: Timestamp,
}

impl TicketIndex {
    pub(crate) fn of(kept: &StoredQueue) -> Self {
        let mut index = Self::default();
        for ticket in kept.tickets.values() {
            index.tokens.insert(ticket.token_hash.clone(), ticket.id);
            if ticket.state == State::Waiting {
                index.insert(ticket);
            }
        }
        index
    }
    pub(crate) fn insert(&mut self, ticket: &Ticket) {
        let order = self.orders.entry(ticket.service.clone()).or_default();
        if order.insert(ticket.rank, ticket.id).is_none() {
            self.waiting += 1;
            self.waiting_online += usize::from(ticket.source == Source::Online);
        }
        if ticket.only.is_some() {
            self.exclusive.insert(ticket.id);
        }
    }
    pub(crate) fn remove(&mut self, ticket: &Ticket) {
        if let Some(order) = self.orders.get_mut(&ticket.service)
            && order.remove(&ticket.rank).is_some()
        {
            self.waiting = self.waiting.saturating_sub(1);
            if ticket.source == Source::Online {
                self.waiting_online = self.waiting_online.saturating_sub(1);
            }
            if order.is_empty() {
                self.orders.remove(&ticket.service);
            }
        }
        self.exclusive.remove(&ticket.id);
    }
}

impl Serialize for Queue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Queue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = StoredQueue::deserialize(deserializer)?;
        let index = TicketIndex::of(&kept);
        Ok(Self { stored: kept, index })
    }
}
