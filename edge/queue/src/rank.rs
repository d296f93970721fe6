//! A ticket's place in the line of its service. Never a clock's business: a clock that jumps moves nobody.
//!
//! Places are numbered with room between them, so that a ticket can be put behind another without moving the rest.

use protocol::{Timestamp, id::TicketId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

/// Room between two places, in bits.
const ROOM: u32 = 16;
/// Arrivals told apart within one minute of agreed times, in bits.
const WITHIN: u32 = 20;
/// The last minute that can be told from others, in the year 2480.
const LAST_MINUTE: u64 = (1 << 28) - 1;

/// A place in a line; lower is called first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Rank {
    pub(crate) class: Class,
    key: u64,
    /// The ticket's own number of issue: no two tickets have the same rank.
    seq: u64,
}

/// Who goes before whom, whenever they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Class {
    /// Sent to the front by an operator.
    Front,
    /// Here for an agreed time.
    Booked,
    /// Everybody else.
    Plain,
}

impl Rank {
    /// By the order of arrival: `order` counts arrivals and is the ticket's own `seq`, or a newer one for the end.
    pub(crate) fn plain(order: u64, seq: u64) -> Self {
        Self::of(Class::Plain, order, seq)
    }
    /// Before all others but those that were sent there earlier.
    pub(crate) fn front(order: u64, seq: u64) -> Self {
        Self::of(Class::Front, order, seq)
    }
    /// By the minute of the agreed time, then by arrival.
    pub(crate) fn booked(at: Timestamp, seq: u64) -> Self {
        let minute = u64::try_from(at.as_secs() / 60).unwrap_or(0).min(LAST_MINUTE);
        let arrival = seq & ((1 << WITHIN) - 1);
        Self::of(Class::Booked, minute << WITHIN | arrival, seq)
    }
    fn of(class: Class, order: u64, seq: u64) -> Self {
        let key = order.min(u64::MAX >> ROOM) << ROOM;
        Self { class, key, seq }
    }
    /// Right behind `ahead` in `line`, for the ticket with `seq`.
    pub(crate) fn behind(line: &BTreeMap<Rank, TicketId>, ahead: Rank, seq: u64) -> Self {
        let mut ahead = ahead;
        loop {
            let next = line.range((Excluded(ahead), Unbounded)).next().map(|(rank, _)| *rank);
            let end = ahead.key.saturating_add(1 << ROOM);
            let end = next
                .filter(|next| next.class == ahead.class)
                .map_or(end, |next| next.key.min(end));
            let key = ahead.key + end.saturating_sub(ahead.key) / 2;
            let place = Self {
                class: ahead.class,
                key,
                seq,
            };
            match next {
                // No room is left between the two: behind both, then.
                Some(next) if place <= ahead || place >= next => ahead = next,
                Some(_) | None => return place,
            }
        }
    }
}
